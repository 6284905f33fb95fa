/**
 * The release that decides now: from this isolate's memory, read again from KV every 30 s. Before anything was
 * published, the empty release holds: it denies everything and fills no slot.
 */
import { type ReleaseDocument, releaseSchema } from "#contracts/definitions/release";
import { readPublished } from "./store.ts";

/** A release in memory. `document` is the same object as long as the version is, so it may key a WeakMap. */
export interface ActiveRelease {
  /** 0: nothing was published yet. */
  version: number;
  document: ReleaseDocument;
}

const REFRESH_MS = 30_000;

let empty: ActiveRelease | undefined;

/** What holds before anything was published. */
export function emptyRelease(): ActiveRelease {
  empty ??= {
    version: 0,
    document: releaseSchema.parse({
      policy: { regimes: { strict: { default: "denied" } }, otherwise: "strict" },
    }),
  };
  return empty;
}

interface Held {
  release: ActiveRelease;
  readAt: number;
}
const held = new WeakMap<KVNamespace, Held>();

/** The release that this isolate has in memory, if it may still be believed. */
export function heldRelease(kv: KVNamespace, now: number): ActiveRelease | undefined {
  const known = held.get(kv);
  return known && now - known.readAt < REFRESH_MS ? known.release : undefined;
}

/** The release that holds now. Throws only where KV fails and nothing is in memory. */
export async function activeRelease(kv: KVNamespace, now: number): Promise<ActiveRelease> {
  const recent = heldRelease(kv, now);
  if (recent) return recent;
  const fresh = (await readPublished(kv, held.get(kv)?.release)) ?? emptyRelease();
  held.set(kv, { release: fresh, readAt: now });
  return fresh;
}

/** Put a release that this isolate has just published into its memory, so that it holds here at once. */
export function holdRelease(kv: KVNamespace, release: ActiveRelease, now: number): void {
  held.set(kv, { release, readAt: now });
}
