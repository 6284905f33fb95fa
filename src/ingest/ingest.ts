/**
 * The second of the three paths: what becomes of accepted events, from top to bottom.
 *
 *   read the rows that the events name → claim, recheck consent and suppression, resolve identity, fold into facts
 *   → evaluate segments → write it all, if nobody else wrote meanwhile → publish edge snapshots that changed
 *   → mark profiles that destinations are to be told of (changes/)
 *   → keep what was refused → land in the lake → hand to the destinations' queues
 *
 * Every step after the write is idempotent and is repeated when a crash makes the queue deliver the batch again.
 */

import { settleIngested } from "#collect/quarantine/replay-store";
import { storeRefusals } from "#collect/quarantine/store";
import { addCounts } from "#consent/counts/store";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import type { Clock } from "#core/clock";
import { takeBackGrants } from "#identity/changes/own-consent";
import { hasErasures, requireErasures, requireSuppressed } from "#identity/erasures";
import type { SubjectKeys } from "#identity/golden/subject-keys";
import { readClosed } from "#identity/read";
import { settleVersions } from "#identity/rotate";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import { writeGraph } from "#identity/write";
import type { LiveTail } from "#lake/live-tail";
import { land, showLive } from "#lake/receipts";
import { tallyOf } from "#lake/tally";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import type { Cuts } from "#segments/rfm";
import { addOfferCounts } from "#slots/offer-counts";
import { eventsOf, type IngestEvent, keysOf, recordsOf, type SeenRecord, staysOut } from "./batch.ts";
import { markChanges } from "./changes/mark.ts";
import { type Folded, foldBatch } from "./fold.ts";
import { keepMembership } from "./keep-membership.ts";
import { offerCounts } from "./offers.ts";
import { sealedPersons } from "./person.ts";
import { changesByEvent, type ProfileNow, profileNow, type SegmentChange } from "./profiles.ts";
import { publishSnapshots, type SnapshotChange, snapshotChanges } from "./publish.ts";
import { doorReceipts, ingestReceipt, landedEvent } from "./record.ts";
import { replayed } from "./replayed.ts";
import { routeBatch, sendDeliveries } from "./route.ts";

export interface IngestDeps {
  /** The graph, consent and subjects' keys. */
  identity: IdentityShards;
  /** All else. */
  db: D1Database;
  kv: KVNamespace;
  lake: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  queues: Record<"analytics" | "crm", Queue<DeliveryEnvelope>>;
  keys: Keyring;
  release: ActiveRelease;
  /** Of the release's RFM features. */
  cuts?: Cuts | undefined;
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
  const envelopes = await settleVersions(deps.identity, unique);
  const { release, keys, lake, liveTail } = deps;
  const now = deps.clock();
  const items = eventsOf(envelopes, release.document);
  const records = recordsOf(envelopes);

  const batch = await batchId(envelopes);
  const { profiles, snapshots, subjects } = await foldAndWrite(items, records, batch, deps, now);

  await publishSnapshots(snapshots, deps);
  const { document } = release;
  await markChanges(profiles.all, { identity: deps.identity, document, keys, subjects }, deps.clock());
  await addCounts(deps.db, envelopes, now);
  await addOfferCounts(deps.db, offerCounts(items, documentsOf(release)));

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
    suppressed: await requireSuppressed(deps.identity, lake, refusedSubjects(envelopes), now),
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
  batch: string,
  deps: IngestDeps,
  now: number,
): Promise<{ profiles: Profiles; snapshots: SnapshotChange[]; subjects: SubjectKeys }> {
  const { identity, lake, keys, release } = deps;
  const snapshots = new Map<string, SnapshotChange>();
  const named = keysOf(items, records);
  let firstRun = true;
  for (let run = 0; run < MAX_RUNS; run++) {
    const graph = await readClosed(identity, named, identityRules(release.document));
    if (!hasErasures(identity, graph.erasures, now)) {
      const done = await requireErasures(identity, lake, now);
      if (done > 0 || graph.erasures < 0) continue;
    }
    const folded = await foldBatch(items, records, graph, {
      document: release.document,
      candidate: release.candidate,
      keys,
      now,
      firstRun,
      cuts: deps.cuts,
    });
    firstRun = false;
    // A profile that fell apart: what one side granted is not the other's.
    const written = [...folded.touched].flatMap((key) => folded.rows.get(key) ?? []);
    await takeBackGrants(identity, written, folded.before);
    const profiles = profilesOf(items, folded, deps, now);
    const asOf = Math.max(0, ...items.map((i) => i.receivedAt));
    for (const profile of profiles.all) {
      const again =
        items.some((i) => i.redelivered && profiles.of(i) === profile) ||
        profile.members.some(({ key }) => folded.told.has(key));
      const persons = await sealedPersons(profile, documentsOf(release), { keys, subjects: folded.subjects });
      for (const change of snapshotChanges(profile, folded, release, asOf, again, asOf, persons))
        snapshots.set(change.visitor, change);
      keepMembership(profile, folded.touched, documentsOf(release), now);
    }
    const { newLinks, subjects, decisions, conflicts, moves, touched } = folded;
    const lost = await writeGraph(identity, {
      rows: [...touched].flatMap((key) => folded.rows.get(key) ?? []),
      links: newLinks,
      dead: graph.dead,
      subjectKeys: subjects.created,
      decisions,
      conflicts,
      moves: { id: `${batch}.${run}`, moves },
      erasures: graph.erasures,
      // Read again: the audit log's mark goes by when it was written.
      now: deps.clock(),
    });
    // What was not written is no longer what the rows say: its snapshot is computed again from fresh ones.
    for (const key of lost) snapshots.delete(key);
    if (lost.length === 0) return { profiles, snapshots: [...snapshots.values()], subjects };
  }
  throw new Error(`rows stayed contended over ${MAX_RUNS} runs`);
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
    for (const one of [key, ...(folded.before.get(key)?.members ?? [])])
      add(folded.partition.rootOf.get(one) ?? one);
  return { all: [...byRoot.values()], of: (item) => (staysOut(item) ? undefined : byRoot.get(rootOf(item))) };
}

/** Names a batch by its envelopes, so that the same batch lands on the same object. */
async function batchId(envelopes: readonly EventEnvelope[]): Promise<string> {
  const text = envelopes.map((e) => e.id).join();
  const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return hash.subarray(0, 16).toHex();
}
