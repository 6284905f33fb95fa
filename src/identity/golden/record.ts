/**
 * The golden record: of each trait the one value that a profile shows, with where it is from. A function of the profile's
 * rows and of the release's rules, so that a split gives back what was there before a merge. Called by src/ingest/route.ts
 * for destinations, by the console for its profile page, and by src/subjects for what a person is given of themselves.
 */
import type { Traits } from "#contracts/event";
import type { Purpose } from "#contracts/taxonomy";
import { type IdentifierRow, isProvenPerson } from "#identity/graph";
import type { Keyring, VersionedKey } from "#privacy/keys";
import { open } from "#privacy/seal";
import { anyValueServes, valueServes } from "../trait-purposes.ts";
import { best, type Candidate, ranked, ruleOf, type TraitRules } from "./choose.ts";
import { placeOf, storedTraits } from "./sealed.ts";
import { type SubjectKeys, subjectKey } from "./subject-keys.ts";

/** A value with its provenance: source, event, time of the event (epoch ms), row, and whether it was proved. */
export interface GoldenValue extends Candidate {
  value: string;
}

/** Field → its value; fields in alphabetical order. */
export type GoldenRecord = Record<string, GoldenValue>;

export interface GoldenOptions {
  /** Of the release: `traitRules(document)`. */
  rules: TraitRules;
  /** Leave out what was only claimed: for an item that may overwrite a person's record. */
  provenOnly?: boolean;
  /** What holds for the profile now: fields that none of these purposes may have are left out. Absent: all are given. */
  granted?: readonly Purpose[];
}

/** A profile's golden record. @param subjects keys of the rows that have traits (`Graph.subjectKeys`) */
export async function goldenRecord(
  rows: readonly IdentifierRow[],
  keys: Keyring,
  subjects: SubjectKeys,
  { rules, provenOnly = false, granted }: GoldenOptions,
): Promise<GoldenRecord> {
  if (granted && !anyValueServes(granted)) return {};
  const held = await candidatesOf(
    provenOnly ? rows.filter(({ key }) => isProvenPerson(key)) : rows,
    keys,
    subjects,
  );
  const golden: GoldenRecord = {};
  for (const [field, candidates] of [...held].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (granted && !valueServes(field, granted)) continue;
    const rule = ruleOf(rules, field);
    for (const group of ranked(candidates, rule)) {
      const value = best(await opened(group), rule);
      if (!value) continue; // none of them opens: they were moved here from another row or field, and the next best counts
      golden[field] = value;
      break;
    }
  }
  return golden;
}

/** The values of the golden record alone: what destinations receive. */
export async function goldenTraits(
  rows: readonly IdentifierRow[],
  keys: Keyring,
  subjects: SubjectKeys,
  options: GoldenOptions,
): Promise<Traits> {
  const record = await goldenRecord(rows, keys, subjects, options);
  // The fields are those of traits that the door had checked.
  return Object.fromEntries(Object.entries(record).map(([field, { value }]) => [field, value])) as Traits;
}

/** One of the values that a row holds. */
export interface HeldTrait extends GoldenValue {
  field: string;
}

/** Every value that rows hold, chosen or not: what a person is given of themselves, and what a vendor may know them by. */
export async function heldTraits(
  rows: readonly IdentifierRow[],
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<HeldTrait[]> {
  const held = await candidatesOf(rows, keys, subjects);
  const found = await Promise.all(
    [...held].map(async ([field, candidates]) =>
      (await opened(candidates)).map((value) => ({ field, ...value })),
    ),
  );
  return found.flat();
}

/** A value that is not opened yet, and its row's key. */
interface Held extends Candidate {
  s: string;
  by: VersionedKey;
  field: string;
}

async function candidatesOf(
  rows: readonly IdentifierRow[],
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<Map<string, Held[]>> {
  const held = new Map<string, Held[]>();
  for (const row of rows) {
    if (row.sealed === null || row.suppressed) continue;
    const by = await subjectKey(row.key, keys, subjects);
    if (!by) continue; // the subject was erased, and what it sealed is gone with it
    const verified = isProvenPerson(row.key);
    for (const [field, candidates] of Object.entries(await storedTraits(row, by))) {
      const some = candidates.map((one): Held => ({ ...one, verified, key: row.key, by, field }));
      held.set(field, [...(held.get(field) ?? []), ...some]);
    }
  }
  return held;
}

/** Those that open. */
async function opened(candidates: readonly Held[]): Promise<GoldenValue[]> {
  const values = await Promise.all(
    candidates.map(async ({ s, by, field, source, event, at, verified, key }) => {
      const value = await open(by, s, placeOf(key, field));
      return value === undefined ? [] : [{ value, source, event, at, verified, key }];
    }),
  );
  return values.flat();
}
