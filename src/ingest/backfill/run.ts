/**
 * A run of a backfill: the next events of the lake go into the destination's queue, at the pace that was asked for. After
 * each chunk its cursor and counts are kept in one write, so that a job that is stopped, or killed, goes on where it was;
 * a chunk that was sent and not kept is sent again under the same item ids, and counted once. Called by src/ingest/jobs.ts.
 */
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { Clock } from "#core/clock";
import { oversizeReceipts, packItems } from "#forward/envelope";
import { type BackfillCursor, type BackfillJob, keepJob } from "#forward/jobs/store";
import { hourStart } from "#lake/places";
import { hoursOf, type LakeEvent, type Listings, readHour } from "#lake/read-hour";
import { land } from "#lake/receipts";
import { type BackfillContext, backfillItems } from "./items.ts";

export interface RunContext extends BackfillContext {
  db: D1Database;
  bucket: R2Bucket;
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  clock: Clock;
  /** Epoch ms at which the run has to end. */
  until: number;
}

/** Events of one chunk: their profiles are read together. */
const CHUNK = 500;
/** More than these are not read in one run, however fast it may be: it has the schedule's processor time. */
const MOST = 20_000;
/** Items of one run are spread over so many seconds: until the next one. */
const RUN_SECONDS = 60;

/** Go on with a backfill until the run is over. */
export async function runBackfill(job: BackfillJob, context: RunContext): Promise<void> {
  const { bucket, clock, until } = context;
  const { from, to, perSecond } = job.asked;
  let room = Math.min(MOST, perSecond * RUN_SECONDS);
  let sent = 0;
  let current: BackfillJob | undefined = job;
  const listings: Listings = new Map();
  const begins = hourStart(job.cursor?.hour ?? from);
  for await (const { hour, parts } of hoursOf(bucket, { from: begins, to: to - 1 })) {
    const { cursor } = current;
    const isBegun = cursor?.hour === hour;
    // An hour that was begun is read on in as many portions, however it lies by now.
    const of = isBegun ? cursor.of : parts;
    let part = isBegun ? cursor.part : 0;
    let after = isBegun ? cursor.after : null;
    for (; part < of; part++, after = null) {
      const portion = await eventsOf(bucket, job, { hour, part, of, after }, listings);
      for (let at = 0; at < portion.length || at === 0; at += CHUNK) {
        const chunk = portion.slice(at, at + Math.min(CHUNK, room));
        const isLast = at + chunk.length >= portion.length;
        const next = isLast
          ? { hour, part: part + 1, of, after: null }
          : { hour, part, of, after: orderOf(chunk.at(-1)) };
        const done: { queued: number; job: BackfillJob | undefined } = await sendChunk(
          current,
          chunk,
          next,
          sent,
          context,
        );
        if (!done.job) return;
        current = done.job;
        sent += done.queued;
        room -= chunk.length;
        if (!isLast && chunk.length < CHUNK) return;
        if (room <= 0 || clock() >= until) return;
      }
    }
  }
  await keepJob(context.db, { ...current, updatedAt: current.updatedAt + 1 }, current.updatedAt, "done");
}

/** What is left of a portion, in its order. */
async function eventsOf(
  bucket: R2Bucket,
  { destination, asked }: BackfillJob,
  { hour, part, of, after }: BackfillCursor,
  listings: Listings,
): Promise<LakeEvent[]> {
  const names = new Set(asked.events);
  const ids = new Set(asked.eventIds);
  const routed = asked.again
    ? new Set<string>()
    : await alreadyRouted(bucket, destination, { hour, part, of }, listings);
  const events = (await readHour(bucket, { kind: "events", hour, part, of }, listings)).filter(
    ({ id, name, receivedAt, subject }) =>
      receivedAt >= asked.from &&
      receivedAt < asked.to &&
      (names.size === 0 || names.has(name)) &&
      (ids.size === 0 || ids.has(id)) &&
      !routed.has(`${id} ${subject ?? ""}`),
  );
  return events
    .map((event) => ({ event, order: orderOf(event) ?? "" }))
    .sort((a, b) => (a.order < b.order ? -1 : 1))
    .filter(({ order }) => after === null || order > after)
    .map(({ event }) => event);
}

const orderOf = (event: LakeEvent | undefined): string | null =>
  event ? `${String(event.receivedAt).padStart(15, "0")} ${event.id} ${event.subject ?? ""}` : null;

/** Events that went there when they came in. */
async function alreadyRouted(
  bucket: R2Bucket,
  destination: string,
  place: Omit<BackfillCursor, "after">,
  listings: Listings,
): Promise<Set<string>> {
  const receipts = await readHour(bucket, { kind: "receipts", ...place }, listings);
  return new Set(
    receipts.flatMap((receipt) =>
      receipt.stage === "ingest" && receipt.routed?.[destination] === "queued"
        ? [`${receipt.eventId} ${receipt.subject ?? ""}`]
        : [],
    ),
  );
}

async function sendChunk(
  job: BackfillJob,
  chunk: readonly LakeEvent[],
  cursor: BackfillCursor,
  sent: number,
  context: RunContext,
): Promise<{ queued: number; job: BackfillJob | undefined }> {
  const { db, bucket, queue, clock } = context;
  const { items, skipped } = await backfillItems(chunk, job.destination, context);
  const name = `${job.id} ${cursor.hour} ${cursor.part} ${cursor.after ?? ""}`;
  const { envelopes, tooLarge } = packItems(job.destination, items, (n) => `${name} ${n}`);
  let queued = 0;
  for (const envelope of envelopes) {
    const delaySeconds = Math.min(RUN_SECONDS - 1, Math.floor((sent + queued) / job.asked.perSecond));
    await queue.send(envelope, { delaySeconds });
    queued += envelope.items.length;
  }
  const at = clock();
  const failed = oversizeReceipts(job.destination, tooLarge, at);
  await land(bucket, "deliveries", `${job.id}-${cursor.hour}-${cursor.part}-too-large`, at, failed);
  const counts = { ...job.counts };
  const count = (what: string, n: number) => {
    if (n > 0) counts[what] = (counts[what] ?? 0) + n;
  };
  count("events", chunk.length);
  count("queued", queued);
  count("too_large", tooLarge.length);
  for (const [reason, n] of Object.entries(skipped)) count(`skipped:${reason}`, n);
  const next = { ...job, cursor, counts, updatedAt: Math.max(at, job.updatedAt + 1) };
  const goesOn = await keepJob(db, next, job.updatedAt);
  return { queued, job: goesOn ? next : undefined };
}
