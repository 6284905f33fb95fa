/**
 * Putting one destination's parked items back into its queue: oldest first, as many as it can take until the next run,
 * spread over that time. An object is cut down or deleted only after the queue has confirmed what was taken from it: a
 * crash in between repeats that, which is safe.
 */
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { NewId } from "#core/clock";
import { packItems } from "./envelope.ts";
import {
  deleteParked,
  keepParked,
  listParked,
  openParked,
  type Parked,
  type ParkedObject,
  putDeadMessage,
} from "./store.ts";

export interface ReleaseContext {
  bucket: R2Bucket;
  queue: Pick<Queue<DeliveryEnvelope>, "send">;
  newId: NewId;
  /** Epoch ms. */
  now: number;
  /** What the destination takes; Infinity: all at once. */
  itemsPerSecond: number;
  /** So many destinations share this run; 1. */
  among?: number;
}

/** Runs are a minute apart; a little less than the rate, for what comes new has to pass, too. */
const RUN_SECONDS = 60;
const SHARE_OF_RATE = 0.9;
/**
 * Objects and messages of one destination, and of all together, in one run: an object is two requests, a message is one,
 * and an invocation has 10,000, of which the schedule's other work needs some.
 * https://developers.cloudflare.com/workers/platform/limits/#subrequests
 */
const OBJECTS_PER_RUN = { each: 100, all: 1_500 };
const MESSAGES_PER_RUN = { each: 300, all: 4_500 };
/** Messages that are sent at the same time. */
const AT_ONCE = 4;

/** Release one destination's oldest parked objects that are due. Gives the number of items. */
export async function releaseDestination(destination: string, context: ReleaseContext): Promise<number> {
  const { bucket, now, itemsPerSecond, among = 1 } = context;
  const perSecond = itemsPerSecond * SHARE_OF_RATE;
  const most = Math.max(1, Math.floor(perSecond * RUN_SECONDS));
  const shareOf = ({ each, all }: { each: number; all: number }) =>
    Math.min(each, Math.max(1, Math.floor(all / among)));
  const mostMessages = shareOf(MESSAGES_PER_RUN);
  const { objects } = await listParked(bucket, destination, shareOf(OBJECTS_PER_RUN));
  let released = 0;
  let messages = 0;
  for (const object of objects) {
    if (released >= most || messages >= mostMessages) break;
    if (object.notBefore > now) continue;
    const parked = await takeParked(object, context);
    if (!parked) continue;
    const { due, waiting } = dueOf(parked, now, most - released);
    const bySecond = Map.groupBy(due, (_) => Math.floor(released++ / perSecond));
    const sends: { envelope: DeliveryEnvelope; delaySeconds: number }[] = [];
    for (const [delaySeconds, items] of bySecond) {
      const { envelopes, tooLarge } = packItems(destination, items, () => context.newId());
      for (const envelope of envelopes) sends.push({ envelope, delaySeconds });
      // They came in a message, so they fit one: only a change of the limit makes this happen, and they stay.
      waiting.push(...tooLarge);
    }
    for (let at = 0; at < sends.length; at += AT_ONCE) {
      await Promise.all(
        sends
          .slice(at, at + AT_ONCE)
          .map(({ envelope, delaySeconds }) => context.queue.send(envelope, { delaySeconds })),
      );
    }
    messages += sends.length;
    await keepParked(bucket, object.key, { ...parked, items: waiting });
  }
  return released;
}

/** What an object holds. One that cannot be read is set aside, so that it keeps nobody else from going on. */
export async function takeParked(
  { key }: ParkedObject,
  { bucket, newId, now }: Pick<ReleaseContext, "bucket" | "newId" | "now">,
): Promise<Parked | undefined> {
  const parked = await openParked(bucket, key);
  if (parked !== "unreadable") return parked;
  const body = { key, code: "unreadable" };
  await putDeadMessage(bucket, "parked", newId(), { at: now, attempts: 0, body });
  await deleteParked(bucket, key);
  return undefined;
}

function dueOf(
  { items, waits }: Parked,
  now: number,
  most: number,
): { due: DeliveryItem[]; waiting: DeliveryItem[] } {
  const due = items.filter(({ id }) => (waits?.[id] ?? 0) <= now).slice(0, most);
  const taken = new Set(due);
  return { due, waiting: items.filter((item) => !taken.has(item)) };
}
