/**
 * What visitors are shown of CMSs, from D1 into KV: the items that releases refer to, and the index that says which of them
 * are published. Written only where it differs from what was written last. Called after each import, by the schedule each
 * minute (which repairs what a crash left), and when a release is published.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock } from "#core/clock";
import { refOf } from "#release/content-ref";
import { cmsKeys } from "../content.ts";
import { type ContentIndex, holdIndex, INDEX_KEY, itemKey } from "./at-edge.ts";
import { claimIndex, confirmIndex, readIndexClaim } from "./pulls-store.ts";
import { readItems, readPublishedMarks } from "./store.ts";

export interface PublishDeps {
  db: D1Database;
  kv: KVNamespace;
  clock: Clock;
  sleep(ms: number): Promise<void>;
}

/** A claim this old is of a run that has died. */
const DEAD_MS = 30_000;
/** KV takes one write per second of one key; whoever waits meanwhile mostly finds it done. */
const WAIT_MS = 1_000;
const TRIES = 10;

/** @param documents all releases that hold: the stable one and a candidate. @returns whether KV says what D1 says */
export async function publishContent(
  documents: readonly ReleaseDocument[],
  { db, kv, clock, sleep }: PublishDeps,
): Promise<boolean> {
  for (let attempt = 1; attempt <= TRIES; attempt++) {
    const before = await readIndexClaim(db);
    const after = await wantedIndex(documents, db);
    const isDead = clock() - before.claimedAt > DEAD_MS;
    if (before.written && same(before.index, after)) return true;
    if (before.written || isDead) {
      const now = clock();
      if (await claimIndex(db, before, after, now)) {
        await write(before.written ? before.index : {}, after, db, kv);
        await confirmIndex(db, now, clock());
        holdIndex(kv, after, now);
        return true;
      }
    }
    await sleep(WAIT_MS);
  }
  return false;
}

async function wantedIndex(documents: readonly ReleaseDocument[], db: D1Database): Promise<ContentIndex> {
  const items = new Set<string>();
  for (const document of documents) {
    for (const key of cmsKeys(document)) {
      const ref = refOf(key);
      if (ref && Object.hasOwn(document.cms, ref.source)) items.add(ref.item);
    }
  }
  const index: Record<string, Record<string, string>> = {};
  for (const { source, id, locale, hash } of await readPublishedMarks(db, [...items])) {
    const item = `${source}/${id}`;
    index[item] = { ...index[item], [locale]: hash };
  }
  return index;
}

const same = (a: ContentIndex, b: ContentIndex): boolean => JSON.stringify(a) === JSON.stringify(b);

/** Items before the index that names them, and what it no longer names after it. */
async function write(
  before: ContentIndex,
  after: ContentIndex,
  db: D1Database,
  kv: KVNamespace,
): Promise<void> {
  const bySource = Map.groupBy(
    Object.keys(after).filter((item) => !same({ item: before[item] ?? {} }, { item: after[item] ?? {} })),
    (item) => item.slice(0, item.indexOf("/")),
  );
  for (const [source, items] of bySource) {
    const rows = await readItems(
      db,
      source,
      items.map((item) => item.slice(source.length + 1)),
    );
    for (const { id, locale, hash, document } of rows) {
      const item = `${source}/${id}`;
      const { html, data, template } = document.shown ?? {};
      if (after[item]?.[locale] !== hash || before[item]?.[locale] === hash) continue;
      const value = {
        hash,
        ...(html !== undefined && { html }),
        ...(data !== undefined && { data }),
        ...(template && { template }),
      };
      await kv.put(itemKey(`${item}:${locale}`), JSON.stringify(value));
    }
  }
  await kv.put(INDEX_KEY, JSON.stringify(after));
  for (const [item, locales] of Object.entries(before))
    for (const locale of Object.keys(locales))
      if (after[item]?.[locale] === undefined) await kv.delete(itemKey(`${item}:${locale}`));
}
