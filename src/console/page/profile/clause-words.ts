/** One clause of a segment's condition in words: what it asks for, and what was there. Pure; used by segments.ts. */
import type { ExplainedClause } from "#core/condition/explain";
import { listInWords } from "../../wording.ts";

const WANTED: Record<string, (expected: unknown) => string> = {
  is: (expected) => text(expected),
  $eq: (expected) => text(expected),
  $ne: (expected) => `anything but ${text(expected)}`,
  $gt: (expected) => `more than ${text(expected)}`,
  $gte: (expected) => `at least ${text(expected)}`,
  $lt: (expected) => `less than ${text(expected)}`,
  $lte: (expected) => `at most ${text(expected)}`,
  $in: (expected) => `one of ${listed(expected)}`,
  $nin: (expected) => `none of ${listed(expected)}`,
  $ini: (expected) => `one of ${listed(expected)}, in any case`,
  $nini: (expected) => `none of ${listed(expected)}, in any case`,
  $all: (expected) => `all of ${listed(expected)}`,
  $exists: (expected) => (expected ? "anything at all" : "nothing at all"),
  $size: (expected) => `${text(expected)} items`,
  $regex: (expected) => `what matches ${text(expected)}`,
  $type: (expected) => `a value of type ${text(expected)}`,
};

/** What the clause asks for: `at least 2`. */
export const wantedInWords = ({ operator, expected }: ExplainedClause): string =>
  Object.hasOwn(WANTED, operator)
    ? (WANTED[operator]?.(expected) ?? "")
    : `${operator.replace(/^\$/, "")} ${text(expected)}`;

/** What there was: `1`, `nothing`. */
export const actualInWords = ({ actual }: ExplainedClause): string =>
  actual === null || actual === undefined ? "nothing" : text(actual);

const MAX_CHARS = 200;

function text(value: unknown): string {
  const whole = typeof value === "string" ? `“${value}”` : (JSON.stringify(value) ?? "nothing");
  return whole.length > MAX_CHARS ? `${whole.slice(0, MAX_CHARS)}…` : whole;
}

const listed = (values: unknown): string =>
  Array.isArray(values) && values.length > 0 ? listInWords(values.map(text)) : text(values);
