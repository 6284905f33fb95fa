/** HTTP of collection: every protocol's paths and their preflights. */
import { Hono } from "hono";
import { originOf } from "#core/origin";
import { Problem } from "#core/problem";
import { corsHeaders, preflight } from "#door/cors";
import { anyOriginAllowed } from "#door/source";
import { accept, type CollectDeps, type Now } from "./accept.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { PROTOCOLS } from "./protocols/registry.ts";

const NO_PARAMS = {};

/** @param state what holds when a request arrives */
export function collectRoutes(state: () => Now | Promise<Now>, deps: CollectDeps): Hono {
  const app = new Hono();
  for (const protocol of Object.values<Protocol>(PROTOCOLS)) {
    for (const route of protocol.routes) {
      const hasParams = route.path.includes(":");
      app.on(route.method, route.path, async (c) => {
        const given = await state();
        try {
          return await accept(c.req.raw, protocol, route, hasParams ? c.req.param() : NO_PARAMS, given, deps);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          // A page may only read the error if the answer says so; an origin that no source lists may not.
          const origin = c.req.header("origin") ?? null;
          const own = originOf(c.req.url);
          const known = origin !== null && anyOriginAllowed(given.settings.SOURCES, origin, own);
          if (known) Object.assign(error.headers, corsHeaders(origin, own));
          throw error;
        }
      });
      // A GET is only preflighted where it carries a header of its own.
      if (route.method === "GET" && !protocol.allowHeaders) continue;
      app.options(route.path, async (c) => {
        const { settings } = await state();
        const origin = c.req.header("origin");
        return preflight(
          c.req.raw,
          origin !== undefined && anyOriginAllowed(settings.SOURCES, origin, originOf(c.req.url)),
          protocol.allowHeaders,
        );
      });
    }
  }
  return app;
}
