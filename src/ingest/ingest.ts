/**
 * The second of the three paths: what becomes of accepted events, from top to bottom.
 *
 *   read the rows that the events name → claim, recheck consent and suppression, resolve identity, fold into facts
 *   → evaluate segments → write it all, if nobody else wrote meanwhile → publish edge snapshots that changed
 *   → keep what was refused → land in the lake → hand to the destinations' queues
 *
 * Every step after the write is idempotent and is repeated when a crash makes the queue deliver the batch again.
 */

import { settleIngested, storeRefusals } from "#collect/quarantine/store";
import { addCounts } from "#consent/counts/store";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import type { Clock } from "#core/clock";
import { hasErasures, requireErasures, suppressedAmong } from "#identity/erasures";
import { settleVersions } from "#identity/rotate";
import { type Graph, readGraph, storedSnapshots, writeGraph } from "#identity/store";
import type { LiveTail } from "#lake/live-tail";
import { land, showLive } from "#lake/receipts";
import { tallyOf } from "#lake/tally";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import type { EdgeSnapshot } from "#segments/snapshot";
import { parseSnapshot, withdrawSnapshot, writeSnapshot } from "#segments/store";
import { eventsOf, type IngestEvent, keysOf, recordsOf, type SeenRecord, staysOut } from "./batch.ts";
import { type Folded, foldBatch } from "./fold.ts";
import {
  changesByEvent,
  type ProfileNow,
  profileNow,
  type SegmentChange,
  type SnapshotChange,
  snapshotChanges,
} from "./profiles.ts";
import { doorReceipts, ingestReceipt, landedEvent } from "./record.ts";
import { replayed } from "./replayed.ts";
import { routeBatch, sendDeliveries } from "./route.ts";
import type { SubjectKeys } from "./traits.ts";

export interface IngestDeps {
  db: D1Database;
  kv: KVNamespace;
  lake: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  queues: Record<"analytics" | "crm", Queue<DeliveryEnvelope>>;
  keys: Keyring;
  release: ActiveRelease;
  clock: Clock;
}

/** How often rows that others keep writing are read and folded again before the batch is left to the queue. */
const MAX_RUNS = 6;

/**
 * Ingest a batch. Throws where a store is down or too contended; nothing is lost by that, and nothing doubled.
 * @param given may hold an envelope twice: the queue is free to, and the door may have handed it to two queues
 */
export async function ingest(given: readonly EventEnvelope[], deps: IngestDeps): Promise<void> {
  const unique = [...new Map(given.map((envelope) => [envelope.id, envelope])).values()];
  if (unique.length === 0) return;
  const envelopes = await settleVersions(deps.db, unique);
  const { release, keys, lake, liveTail } = deps;
  const now = deps.clock();
  const items = eventsOf(envelopes, release.document);
  const records = recordsOf(envelopes);

  const { profiles, snapshots, subjects } = await foldAndWrite(items, records, deps, now);

  await publishSnapshots(snapshots, deps);
  await addCounts(deps.db, envelopes, now);

  const batch = await batchId(envelopes);
  const deliveries = await routeBatch(items, profiles.of, { document: release.document, keys, subjects });
  const changes = segmentChanges(items, profiles, release.document, now);
  const suppressed = new Set(items.filter(({ code }) => code === "suppressed").map(({ event }) => event.id));
  const receipts = [
    ...envelopes
      .flatMap(doorReceipts)
      .map((receipt) => (suppressed.has(receipt.eventId) ? untied(receipt) : receipt)),
    ...items.map((item) =>
      ingestReceipt(item, profiles.of(item), changes.get(item), deliveries.routed.get(item), now),
    ),
  ];
  const landed = items.flatMap((item) => landedEvent(item, profiles.of(item)) ?? []);
  await storeRefusals({ db: deps.db, bucket: lake }, envelopes, batch, {
    suppressed: await suppressedAmong(deps.db, refusedSubjects(envelopes)),
  });
  await land(lake, "events", batch, envelopes[0]?.receivedAt ?? now, [...landed, ...receipts]);

  const tooLarge = await sendDeliveries(deliveries.items, deps.queues, batch, now);
  await land(lake, "deliveries", `${batch}-too-large`, now, tooLarge);
  await settleIngested(deps.db, replayed(items));
  await showLive(liveTail, [...receipts, ...tooLarge], tallyOf(envelopes));
}

/** Whom the refused events name of which something is kept. */
const refusedSubjects = (envelopes: readonly EventEnvelope[]): string[] => [
  ...new Set(envelopes.flatMap(({ refused }) => refused.flatMap(({ subjects }) => subjects ?? []))),
];

/** The door's receipt of an erased person's event: that it came, and nothing by which it could be tied to others. */
function untied(receipt: Receipt): Receipt {
  if (receipt.stage !== "door") return receipt;
  const { consent: _consent, removed: _removed, agent: _agent, flags: _flags, ...rest } = receipt;
  return rest;
}

/** Read, fold and write until no row was written by anyone else in between. */
async function foldAndWrite(
  items: readonly IngestEvent[],
  records: readonly SeenRecord[],
  deps: IngestDeps,
  now: number,
): Promise<{ profiles: Profiles; snapshots: SnapshotChange[]; subjects: SubjectKeys }> {
  const { db, lake, keys, release } = deps;
  const snapshots = new Map<string, SnapshotChange>();
  const named = keysOf(items, records);
  let firstRun = true;
  for (let run = 0; run < MAX_RUNS; run++) {
    const graph = await readClosed(db, named);
    if (!hasErasures(db, graph.erasures, now) && (await requireErasures(db, lake, now)) > 0) continue;
    const folded = await foldBatch(items, records, graph, {
      document: release.document,
      keys,
      now,
      firstRun,
    });
    firstRun = false;
    const profiles = profilesOf(items, folded, deps, now);
    const asOf = Math.max(0, ...items.map((i) => i.receivedAt));
    for (const profile of profiles.all) {
      const again =
        items.some((i) => i.redelivered && profiles.of(i) === profile) ||
        profile.members.some(({ key }) => folded.told.has(key));
      for (const change of snapshotChanges(profile, folded, release, asOf, again))
        snapshots.set(change.visitor, change);
    }
    const lost = await writeGraph(db, {
      rows: [...folded.touched].flatMap((key) => folded.rows.get(key) ?? []),
      links: folded.newLinks,
      profiles: profiles.all.flatMap((p) =>
        p.members.length > 1 ? [{ root: p.root, members: p.members.map((m) => m.key) }] : [],
      ),
      formerRoots: formerRoots(folded),
      subjectKeys: folded.subjects.created,
      decisions: folded.decisions,
      erasures: graph.erasures,
      now,
    });
    // What was not written is no longer what the rows say: its snapshot is computed again from fresh ones.
    for (const key of lost) snapshots.delete(key);
    if (lost.length === 0) return { profiles, snapshots: [...snapshots.values()], subjects: folded.subjects };
  }
  throw new Error(`rows stayed contended over ${MAX_RUNS} runs`);
}

/** Roots of profiles as they were read that are no root now: a smaller key has joined, or the profile fell apart. */
function formerRoots({ before, partition }: Folded): string[] {
  const was = new Set([...before.values()].flatMap(({ profile }) => profile ?? []));
  return [...was].filter((root) => (partition.members.get(root)?.length ?? 0) < 2);
}

/**
 * Publish what changed, then look whether a row changed under it: a withdrawal, or a later batch, may have come between
 * the write and this. What the row says then holds.
 */
async function publishSnapshots(snapshots: readonly SnapshotChange[], { db, kv }: IngestDeps): Promise<void> {
  if (snapshots.length === 0) return;
  const put = (visitor: string, snapshot: EdgeSnapshot | null | undefined, withdrawnAt = 0) =>
    snapshot ? writeSnapshot(kv, visitor, snapshot) : withdrawSnapshot(kv, visitor, withdrawnAt);
  for (const { visitor, snapshot, withdrawnAt } of snapshots) await put(visitor, snapshot, withdrawnAt);
  const current = await storedSnapshots(
    db,
    snapshots.map(({ visitor }) => visitor),
  );
  for (const { visitor, snapshot, withdrawnAt } of snapshots) {
    const { snapshot: stored, decidedAt } = current.get(visitor) ?? {};
    const now = stored == null ? undefined : parseSnapshot(stored);
    if (now?.version !== snapshot?.version) await put(visitor, now, decidedAt ?? withdrawnAt);
  }
}

/** Rows of keys and their profiles, and of everything that a live link could join to them. */
async function readClosed(db: D1Database, keys: readonly string[]): Promise<Graph> {
  const graph = await readGraph(db, keys);
  for (let round = 0; round < 4; round++) {
    const missing = new Set<string>();
    for (const { a, b, state } of graph.links)
      if (state === "live") for (const key of [a, b]) if (!graph.rows.has(key)) missing.add(key);
    const unread = [...missing].filter((key) => !keys.includes(key));
    if (unread.length === 0) break;
    const more = await readGraph(db, unread);
    if (more.rows.size === 0) break;
    graph.erasures = Math.min(graph.erasures, more.erasures);
    for (const [key, row] of more.rows) graph.rows.set(key, row);
    for (const [key, wrapped] of more.subjectKeys) graph.subjectKeys.set(key, wrapped);
    graph.links.push(...more.links);
  }
  return graph;
}

/** What each event changed in its profile's segments; one that was folded earlier has been told. */
function segmentChanges(
  items: readonly IngestEvent[],
  profiles: Profiles,
  document: ReleaseDocument,
  now: number,
): Map<IngestEvent, SegmentChange> {
  const folded = items.filter((item) => item.outcome === "folded" && item.fresh);
  const changes = new Map<IngestEvent, SegmentChange>();
  for (const [profile, own] of Map.groupBy(folded, profiles.of)) {
    if (!profile) continue;
    for (const [item, change] of changesByEvent(profile, own, document, now)) changes.set(item, change);
  }
  return changes;
}

interface Profiles {
  all: ProfileNow[];
  of(item: IngestEvent): ProfileNow | undefined;
}

function profilesOf(items: readonly IngestEvent[], folded: Folded, deps: IngestDeps, now: number): Profiles {
  const byRoot = new Map<string, ProfileNow>();
  const add = (root: string) => {
    if (!byRoot.has(root)) byRoot.set(root, profileNow(root, folded, deps.release.document, now));
  };
  const rootOf = (item: IngestEvent) =>
    folded.partition.rootOf.get(item.resolution.factsKey) ?? item.resolution.factsKey;
  for (const item of items) {
    if (staysOut(item) || item.outcome === "duplicate") continue;
    add(rootOf(item));
  }
  // And those that a link has split or joined without an event of their own: what they are now, and what is left of what
  // they were.
  for (const key of [...folded.touched, ...folded.told])
    for (const one of [key, folded.before.get(key)?.profile ?? key])
      add(folded.partition.rootOf.get(one) ?? one);
  return { all: [...byRoot.values()], of: (item) => (staysOut(item) ? undefined : byRoot.get(rootOf(item))) };
}

/** Names a batch by its envelopes, so that the same batch lands on the same object. */
async function batchId(envelopes: readonly EventEnvelope[]): Promise<string> {
  const text = envelopes.map((e) => e.id).join();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return hash.subarray(0, 16).toHex();
}
