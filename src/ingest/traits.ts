/**
 * Personal traits between the door and rest: opened from the ingress seal, merged into the row that owns them (newest
 * value of each field), sealed again under the subject's own key. Also the golden record that destinations receive.
 */
import type { Traits } from "#contracts/event";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { type IdentifierRow, isProvenPerson } from "#identity/graph";
import type { Keyring } from "#privacy/keys";
import { open, seal } from "#privacy/seal";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";

/** Field → value and the epoch ms of the event that brought it. */
type StoredTraits = Record<string, { v: string; at: number }>;

/** The subjects' keys that one batch uses, opened once. */
export interface SubjectKeys {
  wrapped: Map<string, string>;
  opened: Map<string, CryptoKey>;
  /** Keys made in this batch, to be stored with the rows. */
  created: { subject: string; wrapped: string }[];
}

export const subjectKeys = (wrapped: Map<string, string>): SubjectKeys => ({
  wrapped,
  opened: new Map(),
  created: [],
});

/** Merge an event's sealed traits into a row. @throws Error where the event's seal does not open: it was changed */
export async function mergeTraits(
  row: IdentifierRow,
  event: AcceptedEvent,
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<void> {
  if (event.sealed === undefined) return;
  const plain = await open(keys.ingress, event.sealed, `event:${event.id}`);
  if (plain === undefined) throw new Error("sealed_unreadable");
  const fresh = JSON.parse(plain) as Traits; // sealed by the door after its schema was checked
  const stored = (await readStored(row, keys, subjects)) ?? {};
  for (const [field, value] of Object.entries(fresh)) {
    const known = stored[field];
    if (value !== undefined && (!known || known.at <= event.occurredAt))
      stored[field] = { v: value, at: event.occurredAt };
  }
  const key = (await subjectKey(row.key, keys, subjects)) ?? (await createKey(row.key, keys, subjects));
  row.sealed = await seal(key, JSON.stringify(stored), `traits:${row.key}`);
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
  const best: Record<string, { v: string; at: number; proven: boolean }> = {};
  for (const row of rows) {
    const proven = isProvenPerson(row.key);
    if (provenOnly && !proven) continue;
    for (const [field, { v, at }] of Object.entries((await readStored(row, keys, subjects)) ?? {})) {
      const known = best[field];
      if (
        !known ||
        Number(proven) - Number(known.proven) > 0 ||
        (proven === known.proven && at >= known.at)
      ) {
        best[field] = { v, at, proven };
      }
    }
  }
  return Object.fromEntries(Object.entries(best).map(([field, { v }]) => [field, v])) as Traits;
}

async function readStored(
  row: IdentifierRow,
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<StoredTraits | undefined> {
  if (row.sealed === null) return undefined;
  const key = await subjectKey(row.key, keys, subjects);
  // No key: the subject was erased, and what it sealed is gone with it.
  const plain = key && (await open(key, row.sealed, `traits:${row.key}`));
  return plain === undefined ? undefined : (JSON.parse(plain) as StoredTraits); // written by mergeTraits
}

async function subjectKey(
  subject: string,
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<CryptoKey | undefined> {
  const known = subjects.opened.get(subject);
  const wrapped = subjects.wrapped.get(subject);
  if (known || wrapped === undefined) return known;
  const key = await openSubjectKey(keys.wrap, subject, wrapped);
  if (key) subjects.opened.set(subject, key);
  return key;
}

async function createKey(subject: string, keys: Keyring, subjects: SubjectKeys): Promise<CryptoKey> {
  const { key, wrapped } = await newSubjectKey(keys.wrap, subject);
  subjects.opened.set(subject, key);
  subjects.wrapped.set(subject, wrapped);
  subjects.created.push({ subject, wrapped });
  return key;
}
