/**
 * What a field's mark promised: what it is, whom it may serve, how it is coarsened. To let it serve more is a change that
 * visitors were not asked about, so it needs a major version as much as a removed field. Called by compatible.ts.
 */
import { breaking, type Change, compatible, isObject, type JsonSchema } from "./change.ts";

const MARK = "x-doorstep";
/** From the most protected to the least: contracts/taxonomy.ts. */
const CLASSES = ["identifier", "personal", "behavioural", "technical"];

/** How the newer mark of a field differs from the older one. */
export function compareMarks(older: JsonSchema, newer: JsonSchema, field: string): Change[] {
  const before = older[MARK];
  const after = newer[MARK];
  if (!isObject(before)) return isObject(after) ? [compatible(field, "has a class now")] : [];
  if (!isObject(after)) return [breaking(field, "has no class and no purposes any more")];
  return [
    ...compareClass(before, after, field),
    ...comparePurposes(before, after, "purposes", "may serve", field),
    ...comparePurposes(before, after, "hashedFor", "may be kept as a hash for", field),
    ...compareReduction(before, after, field),
  ];
}

function compareClass(before: JsonSchema, after: JsonSchema, field: string): Change[] {
  if (before.class === after.class) return [];
  const what = `is ${after.class} (was ${before.class})`;
  const less = CLASSES.indexOf(String(after.class)) > CLASSES.indexOf(String(before.class));
  return [less ? breaking(field, `${what}: it is protected less`) : compatible(field, what)];
}

function comparePurposes(
  before: JsonSchema,
  after: JsonSchema,
  list: "purposes" | "hashedFor",
  verb: string,
  field: string,
): Change[] {
  const was = listed(before[list]);
  const is = listed(after[list]);
  return [
    ...is.filter((purpose) => !was.includes(purpose)).map((p) => breaking(field, `${verb} ${p} now, too`)),
    ...was.filter((purpose) => !is.includes(purpose)).map((p) => compatible(field, `${verb} ${p} no more`)),
  ];
}

const listed = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

function compareReduction(before: JsonSchema, after: JsonSchema, field: string): Change[] {
  if (before.reduce === after.reduce) return [];
  if (before.reduce === undefined) return [compatible(field, `is coarsened as ${after.reduce}`)];
  return [breaking(field, `is coarsened as ${after.reduce ?? "nothing"} (was ${before.reduce})`)];
}
