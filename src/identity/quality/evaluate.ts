/**
 * How well the profiles agree with what somebody knows for sure: people by a label of theirs, each with identifiers, and
 * the profile in which each identifier is. Pure; `POST /admin/api/identity/evaluate` gives it what it has looked up.
 */

/** One labelled person. */
export interface LabelledPerson {
  label: string;
  /** For each identifier the root of its profile; undefined where it is not known. */
  roots: readonly (string | undefined)[];
}

export interface Evaluation {
  people: number;
  identifiers: number;
  /** Identifiers that are in no profile. */
  unknown: number;
  /** Of the people of whom any identifier is known; null where there are none. */
  profiles_per_person: { mean: number; max: number } | null;
  /** Of the profiles that they are in. */
  people_per_profile: { mean: number; max: number } | null;
  /**
   * Of all pairs of known identifiers. `precision`: of those in one profile, the share that is one person's; `recall`: of
   * those of one person, the share that is in one profile. Null where there are no such pairs.
   */
  pairs: { precision: number | null; recall: number | null; f1: number | null };
  /** Labels of people who share a profile with others, the most first. */
  wrongly_joined: { label: string; with: string[] }[];
  /** Labels of people who are in several profiles, the most first. */
  apart: { label: string; profiles: number; identifiers: number }[];
}

/** So many people, and so many whom each shares a profile with, are named as examples. */
const EXAMPLES = 20;

/** @param people with each label once */
export function evaluate(people: readonly LabelledPerson[]): Evaluation {
  const byRoot = new Map<string, Map<string, number>>();
  const byLabel = new Map<string, Map<string, number>>();
  let unknown = 0;
  let identifiers = 0;
  for (const { label, roots } of people) {
    for (const root of roots) {
      identifiers++;
      if (root === undefined) {
        unknown++;
        continue;
      }
      countIn(byRoot, root, label);
      countIn(byLabel, label, root);
    }
  }
  const both = pairsIn([...byRoot.values()].flatMap((labels) => [...labels.values()]));
  const together = pairsIn([...byRoot.values()].map(sizeOf));
  const ofOne = pairsIn([...byLabel.values()].map(sizeOf));
  const precision = together === 0 ? null : both / together;
  const recall = ofOne === 0 ? null : both / ofOne;
  const f1 =
    precision === null || recall === null || precision + recall === 0
      ? null
      : (2 * precision * recall) / (precision + recall);
  return {
    people: people.length,
    identifiers,
    unknown,
    profiles_per_person: spread([...byLabel.values()].map(({ size }) => size)),
    people_per_profile: spread([...byRoot.values()].map(({ size }) => size)),
    pairs: { precision: rounded(precision), recall: rounded(recall), f1: rounded(f1) },
    wrongly_joined: [...byLabel]
      .map(([label, roots]) => ({ label, with: othersIn(label, roots.keys(), byRoot) }))
      .filter((one) => one.with.length > 0)
      .sort((a, b) => b.with.length - a.with.length || (a.label < b.label ? -1 : 1))
      .slice(0, EXAMPLES)
      .map((one) => ({ label: one.label, with: one.with.slice(0, EXAMPLES) })),
    apart: [...byLabel]
      .map(([label, roots]) => ({ label, profiles: roots.size, identifiers: sizeOf(roots) }))
      .filter(({ profiles }) => profiles > 1)
      .sort((a, b) => b.profiles - a.profiles || (a.label < b.label ? -1 : 1))
      .slice(0, EXAMPLES),
  };
}

function countIn(counts: Map<string, Map<string, number>>, one: string, other: string): void {
  const own = counts.get(one) ?? new Map<string, number>();
  own.set(other, (own.get(other) ?? 0) + 1);
  counts.set(one, own);
}

const sizeOf = (counts: ReadonlyMap<string, number>): number =>
  [...counts.values()].reduce((sum, count) => sum + count, 0);

/** Pairs within groups of these sizes. */
const pairsIn = (sizes: readonly number[]): number =>
  sizes.reduce((sum, size) => sum + (size * (size - 1)) / 2, 0);

const spread = (counts: readonly number[]): { mean: number; max: number } | null =>
  counts.length === 0
    ? null
    : {
        mean: Number((counts.reduce((sum, count) => sum + count, 0) / counts.length).toFixed(3)),
        max: counts.reduce((max, count) => Math.max(max, count), 0),
      };

const rounded = (share: number | null): number | null => (share === null ? null : Number(share.toFixed(4)));

function othersIn(
  label: string,
  roots: Iterable<string>,
  byRoot: ReadonlyMap<string, ReadonlyMap<string, number>>,
): string[] {
  const others = new Set([...roots].flatMap((root) => [...(byRoot.get(root)?.keys() ?? [])]));
  others.delete(label);
  return [...others].sort();
}
