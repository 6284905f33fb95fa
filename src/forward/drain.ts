/**
 * Parked items that the schedule delivers by itself, in its own invocation: the probe of a destination whose circuit is
 * half-open, so that a dead vendor keeps no queue waiting, and all that waits at a destination that keeps the order. The
 * same path as a queue's batch: consent is read again, permits are asked for, outcomes are settled. An object is cut down
 * only after what was delivered of it is settled: a crash repeats that, under the same ids.
 */
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Connections } from "./connections.ts";
import { type DeliveryContext, keepReceipts, readConsent } from "./consumer.ts";
import { destinationObject } from "./destination-object.ts";
import { byTime } from "./order.ts";
import { takeParked } from "./parked.ts";
import { expiry } from "./send.ts";
import { DEADLINE_MS, startShare } from "./share.ts";
import { keepParked, listParked, type Parked, type ParkedObject } from "./store.ts";

/** One run ends before the next one begins. */
const RUN_MS = 40_000;
/** So long at most one run of the schedule has a destination to itself. */
export const DRAIN_MS = RUN_MS + DEADLINE_MS + 5_000;
const OBJECTS_AT_ONCE = 100;
/** Items of one portion, at most: so much is delivered in order within a deadline. */
const PORTION = 500;
/** So often one run looks whether more was parked meanwhile. */
const MAX_LOOKS = 20;
/** Portions of one object in one run. */
const MAX_PORTIONS = 1_000;

export interface DrainContext extends DeliveryContext {
  /** Shared by all that one run delivers. */
  connections: Connections;
}

/** What a destination takes. */
export interface Pace {
  perRequest: number;
  requestsPerSecond: number;
}

/** What became of a portion. */
interface Drained {
  /** What of it has to wait, in order. */
  left: DeliveryItem[];
  /** Of those that were tried, until when. */
  waits: Readonly<Record<string, number>>;
  /** Why the others have to. */
  code: string | undefined;
}

/** Deliver what one request of the oldest due object carries, as a probe. */
export async function probe(destination: string, pace: Pace, context: DrainContext): Promise<number> {
  const now = context.clock();
  const { objects } = await listParked(context.bucket, destination, OBJECTS_AT_ONCE);
  for (const object of objects) {
    if (object.notBefore > now) continue;
    const parked = await takeParked(object, { ...context, now });
    const isDue = ({ id }: DeliveryItem) => (parked?.waits?.[id] ?? 0) <= now;
    const items = parked?.items.filter(isDue).slice(0, pace.perRequest) ?? [];
    if (!parked || items.length === 0) continue;
    const drained = await deliverParked(destination, object, items, context);
    await rewrite(object, parked, items, drained, context);
    return items.length - drained.left.length;
  }
  return 0;
}

/**
 * Deliver what is parked at a destination that keeps the order, oldest first, until all of it has left, nothing more may
 * leave, or the time is over. What must be tried again stays where it is, and what is behind it of the same profile, too.
 * @returns how many items have left, and whether none are parked any more
 */
export async function drainInOrder(
  destination: string,
  pace: Pace,
  context: DrainContext,
): Promise<{ count: number; isEmpty: boolean }> {
  const { bucket, clock } = context;
  const until = clock() + RUN_MS;
  /** Profiles of which something has to wait. */
  const waiting = new Set<string>();
  let count = 0;
  // While it drains, batches go on parking: it is empty only when a look has found nothing.
  for (let looks = 0; looks < MAX_LOOKS && waiting.size === 0; looks++) {
    await destinationObject(context.destinations, destination).beginLook();
    const { objects } = await listParked(bucket, destination, OBJECTS_AT_ONCE);
    if (objects.length === 0) return { count, isEmpty: true };
    for (const object of objects) {
      const parked = await takeParked(object, { ...context, now: clock() });
      if (!parked) continue;
      const drained = await drainObject(destination, { object, parked, waiting, pace, until }, context);
      count += drained.count;
      if (drained.isStopped) return { count, isEmpty: false };
    }
  }
  return { count, isEmpty: false };
}

interface Draining {
  object: ParkedObject;
  parked: Parked;
  /** Grows by the profiles of what stays in the object. */
  waiting: Set<string>;
  pace: Pace;
  /** Epoch ms. */
  until: number;
}

/** Portion by portion, each written before the next one begins. */
async function drainObject(
  destination: string,
  { object, parked, waiting, pace, until }: Draining,
  context: DrainContext,
): Promise<{ count: number; isStopped: boolean }> {
  const { clock } = context;
  const perSecond = Math.max(1, Math.floor(pace.requestsPerSecond)) * pace.perRequest;
  let now = parked;
  for (let portions = 0; portions < MAX_PORTIONS && clock() < until; portions++) {
    const free: DeliveryItem[] = [];
    for (const item of [...now.items].sort(byTime)) {
      const isWaiting = object.notBefore > clock() || (now.waits?.[item.id] ?? 0) > clock();
      if (isWaiting || waiting.has(item.event.profile)) waiting.add(item.event.profile);
      else free.push(item);
    }
    const count = () => parked.items.length - now.items.length;
    if (free.length === 0) return { count: count(), isStopped: false };
    const portion = free.slice(0, Math.min(PORTION, perSecond));
    const drained = await deliverParked(destination, object, portion, context);
    now = await rewrite(object, now, portion, drained, context);
    for (const { id, event } of drained.left) if (drained.waits[id]) waiting.add(event.profile);
    const isTried = drained.left.length < portion.length || Object.keys(drained.waits).length > 0;
    if (!isTried && drained.code !== "rate_limited") return { count: count(), isStopped: true };
    if (drained.code === "rate_limited") await expiry(Math.min(5_000, 1_000 / pace.requestsPerSecond));
  }
  return { count: parked.items.length - now.items.length, isStopped: true };
}

/** One portion, as a batch of the queue would be. */
async function deliverParked(
  destination: string,
  { key }: ParkedObject,
  items: readonly DeliveryItem[],
  context: DrainContext,
): Promise<Drained> {
  const consent = await readConsent(items, context.currentConsent);
  const line = context.connections.open(context.fetch, context.clock);
  const share = startShare({ destination, items, consent, line, parkedIn: key }, context);
  const { receipts, unsettled, left } = await share.done;
  await keepReceipts(receipts, context);
  const parked = new Map(left?.items.map((item) => [item.id, item]));
  const stays = items.flatMap((item) => parked.get(item.id) ?? (unsettled.has(item.id) ? [item] : []));
  return { left: stays, waits: left?.waits ?? {}, code: left?.code };
}

/** The object without what has left. */
async function rewrite(
  { key }: ParkedObject,
  parked: Parked,
  portion: readonly DeliveryItem[],
  { left, waits }: Drained,
  { bucket }: DrainContext,
): Promise<Parked> {
  const changed = new Map(left.map((item) => [item.id, item]));
  const asked = new Set(portion.map(({ id }) => id));
  const items = parked.items.flatMap((item) => changed.get(item.id) ?? (asked.has(item.id) ? [] : [item]));
  const next: Parked = { ...parked, items, waits: { ...parked.waits, ...waits } };
  await keepParked(bucket, key, next);
  return next;
}
