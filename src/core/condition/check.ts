/**
 * What is wrong with a condition, said before it is published. Evaluation itself is lenient (an unknown operator is
 * false, as the specification wants), so a typing error would silently match nobody: here it has a path and a sentence.
 */
import { regexProblem } from "./regex.ts";

export interface ConditionIssue {
  /** Dotted path into the condition, for example `$or.1.purchases_30d.$gte`. */
  path: string;
  message: string;
}

const MAX_DEPTH = 16;
const TYPES = ["string", "number", "boolean", "null", "array", "object", "undefined"];

type Report = (path: string, message: string) => void;

/**
 * Check one condition object and what is in it.
 * @param known names of attributes; undefined: any will do
 */
export function checkClauses(
  condition: unknown,
  path: string,
  depth: number,
  known: ReadonlySet<string> | undefined,
  report: Report,
): void {
  if (!isObject(condition)) {
    report(path, "must be an object");
    return;
  }
  if (depth > MAX_DEPTH) {
    report(path, `is nested deeper than ${MAX_DEPTH}`);
    return;
  }
  for (const [key, value] of Object.entries(condition)) {
    const here = join(path, key);
    if (key === "$and" || key === "$or" || key === "$nor") {
      if (!Array.isArray(value)) report(here, "must be a list of conditions");
      else value.forEach((one, i) => void checkClauses(one, join(here, i), depth + 1, known, report));
    } else if (key === "$not") {
      checkClauses(value, here, depth + 1, known, report);
    } else if (known ? !known.has(key) && !known.has(key.split(".")[0] ?? key) : key.startsWith("$")) {
      report(here, key.startsWith("$") ? "is no operator that can stand here" : "is no known field");
    } else {
      checkValue(value, here, depth + 1, report);
    }
  }
}

function checkValue(value: unknown, path: string, depth: number, report: Report): void {
  if (!isObject(value)) return;
  if (depth > MAX_DEPTH) {
    report(path, `is nested deeper than ${MAX_DEPTH}`);
    return;
  }
  const names = Object.keys(value);
  const operators = names.filter((name) => name.startsWith("$"));
  if (operators.length === 0) return;
  if (operators.length < names.length) {
    report(path, "mixes operators and fields");
    return;
  }
  for (const name of names) {
    const here = join(path, name);
    const check = Object.hasOwn(OPERANDS, name) ? OPERANDS[name] : undefined;
    if (check) check(value[name], here, depth, report);
    else report(here, "is no operator");
  }
}

type Check = (operand: unknown, path: string, depth: number, report: Report) => void;

const must =
  (holds: (operand: unknown) => boolean, message: string): Check =>
  (operand, path, _depth, report) => {
    if (!holds(operand)) report(path, message);
  };

const isText = (operand: unknown): boolean => typeof operand === "string";
const scalar = must(
  (o) => o === null || ["string", "number", "boolean"].includes(typeof o),
  "must be a single value",
);
const ordered = must((o) => isText(o) || typeof o === "number", "must be a number or a string");
const version = must((o) => isText(o) || typeof o === "number", 'must be a version such as "1.2.3"');
const list = must(Array.isArray, "must be a list");
const group = must(isText, "must be the name of a group");
const pattern: Check = (operand, path, _depth, report) => {
  const problem = regexProblem(operand);
  if (problem) report(path, problem);
};
const lists: Check = (operand, path, depth, report) => {
  if (!Array.isArray(operand)) {
    report(path, "must be a list");
    return;
  }
  operand.forEach((one, i) => void checkValue(one, join(path, i), depth + 1, report));
};

/** What each operator takes. */
const OPERANDS: Record<string, Check> = {
  $eq: scalar,
  $ne: scalar,
  $lt: ordered,
  $lte: ordered,
  $gt: ordered,
  $gte: ordered,
  $veq: version,
  $vne: version,
  $vlt: version,
  $vlte: version,
  $vgt: version,
  $vgte: version,
  $exists: must((o) => typeof o === "boolean", "must be true or false"),
  $in: list,
  $nin: list,
  $ini: list,
  $nini: list,
  $all: lists,
  $alli: lists,
  $inGroup: group,
  $notInGroup: group,
  $not: (operand, path, depth, report) => checkValue(operand, path, depth + 1, report),
  $size: (operand, path, depth, report) => {
    if (isObject(operand)) checkValue(operand, path, depth + 1, report);
    else if (typeof operand !== "number") report(path, "must be a number or operators");
  },
  $elemMatch: (operand, path, depth, report) => {
    if (!isObject(operand)) {
      report(path, "must be an object");
      return;
    }
    // Operators speak of the item itself; anything else is a condition on the item's own fields, which no list names.
    if (Object.keys(operand).every((name) => name.startsWith("$")))
      checkValue(operand, path, depth + 1, report);
    else checkClauses(operand, path, depth + 1, undefined, report);
  },
  $regex: pattern,
  $regexi: pattern,
  $type: must((o) => isText(o) && TYPES.includes(String(o)), `must be one of ${TYPES.join(", ")}`),
};

const join = (path: string, key: string | number): string => (path === "" ? String(key) : `${path}.${key}`);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
