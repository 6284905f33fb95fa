/** The HTTP edge of slots: what answers `GET /slots/:slot` and `POST /slots`. Wired by src/pages.ts, routed by src/app.ts. */
import type { Context } from "hono";
import { after } from "#core/after";
import type { RequestContext } from "#door/context";
import { corsHeaders, preflight } from "#door/cors";
import { anyOriginAllowed } from "#door/source";
import type { Settings } from "../env.ts";
import { readSlotsBody } from "./body.ts";
import { asVisitor } from "./forwarded.ts";
import type { Wanted } from "./locale.ts";
import { isPrefetch } from "./origin.ts";
import { type SlotDeps, serveSlot, serveSlots } from "./serve.ts";

export interface SlotRoutesDeps {
  settings: Settings;
  clock(): number;
  /** @param request whose visitor is meant: the one that came, or what a server has forwarded */
  context(request: Request, isForwarded?: boolean): RequestContext | Promise<RequestContext>;
  deps(c: Context): SlotDeps;
  /** Whether this caller may know why offers lost: an operator, or local development. */
  explainAllowed(c: Context): boolean | Promise<boolean>;
}

/** What answers the paths of slots. */
export interface SlotsRoutes {
  /** `GET /slots/:slot`; no promise but where something is read: each of them takes time in a path that has little to do. */
  one(c: Context): Response | Promise<Response>;
  /** `POST /slots` */
  several(c: Context): Promise<Response>;
  /** `OPTIONS /slots` */
  preflight(c: Context): Response;
}

export function slotsRoutes({ settings, clock, context, deps, explainAllowed }: SlotRoutesDeps): SlotsRoutes {
  // A site may have its Doorstep on another host of its own: its pages are on the lists of origins.
  const allowed = (request: Request, origin: string | null): boolean =>
    origin !== null && anyOriginAllowed(settings.SOURCES, origin, new URL(request.url).origin);
  const forPage = (request: Request, response: Response): Response => {
    const origin = request.headers.get("origin");
    if (origin === null || !allowed(request, origin)) return response;
    for (const [name, value] of Object.entries(corsHeaders(origin, new URL(request.url).origin)))
      response.headers.append(name, value);
    return response;
  };
  return {
    one(c) {
      const { raw } = c.req;
      const given = context(raw);
      const hasQuery = raw.url.includes("?");
      const locale = hasQuery ? c.req.query("locale") : undefined;
      const mayExplain = hasQuery && c.req.query("explain") !== undefined && explainAllowed(c);
      const answer = (known: RequestContext, explain: boolean): Response | Promise<Response> => {
        const asked = {
          slot: c.req.param("slot") ?? "",
          accept: raw.headers.get("accept"),
          explain,
          wanted: () => wantedBy(raw, locale),
          isPrefetch: () => isPrefetch(raw),
        };
        const response = serveSlot(known, asked, deps(c));
        return raw.headers.has("origin") ? after(response, (one) => forPage(raw, one)) : response;
      };
      return given instanceof Promise || typeof mayExplain !== "boolean"
        ? Promise.all([given, mayExplain]).then(([known, explain]) => answer(known, explain))
        : answer(given, mayExplain);
    },
    async several(c) {
      const { raw } = c.req;
      const { slots, explain, locale, page, visitor } = await readSlotsBody(raw);
      const request = visitor ? asVisitor(raw, visitor, settings, clock()) : raw;
      const given = await context(request, visitor !== undefined);
      given.utm = campaignOf(page?.utm);
      const asked = {
        slots,
        explain: explain === true && (await explainAllowed(c)),
        wanted: () => wantedBy(request, locale),
        isPrefetch: () => isPrefetch(raw),
        onPage: page?.offers,
      };
      return forPage(raw, await serveSlots(given, asked, deps(c)));
    },
    preflight: ({ req: { raw } }) => preflight(raw, allowed(raw, raw.headers.get("origin"))),
  };
}

const wantedBy = ({ headers }: Request, locale: string | undefined): Wanted => ({
  locale,
  accept: headers.get("accept-language"),
});

/** Undefined where the page's address names none: the session's campaign holds then. */
function campaignOf(utm: Record<string, string | undefined> = {}): Record<string, string> | undefined {
  const named = Object.entries(utm).flatMap(([name, value]) => (value ? [[name, value] as const] : []));
  return named.length > 0 ? Object.fromEntries(named) : undefined;
}
