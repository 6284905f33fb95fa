/** `GET /admin/api/keys`: which versions of the master secret there are, and how far the rotation job is. No key, no secret. */
import { Hono } from "hono";
import type { Keyring } from "#privacy/keys";
import { keysStatus } from "#privacy/rewrap";
import type { ActorRoutes } from "./routes.ts";

export function keysRoutes(deps: {
  databases: readonly D1Database[];
  keys: () => Promise<Keyring>;
}): ActorRoutes {
  const { databases, keys } = deps;
  const routes: ActorRoutes = new Hono();
  routes.get("/keys", async (c) =>
    c.json(await keysStatus(databases, await keys()), 200, { "cache-control": "no-store" }),
  );
  return routes;
}
