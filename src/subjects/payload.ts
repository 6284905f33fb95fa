/**
 * What is sealed with a request, and its results, under the request's own key: identities as they were sent, callbacks,
 * whom vendors know. Destroying the key (store.ts) destroys all of it, also in copies of the database.
 */
import type { Keyring, VersionedKey } from "#privacy/keys";
import { open, seal } from "#privacy/seal";
import { newSubjectKey, openSubjectKey } from "#privacy/subject-key";
import type { Payload, SubjectRequest } from "./request.ts";
import { destroyKey, keyName, readWrapped } from "./store.ts";

/** Seal the payload of a new request under a new key. */
export async function sealNew(
  keys: Keyring,
  id: string,
  payload: Payload,
): Promise<{ sealed: string; wrapped: string }> {
  const { key, wrapped } = await newSubjectKey(keys.wrap, keyName(id));
  return { sealed: await sealPayload(key, id, payload), wrapped };
}

export const sealPayload = (key: VersionedKey, id: string, payload: Payload): Promise<string> =>
  seal(key, JSON.stringify(payload), ["subject_request", id]);

/** A request's own key; undefined where it was destroyed. */
export async function requestKey(
  db: D1Database,
  keys: Keyring,
  id: string,
): Promise<VersionedKey | undefined> {
  const wrapped = await readWrapped(db, id);
  return wrapped === undefined ? undefined : openSubjectKey(keys.wrap, keyName(id), wrapped);
}

/** What is sealed with a request, and the key; undefined where it has ended and nothing is left. */
export async function openRequest(
  db: D1Database,
  keys: Keyring,
  request: Pick<SubjectRequest, "id" | "sealed">,
): Promise<{ key: VersionedKey; payload: Payload } | undefined> {
  if (request.sealed === null) return undefined;
  const key = await requestKey(db, keys, request.id);
  const text = key && (await open(key, request.sealed, ["subject_request", request.id]));
  return key && text !== undefined ? { key, payload: JSON.parse(text) as Payload } : undefined; // written by sealPayload
}

/** The row's payload changed and sealed again; nothing where it is gone. */
export async function withPayload(
  { db, keys }: { db: D1Database; keys: Keyring },
  request: Pick<SubjectRequest, "id" | "sealed">,
  change: (payload: Payload) => Payload,
): Promise<{ sealed?: string }> {
  const opened = await openRequest(db, keys, request);
  if (!opened) return {};
  return { sealed: await sealPayload(opened.key, request.id, change(opened.payload)) };
}

/** The payload of a request that has ended: where to tell of it, and nothing else. */
export const emptied = (
  stores: { db: D1Database; keys: Keyring },
  request: Pick<SubjectRequest, "id" | "sealed">,
): Promise<{ sealed?: string }> =>
  withPayload(stores, request, ({ callbacks, base }) => ({
    identities: [],
    callbacks,
    submitted: "",
    base,
  }));

/** Nothing of a request is left to open, but results that are still kept. @returns what becomes of the row */
export async function closed(
  { db, keys }: { db: D1Database; keys: Keyring },
  request: Pick<SubjectRequest, "id" | "sealed" | "resultsUntil">,
): Promise<{ sealed?: string | null }> {
  if (request.resultsUntil !== null)
    return withPayload({ db, keys }, request, (payload) => ({ ...payload, callbacks: [] }));
  await destroyKey(db, request.id);
  return { sealed: null };
}
