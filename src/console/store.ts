/**
 * Receipts of an event in R2's landing files, for a trace that the live ring no longer holds. An hour is searched with
 * the hours beside it, since a delivery lands later than its event; the number of objects and their size are bounded.
 * A whole lake is what DuckDB is for.
 */
import { type Receipt, receiptSchema } from "#contracts/messages/receipt";

/** At most so many objects are read for one trace. */
const MAX_OBJECTS = 200;
const MAX_OBJECT_BYTES = 8_000_000;
/** A Worker has six connections; one is left for others. */
const PARALLEL = 5;
const HOUR_MS = 3_600_000;

interface Found {
  receipts: Receipt[];
  /** Objects that were read. */
  searched: number;
  /** Whether there were more, or larger, objects than are read. */
  truncated: boolean;
}

/** Receipts of `eventId` that landed in the hour of `at` (epoch ms) or in one beside it, oldest first. */
export async function findLanded(bucket: R2Bucket, eventId: string, at: number): Promise<Found> {
  const { keys, truncated } = await listAround(bucket, at);
  const receipts: Receipt[] = [];
  for (let i = 0; i < keys.length; i += PARALLEL) {
    const found = await Promise.all(
      keys.slice(i, i + PARALLEL).map((key) => receiptsIn(bucket, key, eventId)),
    );
    receipts.push(...found.flat());
  }
  return { receipts: mergeReceipts(receipts, []), searched: keys.length, truncated };
}

async function listAround(bucket: R2Bucket, at: number): Promise<{ keys: string[]; truncated: boolean }> {
  const keys: string[] = [];
  let truncated = false;
  // The hour itself first, then the next, where deliveries land, so that the bound cuts off the least likely.
  for (const hour of [at, at + HOUR_MS, at - HOUR_MS]) {
    const iso = new Date(hour).toISOString();
    for (const kind of ["events", "deliveries"]) {
      const prefix = `landing/${kind}/${iso.slice(0, 10)}/${iso.slice(11, 13)}/`;
      const page = await bucket.list({ prefix, limit: MAX_OBJECTS });
      const small = page.objects
        .filter((object) => object.size <= MAX_OBJECT_BYTES)
        .map((object) => object.key);
      const room = MAX_OBJECTS - keys.length;
      truncated ||= page.truncated || small.length < page.objects.length || small.length > room;
      keys.push(...small.slice(0, room));
    }
  }
  return { keys, truncated };
}

async function receiptsIn(bucket: R2Bucket, key: string, eventId: string): Promise<Receipt[]> {
  const object = await bucket.get(key);
  if (!object) return []; // Compacted since it was listed.
  const text = await object.text();
  const needle = JSON.stringify(eventId);
  if (!text.includes(needle)) return [];
  return text
    .split("\n")
    .filter((line) => line.includes(needle))
    .flatMap(receiptsOf)
    .filter((receipt) => receipt.eventId === eventId);
}

/** The receipt that a line is; landed events lie among the receipts and are none. */
function receiptsOf(line: string): Receipt[] {
  try {
    return [receiptSchema.safeParse(JSON.parse(line)).data ?? []].flat();
  } catch {
    return []; // A line that was cut harms only itself.
  }
}

/** Two lists as one, each decision once, oldest first. */
export function mergeReceipts(one: readonly Receipt[], other: readonly Receipt[]): Receipt[] {
  const byDecision = new Map<string, Receipt>();
  for (const receipt of [...one, ...other]) {
    const delivery = receipt.stage === "delivery" ? [receipt.destination, receipt.attempt] : [];
    const decision = JSON.stringify([receipt.stage, receipt.at, receipt.outcome, ...delivery]);
    if (!byDecision.has(decision)) byDecision.set(decision, receipt);
  }
  return [...byDecision.values()].sort((a, b) => a.at - b.at);
}
