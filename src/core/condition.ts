/**
 * The one condition grammar, GrowthBook's Mongo style (spec 0.8), compiled once per release into closures: no request
 * parses, and none needs `new Function`, which workerd refuses. Segments, audiences, flags and destination filters use
 * it. The rules that look odd (a missing path is null, `{n: 0}` matches it) are the specification's.
 *
 * Where it differs from GrowthBook's own evaluator, on purpose: only own properties are read; a pattern that may take too
 * long, and a value too long for any, matches nothing; what has no meaning (`$and` without a list) matches nobody; and
 * nothing throws.
 */
import type { Condition } from "#contracts/definitions/condition";
import { checkWhole } from "./condition/check.ts";
import { compileAll, type SavedGroups } from "./condition/compile.ts";
import type { ConditionIssue } from "./condition/report.ts";
import type { KnownFields } from "./condition/types.ts";

export type Predicate = (attributes: Record<string, unknown>) => boolean;

/** Compile a condition. The predicate never throws: a value that cannot be compared makes it false. */
export function compileCondition(
  condition: Condition,
  options: { savedGroups?: SavedGroups } = {},
): Predicate {
  const test = compileAll(condition, options.savedGroups ?? {});
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
 * @param known attributes that it may ask about, if that is known: a field that is none of them is an issue, and what
 *   does not fit its type
 */
export const checkCondition = (condition: unknown, known?: KnownFields): ConditionIssue[] =>
  checkWhole(condition, known);
