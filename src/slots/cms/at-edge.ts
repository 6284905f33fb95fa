/**
 * Content of CMSs in this isolate: the index (which items are published, in which languages, by hash of their text), read
 * again every 30 s as the release is, and the items themselves, each read from KV when it is first shown. Called by
 * ../content.ts, only where the release uses such content. schedule.ts writes what is read here.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import { logError } from "#core/log";
import { inLocale } from "../locale.ts";

/** `<source>/<id>` → locale → hash; only what is published and a release refers to. */
export type ContentIndex = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An item in KV: what is shown, and its hash. */
export type KvItem = ContentDefinition & { hash: string };

export interface AtEdge {
  kv: KVNamespace;
  /** Epoch ms. */
  now: number;
  /** Calls `fire` after `ms`, unless the function that it returns is called first. */
  startTimer(ms: number, fire: () => void): () => void;
  waitUntil(work: Promise<unknown>): void;
}

/** Where an item lies (`<source>/<id>:<locale>`) and which text of it is wanted. */
export interface Place {
  key: string;
  hash: string;
}

export const INDEX_KEY = "content:index";
export const itemKey = (key: string): string => `content:${key}`;

const REFRESH_MS = 30_000;
/** So old an index still serves where KV fails; without limit, what was unpublished would stay. */
const STALE_MS = 5 * 60_000;
/** KV may give an item's text from before its change for as long as it keeps it; it is asked again after this. */
const RETRY_MS = 10_000;
const MAX_CHARS = 8_000_000;

interface Kept {
  content: ContentDefinition | undefined;
  hash: string;
  /** The text that was asked for: KV may have given the one before it. */
  wanted: string;
  readAt: number;
  chars: number;
}
interface Held {
  index: ContentIndex;
  /** 0: never. */
  readAt: number;
  items: Map<string, Kept>;
  chars: number;
}
const EMPTY: ContentIndex = {};
const held = new WeakMap<KVNamespace, Held>();

function heldOf(kv: KVNamespace): Held {
  let known = held.get(kv);
  if (!known) {
    known = { index: EMPTY, readAt: 0, items: new Map(), chars: 0 };
    held.set(kv, known);
  }
  return known;
}

/** The index: from memory, else within `ms` from KV. Never rejects. */
export function readIndex(edge: AtEdge, ms: number): ContentIndex | Promise<ContentIndex> {
  const known = heldOf(edge.kv);
  if (edge.now - known.readAt < REFRESH_MS) return known.index;
  const reading = edge.kv.get<ContentIndex>(INDEX_KEY, "json").then((index) => {
    known.index = index ?? EMPTY;
    known.readAt = edge.now;
  });
  return inTime(edge, reading, ms).then(() =>
    edge.now - known.readAt < REFRESH_MS + STALE_MS ? known.index : EMPTY,
  );
}

/** Put an index that was just written here into memory, so that it holds here at once. */
export function holdIndex(kv: KVNamespace, index: ContentIndex, now: number): void {
  Object.assign(heldOf(kv), { index, readAt: now });
}

/** The item, if it is in memory. */
export function heldItem({ kv, now }: AtEdge, { key, hash }: Place): ContentDefinition | undefined {
  const kept = heldOf(kv).items.get(key);
  return kept && isGood(kept, hash, now) ? kept.content : undefined;
}

/** Whether KV was asked for the item just now and does not have it: it was taken away, and the index is the older one. */
export function isKnownMissing({ kv, now }: AtEdge, { key, hash }: Place): boolean {
  const kept = heldOf(kv).items.get(key);
  return kept !== undefined && kept.content === undefined && isGood(kept, hash, now);
}

const isGood = (kept: Kept, hash: string, now: number): boolean =>
  kept.hash === hash || (kept.wanted === hash && now - kept.readAt < RETRY_MS);

/** Read what is not in memory, within `ms`; undefined where all of it is. Never rejects. */
export function loadItems(edge: AtEdge, places: readonly Place[], ms: number): Promise<void> | undefined {
  const { kv, now } = edge;
  const known = heldOf(kv);
  const missing = places.filter(({ key, hash }) => {
    const kept = known.items.get(key);
    return !kept || !isGood(kept, hash, now);
  });
  if (missing.length === 0) return undefined;
  const reading = Promise.all(
    missing.map(async (place) => keep(known, place, await kv.get(itemKey(place.key), "text"), now)),
  );
  return inTime(edge, reading, ms);
}

const localeIn = (key: string): string => key.slice(key.lastIndexOf(":") + 1);

function keep(known: Held, { key, hash: wanted }: Place, text: string | null, now: number): void {
  const { hash = "", ...content } = text === null ? {} : (JSON.parse(text) as KvItem); // as schedule.ts writes it
  known.chars -= known.items.get(key)?.chars ?? 0;
  known.items.delete(key);
  const chars = text?.length ?? 0;
  known.items.set(key, {
    hash,
    wanted,
    content: text === null ? undefined : inLocale(content as ContentDefinition, localeIn(key)),
    readAt: now,
    chars,
  });
  known.chars += chars;
  // The oldest first: what is shown all the time is read again at once.
  for (const [old, kept] of known.items) {
    if (known.chars <= MAX_CHARS || old === key) break;
    known.items.delete(old);
    known.chars -= kept.chars;
  }
}

/** Waits for the work, but no longer than `ms`; then it goes on behind the answer, and the next page has it. */
function inTime(edge: AtEdge, work: Promise<unknown>, ms: number): Promise<void> {
  const done = work.then(
    () => {},
    (error: unknown) => logError("content cannot be read", error),
  );
  return new Promise((resolve) => {
    const stop = edge.startTimer(Math.max(0, ms), () => {
      edge.waitUntil(done);
      resolve();
    });
    void done.then(() => {
      stop();
      resolve();
    });
  });
}
