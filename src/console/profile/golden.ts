/**
 * A profile's golden record as the API shows it: each trait's value with where it is from and by what rule it was chosen,
 * and every other value that is held, with what it lost by. Called by assemble.ts.
 */
import type { TraitPreference, TraitRule } from "#contracts/definitions/identity";
import type { Purpose } from "#contracts/taxonomy";
import { ruleOf, type TraitRules } from "#identity/golden/choose";
import { type GoldenValue, goldenRecord, heldTraits } from "#identity/golden/record";
import { type SubjectKeys, subjectKeys } from "#identity/golden/subject-keys";
import type { IdentifierRow } from "#identity/graph";
import { valueServes } from "#identity/trait-purposes";
import type { Keyring } from "#privacy/keys";
import { listInWords } from "../wording.ts";
import { isoOrNull } from "./links.ts";
import type { GoldenField, TraitValue } from "./view.ts";

/** @param usable purposes that are not denied to the person now */
export async function goldenOf(
  rows: readonly IdentifierRow[],
  keys: Keyring,
  wrapped: Map<string, string>,
  rules: TraitRules,
  usable: readonly Purpose[],
): Promise<GoldenField[]> {
  const subjects: SubjectKeys = subjectKeys(wrapped);
  const [record, held] = [
    await goldenRecord(rows, keys, subjects, { rules }),
    await heldTraits(rows, keys, subjects),
  ];
  const byField = Map.groupBy(held, ({ field }) => field);
  return Object.entries(record).map(([field, chosen]): GoldenField => {
    const rule = ruleOf(rules, field);
    const others = (byField.get(field) ?? []).filter((one) => !isSame(one, chosen));
    return {
      field,
      ...shown(chosen),
      why: others.length === 0 ? "The only value that is known" : ruleInWords(rule),
      used: valueServes(field, usable),
      others: others.map((one) => ({ ...shown(one), why: lostBy(chosen, one, rule) })),
    };
  });
}

const isSame = (a: GoldenValue, b: GoldenValue): boolean =>
  a.key === b.key && a.event === b.event && a.source === b.source && a.at === b.at && a.value === b.value;

const shown = ({ value, source, event, at, verified, key }: GoldenValue): TraitValue => ({
  value,
  source: source === "" ? null : source,
  event_id: event === "" ? null : event,
  at: isoOrNull(at),
  verified,
  key,
});

const PREFERRED: Record<TraitPreference, string> = {
  verified: "proved before claimed",
  source: "the more trusted source",
  newest: "the newest",
  oldest: "the oldest",
  longest: "the longest",
};

const ruleInWords = ({ prefer }: TraitRule): string =>
  `Chosen by: ${listInWords(prefer.map((one) => PREFERRED[one])).replace(" and ", ", then ")}`;

/** By which preference of the rule one value came before another. Exported for its test. */
export function lostBy(chosen: GoldenValue, other: GoldenValue, { prefer, sources }: TraitRule): string {
  const placeOf = ({ source }: GoldenValue) => {
    const place = sources.indexOf(source);
    return place < 0 ? sources.length : place;
  };
  const lengthOf = ({ value }: GoldenValue) => [...value].length;
  const tells: Record<TraitPreference, () => string | false> = {
    verified: () => chosen.verified && !other.verified && "it was only claimed",
    source: () => placeOf(chosen) < placeOf(other) && "its source is less trusted",
    newest: () => chosen.at > other.at && "it is older",
    oldest: () => chosen.at < other.at && "it is newer",
    longest: () => lengthOf(chosen) > lengthOf(other) && "it is shorter",
  };
  for (const name of prefer) {
    const why = tells[name]();
    if (why !== false) return why;
  }
  return chosen.at > other.at ? "it is older" : "it is as good, and another had to be chosen";
}
