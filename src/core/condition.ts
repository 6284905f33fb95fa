/**
 * The one condition grammar, GrowthBook's Mongo style (spec 0.8), compiled once per release into closures: no request
 * parses, and none needs `new Function`, which workerd refuses. Segments, audiences, flags and destination filters use
 * it. The rules that look odd (a missing path is null, `{n: 0}` matches it) are the specification's.
 */
import type { Condition } from "#contracts/definitions/condition";
import { type ConditionIssue, checkClauses } from "./condition/check.ts";
import { compileRegex } from "./condition/regex.ts";
import { sortableVersion } from "./condition/version.ts";

/** Lists that `$inGroup` and `$notInGroup` name. */
export type SavedGroups = Record<string, readonly unknown[]>;
export type Predicate = (attributes: Record<string, unknown>) => boolean;

type Test = (value: unknown) => boolean;
interface Scope {
  groups: SavedGroups;
  depth: number;
}

/** Deeper conditions match nobody; `checkCondition` refuses them long before. */
const MAX_DEPTH = 64;
const MAX_ISSUES = 20;
const never = () => false;

/** Compile a condition. The predicate never throws: a value that cannot be compared makes it false. */
export function compileCondition(
  condition: Condition,
  options: { savedGroups?: SavedGroups } = {},
): Predicate {
  const test = all(condition, { groups: options.savedGroups ?? {}, depth: 0 });
  return (attributes) => {
    try {
      return test(attributes);
    } catch {
      return false; // Objects without a text form, cycles: nothing that a definition can ask about.
    }
  };
}

/**
 * What is wrong with a condition, for its author; asked before a release is published.
 * @param knownFields names of attributes; where given, a field that is none of them is an issue
 */
export function checkCondition(condition: unknown, knownFields?: Iterable<string>): ConditionIssue[] {
  const issues: ConditionIssue[] = [];
  checkClauses(condition, "", 0, knownFields && new Set(knownFields), (path, message) => {
    if (issues.length < MAX_ISSUES) issues.push({ path, message });
  });
  return issues;
}

/** Every key of a condition object holds. */
function all(condition: unknown, scope: Scope): Test {
  if (!isObject(condition) || scope.depth > MAX_DEPTH) return never;
  const inner = { ...scope, depth: scope.depth + 1 };
  const tests = Object.entries(condition).map(([key, value]) => clause(key, value, inner));
  return every(tests);
}

function clause(key: string, value: unknown, scope: Scope): Test {
  if (key === "$and" || key === "$or" || key === "$nor") {
    if (!Array.isArray(value)) return never;
    const tests = value.map((one) => all(one, scope));
    if (key === "$and") return every(tests);
    const some: Test =
      tests.length === 0 ? () => true : (attributes) => tests.some((test) => test(attributes));
    return key === "$or" ? some : (attributes) => !some(attributes);
  }
  if (key === "$not") {
    const test = all(value, scope);
    return isObject(value) ? (attributes) => !test(attributes) : never;
  }
  const test = compileValue(value, scope);
  const path = key.split(".");
  return path.length === 1
    ? (attributes) => test(isObject(attributes) && Object.hasOwn(attributes, key) ? attributes[key] : null)
    : (attributes) => test(valueAt(attributes, path));
}

/** What a condition says about one value: a literal to equal, or an object of operators that must all hold. */
function compileValue(expected: unknown, scope: Scope): Test {
  if (typeof expected === "string") return (value) => String(value) === expected;
  if (typeof expected === "number") return (value) => Number(value) === expected;
  if (typeof expected === "boolean") return (value) => value !== null && Boolean(value) === expected;
  if (expected === null) return (value) => value === null;
  if (!isOperators(expected)) {
    const text = toJson(expected);
    return (value) => text !== undefined && toJson(value) === text;
  }
  if (scope.depth > MAX_DEPTH) return never;
  const inner = { ...scope, depth: scope.depth + 1 };
  return every(
    Object.entries(expected).map(([name, operand]) =>
      Object.hasOwn(OPERATORS, name) ? (OPERATORS[name]?.(operand, inner) ?? never) : never,
    ),
  );
}

/** Operators by name; each compiles its operand into a test. */
const OPERATORS: Record<string, (operand: unknown, scope: Scope) => Test> = {
  $eq: (operand) => (value) => value === operand,
  $ne: (operand) => (value) => value !== operand,
  $lt: (operand) => (value) => compare(value) < compare(operand),
  $lte: (operand) => (value) => compare(value) <= compare(operand),
  $gt: (operand) => (value) => compare(value) > compare(operand),
  $gte: (operand) => (value) => compare(value) >= compare(operand),
  $veq: (operand) => byVersion(operand, (a, b) => a === b),
  $vne: (operand) => byVersion(operand, (a, b) => a !== b),
  $vlt: (operand) => byVersion(operand, (a, b) => a < b),
  $vlte: (operand) => byVersion(operand, (a, b) => a <= b),
  $vgt: (operand) => byVersion(operand, (a, b) => a > b),
  $vgte: (operand) => byVersion(operand, (a, b) => a >= b),
  $exists: (operand) => (value) => (value !== null && value !== undefined) === Boolean(operand),
  $in: (operand) => (Array.isArray(operand) ? isIn(operand, same) : never),
  $nin: (operand) => (Array.isArray(operand) ? not(isIn(operand, same)) : never),
  $ini: (operand) => (Array.isArray(operand) ? isIn(operand, fold) : never),
  $nini: (operand) => (Array.isArray(operand) ? not(isIn(operand, fold)) : never),
  $inGroup: (operand, { groups }) => isIn(groupOf(operand, groups), same),
  $notInGroup: (operand, { groups }) => not(isIn(groupOf(operand, groups), same)),
  $all: (operand, scope) => hasAll(operand, (one) => compileValue(one, scope)),
  $alli: (operand, scope) =>
    hasAll(operand, (one) =>
      typeof one === "string"
        ? (value) => String(value).toLowerCase() === one.toLowerCase()
        : compileValue(one, scope),
    ),
  $not: (operand, scope) => not(compileValue(operand, scope)),
  $size: (operand, scope) => {
    const test = compileValue(operand, scope);
    return (value) => Array.isArray(value) && test(value.length);
  },
  $elemMatch: (operand, scope) => {
    const test = isOperators(operand) ? compileValue(operand, scope) : all(operand, scope);
    return (value) => Array.isArray(value) && value.some((item) => Boolean(item) && test(item));
  },
  $regex: (operand) => compileRegex(operand, false) ?? never,
  $regexi: (operand) => compileRegex(operand, true) ?? never,
  $type: (operand) => (value) => typeOf(value) === operand,
};

function every(tests: readonly Test[]): Test {
  const [first, second] = tests;
  if (!first) return () => true;
  if (!second) return first;
  return tests.length === 2
    ? (value) => first(value) && second(value)
    : (value) => tests.every((test) => test(value));
}

const not =
  (test: Test): Test =>
  (value) =>
    !test(value);

/** The value, or one of a list's items, is among `expected`. */
function isIn(expected: readonly unknown[], form: (value: unknown) => unknown): Test {
  const known = new Set(expected.map(form));
  return (value) =>
    Array.isArray(value) ? value.some((item) => known.has(form(item))) : known.has(form(value));
}

function hasAll(expected: unknown, compile: (one: unknown) => Test): Test {
  if (!Array.isArray(expected)) return never;
  const tests = expected.map(compile);
  return (value) => Array.isArray(value) && tests.every((test) => value.some(test));
}

function byVersion(operand: unknown, holds: (value: string, expected: string) => boolean): Test {
  const expected = sortableVersion(operand);
  return (value) => holds(sortableVersion(value), expected);
}

/** What a condition finds at a path: null where there is nothing. */
export function valueAt(attributes: unknown, path: readonly string[]): unknown {
  let value = attributes;
  for (const part of path) {
    if (!isAnyObject(value) || !Object.hasOwn(value, part)) return null;
    value = value[part];
  }
  return value;
}

const same = (value: unknown): unknown => value;
const fold = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);
// JavaScript's own `<` is what the specification asks for, whatever the two types are; TypeScript wants them named.
const compare = (value: unknown): number => value as number;
const groupOf = (name: unknown, groups: SavedGroups): readonly unknown[] =>
  (typeof name === "string" && Object.hasOwn(groups, name) && groups[name]) || [];

const isAnyObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const isObject = (value: unknown): value is Record<string, unknown> =>
  isAnyObject(value) && !Array.isArray(value);

/** Whether an object consists of operators; a mixed or empty one is a literal. */
function isOperators(value: unknown): value is Record<string, unknown> {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/** JSON, or undefined where there is none: what has no JSON equals nothing. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
