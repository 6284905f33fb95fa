/**
 * The HTTP application: mounts each capability's routes under the base path, wires what must call across folders, and
 * maps errors to answers in one place. Built once per isolate and environment.
 */
import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import type { Now } from "#collect/accept";
import { clientSettingsRoutes } from "#collect/client-settings";
import { dictionaryRoutes } from "#collect/dictionary";
import { collectRoutes } from "#collect/routes";
import type { ConsentEffects } from "#consent/change";
import { appendConsent } from "#consent/store";
import { consolePage } from "#console/page";
import { after } from "#core/after";
import { toBase64Url } from "#core/base64";
import { strictHeaders } from "#core/headers";
import { compilePaths, OWN_PATHS } from "#core/paths";
import { answerError, Problem } from "#core/problem";
import { recordWithdrawal } from "#door/consent/record";
import { consentRoutes } from "#door/consent/routes";
import { type RequestContext, readRequestContext } from "#door/context";
import { checkReady } from "#door/health";
import { followLink, tokenIn } from "#door/preview/link";
import type { Preview } from "#door/preview/token";
import { tokenVerifier } from "#door/proof/verifier";
import { envelopeSender } from "#door/queue";
import { type CountRequest, requestCounter } from "#door/rate";
import { bindConsent, requireConsent } from "#identity/consent-store";
import { guardErasures } from "#identity/erasures";
import { readLedgers } from "#identity/ledger";
import { normaliseIdentifier } from "#identity/normalise";
import { shardsOf } from "#identity/shards";
import { requireShards } from "#identity/shards-count";
import { showLive } from "#lake/receipts";
import { type Keyring, keyring } from "#privacy/keys";
import { activeRelease, heldRelease } from "#release/active";
import { withdrawSnapshot } from "#segments/store";
import { slotsRoutes } from "#slots/routes";
import { type SlotDeps, servePage } from "#slots/serve";
import { type Env, eventsQueues, identityDatabases, readSettings, type Settings } from "./env.ts";

/** GPC support resource. Source: https://privacycg.github.io/gpc-spec/#gpc-support-resource */
const GPC_SUPPORT = { gpc: true, lastUpdate: "2026-11-22" };

/** The browser script's files. */
const SCRIPTS = [
  "/doorstep.js",
  "/doorstep-more.js",
  "/doorstep-slots.js",
  "/doorstep-preview.js",
  "/doorstep.d.ts",
  "/doorstep-slots.d.ts",
];
const CONSOLE_FILES = ["/openapi.json", "/admin/console.js", "/admin/console.css", "/admin/openapi.json"];

/** What operators and the persons concerned ask for, and the documents; what pages ask for with every visit is none of it. */
const STRICT = [
  "/admin",
  "/admin/*",
  "/privacy/requests/*",
  "/privacy/discovery",
  "/contracts",
  "/openapi.json",
];

const clock = () => Date.now();
const newId = () => crypto.randomUUID();
const startTimer = (ms: number, fire: () => void) => {
  const timer = setTimeout(fire, ms);
  return () => clearTimeout(timer);
};
const randomBytes = (count: number) => crypto.getRandomValues(new Uint8Array(count));

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
  const { toOwn, toPublic } = compilePaths(settings.PATHS, settings.BASE_PATH);
  const isRenamed = Object.keys(settings.PATHS).length > 0;
  const app = isRenamed ? new Hono({ getPath: (request) => toOwn(getPath(request)) }) : new Hono();
  const route = settings.BASE_PATH ? app.basePath(settings.BASE_PATH) : app;
  const identity = shardsOf(identityDatabases(env));

  let keys: Keyring | undefined;
  // No promise where everything is in memory already: this is asked for every request.
  const shared = (): Now | Promise<Now> => {
    const now = clock();
    const release = heldRelease(env.EDGE, now);
    return keys && release ? { settings, keys, release, now } : load(now);
  };
  const load = async (now: number): Promise<Now> => {
    const release = await activeRelease(env.EDGE, now);
    keys = await keyring(settings);
    return { settings, keys, release, now };
  };
  // For slots and consent; who collects events writes them into the session, and reads the context itself.
  const contextOf = (request: Request, isForwarded = false): RequestContext | Promise<RequestContext> => {
    const read = (given: Now) =>
      readRequestContext(request, request.headers, { ...given, readsOnly: true, isForwarded });
    return after(shared(), read);
  };
  const context = async (c: Context) => contextOf(c.req.raw);

  for (const path of STRICT) route.use(path, strictHeaders(settings.DEV));

  route.get("/health", (c) => c.json({ status: "alive" }));
  route.get("/ready", async (c) => {
    const readiness = await checkReady(
      identity.all,
      env.EDGE,
      () => keyring(settings),
      () => requireShards(identity),
    );
    return c.json(readiness, readiness.ready ? 200 : 503, { "cache-control": "no-store" });
  });
  // At the root of the site, wherever our other paths are: that is where it is looked for.
  app.get("/.well-known/gpc.json", (c) => c.json(GPC_SUPPORT));

  const send = envelopeSender(eventsQueues(env));
  let counter: CountRequest | undefined;
  const count: CountRequest = (request) => {
    // Made with the first request: at start-up there is no randomness yet.
    counter ??= requestCounter(
      { client: env.RATE_CLIENT, writeKey: env.RATE_WRITE_KEY, secretKey: env.RATE_SECRET_KEY },
      settings.CLIENT_RATE,
      newId(),
    );
    return counter(request);
  };
  const verifier = tokenVerifier(settings.IDENTITY_ISSUERS, {
    fetch: (url, init) => fetch(url, init),
    clock,
    allowInsecure: settings.DEV,
  });
  const collect = collectRoutes(shared, { send, count, newId, randomBytes, verifier });
  route.route("/", collect.routes);
  const effects: ConsentEffects = {
    async append(row) {
      await requireShards(identity);
      return appendConsent(identity.of(row.subject), row);
    },
    async bind(subject, choice) {
      await requireShards(identity);
      return bindConsent(identity, subject, choice);
    },
    purgeSnapshot: (subject) => withdrawSnapshot(env.EDGE, subject, clock()),
  };
  route.route(
    "/",
    consentRoutes({
      context,
      count,
      newId,
      randomBytes,
      effects,
      history: async (subjects, limit) => {
        await guardErasures(identity, env.LAKE, clock());
        return readLedgers(identity, subjects, limit);
      },
      normalise: normaliseIdentifier,
      current: async (known) =>
        [...(await requireConsent(identity, env.LAKE, known, clock())).values()].flat(),
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

  route.route("/", clientSettingsRoutes({ settings, clock, toPublic }));
  route.route("/", dictionaryRoutes(env.ASSETS));

  let rights: Hono | undefined;
  // Not all of `/privacy/*`, which has `/privacy` in it: that is a page of many a site.
  route.on("ALL", ["/privacy/requests/*", "/privacy/discovery"], async (c) => {
    // Loaded with the first request, as the operator's API is.
    const { rightsRoutes } = await import("./rights.ts");
    const given = { context, count, verifier, toPublic };
    // It is asked by the path that the outside knows, as this app is.
    rights ??= new Hono({ getPath: (request) => toOwn(getPath(request)) })
      .basePath(settings.BASE_PATH)
      .route("/", rightsRoutes(env, given))
      .notFound(() => new Problem(404, "not_found", "There is nothing at this path.").toResponse())
      .onError(answerError);
    await guardErasures(identity, env.LAKE, clock());
    return rights.fetch(c.req.raw, env, c.executionCtx);
  });

  route.post("/hooks/cms/:adapter", async (c) => {
    // Loaded with the first webhook.
    const { contentHook } = await import("./content.ts");
    const named = { type: c.req.param("adapter"), source: c.req.query("source") };
    return contentHook(c.req.raw, named, env, settings, (work) => c.executionCtx.waitUntil(work));
  });

  let operator: Hono | undefined;
  route.all("/admin/api/*", async (c) => {
    // Loaded with the first question: an isolate that serves visitors should not start slower for it.
    const { operatorApi } = await import("./operator.ts");
    operator ??= operatorApi(env, settings, send);
    await guardErasures(identity, env.LAKE, clock());
    return operator.fetch(c.req.raw);
  });
  route.get("/admin", () =>
    consolePage(settings.BASE_PATH, toBase64Url(randomBytes(18)), settings.ACCESS_TEAM_DOMAIN !== ""),
  );
  const fetchAsset = (asset: string, c: Context) =>
    env.ASSETS.fetch(new Request(new URL(asset, c.req.url), c.req.raw));
  for (const file of CONSOLE_FILES) route.get(file, (c) => fetchAsset(file, c));
  // Parts of its script, named by what is in them.
  route.get("/admin/parts/:part", (c) => fetchAsset(`/admin/parts/${c.req.param("part")}`, c));
  for (const script of SCRIPTS) {
    route.get(script, async (c) => {
      const response = await fetchAsset(script, c);
      // Every page of the site asks for it: browsers keep it for an hour, and ask with its ETag after that.
      const kept = new Response(response.body, response);
      kept.headers.set("cache-control", "public, max-age=3600");
      // The second file is a module, which a page of another host of ours may only load with this.
      kept.headers.set("access-control-allow-origin", "*");
      kept.headers.set("cross-origin-resource-policy", "cross-origin");
      kept.headers.set("x-content-type-options", "nosniff");
      // To most tables of types it is a video.
      if (script.endsWith(".ts")) kept.headers.set("content-type", "text/plain; charset=utf-8");
      return kept;
    });
  }

  /** The context of slots: that of a preview is of its own release, place and visitor. */
  const slotContext = (request: Request, isForwarded?: boolean): RequestContext | Promise<RequestContext> => {
    const shown = (given: RequestContext) => (given.preview ? previewed(given, given.preview) : given);
    return after(contextOf(request, isForwarded), shown);
  };
  const previewed = async (given: RequestContext, preview: Preview) => {
    const { previewContext } = await import("#slots/preview/context");
    return previewContext(given, preview, {
      db: env.IDENTITY_0,
      active: () => activeRelease(env.EDGE, clock()),
      checks: async () => (await import("./release-checks.ts")).releaseChecks(env, settings),
    });
  };
  const slotDeps = (c: Context): SlotDeps => ({
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
    withdrawn: (given) => recordWithdrawal(given, c.req.raw.headers, { effects, count }),
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
  route.route("/", slotsRoutes({ settings, clock, context: slotContext, deps: slotDeps, explainAllowed }));

  const previewEntry = `${settings.BASE_PATH}/preview`;
  const previewLink = async (request: Request, token: string) =>
    followLink(request, token, { ...(await shared()), dev: settings.DEV, entry: previewEntry });

  // Whatever path is not ours is the site's. As the not-found handler, not as a route: a second match would send every
  // request of ours through the middleware chain.
  app.notFound((c) => {
    const { path } = c.req;
    const isBelow = settings.BASE_PATH === "" || path.startsWith(`${settings.BASE_PATH}/`);
    const late = isBelow && collect.answerLate(c.req.raw, path.slice(settings.BASE_PATH.length));
    if (late) return late;
    const token = tokenIn(c.req.raw);
    if (token !== undefined && (path === previewEntry || !isOurs(path, settings.BASE_PATH)))
      return previewLink(c.req.raw, token);
    if (settings.ORIGIN === "" || isOurs(path, settings.BASE_PATH)) {
      return new Problem(404, "not_found", "There is nothing at this path.").toResponse();
    }
    return servePage(c.req.raw, () => slotContext(c.req.raw), {
      ...slotDeps(c),
      origin: settings.ORIGIN,
      fetch: (request) => fetch(request),
    });
  });
  app.onError(answerError);
  return app;
}

const OWN_PREFIXES = ["/admin", ...OWN_PATHS].map((path) => `${path}/`);

/** A slip in one of our own addresses, `//admin/api` too: it must not carry a token or a key to the site behind us. */
function isOurs(asked: string, basePath: string): boolean {
  const path = asked.replace(/^\/{2,}/, "/");
  return basePath === "" ? OWN_PREFIXES.some((own) => path.startsWith(own)) : path.startsWith(`${basePath}/`);
}
