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
import { insertFailures } from "./failures/store.ts";
import { type Parked, putDeadItem } from "./store.ts";

export interface SettleContext {
  destination: string;
  /** Version of the release that holds. */
  release: number;
  db: D1Database;
  bucket: R2Bucket;
  /** The destination's own queue. */
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  clock: Clock;
  newId: NewId;
  /** In [0, 1). */
  random: () => number;
  retryBaseSeconds: number;
  /** Order is kept: what is to be tried again waits where it is, and not in the queue, where others would pass it. */
  ordered?: boolean;
  /** Keep what has to wait. */
  park: (parked: Parked) => Promise<unknown>;
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
  const by = (...statuses: Settlement["status"][]) =>
    final.filter(({ settlement }) => statuses.includes(settlement.status));
  const waiting = context.ordered ? by("parked", "retry") : by("parked");
  const lost = await Promise.all([
    context.ordered ? [] : sendRetries(by("retry"), context),
    buryFailed(by("failed"), context),
    park(waiting, context),
  ]);
  const unsettled = new Set(lost.flat().map(({ id }) => id));
  const at = context.clock();
  const receipts = final
    .filter(({ item }) => !unsettled.has(item.id))
    .map(({ item, settlement }) => receiptOf(context, item, settlement, at));
  return { receipts, unsettled };
}

/** Of what never came to be sent: it has used up no attempt, and comes again after so many seconds. */
const UNTRIED: ReadonlyMap<string, number> = new Map([
  [NOT_TRIED, 1],
  ["consent_unavailable", 60],
  ["permit_unavailable", 60],
]);

/** The last attempt's retry is a failure. */
function exhausted({ item, settlement }: Result): Result {
  if (settlement.status !== "retry" || UNTRIED.has(settlement.code) || item.attempt < MAX_ATTEMPTS) {
    return { item, settlement };
  }
  return { item, settlement: { status: "failed", code: "attempts_exhausted", detail: settlement.code } };
}

/** New messages for the items to be tried again, one set for each delay. Gives the items that could not be sent. */
async function sendRetries(results: readonly Result[], context: SettleContext): Promise<DeliveryItem[]> {
  const byDelay = new Map<number, DeliveryItem[]>();
  const draw = context.random();
  for (const result of results) {
    const { delaySeconds, item } = nextTry(result, draw, context);
    const again = byDelay.get(delaySeconds) ?? [];
    again.push(item);
    byDelay.set(delaySeconds, again);
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

/** When a retry comes again, and as which attempt. */
function nextTry(
  { item, settlement }: Result,
  draw: number,
  { retryBaseSeconds }: SettleContext,
): { item: DeliveryItem; delaySeconds: number } {
  const untried = settlement.status === "retry" ? UNTRIED.get(settlement.code) : 1;
  if (settlement.status !== "retry" || untried !== undefined) return { item, delaySeconds: untried ?? 1 };
  return {
    item: { ...item, attempt: item.attempt + 1 },
    delaySeconds: retryDelaySeconds(item.attempt, draw, retryBaseSeconds, settlement.afterSeconds),
  };
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
      {
        ...{ itemId: item.id, destination, eventId: item.event.id, name: item.event.name },
        ...{ code, detail, attempt: item.attempt, at },
      },
    ];
  });
  const items = results.map(({ item }) => item);
  const unlisted = await unless("listing failures", () => insertFailures(db, rows), items);
  return [...unburied, ...unlisted];
}

/** One object for all, in their order: each release of it reads one. */
async function park(results: readonly Result[], context: SettleContext): Promise<DeliveryItem[]> {
  const [first] = results;
  if (!first || !("code" in first.settlement)) return [];
  const waits: Record<string, number> = {};
  const draw = context.random();
  const items = results.map((result) => {
    if (result.settlement.status !== "retry") return result.item;
    const { item, delaySeconds } = nextTry(result, draw, context);
    waits[item.id] = context.clock() + delaySeconds * 1000;
    return item;
  });
  const parked: Parked = {
    code: first.settlement.code,
    items,
    ...(Object.keys(waits).length > 0 && { waits }),
  };
  return unless("parking items", () => context.park(parked), items);
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

function receiptOf(
  { destination, release }: SettleContext,
  item: DeliveryItem,
  settlement: Settlement,
  at: number,
): Receipt {
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
    release,
    ...(item.via && { via: item.via }),
    ...(code !== undefined && { code }),
    ...(detail !== undefined && { detail }),
    // Of one who was erased no receipt is to say which decision was theirs.
    ...(code !== "suppressed" && { consentReceipt: item.event.consent.receipt }),
    ...(settlement.status === "delivered" && settlement.mayRepeat && { mayRepeat: true }),
  };
}
