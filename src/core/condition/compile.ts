/**
 * The condition grammar as closures: `all` for a condition on an object, `compileValue` for what it says about one value.
 * Whatever has no meaning matches nobody. Called by src/core/condition.ts.
 */
import {
  atLeast,
  atMost,
  byVersion,
  equals,
  equalsFolded,
  every,
  hasAll,
  hasItem,
  hasType,
  isIn,
  isInFolded,
  lessThan,
  moreThan,
  never,
  not,
  some,
  type Test,
} from "./operators.ts";
import { compilePath, isObject } from "./path.ts";
import { compileRegex } from "./regex.ts";

/** Lists and conditions that `$inGroup`, `$notInGroup` and `$savedGroup` name; a bare list has no attribute of its own. */
export type SavedGroups = Readonly<Record<string, SavedGroup>>;
export type SavedGroup =
  | readonly unknown[]
  | { type: "list"; attributeKey: string; values: readonly unknown[] }
  | { type: "condition"; condition: Record<string, unknown> };

interface Scope {
  groups: SavedGroups;
  depth: number;
  /** Groups that are being resolved: one that names itself matches nobody. */
  within: readonly string[];
}

/** Deeper conditions match nobody; `checkCondition` refuses them long before. */
const MAX_DEPTH = 64;

/** A whole condition. */
export const compileAll = (condition: unknown, groups: SavedGroups): Test =>
  all(condition, { groups, depth: 0, within: [] });

/** What a condition says about one value, by itself. */
export const compileOne = (expected: unknown): Test =>
  compileValue(expected, { groups: {}, depth: 0, within: [] });

const all = (condition: unknown, scope: Scope): Test => every(clauses(condition, scope));

/** Every key of a condition object holds; those of an `$and` are its own. */
function clauses(condition: unknown, scope: Scope): Test[] {
  if (!isPlain(condition) || scope.depth > MAX_DEPTH) return [never];
  const inner = { ...scope, depth: scope.depth + 1 };
  return Object.entries(condition).flatMap(([key, value]) => clause(key, value, inner));
}

function clause(key: string, value: unknown, scope: Scope): Test | Test[] {
  switch (key) {
    case "$and":
      return Array.isArray(value) ? value.flatMap((one) => clauses(one, scope)) : never;
    case "$or":
      return Array.isArray(value) ? some(value.map((one) => all(one, scope))) : never;
    case "$nor":
      return Array.isArray(value) ? not(some(value.map((one) => all(one, scope)))) : never;
    case "$not":
      return isPlain(value) ? not(all(value, scope)) : never;
    case "$savedGroup":
      return savedGroup(value, scope);
    default:
      return at(key, compileValue(value, scope));
  }
}

function at(path: string, test: Test): Test {
  const read = compilePath(path);
  return (attributes) => test(read(attributes as Record<string, unknown>)); // an object: see `item` and Predicate
}

/** What a condition says about one value: a literal to equal, or an object of operators that must all hold. */
function compileValue(expected: unknown, scope: Scope): Test {
  if (!isObject(expected)) return isConstant(expected) ? equals(expected) : never;
  if (!isOperators(expected)) {
    const text = toJson(expected);
    return (value) => isObject(value) && text !== undefined && toJson(value) === text;
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
  $lt: lessThan,
  $lte: atMost,
  $gt: moreThan,
  $gte: atLeast,
  $veq: (operand) => byVersion(operand, (a, b) => a === b),
  $vne: (operand) => byVersion(operand, (a, b) => a !== b),
  $vlt: (operand) => byVersion(operand, (a, b) => a < b),
  $vlte: (operand) => byVersion(operand, (a, b) => a <= b),
  $vgt: (operand) => byVersion(operand, (a, b) => a > b),
  $vgte: (operand) => byVersion(operand, (a, b) => a >= b),
  $exists: (operand) =>
    operand
      ? (value) => value !== null && value !== undefined
      : (value) => value === null || value === undefined,
  $in: (operand) => (Array.isArray(operand) ? isIn(operand) : never),
  $nin: (operand) => (Array.isArray(operand) ? not(isIn(operand)) : never),
  $ini: (operand) => (Array.isArray(operand) ? isInFolded(operand) : never),
  $nini: (operand) => (Array.isArray(operand) ? not(isInFolded(operand)) : never),
  $inGroup: (operand, { groups }) => {
    const values = valuesOf(operand, groups);
    return values ? isIn(values) : never;
  },
  $notInGroup: (operand, { groups }) => {
    const values = valuesOf(operand, groups);
    return values ? not(isIn(values)) : never;
  },
  $all: (operand, scope) =>
    Array.isArray(operand) ? hasAll(operand.map((one) => compileValue(one, scope))) : never,
  $alli: (operand, scope) =>
    Array.isArray(operand)
      ? hasAll(operand.map((one) => (typeof one === "string" ? equalsFolded(one) : compileValue(one, scope))))
      : never,
  $not: (operand, scope) => not(compileValue(operand, scope)),
  $size: (operand, scope) => {
    const test = compileValue(operand, scope);
    return (value) => Array.isArray(value) && test(value.length);
  },
  $elemMatch: (operand, scope) => {
    if (isOperators(operand)) return hasItem(compileValue(operand, scope));
    const test = all(operand, scope);
    return hasItem((item) => test(isObject(item) ? item : NOTHING));
  },
  $regex: (operand) => compileRegex(operand, false) ?? never,
  $regexi: (operand) => compileRegex(operand, true) ?? never,
  $type: hasType,
};

/** What a condition on fields sees of an item that has none. */
const NOTHING = {};

function savedGroup(reference: unknown, scope: Scope): Test {
  if (!isPlain(reference)) return never;
  const { id, attributeKey } = reference;
  if (typeof id !== "string" || scope.within.includes(id)) return never;
  // Whoever asks about another attribute than the group's must name it rightly, or another population would be checked.
  if (attributeKey !== undefined && typeof attributeKey !== "string") return never;
  const group = groupOf(id, scope.groups);
  if (!isPlain(group)) return never;
  if (group.type === "list") {
    const path = attributeKey ?? group.attributeKey;
    return typeof path === "string" && Array.isArray(group.values) ? at(path, isIn(group.values)) : never;
  }
  if (group.type !== "condition") return never;
  return all(group.condition, { ...scope, within: [...scope.within, id] });
}

/** A list's values; none for a group that is not there, and undefined for one that is no list. */
function valuesOf(name: unknown, groups: SavedGroups): readonly unknown[] | undefined {
  const group = typeof name === "string" ? groupOf(name, groups) : undefined;
  if (group === undefined) return [];
  if (Array.isArray(group)) return group;
  return isPlain(group) && group.type === "list" && Array.isArray(group.values) ? group.values : undefined;
}

const groupOf = (name: string, groups: SavedGroups): unknown =>
  Object.hasOwn(groups, name) ? groups[name] : undefined;

const isPlain = (value: unknown): value is Record<string, unknown> =>
  isObject(value) && !Array.isArray(value);

const isConstant = (value: unknown): value is string | number | boolean | null =>
  value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** Whether an object consists of operators; a mixed or empty one is a literal. */
export function isOperators(value: unknown): value is Record<string, unknown> {
  if (!isPlain(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => key.startsWith("$"));
}

/** JSON, or undefined where there is none: what has no JSON equals nothing. */
function toJson(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}
