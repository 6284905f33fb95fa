/**
 * The operators of the condition grammar that compare a value with constants. Each is a closure that was chosen for its
 * constant: numbers are compared as numbers where the value is one, short lists are walked and long ones hashed.
 */
import { sortableVersion } from "./version.ts";

export type Test = (value: unknown) => boolean;

export const never: Test = () => false;

/** Nearly all conditions have one to three clauses. */
export function every(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (!a) return () => true;
  if (!b) return a;
  if (!c) return (value) => a(value) && b(value);
  if (tests.length === 3) return (value) => a(value) && b(value) && c(value);
  return (value) => {
    for (const test of tests) if (!test(value)) return false;
    return true;
  };
}

/** An empty list holds: the specification's `$or: []` is true. */
export function some(tests: readonly Test[]): Test {
  const [a, b, c] = tests;
  if (!a) return () => true;
  if (!b) return a;
  if (!c) return (value) => a(value) || b(value);
  if (tests.length === 3) return (value) => a(value) || b(value) || c(value);
  return (value) => {
    for (const test of tests) if (test(value)) return true;
    return false;
  };
}

export const not =
  (test: Test): Test =>
  (value) =>
    !test(value);

/** A constant that stands for itself: equal as text, as a number, as true or false, or null. */
export function equals(expected: string | number | boolean | null): Test {
  if (typeof expected === "string")
    return (value) => (typeof value === "string" ? value : String(value)) === expected;
  if (typeof expected === "number")
    return (value) => (typeof value === "number" ? value : Number(value)) === expected;
  if (expected === null) return (value) => value === null;
  return (value) => value !== null && Boolean(value) === expected;
}

/** Without regard to case, as `$alli` compares text. */
export function equalsFolded(expected: string): Test {
  const folded = expected.toLowerCase();
  return (value) => String(value).toLowerCase() === folded;
}

type Compare = (operand: unknown) => Test;

// JavaScript's own `<` is what the specification asks for, whatever the two types are; TypeScript wants them named.
const any = (value: unknown): number => value as number;

export const lessThan: Compare = (operand) =>
  typeof operand === "number"
    ? (value) => (typeof value === "number" ? value < operand : any(value) < operand)
    : (value) => any(value) < any(operand);

export const atMost: Compare = (operand) =>
  typeof operand === "number"
    ? (value) => (typeof value === "number" ? value <= operand : any(value) <= operand)
    : (value) => any(value) <= any(operand);

export const moreThan: Compare = (operand) =>
  typeof operand === "number"
    ? (value) => (typeof value === "number" ? value > operand : any(value) > operand)
    : (value) => any(value) > any(operand);

export const atLeast: Compare = (operand) =>
  typeof operand === "number"
    ? (value) => (typeof value === "number" ? value >= operand : any(value) >= operand)
    : (value) => any(value) >= any(operand);

/** Longer lists are hashed. */
const SHORT_LIST = 6;

/** The value, or one of a list's items, is among these. */
export function isIn(expected: readonly unknown[]): Test {
  const [only] = expected;
  if (expected.length === 1 && !Number.isNaN(only))
    return (value) => value === only || (Array.isArray(value) && value.includes(only));
  const list = [...expected];
  const known = new Set(list);
  const has: Test = list.length <= SHORT_LIST ? (value) => list.includes(value) : (value) => known.has(value);
  return (value) => (Array.isArray(value) ? anyOf(value, has) : has(value));
}

/** The same without regard to the case of text. */
export function isInFolded(expected: readonly unknown[]): Test {
  // Not a number is none of them: `$ini` compares by `===`.
  const known = new Set(expected.map(fold).filter((one) => !Number.isNaN(one)));
  const has: Test = (value) => known.has(fold(value));
  return (value) => (Array.isArray(value) ? anyOf(value, has) : has(value));
}

const fold = (value: unknown): unknown => (typeof value === "string" ? value.toLowerCase() : value);

function anyOf(values: readonly unknown[], has: Test): boolean {
  for (let n = 0; n < values.length; n++) if (has(values[n])) return true;
  return false;
}

/** Each of the tests holds for one of the list's items. */
export const hasAll =
  (tests: readonly Test[]): Test =>
  (value) => {
    if (!Array.isArray(value)) return false;
    for (const test of tests) if (!anyOf(value, test)) return false;
    return true;
  };

/** One of the list's items, null and undefined aside, passes. */
export const hasItem =
  (test: Test): Test =>
  (value) =>
    Array.isArray(value) && anyOf(value, (item) => item !== null && item !== undefined && test(item));

export function byVersion(operand: unknown, holds: (value: string, expected: string) => boolean): Test {
  const expected = sortableVersion(operand);
  return (value) => holds(sortableVersion(value), expected);
}

export function hasType(name: unknown): Test {
  return (value) => typeOf(value) === name;
}

const TYPES = ["string", "number", "boolean", "object", "undefined"];

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return TYPES.includes(typeof value) ? typeof value : "unknown";
}
