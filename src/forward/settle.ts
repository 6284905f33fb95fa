/**
 * The one place that turns settlements into writes: what is to be tried again becomes new messages, what failed a dead
 * letter, what waits for its destination a parked object. An item whose write failed is not settled, and its message
 * is left to the queue. Item outcomes never use the queue's own retry: it would repeat the good items with the bad.
 */
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import type { Clock, NewId } from "#core/clock";
import { logError } from "#core/log";
import { MAX_ATTEMPTS, retryDelaySeconds } from "./backoff.ts";
import type { Settlement } from "./deliver.ts";
import { NOT_TRIED } from "./destinations/contract.ts";
import { packItems } from "./envelope.ts";
import { insertFailures, putDeadItem, putParked } from "./store.ts";

export interface SettleContext {
  destination: string;
  db: D1Database;
  bucket: R2Bucket;
  /** The destination's own queue. */
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  clock: Clock;
  newId: NewId;
  /** In [0, 1). */
  random: () => number;
  retryBaseSeconds: number;
}

export interface Settled {
  receipts: Receipt[];
  /** Ids of items whose retry, dead letter or parking could not be written. */
  unsettled: Set<string>;
}

interface Result {
  item: DeliveryItem;
  settlement: Settlement;
}

/** Write what the settlements of one destination ask for. Never throws. */
export async function settle(results: readonly Result[], context: SettleContext): Promise<Settled> {
  const final = results.map(exhausted);
  const by = (status: Settlement["status"]) => final.filter(({ settlement }) => settlement.status === status);
  const lost = await Promise.all([
    sendRetries(by("retry"), context),
    buryFailed(by("failed"), context),
    park(by("parked"), context),
  ]);
  const unsettled = new Set(lost.flat().map(({ id }) => id));
  const at = context.clock();
  const receipts = final
    .filter(({ item }) => !unsettled.has(item.id))
    .map(({ item, settlement }) => receiptOf(context.destination, item, settlement, at));
  return { receipts, unsettled };
}

/** The last attempt's retry is a failure. */
function exhausted({ item, settlement }: Result): Result {
  if (settlement.status !== "retry" || settlement.code === NOT_TRIED || item.attempt < MAX_ATTEMPTS) {
    return { item, settlement };
  }
  return { item, settlement: { status: "failed", code: "attempts_exhausted", detail: settlement.code } };
}

/** New messages for the items to be tried again, one set for each delay. Gives the items that could not be sent. */
async function sendRetries(results: readonly Result[], context: SettleContext): Promise<DeliveryItem[]> {
  const byDelay = new Map<number, DeliveryItem[]>();
  const draw = context.random();
  for (const { item, settlement } of results) {
    if (settlement.status !== "retry") continue;
    const isUntried = settlement.code === NOT_TRIED;
    const delay = isUntried
      ? 1
      : retryDelaySeconds(item.attempt, draw, context.retryBaseSeconds, settlement.afterSeconds);
    const again = byDelay.get(delay) ?? [];
    again.push(isUntried ? item : { ...item, attempt: item.attempt + 1 });
    byDelay.set(delay, again);
  }
  const lost = await Promise.all(
    [...byDelay].map(async ([delaySeconds, items]) => {
      const { envelopes, tooLarge } = packItems(context.destination, items, () => context.newId());
      const unsent = await Promise.all(
        envelopes.map((envelope) =>
          unless("sending a retry", () => context.queue.send(envelope, { delaySeconds }), envelope.items),
        ),
      );
      // They came in a message, so they fit one: only a change of the limit makes this happen, and the queue keeps them.
      return [...unsent.flat(), ...tooLarge];
    }),
  );
  return lost.flat();
}

async function buryFailed(results: readonly Result[], context: SettleContext): Promise<DeliveryItem[]> {
  const { destination, db, bucket } = context;
  const lost = await Promise.all(
    results.map(({ item }) =>
      unless("writing a dead letter", () => putDeadItem(bucket, destination, item), [item]),
    ),
  );
  const unburied = new Set(lost.flat());
  const at = context.clock();
  // The object first, so that a failure that is listed can always be replayed.
  const rows = results.flatMap(({ item, settlement }) => {
    if (settlement.status !== "failed" || unburied.has(item)) return [];
    const { code, detail = null } = settlement;
    return [
      { itemId: item.id, destination, eventId: item.event.id, code, detail, attempt: item.attempt, at },
    ];
  });
  const items = results.map(({ item }) => item);
  const unlisted = await unless("listing failures", () => insertFailures(db, rows), items);
  return [...unburied, ...unlisted];
}

async function park(results: readonly Result[], context: SettleContext): Promise<DeliveryItem[]> {
  const [first] = results;
  if (first?.settlement.status !== "parked") return [];
  const items = results.map(({ item }) => item);
  const parked = { code: first.settlement.code, items };
  return unless(
    "parking items",
    () => putParked(context.bucket, context.destination, parked, context.clock(), context.newId()),
    items,
  );
}

/** Do it; where it fails, give the items that it was for. */
async function unless(
  what: string,
  write: () => Promise<unknown>,
  items: DeliveryItem[],
): Promise<DeliveryItem[]> {
  try {
    await write();
    return [];
  } catch (error) {
    logError(`${what} failed`, error);
    return items;
  }
}

function receiptOf(destination: string, item: DeliveryItem, settlement: Settlement, at: number): Receipt {
  const code =
    "code" in settlement ? settlement.code : settlement.status === "skipped" ? settlement.reason : undefined;
  const detail = "detail" in settlement ? settlement.detail : undefined;
  return {
    stage: "delivery",
    eventId: item.event.id,
    at,
    destination,
    itemId: item.id,
    attempt: item.attempt,
    // An item that was refused for our credentials has been parked by now.
    outcome: settlement.status === "unauthorized" ? "parked" : settlement.status,
    ...(code !== undefined && { code }),
    ...(detail !== undefined && { detail }),
    // Of one who was erased no receipt is to say which decision was theirs.
    ...(code !== "suppressed" && { consentReceipt: item.event.consent.receipt }),
    ...(settlement.status === "delivered" && settlement.mayRepeat && { mayRepeat: true }),
  };
}
