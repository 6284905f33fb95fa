/** Edge snapshots in KV: `edge:<visitor hash>`. Written by ingest, and only on change; read by the slots path. */
import { type Recent, recent } from "#door/recent";
import type { EdgeSnapshot } from "./snapshot.ts";
import { readSnapshotText, type SnapshotAtEdge, writeSnapshotText } from "./snapshot-text.ts";

/** The least that KV takes: how long a data centre may answer from its own memory. */
const CACHE_TTL_SECONDS = 30;
/** Longer than a page takes with all that it asks; of the 120 s after which a change is seen everywhere KV takes 60. */
const HELD_MS = 10_000;
const MAX_HELD = 1_000;
/** As long as the visitor's cookie lives; a visitor who comes back is given a new snapshot every 30 days at least. */
const EXPIRATION_SECONDS = 395 * 86_400;

/** What KV has of a visitor: a snapshot, or the mark that consent for it was withdrawn, also on another browser. */
export interface AtEdge {
  snapshot?: SnapshotAtEdge | undefined;
  /** Epoch ms of the withdrawal: what was granted before is no longer. */
  withdrawnAt?: number;
}

/**
 * Read what there is of a visitor; empty where there is nothing, or none of ours. Rejects where KV fails. What it finds is
 * shared between requests and must not be changed.
 * @param now epoch ms, from which on `heldAtEdge` answers; absent: this reading is for once
 */
export async function readAtEdge(kv: KVNamespace, visitorKey: string, now?: number): Promise<AtEdge> {
  const text = await kv.get(nameOf(visitorKey), { type: "text", cacheTtl: CACHE_TTL_SECONDS });
  if (text === null || text.startsWith(WITHDRAWN)) {
    forget(kv, visitorKey);
    return text === null ? NOTHING : { withdrawnAt: Number(text.slice(WITHDRAWN.length)) };
  }
  const held = heldOf(kv);
  const known = held.get(visitorKey);
  if (known?.text === text) {
    known.readAt = now;
    return known.atEdge;
  }
  const atEdge = { snapshot: readSnapshotText(text) };
  held.keep(visitorKey, { text, atEdge, readAt: now });
  return atEdge;
}

/**
 * What was read of a visitor a moment ago: the slots of one page, and of the next, cost one read of KV together. Undefined:
 * it has to be read. Marks of a withdrawal, and that there is nothing, are always read anew.
 */
export function heldAtEdge(kv: KVNamespace, visitorKey: string, now: number): AtEdge | undefined {
  const known = heldOf(kv).get(visitorKey);
  if (known?.readAt === undefined) return undefined;
  const age = now - known.readAt;
  return age >= 0 && age < HELD_MS ? known.atEdge : undefined;
}

interface Held {
  text: string;
  atEdge: AtEdge;
  readAt: number | undefined;
}

/** By visitor key. To parse a text again with each request takes longer than to decide a slot. */
const memories = new WeakMap<KVNamespace, Recent<Held>>();

function heldOf(kv: KVNamespace): Recent<Held> {
  let held = memories.get(kv);
  if (!held) {
    held = recent(MAX_HELD);
    memories.set(kv, held);
  }
  return held;
}

const NOTHING: AtEdge = {};
const WITHDRAWN = "withdrawn:";

/** Publish a snapshot. */
export async function writeSnapshot(
  kv: KVNamespace,
  visitorKey: string,
  snapshot: EdgeSnapshot,
): Promise<void> {
  await kv.put(nameOf(visitorKey), writeSnapshotText(snapshot), { expirationTtl: EXPIRATION_SECONDS });
  forget(kv, visitorKey);
}

/**
 * Take a snapshot away because personalization is no longer granted, and say so: the visitor's cookies may still say
 * otherwise, where it was withdrawn on another browser. Other places may see the snapshot for a minute.
 * @param at epoch ms
 */
export async function withdrawSnapshot(kv: KVNamespace, visitorKey: string, at: number): Promise<void> {
  await kv.put(nameOf(visitorKey), `${WITHDRAWN}${at}`, { expirationTtl: EXPIRATION_SECONDS });
  forget(kv, visitorKey);
}

/** Take a snapshot away of somebody who was erased: nothing says that there was one. */
export async function deleteSnapshot(kv: KVNamespace, visitorKey: string): Promise<void> {
  await kv.delete(nameOf(visitorKey));
  forget(kv, visitorKey);
}

/** After a change: what a request read before it must not be held either. */
function forget(kv: KVNamespace, visitorKey: string): void {
  const known = heldOf(kv).get(visitorKey);
  if (known) known.readAt = undefined;
}

/** `visitor_id:1.<hash>` → `edge:<hash>`. */
const nameOf = (visitorKey: string): string => `edge:${visitorKey.slice(visitorKey.lastIndexOf(".") + 1)}`;
