/**
 * How two JSON Schemas of one contract differ, field by field, and which differences need a major version: where one who
 * writes by the older version is refused by the newer, one who reads misses a field, or a field may serve more than was
 * promised. Pure; in doubt a difference is breaking. It knows what zod writes (draft 2020-12, references within the document).
 */
import { breaking, type Change, compatible, isObject, type JsonSchema, same } from "./change.ts";
import { compareValues } from "./limits.ts";
import { compareMarks } from "./privacy.ts";

/** All differences, in the order of the schema. Descriptions, titles and ids are none. */
export function compareSchemas(older: JsonSchema, newer: JsonSchema): Change[] {
  return walk(older, newer, "", { older, newer, seen: new Set() });
}

interface Documents {
  older: JsonSchema;
  newer: JsonSchema;
  /** Pairs of references that are being compared further up: a recursive schema ends here. */
  seen: ReadonlySet<string>;
}

/** Keywords that are compared here or in limits.ts and privacy.ts, and those that change nothing. */
const KNOWN = new Set([
  ...["type", "enum", "const", "minLength", "maxLength", "minimum", "exclusiveMinimum", "maximum"],
  ...["exclusiveMaximum", "minItems", "maxItems", "minProperties", "maxProperties", "pattern", "format"],
  ...["multipleOf", "uniqueItems", "contentEncoding", "not", "x-doorstep", "properties", "required"],
  ...["additionalProperties", "propertyNames", "items", "prefixItems", "anyOf", "oneOf", "allOf"],
  ...["$ref", "$defs", "$id", "$schema", "title", "description", "examples", "deprecated"],
]);

function walk(from: unknown, to: unknown, field: string, documents: Documents): Change[] {
  const pair = `${refOf(from) ?? ""} ${refOf(to) ?? ""}`;
  if (pair !== " " && documents.seen.has(pair)) return [];
  const within = pair === " " ? documents : { ...documents, seen: new Set([...documents.seen, pair]) };
  const older = resolve(from, documents.older);
  const newer = resolve(to, documents.newer);
  const before = variantsOf(older);
  const after = variantsOf(newer);
  // Who takes one thing only is as who takes any of one.
  const choices =
    before || after
      ? compareVariants(before ?? [unmarked(older)], after ?? [unmarked(newer)], field, within)
      : undefined;
  if (choices && !(before && after)) return [...choices, ...compareMarks(older, newer, field)];
  return [
    ...compareMarks(older, newer, field),
    ...(choices ?? []),
    ...compareValues(older, newer, field),
    ...compareFields(older, newer, field, within),
    ...compareOthers(older, newer, field, within),
    ...compareEntries(older, newer, field, within),
    ...compareUnknown(older, newer, field),
  ];
}

const refOf = (schema: unknown): string | undefined =>
  isObject(schema) && typeof schema.$ref === "string" ? schema.$ref : undefined;

/** The schema itself: what a reference points to, `{}` for `true`, what nothing fits for `false`. */
function resolve(schema: unknown, document: JsonSchema): JsonSchema {
  if (schema === false) return { not: {} };
  if (!isObject(schema)) return {};
  const ref = refOf(schema);
  if (ref === undefined) return schema;
  const target = ref
    .split("/")
    .slice(1)
    .reduce<unknown>((at, key) => (isObject(at) ? at[key] : undefined), document);
  if (!isObject(target)) throw new Error(`the reference ${ref} points to nothing`);
  const { $ref: _, ...beside } = schema;
  return { ...resolve(target, document), ...beside };
}

const variantsOf = ({ anyOf, oneOf }: JsonSchema): readonly unknown[] | undefined =>
  [anyOf, oneOf].find((list) => Array.isArray(list));

/** A mark belongs to the field, whatever variants it has. */
const unmarked = ({ "x-doorstep": _, ...schema }: JsonSchema): JsonSchema => schema;

/** Every older variant must be taken by a newer one; the nearest says what is missing. */
function compareVariants(
  before: readonly unknown[],
  after: readonly unknown[],
  field: string,
  documents: Documents,
): Change[] {
  const unmatched = new Set(after);
  const changes = before.flatMap((variant) => {
    const attempts = after
      .map((candidate) => ({ candidate, changes: walk(variant, candidate, field, documents) }))
      .sort((a, b) => weight(a.changes) - weight(b.changes));
    const [best] = attempts;
    if (!best) return [breaking(field, "takes nothing any more")];
    unmatched.delete(best.candidate);
    return best.changes;
  });
  return [...changes, ...[...unmatched].map(() => compatible(field, "may take one more form"))];
}

const weight = (changes: readonly Change[]): number =>
  changes.reduce((sum, change) => sum + (change.breaking ? 1000 : 1), 0);

const shape = (schema: JsonSchema): JsonSchema => (isObject(schema.properties) ? schema.properties : {});
const join = (field: string, name: string): string => (field === "" ? name : `${field}.${name}`);

function compareFields(older: JsonSchema, newer: JsonSchema, field: string, documents: Documents): Change[] {
  const before = shape(older);
  const after = shape(newer);
  const requires = ({ required }: JsonSchema, name: string) =>
    Array.isArray(required) && required.includes(name);
  const removed = Object.keys(before)
    .filter((name) => !Object.hasOwn(after, name))
    .map((name) => breaking(join(field, name), "is removed"));
  const kept = Object.keys(after).flatMap((name) => {
    const path = join(field, name);
    const isRequired = requires(newer, name);
    if (!Object.hasOwn(before, name))
      return [isRequired ? breaking(path, "is new and required") : compatible(path, "is new")];
    const changes = walk(before[name], after[name], path, documents);
    if (isRequired === requires(older, name)) return changes;
    return [isRequired ? breaking(path, "is now required") : compatible(path, "is optional"), ...changes];
  });
  return [...removed, ...kept];
}

/** Fields that are not named, and the entries of a record. Nothing said is: anything. */
function compareOthers(older: JsonSchema, newer: JsonSchema, field: string, documents: Documents): Change[] {
  const before = older.additionalProperties ?? true;
  const after = newer.additionalProperties ?? true;
  const names = same(older.propertyNames, newer.propertyNames)
    ? []
    : walk(older.propertyNames ?? {}, newer.propertyNames ?? {}, join(field, "(its names)"), documents);
  const isOpen = (value: unknown) => value === true || (isObject(value) && Object.keys(value).length === 0);
  if (same(before, after) || (isOpen(before) && isOpen(after))) return names;
  if (after === false) return [...names, breaking(field, "takes no other fields any more")];
  if (before === false) return [...names, compatible(field, "takes other fields")];
  return [...names, ...walk(before, after, join(field, "(any name)"), documents)];
}

function compareEntries(older: JsonSchema, newer: JsonSchema, field: string, documents: Documents): Change[] {
  const changes: Change[] = [];
  if (older.items !== undefined || newer.items !== undefined)
    changes.push(...walk(older.items ?? {}, newer.items ?? {}, `${field}[]`, documents));
  const before = listOf(older.prefixItems);
  const after = listOf(newer.prefixItems);
  for (let place = 0; place < Math.max(before.length, after.length); place++)
    changes.push(...walk(before[place] ?? {}, after[place] ?? {}, `${field}[${place}]`, documents));
  if (!same(older.allOf, newer.allOf)) {
    const [was, is] = [listOf(older.allOf), listOf(newer.allOf)];
    if (was.length !== is.length) changes.push(breaking(field, "combines other schemas than before"));
    else for (const [n, part] of was.entries()) changes.push(...walk(part, is[n], field, documents));
  }
  return changes;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A keyword that nobody here knows, such as a default, is taken to matter. */
function compareUnknown(older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  return [...new Set([...Object.keys(older), ...Object.keys(newer)])]
    .filter((keyword) => !KNOWN.has(keyword) && !same(older[keyword], newer[keyword]))
    .map((keyword) => {
      const was = JSON.stringify(older[keyword]) ?? "none";
      return breaking(field, `has the ${keyword} ${JSON.stringify(newer[keyword]) ?? "none"} (was ${was})`);
    });
}
