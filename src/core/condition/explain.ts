/**
 * Why a condition holds or does not: each clause of it with what it expects, what was there, and whether that is enough.
 * What it says of a part is what `compileCondition` says of it, so that the explanation cannot differ from the decision.
 * Called for a person's segments (src/console/profile/segments.ts).
 */
import type { Condition } from "#contracts/definitions/condition";
import { compileCondition } from "#core/condition";
import { isOperators } from "./compile.ts";
import { valueAt } from "./path.ts";

/** `all` of these must hold, one (`any`) of them, or `none`. */
export interface ExplainedGroup {
  kind: "all" | "any" | "none";
  holds: boolean;
  of: Explained[];
}

export interface ExplainedClause {
  kind: "clause";
  /** Path of the attribute. */
  field: string;
  /** `$gte` …; `is` where the condition names a value to equal. */
  operator: string;
  expected: unknown;
  /** Null where there is nothing. */
  actual: unknown;
  holds: boolean;
}

export type Explained = ExplainedGroup | ExplainedClause;

/** As `compileCondition`: nothing is deeper in a release. */
const MAX_DEPTH = 64;

/** @param attributes what the condition is asked of */
export const explainCondition = (condition: Condition, attributes: Record<string, unknown>): ExplainedGroup =>
  explainAll(condition, attributes, 0);

function explainAll(condition: unknown, attributes: Record<string, unknown>, depth: number): ExplainedGroup {
  const parts = isObject(condition) && depth < MAX_DEPTH ? Object.entries(condition) : [];
  return {
    kind: "all",
    holds: compileCondition(condition as Condition)(attributes), // one of any shape holds, or does not
    of: parts.flatMap(([key, value]) => explainPart(key, value, attributes, depth + 1)),
  };
}

function explainPart(
  key: string,
  value: unknown,
  attributes: Record<string, unknown>,
  depth: number,
): Explained[] {
  const holds = (condition: Condition): boolean => compileCondition(condition)(attributes);
  const inner = (conditions: readonly unknown[]) =>
    conditions.map((one) => simplest(explainAll(one, attributes, depth)));
  if (key === "$not") return [{ kind: "none", holds: holds({ [key]: value }), of: inner([value]) }];
  if ((key === "$and" || key === "$or" || key === "$nor") && Array.isArray(value))
    return [{ kind: GROUPS[key], holds: holds({ [key]: value }), of: inner(value) }];
  const shared = { kind: "clause" as const, field: key, actual: valueAt(attributes, key.split(".")) ?? null };
  if (!isOperators(value))
    return [{ ...shared, operator: "is", expected: value, holds: holds({ [key]: value }) }];
  return Object.entries(value).map(([operator, expected]) => ({
    ...shared,
    operator,
    expected,
    holds: holds({ [key]: { [operator]: expected } }),
  }));
}

const GROUPS = { $and: "all", $or: "any", $nor: "none" } as const;

/** A group of one that says the same as what is in it. */
const simplest = (group: ExplainedGroup): Explained =>
  group.of.length === 1 && group.of[0]?.holds === group.holds ? group.of[0] : group;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
