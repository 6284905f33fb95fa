/**
 * Delivery in the admin API: how each destination is doing, pause and resume, and what failed with its replay. The app
 * that mounts it checks who asks, and puts the actor into the context.
 */
import { Hono } from "hono";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock, NewId } from "#core/clock";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import type { DeliveryQueues } from "./consumer.ts";
import { type Destination, destinationObject } from "./destination-object.ts";
import { destinationType } from "./destinations/registry.ts";
import { packItems } from "./envelope.ts";
import { releaseOne } from "./schedule.ts";
import {
  deleteDeadItem,
  deleteFailure,
  listFailures,
  listParked,
  readDeadItem,
  readFailure,
} from "./store.ts";

export interface ForwardRoutesContext {
  db: D1Database;
  bucket: R2Bucket;
  queues: DeliveryQueues;
  destinations: DurableObjectNamespace<Destination>;
  /** The release that holds now. */
  document: () => Promise<ReleaseDocument>;
  clock: Clock;
  newId: NewId;
}

const FAILURES_SHOWN = 5;
const MAX_LIMIT = 500;
/** Parked objects are counted up to this many; each holds the items of one batch. */
const PARKED_COUNTED = 100;

type ActorVariables = { Variables: { actor: Actor; created: string } };

/** The routes, to be mounted under `/admin/api`. */
export function forwardRoutes(context: ForwardRoutesContext): Hono<ActorVariables> {
  const { db, bucket, queues, destinations, clock, newId } = context;
  const app = new Hono<ActorVariables>();

  const known = async (key: string) => {
    const document = await context.document();
    const definition = Object.hasOwn(document.destinations, key) ? document.destinations[key] : undefined;
    if (!definition)
      throw new Problem(404, "unknown_destination", `The release has no destination "${key}".`);
    return { document, definition };
  };

  app.get("/destinations", async (c) => {
    const document = await context.document();
    // A failure does not say of which source its event is.
    const isLimited = c.get("actor").sources !== undefined;
    const failures = isLimited ? [] : await listFailures(db, MAX_LIMIT);
    const list = await Promise.all(
      Object.entries(document.destinations).map(async ([key, { type, queue, purposes, events, enabled }]) => {
        const [status, parked] = await Promise.all([
          destinationObject(destinations, key).status(clock()),
          listParked(bucket, key, PARKED_COUNTED),
        ]);
        const described = destinationType(type);
        const title = described?.title ?? type;
        const erasure =
          described?.erasure ?? "Nobody knows this type any more, so nothing can be deleted there.";
        const count = { items: parked.objects.reduce((sum, { items }) => sum + items, 0), more: parked.more };
        const lastFailures = failures.filter((f) => f.destination === key).slice(0, FAILURES_SHOWN);
        const definition = { key, type, title, queue, purposes, events, enabled };
        return { ...definition, erasure, status, parked: count, lastFailures };
      }),
    );
    return c.json({ destinations: list });
  });

  app.post("/destinations/:key/pause", async (c) => {
    const key = c.req.param("key");
    await known(key);
    const object = destinationObject(destinations, key);
    await object.pause("operator", clock());
    return c.json({ key, status: await object.status(clock()) });
  });

  app.post("/destinations/:key/resume", async (c) => {
    const key = c.req.param("key");
    const { document } = await known(key);
    const object = destinationObject(destinations, key);
    await object.resume();
    // The first items go at once; the schedule releases the rest.
    const released = await releaseOne(key, { bucket, queues, destinations, document, newId, now: clock() });
    return c.json({ key, status: await object.status(clock()), released });
  });

  app.get("/failures", async (c) => {
    const asked = Number(c.req.query("limit") ?? 50);
    if (!Number.isInteger(asked) || asked < 1) {
      throw new Problem(400, "invalid_limit", `limit must be a whole number from 1 to ${MAX_LIMIT}.`);
    }
    return c.json({ failures: await listFailures(db, Math.min(asked, MAX_LIMIT)) });
  });

  app.post("/failures/:itemId/replay", async (c) => {
    const itemId = c.req.param("itemId");
    const failure = await readFailure(db, itemId);
    if (!failure) throw new Problem(404, "unknown_failure", "No failed delivery has this id.");
    const { destination } = failure;
    const { definition } = await known(destination);
    const item = await readDeadItem(bucket, destination, itemId);
    if (!item) throw new Problem(410, "dead_letter_gone", "The item of this failure is no longer kept.");
    // Consent and suppression are checked again when it is delivered.
    const { envelopes } = packItems(destination, [{ ...item, attempt: 1 }], () => newId());
    for (const envelope of envelopes) await queues[definition.queue].send(envelope);
    await deleteFailure(db, itemId);
    await deleteDeadItem(bucket, destination, itemId);
    return c.json({ itemId, destination, status: "queued" }, 202);
  });

  return app;
}
