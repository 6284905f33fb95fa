/**
 * Letting kept events back in: their rows are taken, the events repaired and checked, those that pass put on the events
 * queue, and the rows settled. Whoever takes a row replays it, nobody else. After a crash in between, `finishReplays`
 * repeats the same replay with the same envelope ids and the same time: to ingest that is a redelivery.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { NewId } from "#core/clock";
import { packEvents } from "#door/envelope";
import type { SendEnvelopes } from "#door/queue";
import { requireSuppressed } from "#identity/erasures";
import type { IdentityShards } from "#identity/shards";
import type { Keyring } from "#privacy/keys";
import { causeOf } from "./cause.ts";
import { eraseKept } from "./erase.ts";
import { subjectsOf } from "./kept.ts";
import { readKept } from "./objects.ts";
import { openKept } from "./open-kept.ts";
import { type Readmission, readmit } from "./readmit.ts";
import { settleRows, takenRows, takeRows, unendedReplays } from "./replay-store.ts";
import type { Row, RowKey } from "./rows.ts";
import { envelopeId } from "./status.ts";
import { listKept, type Selection } from "./store.ts";

export interface ReplayContext {
  identity: IdentityShards;
  db: D1Database;
  bucket: R2Bucket;
  /** Hands envelopes to the events queue. */
  send: SendEnvelopes;
  keys: Keyring;
  /** The release that holds now; its repairs are the ones that are made. */
  document: ReleaseDocument;
}

/** What became of the events of one call. */
export interface Replayed {
  sent: number;
  /** Not put right yet, and still kept: how many, by what is wrong with them now; `unreadable`: the seal does not open. */
  failing: Record<string, number>;
  /** The retention has taken them, or their person was erased. */
  lost: number;
}

/** Replay the first kept events of a selection. @returns `next`: where to go on; null at the end */
export async function replay(
  context: ReplayContext,
  selection: Selection,
  at: { limit: number; after: RowKey | undefined; now: number; newId: NewId },
): Promise<Replayed & { next: RowKey | null }> {
  const found = await listKept(context.db, selection, at.limit, at.after);
  const id = at.newId();
  const taken = await takeRows(context.db, found, id, at.now);
  const done = await replayRows(context, id, taken, at.now, at.now);
  return { ...done, next: found.length === at.limit ? (found.at(-1)?.key ?? null) : null };
}

const LEASE_MS = 5 * 60_000;
const REPLAYS_PER_RUN = 5;

/**
 * End the replays that a crash has left half done; one that cannot be ended harms no other.
 * @param now epoch ms
 * @throws what the first of those that failed has thrown
 */
export async function finishReplays(context: ReplayContext, now: number): Promise<void> {
  const failures: unknown[] = [];
  for (const id of await unendedReplays(context.db, now - LEASE_MS, REPLAYS_PER_RUN)) {
    try {
      const { rows, at } = await takenRows(context.db, id);
      await replayRows(context, id, rows, at, now);
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

/** @param rows in order of their keys @param at epoch ms at which the replay began: the time of its envelopes */
async function replayRows(
  { identity, db, bucket, send, keys, document }: ReplayContext,
  id: string,
  rows: readonly Row[],
  at: number,
  now: number,
): Promise<Replayed> {
  const rules = { keys, document, repairs: Object.values(document.repairs) };
  const sealed = await readKept(bucket, rows);
  const failing: Record<string, number> = {};
  const settled: Record<"sent" | "kept" | "lost", Row[]> = { sent: [], kept: [], lost: [] };
  const fail = (row: Row, cause: string) => {
    failing[cause] = (failing[cause] ?? 0) + 1;
    settled.kept.push(row);
  };
  const tried = new Map<Row, { result: Readmission; subjects: string[] }>();
  for (const row of rows) {
    const line = sealed.get(row);
    if (line === undefined) {
      settled.lost.push(row);
      continue;
    }
    const kept = await openKept(keys, line.id, line.kept);
    if (!kept) {
      fail(row, "unreadable");
      continue;
    }
    const result = await readmit(
      { id: line.id, source: row.key[1], receivedAt: row.receivedAt, kept },
      rules,
    );
    // Whom it named on its day, and whom the repair has made of it.
    const named = result.ok ? [...kept.identifiers, ...result.event.identifiers] : kept.identifiers;
    tried.set(row, { result, subjects: [...(line.subjects ?? []), ...subjectsOf(named)] });
  }
  // Rejects where it cannot be known: then nobody comes back, and the schedule tries again.
  const subjects = new Set([...tried.values()].flatMap((t) => t.subjects));
  const suppressed = await requireSuppressed(identity, bucket, [...subjects], now);
  const erased = [...tried].flatMap(([row, { subjects }]) =>
    subjects.some((key) => suppressed.has(key)) ? [row] : [],
  );
  for (const row of erased) tried.delete(row);
  await eraseKept({ db, bucket }, erased);
  let number = 0;
  for (const [source, own] of Map.groupBy(tried, ([{ key }]) => key[1])) {
    const events = [];
    // An event that was refused twice, on two days or for two causes, goes once: two of one envelope are one to claims.
    const ids = new Set<string>();
    for (const [row, { result }] of own) {
      if (result.ok) {
        if (!ids.has(result.event.id)) events.push(result.event);
        ids.add(result.event.id);
        settled.sent.push(row);
      } else {
        fail(row, causeOf(result.code, result.issues));
      }
    }
    const newId = () => envelopeId(id, number++);
    await send(packEvents({ accepted: events, refused: [] }, { source, receivedAt: at, newId }), now);
  }
  await settleRows(db, id, settled);
  return { sent: settled.sent.length, failing, lost: settled.lost.length + erased.length };
}
