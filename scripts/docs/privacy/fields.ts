/** The fields of contracts with their marks, by path, and those that the door adds itself. */
import * as z from "zod";
import { ALL, type FieldRule, fieldRule } from "../../../contracts/fields.ts";

export interface Field {
  path: string;
  rule: FieldRule;
}

/**
 * Every field below a schema that is no container itself. Lists are `[]`, records `*`.
 * @param shared paths of schemas that are shown once for all who have them: by the schema itself
 */
export function fieldsOf(
  schema: z.ZodType,
  path: string,
  shared: ReadonlyMap<z.ZodType, string> = new Map(),
): Field[] {
  if (shared.has(schema)) return [];
  const rule = fieldRule(schema);
  if (rule) return [{ path, rule }];
  const below = (inner: unknown, name: string) => fieldsOf(inner as z.ZodType, name, shared); // zod's own schemas
  if (schema instanceof z.ZodOptional) return below(schema.unwrap(), path);
  if (schema instanceof z.ZodArray) return below(schema.element, `${path}[]`);
  if (schema instanceof z.ZodRecord) return below(schema.valueType, `${path}.*`);
  if (!(schema instanceof z.ZodObject)) throw new Error(`${path} has no class`);
  return Object.entries(schema.shape).flatMap(([name, field]) =>
    below(field, path ? `${path}.${name}` : name),
  );
}

/** The shared schemas that stand directly below an event's properties, by their names. */
export function sharedBelow(schema: z.ZodObject, shared: ReadonlyMap<z.ZodType, string>): string[] {
  return Object.values(schema.shape).flatMap((field) => {
    let inner = field as z.ZodType;
    while (inner instanceof z.ZodOptional || inner instanceof z.ZodArray)
      inner = (inner instanceof z.ZodOptional ? inner.unwrap() : inner.element) as z.ZodType;
    return shared.get(inner) ?? [];
  });
}

const technical: FieldRule = { class: "technical", purposes: ALL };

/**
 * What the door adds to an event's context: the keys of `enrichedContextSchema`, whose rules are in
 * src/collect/enrich.ts and docs/enrichment.md rather than in marks.
 */
export const DOOR_FIELDS: Readonly<Record<string, { shown: string; rule: FieldRule; as: string }>> = {
  device: { shown: "device.type, .os, .browser", rule: technical, as: "family and major version" },
  geo: { shown: "geo.country, .region", rule: technical, as: "no city, no coordinates" },
  session: {
    shown: "session.id, .number, .startedAt",
    rule: { class: "technical", purposes: ["analytics", "personalization"] },
    as: "",
  },
  referrer: {
    shown: "referrer.class, .name",
    rule: { class: "behavioural", purposes: ALL },
    as: "a class, and the name of a known host",
  },
  bot: { shown: "bot", rule: technical, as: "" },
  agent: { shown: "agent.kind, .name", rule: technical, as: "" },
  flags: { shown: "flags", rule: technical, as: "" },
  ip: {
    shown: "ip",
    rule: { class: "technical", purposes: ["analytics", "marketing"] },
    as: "only if the release says so; its network",
  },
};
