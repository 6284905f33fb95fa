/** Edge snapshots in KV: `edge:<visitor hash>`. Written by ingest, and only on change; read by the slots path. */
import type { EdgeSnapshot } from "./snapshot.ts";

/** The least that KV takes: how long a data centre may answer from its own memory. */
const CACHE_TTL_SECONDS = 30;
/** As long as the visitor's cookie lives; a visitor who comes back is given a new snapshot every 30 days at least. */
const EXPIRATION_SECONDS = 395 * 86_400;

/** Read a visitor's snapshot; undefined where there is none, or where it is none of ours. Rejects where KV fails. */
export async function readSnapshot(kv: KVNamespace, visitorKey: string): Promise<EdgeSnapshot | undefined> {
  const text = await kv.get(nameOf(visitorKey), { type: "text", cacheTtl: CACHE_TTL_SECONDS });
  return text === null ? undefined : parseSnapshot(text);
}

/** Publish a snapshot. */
export async function writeSnapshot(
  kv: KVNamespace,
  visitorKey: string,
  snapshot: EdgeSnapshot,
): Promise<void> {
  await kv.put(nameOf(visitorKey), JSON.stringify(snapshot), { expirationTtl: EXPIRATION_SECONDS });
}

/** Withdraw a snapshot, for example when personalization is no longer granted. Other places may see it for a minute. */
export async function deleteSnapshot(kv: KVNamespace, visitorKey: string): Promise<void> {
  await kv.delete(nameOf(visitorKey));
}

/** Read the JSON of a snapshot, from KV or from the identifier's row; undefined where it is malformed. */
export function parseSnapshot(text: string): EdgeSnapshot | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isSnapshot(value) ? value : undefined;
  } catch {
    return undefined; // JSON.parse throws for malformed text alone, and that is what undefined says.
  }
}

/** `visitor_id:1.<hash>` → `edge:<hash>`. */
const nameOf = (visitorKey: string): string => `edge:${visitorKey.slice(visitorKey.lastIndexOf(".") + 1)}`;

/** By hand, since it runs for every slot; the single features are checked where they are read. */
function isSnapshot(value: unknown): value is EdgeSnapshot {
  if (typeof value !== "object" || value === null) return false;
  const { v, version, asOf, segments, features, state } = value as Partial<EdgeSnapshot>;
  return (
    v === 1 &&
    typeof version === "number" &&
    typeof asOf === "number" &&
    typeof state === "string" &&
    Array.isArray(segments) &&
    typeof features === "object" &&
    features !== null
  );
}
