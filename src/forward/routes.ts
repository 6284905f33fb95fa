/**
 * Delivery in the admin API: how each destination is doing, whether its vendor can be reached, pause and resume; what failed
 * is in failures/routes.ts. The app that mounts it checks who asks, and puts the actor into the context.
 */
import { Hono } from "hono";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Clock, NewId } from "#core/clock";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import type { DeliveryQueues } from "./consumer.ts";
import { type Destination, destinationObject } from "./destination-object.ts";
import { listed, shown } from "./destination-view.ts";
import { listFailures } from "./failures/store.ts";
import { checkHealth, type Reach } from "./health-check.ts";
import { releaseOne } from "./schedule.ts";

export interface ForwardRoutesContext {
  db: D1Database;
  bucket: R2Bucket;
  queues: DeliveryQueues;
  destinations: DurableObjectNamespace<Destination>;
  assets: Fetcher;
  /** The release that holds now. */
  document: () => Promise<ReleaseDocument>;
  clock: Clock;
  newId: NewId;
  /** As deliveries reach vendors. */
  reach: Reach;
}

const FAILURES_SHOWN = 5;
const MAX_LIMIT = 500;

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
      Object.entries(document.destinations).map(async ([key, definition]) => {
        const lastFailures = failures.filter((f) => f.destination === key).slice(0, FAILURES_SHOWN);
        return { ...(await listed(key, definition, context, clock())), lastFailures };
      }),
    );
    return c.json({ destinations: list });
  });

  app.get("/destinations/:key", async (c) => {
    const key = c.req.param("key");
    const { definition } = await known(key);
    return c.json(await shown(key, definition, context, clock()));
  });

  app.post("/destinations/:key/check", async (c) => {
    const { definition } = await known(c.req.param("key"));
    return c.json(await checkHealth(definition, context.reach, clock()));
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

  return app;
}
