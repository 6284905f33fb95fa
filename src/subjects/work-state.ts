/**
 * Where a long step left off, between two calls of it: sealed under the request's own key in R2, since it holds ids of the
 * person's events and may be large; the state of a workflow is kept for weeks by others. Gone with the request's exports.
 */
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";
import { requestKey } from "./payload.ts";
import type { StepDeps } from "./step.ts";

type Stores = Pick<StepDeps, "db" | "keys" | "bucket">;

/** Below this are a request's results and the states of its steps. */
export const exportsOf = (id: string): string => `exports/${id}/`;

const statesOf = (id: string): string => `${exportsOf(id)}state-`;
const nameOf = (id: string, step: string): string => statesOf(id) + step;
const placeOf = (id: string, step: string): Place => ["subject_request", id, `state-${step}`];

/** What the call before kept; undefined for the first. @throws Error where it cannot be opened */
export async function readState<T>(
  { db, keys, bucket }: Stores,
  id: string,
  step: string,
): Promise<T | undefined> {
  const object = await bucket.get(nameOf(id, step));
  if (!object) return undefined;
  const key = await keyOf({ db, keys }, id);
  const text = await open(key, await object.text(), placeOf(id, step));
  if (text === undefined) throw new Error("the state of a step does not open");
  return JSON.parse(text) as T; // written by keepState for the same step
}

/** Keep it for the next call. */
export async function keepState(stores: Stores, id: string, step: string, state: unknown): Promise<void> {
  const key = await keyOf(stores, id);
  await stores.bucket.put(nameOf(id, step), await seal(key, JSON.stringify(state), placeOf(id, step)));
}

export async function keyOf({ db, keys }: Pick<Stores, "db" | "keys">, id: string): Promise<VersionedKey> {
  const key = await requestKey(db, keys, id);
  if (!key) throw new Error("the key of a subject request is gone");
  return key;
}

/** Delete where steps left off. */
export const deleteStates = (bucket: R2Bucket, id: string): Promise<void> => deleteAll(bucket, statesOf(id));

/** Delete all that a request has in R2. */
export const deleteExports = (bucket: R2Bucket, id: string): Promise<void> =>
  deleteAll(bucket, exportsOf(id));

async function deleteAll(bucket: R2Bucket, prefix: string): Promise<void> {
  for (let more = true; more; ) {
    const { objects, truncated } = await bucket.list({ prefix });
    if (objects.length > 0) await bucket.delete(objects.map(({ key }) => key));
    more = truncated;
  }
}
