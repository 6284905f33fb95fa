/**
 * The HTTP application: mounts each capability's routes under the base path, wires what must call across folders, and
 * maps errors to answers in one place. Built once per isolate and environment.
 */
import { type Context, Hono } from "hono";
import { collectRoutes } from "#collect/routes";
import { appendConsent } from "#consent/store";
import { carriesToken } from "#console/auth";
import { consolePage } from "#console/page";
import { consoleApi } from "#console/routes";
import { Problem } from "#core/problem";
import { readRequestContext } from "#door/context";
import { checkReady } from "#door/health";
import { consentRoutes } from "#door/routes";
import { checkDestination } from "#forward/check";
import { forwardRoutes } from "#forward/routes";
import { bindConsent } from "#identity/store";
import { showLive } from "#lake/receipts";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { publish } from "#release/publish";
import type { ReleaseChecks } from "#release/validate";
import { deleteSnapshot } from "#segments/store";
import { slotsRoutes } from "#slots/routes";
import { sanitizeHtml } from "#slots/sanitize";
import { type SlotDeps, servePage } from "#slots/serve";
import { stringBinding } from "./background.ts";
import { type Env, readSettings, type Settings } from "./env.ts";

/** GPC support resource. Source: https://privacycg.github.io/gpc-spec/#gpc-support-resource */
const GPC_SUPPORT = { gpc: true, lastUpdate: "2026-11-22" };

/** The browser script, and the files of the console. */
const SCRIPT = "/doorstep.js";

const clock = () => Date.now();
const newId = () => crypto.randomUUID();
const startTimer = (ms: number, fire: () => void) => {
  const timer = setTimeout(fire, ms);
  return () => clearTimeout(timer);
};
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

/** What a release's destinations and content must satisfy; only their own folders know. */
const releaseChecks = (env: Env): ReleaseChecks => ({
  destination: (key, destination) => checkDestination(key, destination, (name) => stringBinding(env, name)),
  sanitize: sanitizeHtml,
});

/** The app of an environment; settings that are missing make it answer 503 and name them. */
export function createApp(env: Env): Hono {
  const read = readSettings(env);
  return read.ok ? readyApp(env, read.settings) : brokenApp(read.problems);
}

function brokenApp(problems: readonly string[]): Hono {
  const app = new Hono();
  app.get("/health", (c) => c.json({ status: "alive" }));
  app.all("*", () =>
    new Problem(503, "not_configured", `Doorstep is not configured: ${problems.join("; ")}.`, {
      "retry-after": "60",
    }).toResponse(),
  );
  return app;
}

function readyApp(env: Env, settings: Settings): Hono {
  const app = new Hono();
  const route = settings.BASE_PATH ? app.basePath(settings.BASE_PATH) : app;

  const shared = async () => {
    const now = clock();
    const [keys, release] = await Promise.all([
      keyring(settings.MASTER_SECRET),
      activeRelease(env.EDGE, now),
    ]);
    return { settings, keys, release, now };
  };
  const context = async (c: Context) => readRequestContext(c.req.raw, await shared());

  route.get("/health", (c) => c.json({ status: "alive" }));
  route.get("/ready", async (c) => {
    const readiness = await checkReady(env.IDENTITY_0, env.EDGE);
    return c.json(readiness, readiness.ready ? 200 : 503, { "cache-control": "no-store" });
  });
  // At the root of the site, wherever our other paths are: that is where it is looked for.
  app.get("/.well-known/gpc.json", (c) => c.json(GPC_SUPPORT));

  route.route(
    "/",
    collectRoutes(async () => ({ ...(await shared()), queue: env.EVENTS, clock, newId, randomBytes })),
  );
  route.route(
    "/",
    consentRoutes({
      context,
      newId,
      randomBytes,
      effects: () => ({
        append: (subject, choice) =>
          appendConsent(env.IDENTITY_0, subject, choice, "browser", "PUT /consent"),
        bind: (subject, choice) => bindConsent(env.IDENTITY_0, subject, choice),
        purgeSnapshot: (subject) => deleteSnapshot(env.EDGE, subject),
      }),
      report: (c, subject, consent) => {
        // The ledger is the record; of this view a share is enough.
        if (Math.random() >= settings.TRACE_SLOTS) return;
        c.executionCtx.waitUntil(
          showLive(env.LIVE_TAIL, [
            {
              stage: "door",
              eventId: consent.receipt,
              at: clock(),
              name: "consent_update",
              source: subject,
              outcome: "accepted",
              consent,
            },
          ]),
        );
      },
    }),
  );

  const publishRelease = (document: unknown, note: string) =>
    publish(document, note, releaseChecks(env), { db: env.IDENTITY_0, kv: env.EDGE, now: clock() });
  route.route(
    "/admin/api",
    consoleApi({
      adminToken: settings.ADMIN_TOKEN,
      now: clock,
      liveTail: env.LIVE_TAIL,
      lake: env.LAKE,
      db: env.IDENTITY_0,
      kv: env.EDGE,
      queues: { events: env.EVENTS, analytics: env.ANALYTICS, crm: env.CRM },
      publish: publishRelease,
      forward: forwardRoutes({
        db: env.IDENTITY_0,
        bucket: env.LAKE,
        queues: { analytics: env.ANALYTICS, crm: env.CRM },
        destinations: env.DESTINATION,
        document: async () => (await activeRelease(env.EDGE, clock())).document,
        clock,
        newId,
      }),
    }),
  );
  route.get("/admin", () => consolePage(settings.BASE_PATH));
  for (const asset of [
    SCRIPT,
    "/openapi.json",
    "/admin/console.js",
    "/admin/console.css",
    "/admin/openapi.json",
  ]) {
    route.get(asset, async (c) => {
      const response = await env.ASSETS.fetch(new Request(new URL(asset, c.req.url), c.req.raw));
      if (asset !== SCRIPT) return response;
      // Every page of the site asks for it: browsers keep it for an hour, and ask with its ETag after that.
      const kept = new Response(response.body, response);
      kept.headers.set("cache-control", "public, max-age=3600");
      return kept;
    });
  }

  const slotDeps = (c: Context): SlotDeps => ({
    kv: env.EDGE,
    live: env.LIVE_TAIL,
    startTimer,
    random: () => Math.random(),
    newId,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
  });
  const explainAllowed = (c: Context) => carriesToken(c.req.header("authorization"), settings.ADMIN_TOKEN);
  route.route("/", slotsRoutes({ context, deps: slotDeps, explainAllowed }));

  // Whatever path is not ours is the site's. As the not-found handler, not as a route: a second match would send every
  // request of ours through the middleware chain.
  app.notFound((c) => {
    if (settings.ORIGIN === "" || isOurs(c.req.path, settings.BASE_PATH)) {
      return new Problem(404, "not_found", "There is nothing at this path.").toResponse();
    }
    return servePage(c.req.raw, () => context(c), {
      ...slotDeps(c),
      origin: settings.ORIGIN,
      fetch: (request) => fetch(request),
    });
  });
  app.onError((error) => {
    if (error instanceof Problem) return error.toResponse();
    console.error("unexpected error", error.name, error.message);
    return new Problem(
      500,
      "internal_error",
      "Something went wrong on our side; nothing was accepted.",
    ).toResponse();
  });
  return app;
}

const OWN_PREFIXES = ["/admin/", "/events/", "/v1/"];

/** A slip in one of our own addresses: it must not carry a token or a key to the site behind us. */
const isOurs = (path: string, basePath: string): boolean =>
  basePath === "" ? OWN_PREFIXES.some((own) => path.startsWith(own)) : path.startsWith(`${basePath}/`);
