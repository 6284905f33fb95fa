/**
 * What the cron does for delivery each minute: for every destination that has parked items and may be asked again, put
 * some of them back into its queue. A destination whose circuit has not closed yet gets one object, as its probe.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { NewId } from "#core/clock";
import { logError } from "#core/log";
import type { DeliveryQueues } from "./consumer.ts";
import { type Destination, destinationObject } from "./destination-object.ts";
import { releaseDestination } from "./parked.ts";
import { parkedDestinations } from "./store.ts";

export interface ScheduleContext {
  bucket: R2Bucket;
  queues: DeliveryQueues;
  destinations: DurableObjectNamespace<Destination>;
  document: ReleaseDocument;
  newId: NewId;
  /** Epoch ms. */
  now: number;
}

/** Objects of one destination in one run; each holds what one batch had for it. */
const OBJECTS_PER_RUN = 20;

/** Release what may be released. Gives the number of items by destination. One destination's error stops no other. */
export async function releaseParked(context: ScheduleContext): Promise<Record<string, number>> {
  const released: Record<string, number> = {};
  for (const destination of await parkedDestinations(context.bucket)) {
    try {
      const count = await releaseOne(destination, context);
      if (count > 0) released[destination] = count;
    } catch (error) {
      logError(`releasing ${destination} failed`, error);
    }
  }
  return released;
}

/** Release one destination's parked items, if it may be asked. Items of a removed one are released to be receipted. */
export async function releaseOne(destination: string, context: ScheduleContext): Promise<number> {
  const { bucket, queues, destinations, document, newId, now } = context;
  const definition = Object.hasOwn(document.destinations, destination)
    ? document.destinations[destination]
    : undefined;
  const status = await destinationObject(destinations, destination).status(now);
  // A destination that is gone or disabled is asked nothing: its items only need their receipts.
  const isGone = !definition?.enabled;
  if (!isGone && (status.paused || status.circuit === "open")) return 0;
  return releaseDestination(destination, {
    bucket,
    queue: queues[definition?.queue ?? "crm"],
    newId,
    now,
    objects: isGone || status.circuit === "closed" ? OBJECTS_PER_RUN : 1,
  });
}
