/**
 * Personal traits between the door and rest: opened from the ingress seal, merged into the row that owns them (newest
 * value of each field), each field sealed by itself under the subject's own key. Also the golden record that
 * destinations receive. Called by fold.ts and route.ts.
 */
import type { Traits } from "#contracts/event";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { type IdentifierRow, isProvenPerson } from "#identity/graph";
import { openIngress } from "#privacy/ingress";
import type { Keyring, VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";

/** Field → its value, sealed, and the epoch ms of the event that brought it: what a row's `sealed` is as JSON. */
type SealedTraits = Record<string, { s: string; at: number }>;

/** The subjects' keys that one batch uses, opened once. */
export interface SubjectKeys {
  wrapped: Map<string, string>;
  opened: Map<string, VersionedKey>;
  /** Keys made in this batch, to be stored with the rows. */
  created: { subject: string; wrapped: string }[];
}

export const subjectKeys = (wrapped: Map<string, string>): SubjectKeys => ({
  wrapped,
  opened: new Map(),
  created: [],
});

/**
 * Merge an event's sealed traits into a row. What the row has is not opened for that.
 * @throws Error `sealed_unreadable` where the event's seal does not open: it was changed; `subject_key_unreadable` where
 *   the key of the row's subject is there and does not open: another in its place would lose what it has sealed
 */
export async function mergeTraits(
  row: IdentifierRow,
  event: AcceptedEvent,
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<void> {
  if (event.sealed === undefined) return;
  const plain = await openIngress(keys.ingress, event.sealed, ["event", event.id]);
  if (plain === undefined) throw new Error("sealed_unreadable");
  const fresh = JSON.parse(plain) as Traits; // sealed by the door after its schema was checked
  const known = await subjectKey(row.key, keys, subjects);
  if (!known && subjects.wrapped.has(row.key)) throw new Error("subject_key_unreadable");
  // Without a key the subject was erased: what its old one had sealed is gone, and is not carried on.
  const stored = known ? await storedTraits(row, known) : {};
  const key = known ?? (await createKey(row.key, keys, subjects));
  for (const [field, value] of Object.entries(fresh)) {
    const at = Object.hasOwn(stored, field) ? stored[field]?.at : undefined;
    if (value !== undefined && (at === undefined || at <= event.occurredAt))
      stored[field] = { s: await seal(key, value, placeOf(row.key, field)), at: event.occurredAt };
  }
  row.sealed = JSON.stringify(stored);
}

/** One row's value of a field, not opened yet. */
interface Candidate {
  sealed: string;
  at: number;
  proven: boolean;
  key: VersionedKey;
  place: Place;
}

/**
 * A profile's golden traits: of each field the proven value before the claimed one, then the newest.
 * @param provenOnly leave out what was only claimed: for an item that may overwrite a person's record
 */
export async function goldenTraits(
  rows: readonly IdentifierRow[],
  keys: Keyring,
  subjects: SubjectKeys,
  provenOnly: boolean,
): Promise<Traits> {
  const candidates = new Map<string, Candidate[]>();
  for (const row of rows) {
    const proven = isProvenPerson(row.key);
    if (row.sealed === null || (provenOnly && !proven)) continue;
    const key = await subjectKey(row.key, keys, subjects);
    if (!key) continue; // the subject was erased, and what it sealed is gone with it
    for (const [field, { s: sealed, at }] of Object.entries(await storedTraits(row, key))) {
      const candidate = { sealed, at, proven, key, place: placeOf(row.key, field) };
      // The later of two that are as good comes first.
      candidates.set(field, [candidate, ...(candidates.get(field) ?? [])]);
    }
  }
  const golden: Record<string, string> = {};
  for (const [field, some] of candidates) {
    some.sort((a, b) => Number(b.proven) - Number(a.proven) || b.at - a.at);
    const value = await firstThatOpens(some);
    if (value !== undefined) golden[field] = value;
  }
  return golden as Traits; // mergeTraits wrote the fields, from traits that the door had checked
}

/** One that was moved here from another row or field does not open, and the next best counts. */
async function firstThatOpens(candidates: readonly Candidate[]): Promise<string | undefined> {
  for (const { key, sealed, place } of candidates) {
    const value = await open(key, sealed, place);
    if (value !== undefined) return value;
  }
  return undefined;
}

const placeOf = (row: string, field: string): Place => ["trait", row, field];

/** What a row has sealed: by field. What was sealed as a whole before fields were is sealed anew here. */
async function storedTraits(row: IdentifierRow, key: VersionedKey): Promise<SealedTraits> {
  if (row.sealed === null) return {};
  if (row.sealed.startsWith("{")) return JSON.parse(row.sealed) as SealedTraits; // written by mergeTraits
  const whole = await open(key, row.sealed, ["traits", row.key]);
  if (whole === undefined) return {};
  const stored: SealedTraits = {};
  // The form in which mergeTraits wrote it then.
  for (const [field, { v, at }] of Object.entries(
    JSON.parse(whole) as Record<string, { v: string; at: number }>,
  ))
    stored[field] = { s: await seal(key, v, placeOf(row.key, field)), at };
  return stored;
}

async function subjectKey(
  subject: string,
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<VersionedKey | undefined> {
  const known = subjects.opened.get(subject);
  const wrapped = subjects.wrapped.get(subject);
  if (known || wrapped === undefined) return known;
  const key = await openSubjectKey(keys.wrap, subject, wrapped);
  if (key) subjects.opened.set(subject, key);
  return key;
}

async function createKey(subject: string, keys: Keyring, subjects: SubjectKeys): Promise<VersionedKey> {
  const { key, wrapped } = await newSubjectKey(keys.wrap, subject);
  subjects.opened.set(subject, key);
  subjects.wrapped.set(subject, wrapped);
  subjects.created.push({ subject, wrapped });
  return key;
}
