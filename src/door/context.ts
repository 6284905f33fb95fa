/**
 * What every public request meets first: who it is as far as our own cookies say, where it comes from, and what its
 * visitor has consented to. Slots, collection and the consent endpoint all start here.
 */

import { CONSENT_COOKIE, type ConsentChoice, unpackConsent } from "#consent/cookie";
import { decideConsent } from "#consent/decide";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import type { Settings } from "../env.ts";
import { readCookies } from "./cookies.ts";
import { type Device, deviceOf } from "./device.ts";
import { type Recent, recent } from "./recent.ts";
import { SESSION_COOKIE } from "./session.ts";
import { ID_COOKIE, readVisitor, type Visitor } from "./visitor.ts";

export interface RequestContext {
  settings: Settings;
  keys: Keyring;
  release: ActiveRelease;
  /** Epoch ms at which the request arrived. */
  now: number;
  visitor: Visitor;
  /** ISO 3166-1 alpha-2, upper case; undefined where unknown. */
  country?: string;
  /** Region code of the country, for example `CA`. */
  region?: string;
  /** `Sec-GPC: 1` was sent. */
  gpc: boolean;
  /** The visitor's signed decision, if the request carries one. */
  choice?: ConsentChoice;
  /** The decision for the request as such; an event's own statement may only restrict it, or fill in for no cookie. */
  consent: ConsentDecision;
  device: Device;
}

/** Only in local development (`DEV=1`): a two-letter country for testing regimes. */
const DEV_COUNTRY_COOKIE = "ds_dev_country";
const COOKIES = [ID_COOKIE, SESSION_COOKIE, CONSENT_COOKIE, DEV_COUNTRY_COOKIE];

/** Read the context of a request. Forged, foreign or broken cookies are as if absent. */
export async function readRequestContext(
  request: Request,
  given: { settings: Settings; keys: Keyring; release: ActiveRelease; now: number },
): Promise<RequestContext> {
  const { settings, keys, release, now } = given;
  const cookies = readCookies(request.headers.get("cookie"), COOKIES);
  const consentCookie = cookies[CONSENT_COOKIE];
  const [visitor, choice] = await Promise.all([
    readVisitor(keys, cookies[ID_COOKIE], cookies[SESSION_COOKIE], now),
    consentCookie ? readConsent(keys, consentCookie) : undefined,
  ]);
  const place = placeOf(request, settings.DEV ? cookies[DEV_COUNTRY_COOKIE] : undefined);
  const gpc = request.headers.get("sec-gpc") === "1";
  const consent = decideConsent(release.document.policy, { now, country: place.country, gpc, choice });
  const seen = deviceOf(request.headers.get("user-agent"));
  // In local development everything is a script: curl, a headless browser, a test. None of them is kept out.
  const device = settings.DEV ? { ...seen, bot: false } : seen;
  return { settings, keys, release, now, visitor, gpc, consent, device, ...place, ...(choice && { choice }) };
}

/** Cookies whose signature was checked, by the keys that it was checked with. Whether they still hold is asked anew. */
const consents = new WeakMap<Keyring, Recent<ConsentChoice>>();

async function readConsent(keys: Keyring, cookie: string): Promise<ConsentChoice | undefined> {
  const known = consents.get(keys) ?? recent<ConsentChoice>(1_000);
  consents.set(keys, known);
  const choice = known.get(cookie) ?? (await unpackConsent(keys.cookie, cookie));
  if (choice && !known.get(cookie)) known.keep(cookie, choice);
  return choice;
}

function placeOf(request: Request, devCountry: string | undefined): { country?: string; region?: string } {
  if (devCountry && /^[A-Z]{2}$/.test(devCountry)) return { country: devCountry };
  const { country, regionCode } = (request.cf ?? {}) as { country?: unknown; regionCode?: unknown };
  return {
    ...(typeof country === "string" && /^[A-Z]{2}$/.test(country) && { country }),
    ...(typeof regionCode === "string" && { region: regionCode }),
  };
}
