/**
 * The fields of a JSON Schema as rows of a table, from the outside in: what each is called, what it may be, what it is to
 * a person and whom it may serve. Pure; called by section.ts.
 */
import type { FieldRule } from "../../contracts/fields.ts";
import type { JsonSchema } from "../../contracts/json-schema.ts";

export interface FieldRow {
  /** Its own name; `(any name)` for the entries of a record. */
  name: string;
  /** Objects around it within the table. */
  depth: number;
  required: boolean;
  /** In words: `text, at most 64 characters`. */
  type: string;
  /** Of a field that holds no other fields. */
  rule?: FieldRule;
}

const isObject = (value: unknown): value is JsonSchema =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** All fields below an object, each before those that it holds. */
export function fieldRows(schema: JsonSchema, depth = 0): FieldRow[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  const named = isObject(schema.properties) ? Object.entries(schema.properties) : [];
  const rows = named.flatMap(([name, field]) => rowsOf(name, field, required.includes(name), depth));
  const others = schema.additionalProperties;
  return isObject(others) && Object.keys(others).length > 0
    ? [...rows, ...rowsOf("(any name)", others, false, depth)]
    : rows;
}

function rowsOf(name: string, field: unknown, required: boolean, depth: number): FieldRow[] {
  if (!isObject(field)) return [];
  const row: FieldRow = { name, depth, required, type: describeType(field) };
  const mark = field["x-doorstep"];
  // The mark is written by contracts/fields.ts alone.
  if (isObject(mark)) return [{ ...row, rule: mark as unknown as FieldRule }];
  return [row, ...fieldRows(isObject(field.items) ? field.items : field, depth + 1)];
}

/** What a value may be, in words. */
export function describeType(schema: JsonSchema): string {
  if ("const" in schema) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.join(" · ");
  const variants = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(variants)) return variants.filter(isObject).map(describeType).join(", or ");
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.map((type) => describeOne(type, schema)).join(" or ");
}

function describeOne(type: unknown, schema: JsonSchema): string {
  if (type === "string") return describeText(schema);
  if (type === "integer" || type === "number") return describeNumber(type, schema);
  if (type === "boolean") return "true or false";
  if (type === "array") {
    const entries = isObject(schema.items) ? describeType(schema.items) : "anything";
    return `list of ${entries}${typeof schema.maxItems === "number" ? `; at most ${schema.maxItems}` : ""}`;
  }
  if (type === "object") return "object";
  return type === "null" ? "null" : "anything";
}

const FORMATS: Record<string, string> = {
  date: "date",
  "date-time": "date and time",
  email: "e-mail address",
};

function describeText({ format, minLength, maxLength, pattern }: JsonSchema): string {
  const known = typeof format === "string" ? FORMATS[format] : undefined;
  const from = typeof minLength === "number" && minLength > 0 ? minLength : undefined;
  const length =
    typeof maxLength === "number"
      ? `${from === undefined ? "at most" : `${from} to`} ${maxLength} characters`
      : "";
  const form = known === undefined && typeof pattern === "string" ? `like ${pattern}` : "";
  return [known ?? "text", length, form].filter((part) => part !== "").join(", ");
}

function describeNumber(type: "integer" | "number", { minimum, maximum }: JsonSchema): string {
  const least = typeof minimum === "number" && minimum > Number.MIN_SAFE_INTEGER ? `from ${minimum}` : "";
  const most = typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER ? `to ${maximum}` : "";
  return [type === "integer" ? "whole number" : "number", least, most]
    .filter((part) => part !== "")
    .join(" ");
}
