/**
 * `GET /consent` and `PUT /consent`: a visitor reads and sets their own decision. It lives in door/ because it reads
 * and writes the visitor's cookies; the rules are in consent/.
 */
import { type Context, Hono } from "hono";
import * as z from "zod";
import { type ConsentEffects, chooseConsent, recordChoice } from "#consent/change";
import { packConsent } from "#consent/cookie";
import { isValid } from "#consent/decide";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { readJson } from "./body.ts";
import type { RequestContext } from "./context.ts";
import type { CountRequest } from "./rate.ts";
import {
  consentCookie,
  forgetVisitor,
  mayIdentify,
  mayRemember,
  sessionCookie,
  visitorCookie,
} from "./respond.ts";
import { startSession } from "./session.ts";
import { newVisitor } from "./visitor.ts";

const value = z.enum(["granted", "denied"]).optional();
export const bodySchema = z.strictObject({
  purposes: z.strictObject({ analytics: value, marketing: value, personalization: value }),
});

export interface ConsentRouteDeps {
  context(c: Context): Promise<RequestContext>;
  effects(c: Context): ConsentEffects;
  newId(): string;
  randomBytes(count: number): Uint8Array;
  /** Show a decision in the console. */
  report(c: Context, subject: string, decision: ConsentDecision): void;
  /** Each decision of a new visitor writes to the database: a client may make so many. */
  count: CountRequest;
}

export function consentRoutes(deps: ConsentRouteDeps): Hono {
  const app = new Hono();

  app.get("/consent", async (c) => {
    const context = await deps.context(c);
    const { visitor, consent, choice, release } = context;
    const explicit = choice !== undefined && isValid(choice, release.document.policy, context.now);
    const response = Response.json(describe(consent, explicit, explicit ? choice.expiresAt : undefined));
    // Where consent is there already (an opt-out regime), this is the visitor's first contact: events follow it.
    if (mayIdentify(consent.granted) && !visitor.id && isSameOrigin(c.req.raw)) {
      const fresh = await newVisitor(context.keys, deps.randomBytes(16));
      for (const cookie of await firstCookies(fresh.id, consent.granted, context)) {
        response.headers.append("set-cookie", cookie);
      }
    }
    return noStore(response);
  });

  app.put("/consent", async (c) => {
    if (!isSameOrigin(c.req.raw)) {
      throw new Problem(403, "cross_site", "Consent can only be changed from a page of this site.");
    }
    const parsed = bodySchema.safeParse(await readJson(c.req.raw));
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      throw new Problem(400, "invalid_body", `${issue?.path.join(".") || "body"}: ${issue?.message}`);
    }
    const context = await deps.context(c);
    const { now, keys, gpc, country, consent } = context;
    const { headers } = c.req.raw;
    const visitorKey = context.visitor.key;
    await deps.count({ source: "consent", secret: false, visitorKey, headers, now, key: keys.cookie });
    const policy = context.release.document.policy;
    const choice = chooseConsent(parsed.data.purposes, {
      policy,
      country,
      gpc,
      before: consent.granted,
      now,
      receipt: deps.newId(),
    });
    const decision = decisionOf(choice);
    const secure = !context.settings.DEV;

    const known =
      context.visitor.id && context.visitor.key
        ? { ...context.visitor, id: context.visitor.id, key: context.visitor.key }
        : undefined;
    const visitor =
      known ?? (mayIdentify(choice.granted) ? await newVisitor(keys, deps.randomBytes(16)) : undefined);
    if (visitor) await recordChoice(visitor.key, choice, known === undefined, deps.effects(c));

    const response = Response.json(describe(decision, true, choice.expiresAt));
    const cookies = [consentCookie(await packConsent(keys.cookie, choice), policy.validityDays, secure)];
    const [forgetId, forgetSession] = forgetVisitor(secure);
    if (visitor && !known) cookies.push(...(await firstCookies(visitor.id, choice.granted, context)));
    else if (visitor && mayIdentify(choice.granted))
      cookies.push(await visitorCookie(keys, visitor.id, now, secure));
    else if (forgetId) cookies.push(forgetId);
    const { session } = context.visitor;
    if (!mayRemember(choice.granted) && forgetSession) cookies.push(forgetSession);
    else if (visitor && session && !choice.granted.includes("personalization")) {
      // The session goes on for measurement; what it remembers for personal pages goes.
      cookies.push(
        await sessionCookie(keys, { ...session, recent: [], impressions: {}, first: false }, visitor, secure),
      );
    }
    for (const cookie of cookies) response.headers.append("set-cookie", cookie);
    deps.report(c, visitor?.key ?? "unidentified", decision);
    return noStore(response);
  });
  /** Cookies of a visitor whose id was just made. The session says so: of a new visitor there is no snapshot to read. */
  async function firstCookies(
    id: string,
    granted: readonly Purpose[],
    { keys, now, settings }: RequestContext,
  ): Promise<string[]> {
    const cookies = [await visitorCookie(keys, id, now, !settings.DEV)];
    if (mayRemember(granted)) {
      cookies.push(
        await sessionCookie(keys, startSession(deps.newId(), now, undefined, true), { id }, !settings.DEV),
      );
    }
    return cookies;
  }
  return app;
}

const decisionOf = (choice: {
  receipt: string;
  regime: string;
  granted: ConsentDecision["granted"];
  givenAt: number;
}): ConsentDecision => ({
  receipt: choice.receipt,
  regime: choice.regime,
  granted: choice.granted,
  grounds: Object.fromEntries(PURPOSES.map((p) => [p, "cookie"])),
  decidedAt: choice.givenAt,
});

function describe(consent: ConsentDecision, explicit: boolean, expiresAt: number | undefined) {
  return {
    purposes: Object.fromEntries(
      PURPOSES.map((p) => [p, consent.granted.includes(p) ? "granted" : "denied"]),
    ),
    regime: consent.regime,
    /** Whether the visitor has decided; if not, the regime's default holds and a banner should ask. */
    explicit,
    grounds: consent.grounds,
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  };
}

/** A page of our own site sent it: browsers set these headers, and scripts cannot. */
function isSameOrigin(request: Request): boolean {
  const site = request.headers.get("sec-fetch-site");
  if (site !== null) return site === "same-origin";
  return request.headers.get("origin") === new URL(request.url).origin;
}

function noStore(response: Response): Response {
  response.headers.set("cache-control", "private, no-store");
  response.headers.set("vary", "Cookie, Sec-GPC");
  return response;
}
