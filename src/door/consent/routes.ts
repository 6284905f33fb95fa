/**
 * `GET /consent`, `PUT /consent` and `GET /consent/history`: a visitor reads and sets their own decision, and a server
 * that of a person it knows. In door/ because it reads and writes the visitor's cookies; the rules are in consent/.
 */
import { Hono } from "hono";
import { DATA_HEADERS } from "#core/headers";
import { Problem } from "#core/problem";
import { readJson } from "../body.ts";
import { mayIdentify } from "../respond.ts";
import { newVisitor } from "../visitor.ts";
import { parseBody, readAsked } from "./body.ts";
import { historyOf } from "./history.ts";
import { consentPageRoutes } from "./page-routes.ts";
import {
  type ConsentDeps,
  decidedHere,
  decideHere,
  firstCookies,
  recordWithdrawal,
  refusePreview,
} from "./record.ts";
import { isCrossSite, isSameOrigin } from "./same-origin.ts";
import { decideFor, type ServerDeps } from "./server.ts";
import { standingOf } from "./standing.ts";

/** All routes of consent. */
export function consentRoutes(deps: ConsentDeps & ServerDeps): Hono {
  const app = new Hono();

  app.get("/consent", async (c) => {
    const context = await deps.context(c);
    const cookies = await recordWithdrawal(context, c.req.raw.headers, deps);
    const { consent, visitor, keys, preview } = context;
    // Where consent is there already, this is the visitor's first contact: events follow it.
    const isNew = !visitor.id && !preview;
    if (cookies.length === 0 && mayIdentify(consent.granted) && isNew && isSameOrigin(c.req.raw)) {
      const fresh = await newVisitor(keys, deps.randomBytes(16));
      cookies.push(...(await firstCookies(fresh, consent.granted, context, deps)));
    }
    return personal(standingOf(context), cookies);
  });

  app.put("/consent", async (c) => {
    const request = c.req.raw;
    const isServer = request.headers.has("authorization");
    if (!isServer && !isSameOrigin(request)) throw crossSite();
    const body = parseBody(await readJson(request));
    const context = await deps.context(c);
    refusePreview(context);
    if (isServer || body.subject) {
      const { standing, subject, decision } = await decideFor(request, body, context, deps);
      deps.report(c, subject, decision);
      return personal(standing);
    }
    if (body.country ?? body.region)
      throw new Problem(400, "invalid_body", "country, region: are only taken with a secret key");
    const { policy } = context.release.document;
    const asked = await readAsked(body, { policy, now: context.now, ...decidedHere(context) });
    // A string that says nothing here, or nothing that counts, is no decision.
    if (!body.purposes && Object.keys(asked.says).length === 0) return personal(standingOf(context));
    const { choice, consent, cookies } = await decideHere(c, context, asked, deps);
    return personal(standingOf({ ...context, choice, consent }), cookies);
  });

  app.get("/consent/history", async (c) => {
    if (isCrossSite(c.req.raw)) throw crossSite();
    return personal(await historyOf(await deps.context(c), c.req.raw.headers, deps));
  });

  app.route("/", consentPageRoutes(deps));
  return app;
}

const crossSite = (): Problem =>
  new Problem(403, "cross_site", "Consent can only be read and changed from a page of this site.");

const PERSONAL = { "cache-control": "private, no-store", vary: "Cookie, Sec-GPC", ...DATA_HEADERS } as const;

/** An answer for one visitor alone. */
function personal(body: object, cookies: readonly string[] = []): Response {
  const response = Response.json(body, { headers: PERSONAL });
  for (const cookie of cookies) response.headers.append("set-cookie", cookie);
  return response;
}
