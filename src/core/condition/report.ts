/** What the checks of a condition share: where they say what is wrong, and how much they may still look at. */
import type { AttributeType } from "./types.ts";

export interface ConditionIssue {
  /** Dotted path into the condition, for example `$or.1.purchases_30d.$gte`. */
  path: string;
  message: string;
}

/** What one check of a condition shares. */
export interface Check {
  /** Undefined: any field will do. */
  known: ReadonlyMap<string, AttributeType> | undefined;
  report(path: string, message: string): void;
  /** Clauses, operators and values that may still come. */
  left: number;
  /** Check what a condition says about one value. */
  value(value: unknown, type: AttributeType, path: string, depth: number): void;
  /** Check a condition on the fields of an object that no list of fields describes. */
  fields(condition: unknown, path: string, depth: number): void;
}

/** No condition that anybody writes comes near these. */
export const MAX_PARTS = 10_000;
export const MAX_TEXT_CHARS = 1_000;

/** Whether there may be one part more; says so once where there may not. */
export function spend(check: Check, path: string): boolean {
  check.left--;
  if (check.left >= 0) return true;
  if (check.left > Number.NEGATIVE_INFINITY) check.report(path, `has more than ${MAX_PARTS} parts`);
  check.left = Number.NEGATIVE_INFINITY;
  return false;
}

export const join = (path: string, key: string | number): string =>
  path === "" ? String(key) : `${path}.${key}`;

export const isPlain = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
