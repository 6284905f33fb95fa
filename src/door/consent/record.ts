/**
 * A visitor's decision, carried out: the ledger, the profile, and the cookies that go with the answer. Called by
 * routes.ts for `PUT /consent` and by page-routes.ts for the form; src/consents.ts calls `recordWithdrawal` for slots, too.
 */
import type { Context } from "hono";
import { type ConsentEffects, chooseConsent, recordChoice } from "#consent/change";
import { type ConsentChoice, packConsent } from "#consent/cookie";
import { decideConsent, isValid, recordOf } from "#consent/decide";
import { type RegimeHere, regimeOf } from "#consent/policy";
import type { LedgerEntry } from "#consent/store";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import type { RequestContext } from "../context.ts";
import type { CountRequest } from "../rate.ts";
import {
  consentCookie,
  forgetVisitor,
  mayIdentify,
  mayRemember,
  sessionCookie,
  visitorCookie,
  withdrawnCookies,
} from "../respond.ts";
import { startSession } from "../session.ts";
import { ID_MAX_AGE_DAYS, newVisitor } from "../visitor.ts";
import type { Asked } from "./body.ts";
import { marksOf } from "./told.ts";

/** Decisions of one person that are shown. */
export const MAX_HISTORY = 100;

export interface ConsentDeps {
  context(c: Context): Promise<RequestContext>;
  effects: ConsentEffects;
  /** The newest decisions of the ledger, newest first. @param subjects identifier keys */
  history(subjects: readonly string[], limit: number): Promise<LedgerEntry[]>;
  newId(): string;
  randomBytes(count: number): Uint8Array;
  /** Show a decision in the console. */
  report(c: Context, subject: string, decision: ConsentDecision): void;
  /** Each decision of a new visitor writes to the database: a client may make so many. */
  count: CountRequest;
}

/** What holds after a decision. */
export interface Decided {
  choice: ConsentChoice;
  consent: ConsentDecision;
  cookies: string[];
}

/** The regime of a request, and the visitor's own decision if it is valid there. */
export function decidedHere(context: RequestContext): {
  here: RegimeHere;
  choice: ConsentChoice | undefined;
} {
  const { policy } = context.release.document;
  const here = regimeOf(policy, context.country, context.region);
  const { choice, now } = context;
  return { here, choice: choice && isValid(choice, policy, here.regime, now) ? choice : undefined };
}

/**
 * A preview records nothing, and who decides must not be told that they have.
 * @throws Problem 409 `in_preview`
 */
export function refusePreview({ preview }: RequestContext): void {
  if (!preview) return;
  throw new Problem(
    409,
    "in_preview",
    "This browser shows a preview, in which nothing is decided: leave it first.",
  );
}

/** Carry out what the visitor of a request decides. Rejects where it could not be recorded. */
export async function decideHere(
  c: Context,
  context: RequestContext,
  asked: Asked,
  deps: ConsentDeps,
): Promise<Decided> {
  const { keys, now, country, region, gpc, signals, visitor } = context;
  await countVisitor(context, c.req.raw.headers, deps.count);
  const { policy } = context.release.document;
  const choice = choiceOf(context, asked, deps.newId());
  const given = { now, country, region, choice, signals };
  const consent = decideConsent(policy, { ...given, gpc });
  // Of this visitor's events GPC is told with each of them; it is no part of the decision.
  const inForce = decideConsent(policy, { ...given, gpc: false }).granted;

  const { id, key } = visitor;
  const known = id && key ? { ...visitor, id, key } : undefined;
  const fresh =
    !known && mayIdentify(consent.granted) ? await newVisitor(keys, deps.randomBytes(16)) : undefined;
  const subject = known ?? fresh;
  if (subject) await recordChoice(subject.key, choice, known === undefined, asked, deps.effects, inForce);
  deps.report(c, subject?.key ?? "unidentified", consent);

  const secure = !context.settings.DEV;
  // The cookie outlives its grants: what it denies holds for longer than they do.
  const cookies = [consentCookie(await packConsent(keys.cookie, choice), ID_MAX_AGE_DAYS, secure)];
  if (fresh) cookies.push(...(await firstCookies(fresh, consent.granted, context, deps)));
  else cookies.push(...(await laterCookies(known, consent.granted, context)));
  return { choice, consent, cookies };
}

function choiceOf(context: RequestContext, asked: Asked, receipt: string): ConsentChoice {
  const { now, country, region, gpc, consent } = context;
  const { policy } = context.release.document;
  const { choice } = decidedHere(context);
  // What the visitor has said here before stays; what a consent manager or GPC denies is not made theirs by that.
  const before = choice
    ? decideConsent(policy, { now, country, region, gpc: false, choice }).granted
    : consent.granted;
  const isKept = asked.says.marketing === undefined && choice?.despiteGpc === true;
  return chooseConsent(asked.says, {
    policy,
    country,
    region,
    before,
    despiteGpc: isKept || (gpc && asked.marketingByWord),
    now,
    receipt,
    endsAt: asked.endsAt,
    told: marksOf(asked.told ?? {}, context.choice?.told),
  });
}

/** Cookies of a visitor whose id was just made. The session says so: of a new visitor there is no snapshot to read. */
export async function firstCookies(
  fresh: { id: string; key: string },
  granted: readonly Purpose[],
  { keys, now, settings }: RequestContext,
  { newId }: Pick<ConsentDeps, "newId">,
): Promise<string[]> {
  const secure = !settings.DEV;
  const cookies = [await visitorCookie(keys, fresh.id, now, secure)];
  if (mayRemember(granted))
    cookies.push(await sessionCookie(keys, startSession(newId(), now, undefined, true), fresh, secure));
  return cookies;
}

/** Cookies of anybody else: what is no longer granted goes. */
async function laterCookies(
  known: (RequestContext["visitor"] & { id: string }) | undefined,
  granted: readonly Purpose[],
  { keys, now, settings }: RequestContext,
): Promise<string[]> {
  const secure = !settings.DEV;
  if (!known || !mayIdentify(granted)) return forgetVisitor(secure);
  const cookies = [await visitorCookie(keys, known.id, now, secure)];
  const { session } = known;
  if (!mayRemember(granted)) cookies.push(...forgetVisitor(secure).slice(1));
  else if (session && !granted.includes("personalization")) {
    // The session goes on for measurement; what it remembers for personal pages goes.
    const kept = { ...session, recent: [], impressions: {}, first: false };
    cookies.push(await sessionCookie(keys, kept, known, secure));
  }
  return cookies;
}

/**
 * Cookies to take away where consent no longer covers them; and where a consent manager's cookie withdrew it, the
 * withdrawal of a known visitor is recorded first: after this answer nobody knows whose it was. Rejects where it could
 * not be recorded.
 */
export async function recordWithdrawal(
  context: RequestContext,
  headers: Headers,
  { effects, count }: Pick<ConsentDeps, "effects" | "count">,
): Promise<string[]> {
  const cookies = withdrawnCookies(context);
  const { key } = context.visitor;
  if (cookies.length === 0 || key === undefined || context.signals.length === 0) return cookies;
  const record = recordOf(context.release.document.policy, context, key);
  // What grants something is told with the next event, dated as it was given: here it would look like one of today.
  if (!record || record.granted.length > 0) return cookies;
  await countVisitor(context, headers, count);
  const { id: receipt, granted, regime, source, evidence, expiresAt = 0 } = record;
  const choice = { receipt, granted, regime, givenAt: context.now, expiresAt, despiteGpc: false };
  await recordChoice(key, choice, false, { source, evidence }, effects);
  return cookies;
}

/** Count what costs the database something. @throws Problem 429 */
export const countVisitor = async (
  { visitor, now, keys }: RequestContext,
  headers: Headers,
  count: CountRequest,
): Promise<void> =>
  count({ source: "consent", secret: false, visitorKey: visitor.key, headers, now, key: keys.cookie });
