/** Edge snapshots in KV: `edge:<visitor hash>`. Written by ingest, and only on change; read by the slots path. */
import { recent } from "#door/recent";
import type { EdgeSnapshot } from "./snapshot.ts";

/** The least that KV takes: how long a data centre may answer from its own memory. */
const CACHE_TTL_SECONDS = 30;
/** As long as the visitor's cookie lives; a visitor who comes back is given a new snapshot every 30 days at least. */
const EXPIRATION_SECONDS = 395 * 86_400;

/** What KV has of a visitor: a snapshot, or the mark that consent for it was withdrawn, also on another browser. */
export interface AtEdge {
  snapshot?: EdgeSnapshot | undefined;
  /** Epoch ms of the withdrawal: what was granted before is no longer. */
  withdrawnAt?: number;
}

/**
 * Read what there is of a visitor; empty where there is nothing, or none of ours. Rejects where KV fails. What it finds is
 * shared between requests and must not be changed.
 */
export async function readAtEdge(kv: KVNamespace, visitorKey: string): Promise<AtEdge> {
  const text = await kv.get(nameOf(visitorKey), { type: "text", cacheTtl: CACHE_TTL_SECONDS });
  if (text === null) return NOTHING;
  if (text.startsWith(WITHDRAWN)) return { withdrawnAt: Number(text.slice(WITHDRAWN.length)) };
  const known = parsed.get(visitorKey);
  if (known?.text === text) return known.atEdge;
  const atEdge = { snapshot: parseSnapshot(text) };
  parsed.keep(visitorKey, { text, atEdge });
  return atEdge;
}

/** What a visitor's last text said: to parse it again with each of their requests takes longer than to decide a slot. */
const parsed = recent<{ text: string; atEdge: AtEdge }>(500);

const NOTHING: AtEdge = {};
const WITHDRAWN = "withdrawn:";

/** Publish a snapshot. */
export async function writeSnapshot(
  kv: KVNamespace,
  visitorKey: string,
  snapshot: EdgeSnapshot,
): Promise<void> {
  await kv.put(nameOf(visitorKey), JSON.stringify(snapshot), { expirationTtl: EXPIRATION_SECONDS });
}

/**
 * Take a snapshot away because personalization is no longer granted, and say so: the visitor's cookies may still say
 * otherwise, where it was withdrawn on another browser. Other places may see the snapshot for a minute.
 * @param at epoch ms
 */
export async function withdrawSnapshot(kv: KVNamespace, visitorKey: string, at: number): Promise<void> {
  await kv.put(nameOf(visitorKey), `${WITHDRAWN}${at}`, { expirationTtl: EXPIRATION_SECONDS });
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
