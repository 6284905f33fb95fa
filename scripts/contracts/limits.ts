/** What a schema says of a single value: its type, its choices, its limits, its form. Called by compatible.ts. */
import { breaking, type Change, compatible, type JsonSchema, same } from "./change.ts";

/** Everything by which the newer schema takes less, or more, single values than the older one. */
export function compareValues(older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  return [
    ...compareTypes(older, newer, field),
    ...compareChoices(older, newer, field),
    ...LIMITS.flatMap((limit) => compareLimit(limit, older, newer, field)),
    ...FORMS.flatMap((form) => compareForm(form, older, newer, field)),
  ];
}

function compareTypes(older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  const before = typesOf(older);
  const after = typesOf(newer);
  if (same(before, after) || !after) return before && !after ? [compatible(field, "takes any type")] : [];
  const takes = (type: string) => after.includes(type) || (type === "integer" && after.includes("number"));
  const now = after.join(" or ");
  const lost = before ? before.filter((type) => !takes(type)) : [];
  if (!before || lost.length === before.length)
    return [breaking(field, `must now be ${now} (was ${before?.join(" or ") ?? "any type"})`)];
  return lost.length > 0
    ? [breaking(field, `takes no ${lost.join(" or ")} any more`)]
    : [compatible(field, `may now be ${now}`)];
}

/** Sorted; undefined where any type will do. */
function typesOf({ type }: JsonSchema): string[] | undefined {
  if (typeof type === "string") return [type];
  return Array.isArray(type) ? type.map(String).sort() : undefined;
}

function compareChoices(older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  const before = choicesOf(older);
  const after = choicesOf(newer);
  if (!after) return before ? [compatible(field, "takes other values than those listed")] : [];
  if (!before) return [breaking(field, `takes only ${after.join(", ")} now`)];
  return [
    ...before
      .filter((value) => !after.includes(value))
      .map((value) => breaking(field, `does not take ${value} any more`)),
    ...after.filter((value) => !before.includes(value)).map((value) => compatible(field, `may be ${value}`)),
  ];
}

/** The values that are listed, as JSON; undefined where none are. */
function choicesOf(schema: JsonSchema): string[] | undefined {
  if ("const" in schema) return [JSON.stringify(schema.const)];
  return Array.isArray(schema.enum) ? schema.enum.map((value) => JSON.stringify(value)) : undefined;
}

interface Limit {
  keyword: string;
  /** The same limit without the value itself. */
  exclusive?: string;
  is: "least" | "most";
  says(limit: number): string;
}

const LIMITS: readonly Limit[] = [
  { keyword: "minLength", is: "least", says: (n) => `must have at least ${n} characters` },
  { keyword: "maxLength", is: "most", says: (n) => `must have at most ${n} characters` },
  { keyword: "minimum", exclusive: "exclusiveMinimum", is: "least", says: (n) => `must be at least ${n}` },
  { keyword: "maximum", exclusive: "exclusiveMaximum", is: "most", says: (n) => `must be at most ${n}` },
  { keyword: "minItems", is: "least", says: (n) => `must have at least ${n} entries` },
  { keyword: "maxItems", is: "most", says: (n) => `must have at most ${n} entries` },
  { keyword: "minProperties", is: "least", says: (n) => `must have at least ${n} fields` },
  { keyword: "maxProperties", is: "most", says: (n) => `must have at most ${n} fields` },
];

interface Bound {
  at: number;
  exclusive: boolean;
}

function compareLimit(limit: Limit, older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  const before = boundOf(limit, older);
  const after = boundOf(limit, newer);
  if (same(before, after)) return [];
  if (!after) return [compatible(field, `has no ${limit.keyword} any more`)];
  const says = `${limit.says(after.at)}${after.exclusive ? ", exclusive" : ""}`;
  const was = before ? ` (was ${before.at}${before.exclusive ? ", exclusive" : ""})` : "";
  const tighter = !before || isTighter(limit, before, after);
  return [tighter ? breaking(field, `${says} now${was}`) : compatible(field, `${says}${was}`)];
}

function isTighter({ is }: Limit, before: Bound, after: Bound): boolean {
  if (before.at === after.at) return after.exclusive;
  return is === "least" ? after.at > before.at : after.at < before.at;
}

/** The stricter of a limit and its exclusive form. */
function boundOf(limit: Limit, schema: JsonSchema): Bound | undefined {
  const inclusive = schema[limit.keyword];
  const exclusive = limit.exclusive === undefined ? undefined : schema[limit.exclusive];
  const bounds: Bound[] = [];
  if (typeof inclusive === "number") bounds.push({ at: inclusive, exclusive: false });
  if (typeof exclusive === "number") bounds.push({ at: exclusive, exclusive: true });
  return bounds.reduce<Bound | undefined>(
    (strictest, bound) => (!strictest || isTighter(limit, strictest, bound) ? bound : strictest),
    undefined,
  );
}

/** Keywords of which nobody can say whether one value takes less than another: only to lift them is harmless. */
const FORMS = ["pattern", "format", "multipleOf", "uniqueItems", "contentEncoding", "not"];

function compareForm(keyword: string, older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  const before = older[keyword];
  const after = newer[keyword];
  if (same(before, after)) return [];
  if (after === undefined) return [compatible(field, `has no ${keyword} any more`)];
  const was = before === undefined ? "" : ` (was ${JSON.stringify(before)})`;
  return [breaking(field, `must now have the ${keyword} ${JSON.stringify(after)}${was}`)];
}
