/**
 * Conditions that no value can meet, such as `{n: {$gte: 5, $lt: 3}}`. What is said about one field together, also by the
 * parts of an `$and` and by what an `$or` stands in, is asked of every value that could matter: the constants themselves
 * and one between and beyond each two. Where that decides nothing (patterns, versions), the condition is let through.
 * Called by check.ts for conditions that are right otherwise.
 */
import { compileOne } from "./compile.ts";
import { type Check, isPlain, join } from "./report.ts";
import { type AttributeType, typeAt } from "./types.ts";

/** What a condition says about a field, and where. */
interface Clause {
  path: string;
  value: unknown;
}

type Clauses = ReadonlyMap<string, readonly Clause[]>;

/** Values tried, times what they are asked; what is larger than anybody writes is let through. */
const MAX_TRIES = 200_000;

export function reportImpossible(condition: unknown, check: Check): void {
  const budget = { tries: MAX_TRIES };
  visit(condition, "", new Map());

  function visit(inner: unknown, path: string, outer: Clauses): void {
    const own = new Map<string, Clause[]>();
    const alternatives: [part: unknown, path: string, isNegated: boolean][] = [];
    gather(inner, path, own, alternatives);
    const together = new Map(outer);
    for (const [field, clauses] of own) {
      const all = [...(outer.get(field) ?? []), ...clauses];
      together.set(field, all);
      const type = check.known ? (typeAt(check.known, field) ?? "unknown") : "unknown";
      if (isPossible(type, all, budget)) continue;
      const last = all.at(-1)?.path ?? path;
      const others = all.slice(0, -1).map((clause) => clause.path);
      check.report(last, others.length === 0 ? NEVER : `${NEVER} together with ${others.join(", ")}`);
      return;
    }
    for (const [part, place, isNegated] of alternatives) visit(part, place, isNegated ? NOTHING : together);
  }
}

const NEVER = "can never hold";
const NOTHING: Clauses = new Map();

/** What must hold at once, by field; and the parts of it that are conditions of their own. */
function gather(
  condition: unknown,
  path: string,
  own: Map<string, Clause[]>,
  alternatives: [part: unknown, path: string, isNegated: boolean][],
): void {
  if (!isPlain(condition)) return;
  for (const [key, value] of Object.entries(condition)) {
    const here = join(path, key);
    if (key === "$not") alternatives.push([value, here, true]);
    else if (key === "$and" || key === "$or" || key === "$nor")
      for (const [n, part] of (Array.isArray(value) ? value : []).entries()) {
        if (key === "$and") gather(part, join(here, n), own, alternatives);
        else alternatives.push([part, join(here, n), key === "$nor"]);
      }
    else own.set(key, [...(own.get(key) ?? []), { path: here, value }]);
  }
}

function isPossible(type: AttributeType, clauses: readonly Clause[], budget: { tries: number }): boolean {
  const said = { operators: new Set<string>(), constants: new Set<unknown>() };
  for (const { value } of clauses) collect(value, said);
  const values = valuesFor(type, said.operators, [...said.constants], clauses);
  if (!values) return true;
  budget.tries -= values.length * clauses.length;
  if (budget.tries < 0) return true;
  const tests = clauses.map(({ value }) => compileOne(value));
  return values.some((value) => tests.every((test) => test(value)));
}

/** Names of operators and the constants that a value is compared with. */
function collect(value: unknown, said: { operators: Set<string>; constants: Set<unknown> }): void {
  if (!isPlain(value)) {
    for (const one of Array.isArray(value) ? value : [value]) said.constants.add(one);
    return;
  }
  for (const [name, operand] of Object.entries(value)) {
    said.operators.add(name);
    if (name !== "$exists" && name !== "$type") collect(operand, said);
  }
}

/** Values of which one meets the clauses if any value does; undefined where none such are known. */
function valuesFor(
  type: AttributeType,
  operators: ReadonlySet<string>,
  constants: readonly unknown[],
  clauses: readonly Clause[],
): unknown[] | undefined {
  if (type === "boolean") return [true, false, null];
  if (typeof type === "object" && "oneOf" in type) return [...type.oneOf, null];
  if (type === "string[]") return listsFor(operators, constants);
  const few = type === "unknown" ? undefined : clauses.map(({ value }) => among(value)).find((list) => list);
  if (few) return [...few.filter((one) => isWithin(one, type)), null];
  for (const name of operators) if (!COMPARISONS.has(name)) return undefined;
  const isNumeric = constants.every((one) => typeof one === "number" || one === null);
  if (typeof type === "object" && "least" in type)
    return [...numbersFor(constants, type.least, type.most), null];
  if (type === "number") return [...numbersFor(constants), null];
  if (type === "string") return textsFor(constants);
  if (!isNumeric) return undefined;
  const numbers = numbersFor(constants);
  return [...numbers.flatMap((one) => [one, String(one), [one]]), null, true, false, "~"];
}

const COMPARISONS = new Set(["$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$in", "$nin", "$exists", "$not"]);

/** The only values that a clause lets through; undefined where there is no such list. */
function among(value: unknown): unknown[] | undefined {
  if (!isPlain(value)) return [value];
  if (Array.isArray(value.$in)) return value.$in;
  return "$eq" in value ? [value.$eq] : undefined;
}

const isWithin = (value: unknown, type: AttributeType): boolean =>
  typeof type !== "object" ||
  !("least" in type) ||
  (Number(value) >= type.least && Number(value) <= (type.most ?? Number.POSITIVE_INFINITY));

/** Each constant, what is between and beyond, and the ends of the range. */
function numbersFor(
  constants: readonly unknown[],
  least = Number.NEGATIVE_INFINITY,
  most = Number.POSITIVE_INFINITY,
): number[] {
  const known = [least, most, ...constants.filter((one) => typeof one === "number")].filter(Number.isFinite);
  const sorted = [...new Set([0, ...known])].sort((a, b) => a - b);
  const between = sorted.flatMap((one, n) => [one, (one + (sorted[n + 1] ?? one + 2)) / 2]);
  return [(sorted[0] ?? 0) - 1, ...between].filter((one) => one >= least && one <= most);
}

/** Each constant, the text right behind it, the first text of all and one that sorts behind most. */
const textsFor = (constants: readonly unknown[]): unknown[] => {
  const texts = constants.filter((one) => typeof one === "string");
  return ["", ...texts.flatMap((text) => [text, `${text}\u0000`]), "\uffff", null];
};

const OF_LISTS = new Set(["$in", "$nin", "$all", "$exists"]);
const MAX_LIST_CONSTANTS = 8;

/** Every selection of the names, with and without one more; for a list that is only asked what is in it. */
function listsFor(operators: ReadonlySet<string>, constants: readonly unknown[]): unknown[] | undefined {
  for (const name of operators) if (!OF_LISTS.has(name)) return undefined;
  if (constants.length > MAX_LIST_CONSTANTS) return undefined;
  let lists: unknown[][] = [[], ["\uffff"]];
  for (const one of constants) lists = [...lists, ...lists.map((list) => [...list, one])];
  return [...lists, null];
}
