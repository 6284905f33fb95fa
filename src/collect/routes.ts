/** HTTP of collection: every protocol's paths, their preflights, and the settings that Segment's client asks for. */
import { type Context, Hono } from "hono";
import { Problem } from "#core/problem";
import { corsHeaders, preflight } from "#door/cors";
import { anyOriginAllowed } from "#door/source";
import { accept, type CollectDeps } from "./accept.ts";
import type { Protocol } from "./protocols/protocol.ts";
import { PROTOCOLS } from "./protocols/registry.ts";

/** @param deps what a request needs, made per request by the app */
export function collectRoutes(deps: (c: Context) => Promise<CollectDeps>): Hono {
  const app = new Hono();
  for (const protocol of Object.values<Protocol>(PROTOCOLS)) {
    for (const route of protocol.routes) {
      app.on(route.method, route.path, async (c) => {
        const given = await deps(c);
        try {
          return await accept(c.req.raw, protocol, route, c.req.param(), given);
        } catch (error) {
          if (!(error instanceof Problem)) throw error;
          // A page may only read the error if the answer says so; an origin that no source lists may not.
          const origin = c.req.header("origin") ?? null;
          const known =
            origin !== null && anyOriginAllowed(given.settings.SOURCES, origin, new URL(c.req.url).origin);
          if (known) Object.assign(error.headers, corsHeaders(origin));
          throw error;
        }
      });
      if (route.method === "GET") continue;
      app.options(route.path, async (c) => {
        const { settings } = await deps(c);
        const origin = c.req.header("origin");
        return preflight(
          c.req.raw,
          origin !== undefined && anyOriginAllowed(settings.SOURCES, origin, new URL(c.req.url).origin),
          protocol.allowHeaders,
        );
      });
    }
  }
  // analytics-next reports its own metrics here; they are not ours to keep.
  app.post("/v1/m", (c) => c.json({ success: true }));
  app.get("/v1/projects/:key/settings", async (c) => {
    const { settings } = await deps(c);
    const key = c.req.param("key");
    if (!settings.SOURCES.some((s) => s.writeKey === key && !s.disabled))
      throw new Problem(404, "unknown_key", "The write key is not known.");
    const { host, protocol } = new URL(c.req.url);
    return c.json(
      {
        integrations: {
          "Segment.io": {
            apiKey: key,
            apiHost: `${host}${settings.BASE_PATH}/v1`,
            protocol: protocol.slice(0, -1),
          },
        },
      },
      200,
      {
        ...corsHeaders(c.req.header("origin") ?? null),
        "cache-control": "public, max-age=300",
        vary: "Origin",
      },
    );
  });
  return app;
}
