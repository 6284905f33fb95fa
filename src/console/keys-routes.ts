/** `GET /admin/api/keys`: which versions of the master secret there are, and how far the rotation job is. No key, no secret. */
import { Hono } from "hono";
import type { Keyring } from "#privacy/keys";
import { keysStatus } from "#privacy/rewrap";

/** Mounted below `/admin/api/keys`. */
export function keysRoutes({ db, keys }: { db: D1Database; keys: () => Promise<Keyring> }): Hono {
  const routes = new Hono();
  routes.get("/", async (c) =>
    c.json(await keysStatus(db, await keys()), 200, { "cache-control": "no-store" }),
  );
  return routes;
}
