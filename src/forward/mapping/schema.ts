/**
 * What a zod schema says of a path: whether something can be there, what kind of value, and the rule of the field. For the
 * checks of a mapping: of what it reads in a contract, and of what it sets in a body. Pure; asked at publish only.
 */
import * as z from "zod";
import { type FieldRule, fieldRule } from "#contracts/fields";

/** Kinds of JSON values. */
export type Kind = "text" | "number" | "boolean" | "null" | "list" | "object";

/** What may be found at a path: a union has several. */
export type Schemas = readonly z.ZodType[];

const ANYTHING = z.unknown();

/** Wrappers are taken off, and unions are laid side by side. Their marks are read before: see `ruleOf`. */
export function plain(schema: z.ZodType): z.ZodType[] {
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((one) => plain(one as z.ZodType));
  if (schema instanceof z.ZodPipe) return plain(schema.out as z.ZodType);
  if (schema instanceof z.ZodLazy) return plain(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodNullable) return [...plain(schema.unwrap() as z.ZodType), z.null()];
  if (
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch
  )
    return plain(schema.unwrap() as z.ZodType);
  return [schema];
}

/** What may be at a name within; empty: nothing can. A loose object's other fields do not count as known. */
export const within = (schemas: Schemas, name: string): Schemas =>
  schemas.flatMap(plain).flatMap((schema): z.ZodType[] => {
    if (schema instanceof z.ZodUnknown || schema instanceof z.ZodAny) return [ANYTHING];
    if (schema instanceof z.ZodObject)
      return Object.hasOwn(schema.shape, name) ? [schema.shape[name] as z.ZodType] : [];
    if (schema instanceof z.ZodRecord)
      return (schema.keyType as z.ZodType).safeParse(name).success ? [schema.valueType as z.ZodType] : [];
    if (schema instanceof z.ZodArray) return /^\d{1,9}$/.test(name) ? [schema.element as z.ZodType] : [];
    return [];
  });

/** What may be at a path; empty: nothing can. */
export const atPath = (schemas: Schemas, path: readonly string[]): Schemas =>
  path.reduce((found, name) => within(found, name), schemas);

/** Kinds of what may be there; undefined: any, or nobody can say. */
export function kindsOf(schemas: Schemas): ReadonlySet<Kind> | undefined {
  const kinds = new Set<Kind>();
  for (const schema of schemas.flatMap(plain)) {
    const own = KINDS[schema.def.type];
    if (own !== undefined) kinds.add(own);
    else if (schema instanceof z.ZodEnum || schema instanceof z.ZodLiteral)
      for (const value of schema instanceof z.ZodEnum ? schema.options : schema.values)
        kinds.add(kindOf(value));
    else return undefined;
  }
  return kinds;
}

const KINDS: Readonly<Record<string, Kind>> = {
  string: "text",
  template_literal: "text",
  number: "number",
  boolean: "boolean",
  null: "null",
  array: "list",
  object: "object",
  record: "object",
};

/** The kind of a JSON value. */
export function kindOf(value: unknown): Kind {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return typeof value === "string"
    ? "text"
    : typeof value === "number" || typeof value === "boolean"
      ? (typeof value as Kind)
      : "object";
}

/** The rule of a field, wherever around or within it the contract has put its mark. */
export function ruleOf(schema: z.ZodType): FieldRule | undefined {
  const rule = fieldRule(schema);
  if (rule) return rule;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional)
    return ruleOf(schema.unwrap() as z.ZodType);
  return schema instanceof z.ZodArray ? ruleOf(schema.element as z.ZodType) : undefined;
}
