/**
 * The subjects' keys that one batch, or one page, uses: unwrapped when they are first needed, and made for rows that have
 * none. Called by record.ts and by src/ingest/traits.ts.
 */
import type { Keyring, VersionedKey } from "#privacy/keys";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";

export interface SubjectKeys {
  wrapped: Map<string, string>;
  opened: Map<string, VersionedKey>;
  /** Keys made in this batch, to be stored with the rows. */
  created: { subject: string; wrapped: string }[];
}

/** @param wrapped subject → its key as it is stored */
export const subjectKeys = (wrapped: Map<string, string>): SubjectKeys => ({
  wrapped,
  opened: new Map(),
  created: [],
});

/** A subject's key; undefined where there is none (the subject was erased), or where it does not open. */
export async function subjectKey(
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

/** A new key of a subject that has none. */
export async function createKey(
  subject: string,
  keys: Keyring,
  subjects: SubjectKeys,
): Promise<VersionedKey> {
  const { key, wrapped } = await newSubjectKey(keys.wrap, subject);
  subjects.opened.set(subject, key);
  subjects.wrapped.set(subject, wrapped);
  subjects.created.push({ subject, wrapped });
  return key;
}
