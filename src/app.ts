/**
 * The HTTP application: mounts each capability's routes under the base path, each loaded with the first request for it, and
 * maps errors to answers in one place. Built once per isolate and environment.
 */
import { type Context, Hono } from "hono";
import { getPath } from "hono/utils/url";
import { clientSettingsRoutes } from "#collect/client-settings";
import { dictionaryRoutes } from "#collect/dictionary";
import { COLLECT_PATHS, isVendorPath } from "#collect/paths";
import { consolePage } from "#console/page";
import { toBase64Url } from "#core/base64";
import { strictHeaders } from "#core/headers";
import { OWN_PATHS } from "#core/paths";
import { answerError, Problem } from "#core/problem";
import { keepsShape } from "#core/shapes";
import { whenAsked } from "#core/when-asked";
import { checkReady } from "#door/health";
import { followLink, tokenIn } from "#door/preview/link";
import { envelopeSender } from "#door/queue";
import { requireShards } from "#identity/shards-count";
import { keyring } from "#privacy/keys";
import { type Env, eventsQueues, readSettings, type Settings } from "./env.ts";
import { clock, randomBytes, sharedOf } from "./shared.ts";

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
  const shared = sharedOf(env, settings);
  const { identity, paths } = shared;
  const asOwn = (request: Request) => paths.toOwn(getPath(request));
  const isRenamed = Object.keys(settings.PATHS).length > 0;
  const app = isRenamed ? new Hono({ getPath: asOwn }) : new Hono();
  const route = settings.BASE_PATH ? app.basePath(settings.BASE_PATH) : app;

  keepContext();
  const send = envelopeSender(eventsQueues(env));
  const collection = whenAsked(async () => (await import("./collection.ts")).collection(shared, send));
  const pages = whenAsked(async () => (await import("./pages.ts")).pages(shared));
  /** Routes that are an app of their own, asked by the path that the outside knows, as this app is. */
  const apart = (load: () => Promise<Hono>, otherwise: (c: Context) => Response | Promise<Response>) =>
    whenAsked(async () =>
      new Hono({ getPath: asOwn })
        .basePath(settings.BASE_PATH)
        .route("/", await load())
        .notFound(otherwise)
        .onError(answerError),
    );
  const consents = apart(
    async () => (await import("./consents.ts")).consentsRoutes(shared),
    (c) => elsewhere(c),
  );
  const rights = apart(async () => (await import("./rights.ts")).rightsRoutes(shared), nothingHere);
  const operator = whenAsked(async () => (await import("./operator.ts")).operatorApi(env, settings, send));

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

  route.route("/", clientSettingsRoutes({ settings, clock, toPublic: paths.toPublic }));
  const collect = (c: Context): Response | Promise<Response> =>
    collection((one) => one.answer(c.req.raw, c.req.path.slice(settings.BASE_PATH.length)) ?? elsewhere(c));
  for (const path of COLLECT_PATHS) route.all(path, collect);

  route.get("/slots/:slot", (c) => pages(({ slots }) => slots.one(c)));
  route.post("/slots", (c) => pages(({ slots }) => slots.several(c)));
  route.options("/slots", (c) => pages(({ slots }) => slots.preflight(c)));

  // `/consent` itself, too.
  route.all("/consent/*", (c) => consents((one) => one.fetch(c.req.raw, env, c.executionCtx)));
  route.route("/", dictionaryRoutes(env.ASSETS));

  // Not all of `/privacy/*`, which has `/privacy` in it: that is a page of many a site.
  route.on("ALL", ["/privacy/requests/*", "/privacy/discovery"], (c) =>
    rights((one) => one.fetch(c.req.raw, env, c.executionCtx)),
  );

  route.post("/hooks/cms/:adapter", async (c) => {
    // Loaded with the first webhook.
    const { contentHook } = await import("./content.ts");
    const named = { type: c.req.param("adapter"), source: c.req.query("source") };
    return contentHook(c.req.raw, named, env, settings, (work) => c.executionCtx.waitUntil(work));
  });

  route.all("/admin/api/*", (c) => operator((one) => one.fetch(c.req.raw)));
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

  const previewEntry = `${settings.BASE_PATH}/preview`;
  const previewLink = async (request: Request, token: string) =>
    followLink(request, token, { ...(await shared.now()), dev: settings.DEV, entry: previewEntry });

  // Whatever path is not ours is the site's.
  const elsewhere = (c: Context): Response | Promise<Response> => {
    const { path } = c.req;
    const token = tokenIn(c.req.raw);
    if (token !== undefined && (path === previewEntry || !isOurs(path, settings.BASE_PATH)))
      return previewLink(c.req.raw, token);
    if (settings.ORIGIN === "" || isOurs(path, settings.BASE_PATH)) return nothingHere();
    return pages((one) => one.page(c));
  };
  // As the not-found handler, not as a route: a second match would send every request of ours through the middleware chain.
  app.notFound((c) => {
    const { path, method } = c.req;
    const isBelow = settings.BASE_PATH === "" || path.startsWith(`${settings.BASE_PATH}/`);
    const isVendors = isBelow && isVendorPath(method, path.slice(settings.BASE_PATH.length));
    return isVendors ? collect(c) : elsewhere(c);
  });
  app.onError(answerError);
  return app;
}

const kept = keepsShape<Context>();

/** Of a request that nobody made: those of visitors, with all their headers, are not kept. docs/decisions/024-shapes.md */
function keepContext(): void {
  const app = new Hono().get("/:name", (c) => {
    kept(c).req.param("name");
    return c.body(null);
  });
  void app.request("http://shape.invalid/any");
}

const nothingHere = (): Response =>
  new Problem(404, "not_found", "There is nothing at this path.").toResponse();

const OWN_PREFIXES = ["/admin", ...OWN_PATHS].map((path) => `${path}/`);

/** A slip in one of our own addresses, `//admin/api` too: it must not carry a token or a key to the site behind us. */
function isOurs(asked: string, basePath: string): boolean {
  const path = asked.replace(/^\/{2,}/, "/");
  return basePath === "" ? OWN_PREFIXES.some((own) => path.startsWith(own)) : path.startsWith(`${basePath}/`);
}
