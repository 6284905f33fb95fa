/**
 * Where the record of decisions goes: one landing object in R2 per consumer batch (durable), and the console's live
 * view (best effort, a ring). Called by ingest and by delivery, once per batch, because each put is billed.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { bucketOf } from "#core/fnv";
import { logError } from "#core/log";
import { byHour } from "./by-hour.ts";
import type { LiveTail } from "./live-tail.ts";
import { folderOf, LANDING, type LandingKind } from "./places.ts";
import type { Tally } from "./tally.ts";

/** About so many receipts of one batch are shown live; R2 always gets all of them. */
const LIVE_LIMIT = 400;

/**
 * Write one batch's lines to `landing/<kind>/<date>/<hour>/<id>.ndjson`, nearly always one object: by-hour.ts says which
 * hour a line is of. The same id overwrites itself, so a redelivered batch lands once; a batch that is cut differently is
 * deduplicated when it is compacted (compact.ts).
 * @param hourOf epoch ms that decides the folder of what does not say its hour itself
 */
export async function land(
  bucket: R2Bucket,
  kind: LandingKind,
  id: string,
  hourOf: number,
  lines: readonly unknown[],
): Promise<void> {
  for (const [hour, own] of byHour(lines, hourOf, recordIn)) {
    const key = `${LANDING[kind]}${folderOf(hour)}${id}.ndjson`;
    await bucket.put(key, `${own.map((line) => JSON.stringify(line)).join("\n")}\n`);
  }
}

const recordIn = (line: unknown) =>
  typeof line === "object" && line !== null ? (line as Record<string, unknown>) : undefined;

/**
 * Show receipts in the console. A failure here loses a view, never a record, so it only logs.
 * @param tallies of all the batch's decisions on consent
 */
export async function showLive(
  namespace: DurableObjectNamespace<LiveTail>,
  receipts: readonly Receipt[],
  tallies: readonly Tally[] = [],
): Promise<void> {
  if (receipts.length === 0 && tallies.length === 0) return;
  try {
    await namespace.get(namespace.idFromName("tail")).append(sample(receipts), [...tallies]);
  } catch (error) {
    logError("live tail unavailable", error);
  }
}

/**
 * Of a large batch a share of the events, with all that is known of each; chosen by their ids, so that the later stages
 * choose much the same ones. What failed is always shown.
 */
function sample(receipts: readonly Receipt[]): Receipt[] {
  if (receipts.length <= LIVE_LIMIT) return [...receipts];
  const share = LIVE_LIMIT / receipts.length;
  const failed = receipts.filter((r) => r.outcome === "failed").slice(0, LIVE_LIMIT);
  return failed.concat(receipts.filter((r) => r.outcome !== "failed" && bucketOf("live", r.eventId) < share));
}
