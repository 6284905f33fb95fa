/**
 * What vendors' clients ask before they send anything: Segment's and RudderStack's settings, answered so that their
 * events come here and nothing is loaded from anywhere else. Mounted by src/app.ts beside the protocols' own routes.
 */
import { type Context, Hono } from "hono";
import type { Clock } from "#core/clock";
import { originOf } from "#core/origin";
import type { PublicPaths } from "#core/paths";
import { Problem } from "#core/problem";
import { corsHeaders, preflight } from "#door/cors";
import { anyOriginAllowed, isWriteKey } from "#door/source";
import type { Settings } from "../env.ts";

export interface ClientSettingsDeps {
  settings: Settings;
  clock: Clock;
  /** To tell clients the path that the outside knows. */
  toPublic: PublicPaths["toPublic"];
}

/** As `@rudderstack/analytics-js` asks, and without the slash that others leave out. */
const SOURCE_CONFIG = ["/sourceConfig", "/sourceConfig/"];

export function clientSettingsRoutes({ settings, clock, toPublic }: ClientSettingsDeps): Hono {
  const app = new Hono();
  const isAllowed = (c: Context): boolean => {
    const origin = c.req.header("origin");
    return origin !== undefined && anyOriginAllowed(settings.SOURCES, origin, originOf(c.req.url));
  };
  const cors = (c: Context): Record<string, string> =>
    isAllowed(c) ? corsHeaders(c.req.header("origin") ?? null, originOf(c.req.url)) : {};
  const answer = (c: Context, value: Record<string, unknown>) =>
    c.json(value, 200, {
      "cache-control": "public, max-age=300",
      ...cors(c),
      vary: "Origin",
    });
  /** @throws Problem 404 `unknown_key`, also where it may not be used any more, as RudderStack's own answer is */
  const knownKey = (c: Context, key: string | undefined): string => {
    if (key === undefined || !isWriteKey(settings.SOURCES, key, clock()))
      throw new Problem(404, "unknown_key", "The write key is not known.", cors(c));
    return key;
  };

  // analytics-next reports its own metrics here; they are not ours to keep.
  app.post("/v1/m", (c) => c.json({ success: true }, 200, cors(c)));

  app.get("/v1/projects/:key/settings", (c) => {
    const apiKey = knownKey(c, c.req.param("key"));
    const { host, protocol } = new URL(c.req.url);
    const apiHost = host + toPublic(`${settings.BASE_PATH}/v1`);
    return answer(c, {
      integrations: { "Segment.io": { apiKey, apiHost, protocol: protocol.slice(0, -1) } },
    });
  });

  for (const path of SOURCE_CONFIG) {
    app.get(path, (c) => {
      const id = knownKey(c, c.req.query("writeKey"));
      return answer(c, { source: { id, name: id, enabled: true, config: SILENT, destinations: [] } });
    });
    // It sends the key in a header, besides, so that a browser on another origin asks first.
    app.options(path, (c) => preflight(c.req.raw, isAllowed(c)));
  }
  return app;
}

/** RudderStack's client is to report neither its errors nor its metrics to anybody. */
const SILENT = { statsCollection: { errors: { enabled: false }, metrics: { enabled: false } } };
