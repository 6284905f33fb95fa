/**
 * What the cron does for delivery each minute: for every destination that has parked items and may be asked again, put
 * some of them back into its queue at the destination's pace. One whose circuit has not closed yet is probed first, and
 * what waits at one that keeps the order is delivered in order, both right here. Then operators are told of what stopped.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { AlertTarget } from "#core/alert";
import type { NewId } from "#core/clock";
import { logError } from "#core/log";
import { alertOperators } from "./alerts.ts";
import { type Connections, shareConnections } from "./connections.ts";
import type { DeliveryContext, DeliveryQueues } from "./consumer.ts";
import { type Destination, destinationObject } from "./destination-object.ts";
import { turnstile } from "./destinations/parallel.ts";
import { destinationType } from "./destinations/registry.ts";
import { DRAIN_MS, drainInOrder, type Pace, probe } from "./drain.ts";
import { releaseDestination } from "./parked.ts";
import { parkedDestinations } from "./store.ts";

export interface ReleaseOneContext {
  bucket: R2Bucket;
  queues: DeliveryQueues;
  destinations: DurableObjectNamespace<Destination>;
  document: ReleaseDocument;
  newId: NewId;
  /** Epoch ms. */
  now: number;
  /** So many destinations share this run; 1. */
  among?: number;
}

/** Destinations whose parked objects, of a megabyte each, are in memory at the same time. */
const RELEASED_AT_ONCE = 4;

/** Release what may be released. Gives the number of items by destination. One destination's error stops no other. */
export async function releaseParked(
  context: DeliveryContext & { alert: AlertTarget },
): Promise<Record<string, number>> {
  const released: Record<string, number> = {};
  const connections = shareConnections();
  const inTurn = turnstile(RELEASED_AT_ONCE);
  const keys = await parkedDestinations(context.bucket);
  await Promise.all(
    keys.map(async (destination) => {
      try {
        const release = () =>
          releaseOne(destination, { ...context, now: context.clock(), among: keys.length });
        const count = await tend(destination, { ...context, connections }, () => inTurn(release));
        if (count > 0) released[destination] = count;
      } catch (error) {
        logError(`releasing ${destination} failed`, error);
      }
    }),
  );
  await alertOperators(keys, context.destinations, context.alert, context.clock());
  return released;
}

/** One destination's parked items: probed, delivered in order, or put back into the queue; by one run at a time. */
async function tend(
  destination: string,
  context: DeliveryContext & { connections: Connections },
  release: () => Promise<number>,
): Promise<number> {
  const { clock } = context;
  const pace = paceOf(context.document, destination);
  if (!pace) return release();
  const object = destinationObject(context.destinations, destination);
  const status = await object.beginDrain(clock(), DRAIN_MS);
  if (!status) return 0;
  let count = 0;
  let isEmpty = false;
  try {
    const mayAsk = !status.paused && status.circuit !== "open";
    if (mayAsk && pace.ordered) {
      const drained = await drainInOrder(destination, pace, context);
      count += drained.count;
      isEmpty = drained.isEmpty;
    } else if (mayAsk && status.circuit === "half_open") count += await probe(destination, pace, context);
    count += await release();
  } finally {
    await object.endDrain(isEmpty, clock());
  }
  return count;
}

/**
 * Put one destination's parked items back into its queue, if it may be asked; of one that keeps the order, none: the
 * schedule delivers them. Items of a removed one are released to be receipted.
 */
export async function releaseOne(destination: string, context: ReleaseOneContext): Promise<number> {
  const { bucket, queues, destinations, document, newId, now, among = 1 } = context;
  const definition = definitionOf(document, destination);
  // A destination that is gone or disabled is asked nothing: its items only need their receipts.
  const pace = paceOf(document, destination);
  if (pace) {
    const status = await destinationObject(destinations, destination).status(now);
    if (status.paused || status.circuit !== "closed" || pace.ordered) return 0;
  }
  return releaseDestination(destination, {
    bucket,
    queue: queues[definition?.queue ?? "crm"],
    ...{ newId, now, among },
    itemsPerSecond: pace ? pace.requestsPerSecond * pace.perRequest : Number.POSITIVE_INFINITY,
  });
}

const definitionOf = ({ destinations }: ReleaseDocument, key: string) =>
  Object.hasOwn(destinations, key) ? destinations[key] : undefined;

/** What a destination takes; undefined where it is asked nothing: it is gone or disabled. */
function paceOf(document: ReleaseDocument, key: string): (Pace & { ordered: boolean }) | undefined {
  const definition = definitionOf(document, key);
  if (!definition?.enabled) return undefined;
  // Of a type that nobody knows: it is paused as soon as anything goes there.
  const limits = destinationType(definition.type)?.limits ?? { perRequest: 1, requestsPerSecond: 1 };
  const { requestsPerSecond = Number.POSITIVE_INFINITY } = definition.limits;
  return {
    perRequest: limits.perRequest,
    requestsPerSecond: Math.min(limits.requestsPerSecond, requestsPerSecond),
    ordered: definition.ordered,
  };
}
