/**
 * Slots, and the pages of the site behind us, wired. Loaded with the first request for one of them, by app.ts.
 */
import type { Context } from "hono";
import { after } from "#core/after";
import type { RequestContext } from "#door/context";
import type { Preview } from "#door/preview/token";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { type SlotsRoutes, slotsRoutes } from "#slots/routes";
import { type SlotDeps, servePage } from "#slots/serve";
import { clock, newId, type Shared } from "./shared.ts";

export interface Pages {
  slots: SlotsRoutes;
  /** A page of the site, filled while it streams. */
  page(c: Context): Promise<Response>;
}

export function pages(shared: Shared): Pages {
  const { env, settings, identity, context } = shared;
  const previewed = async (given: RequestContext, preview: Preview) => {
    const { previewContext } = await import("#slots/preview/context");
    return previewContext(given, preview, {
      db: env.IDENTITY_0,
      active: () => activeRelease(env.EDGE, clock()),
      checks: async () => (await import("./release-checks.ts")).releaseChecks(env, settings),
    });
  };
  /** That of a preview is of its own release, place and visitor. */
  const slotContext = (request: Request, isForwarded?: boolean): RequestContext | Promise<RequestContext> => {
    const shown = (given: RequestContext) => (given.preview ? previewed(given, given.preview) : given);
    return after(context(request, isForwarded), shown);
  };
  const deps = (c: Context): SlotDeps => ({
    kv: env.EDGE,
    identity,
    lake: env.LAKE,
    live: env.LIVE_TAIL,
    visitors: env.VISITOR,
    db: env.IDENTITY_0,
    clock,
    startTimer,
    random: () => Math.random(),
    newId,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
    withdrawn: async (given) => (await import("./consents.ts")).withdrawn(shared, given, c.req.raw.headers),
  });
  const explainAllowed = async (c: Context) => {
    const { mayExplain } = await import("#console/access/explain");
    const given = {
      adminToken: settings.ADMIN_TOKEN,
      db: env.IDENTITY_0,
      keys: () => keyring(settings),
      clock,
    };
    return mayExplain(c.req.raw.headers, given);
  };
  return {
    slots: slotsRoutes({ settings, clock, context: slotContext, deps, explainAllowed }),
    page: (c) =>
      servePage(c.req.raw, () => slotContext(c.req.raw), {
        ...deps(c),
        origin: settings.ORIGIN,
        fetch: (request) => fetch(request),
      }),
  };
}

const startTimer = (ms: number, fire: () => void) => {
  const timer = setTimeout(fire, ms);
  return () => clearTimeout(timer);
};
