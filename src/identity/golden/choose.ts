/**
 * Which of several values of a trait is a profile's: by the rule of its field, and where that tells nothing, by time, event,
 * row and source, so that the same values in any order give the same. Pure: it needs no value but for `longest`. Called by
 * record.ts.
 */
import type { TraitPreference, TraitRule } from "#contracts/definitions/identity";
import type { ReleaseDocument } from "#contracts/definitions/release";

/** Where a value is from. */
export interface Candidate {
  /** Id of the source; "" where it was stored before sources were. */
  source: string;
  /** Id of the event; "" likewise. */
  event: string;
  /** Epoch ms at which the event occurred. */
  at: number;
  /** Whether a secret-key source or a token put it there. */
  verified: boolean;
  /** Key of the row that has it. */
  key: string;
}

/** By field; of those that are not there, `DEFAULT_RULE` holds. */
export type TraitRules = Readonly<Record<string, TraitRule>>;

export const DEFAULT_RULE: TraitRule = { prefer: ["verified", "newest"], sources: [] };

/** The rules of a release. */
export const traitRules = (document: Pick<ReleaseDocument, "identity">): TraitRules =>
  document.identity?.traits ?? NO_RULES;

const NO_RULES: TraitRules = {};

/** The rule of a field. */
export const ruleOf = (rules: TraitRules, field: string): TraitRule =>
  (Object.hasOwn(rules, field) ? rules[field] : undefined) ?? DEFAULT_RULE;

/**
 * Candidates in groups, the best group first. Those of one group are as good as each other by all that is known without
 * their values: only where a rule asks for the longest has a group more than one.
 */
export function ranked<T extends Candidate>(candidates: readonly T[], rule: TraitRule): T[][] {
  const longest = rule.prefer.indexOf("longest");
  if (longest < 0) return candidates.toSorted(order(rule.prefer, rule)).map((one) => [one]);
  const compare = preferring(rule.prefer.slice(0, longest), rule);
  const groups: T[][] = [];
  for (const one of candidates.toSorted(compare)) {
    const group = groups.at(-1);
    if (group?.[0] && compare(group[0], one) === 0) group.push(one);
    else groups.push([one]);
  }
  return groups;
}

/** The best of candidates whose values are known; undefined where there are none. */
export function best<T extends Candidate & { value: string }>(
  opened: readonly T[],
  rule: TraitRule,
): T | undefined {
  const lengths = new Map(opened.map((one) => [one, [...one.value].length]));
  return opened.toSorted(order(rule.prefer, rule, (one) => lengths.get(one) ?? 0))[0];
}

type Compare<T> = (a: T, b: T) => number;

/** A total order: two that it does not tell apart are one event's value in one row. */
function order<T extends Candidate>(
  prefer: readonly TraitPreference[],
  rule: TraitRule,
  lengthOf?: (one: T) => number,
): Compare<T> {
  const preferred = preferring(prefer, rule, lengthOf);
  return (a, b) =>
    preferred(a, b) ||
    b.at - a.at ||
    byText(b.event, a.event) ||
    byText(a.key, b.key) ||
    byText(a.source, b.source);
}

function preferring<T extends Candidate>(
  prefer: readonly TraitPreference[],
  { sources }: TraitRule,
  lengthOf: (one: T) => number = () => 0,
): Compare<T> {
  const placeOf = ({ source }: T): number => {
    const place = sources.indexOf(source);
    return place < 0 ? sources.length : place;
  };
  const by: Record<TraitPreference, Compare<T>> = {
    verified: (a, b) => Number(b.verified) - Number(a.verified),
    source: (a, b) => placeOf(a) - placeOf(b),
    newest: (a, b) => b.at - a.at,
    oldest: (a, b) => a.at - b.at,
    longest: (a, b) => lengthOf(b) - lengthOf(a),
  };
  return (a, b) => {
    for (const name of prefer) {
      const difference = by[name](a, b);
      if (difference !== 0) return difference;
    }
    return 0;
  };
}

/** By code units, as keys are sorted everywhere. */
const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));
