/**
 * Where the record of decisions goes: one landing object in R2 per consumer batch (durable), and the console's live
 * view (best effort, a ring). Called by ingest and by delivery, once per batch, because each put is billed.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { bucketOf } from "#core/fnv";
import { logError } from "#core/log";
import type { LiveTail } from "./live-tail.ts";
import type { Tally } from "./tally.ts";

/** About so many receipts of one batch are shown live; R2 always gets all of them. */
const LIVE_LIMIT = 400;

/**
 * Write one batch's lines to `landing/<kind>/<date>/<hour>/<id>.ndjson`. The same id overwrites itself, so a
 * redelivered batch lands once; a batch that is cut differently is deduplicated by event id when it is compacted.
 * @param hourOf epoch ms that decides the folder
 */
export async function land(
  bucket: R2Bucket,
  kind: "events" | "deliveries",
  id: string,
  hourOf: number,
  lines: readonly unknown[],
): Promise<void> {
  if (lines.length === 0) return;
  const hour = new Date(hourOf).toISOString();
  const key = `landing/${kind}/${hour.slice(0, 10)}/${hour.slice(11, 13)}/${id}.ndjson`;
  await bucket.put(key, `${lines.map((line) => JSON.stringify(line)).join("\n")}\n`);
}

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
