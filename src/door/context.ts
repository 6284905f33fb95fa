/**
 * What every public request meets first: who it is as far as our own cookies say, where it comes from, and what its
 * visitor has consented to. Slots, collection and the consent endpoint all start here.
 */

import { truncateAddress } from "#consent/address";
import { CONSENT_COOKIE, type ConsentChoice, unpackConsent } from "#consent/cookie";
import { recallConsent } from "#consent/recall";
import type { Signal } from "#consent/signals/signal";
import type { Policy } from "#contracts/definitions/policy";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import { pickRelease } from "#release/pick";
import type { Settings } from "../env.ts";
import { consentCookieNames, consentSignals } from "./consent-signals.ts";
import { readCookies } from "./cookies.ts";
import { type Device, deviceOf } from "./device.ts";
import { type Place, placeIn, placeOf } from "./place.ts";
import { PREVIEW_COOKIE } from "./preview/cookie.ts";
import { openPreview, type Preview } from "./preview/token.ts";
import { type Recent, recent } from "./recent.ts";
import { mayIdentify } from "./respond.ts";
import { SESSION_COOKIE } from "./session-cookie.ts";
import { ID_COOKIE, readVisitor, recallVisitor, type Visitor } from "./visitor.ts";

export interface RequestContext {
  settings: Settings;
  keys: Keyring;
  /** The one that this visitor gets: during a canary the candidate for some. */
  release: ActiveRelease;
  /** Epoch ms at which the request arrived. */
  now: number;
  visitor: Visitor;
  /** ISO 3166-1 alpha-2, upper case; undefined where unknown. */
  country: string | undefined;
  /** Region code of the country, for example `CA`. */
  region: string | undefined;
  /** Both, as the visitor's session is to carry them. */
  place: Place;
  /** Where the request came from, truncated; undefined where the policy keeps nothing of it. */
  address: string | undefined;
  /** Of the address of the page that is shown: `source`, `medium`, `campaign`. Else the session's campaign holds. */
  utm?: Record<string, string> | undefined;
  /** `Sec-GPC: 1` was sent. */
  gpc: boolean;
  /** The visitor's signed decision, if the request carries one. */
  choice: ConsentChoice | undefined;
  /** What consent managers have left in cookies. */
  signals: readonly Signal[];
  /** The request carries `ds_session`. */
  hasSession: boolean;
  /** The decision for the request as such; an event's own statement may only restrict it, or fill in for no cookie. */
  consent: ConsentDecision;
  device: Device;
  /** The browser is shown a preview (docs/previews.md): nothing that it does is recorded, and no cookie of it changes. */
  preview?: Preview | undefined;
  /** It carries the cookie of a preview that is over or none of ours: to be taken away. */
  stalePreview?: true | undefined;
}

/** Only in local development (`DEV=1`): a country, or a region such as `US-CA`, for testing regimes. */
const DEV_COUNTRY_COOKIE = "ds_dev_country";
const COOKIES = [ID_COOKIE, SESSION_COOKIE, CONSENT_COOKIE, DEV_COUNTRY_COOKIE, PREVIEW_COOKIE];

/**
 * Read the context of a request. Forged, foreign or broken cookies are as if absent. A promise only where a cookie has to
 * be opened that this isolate does not know.
 */
export function readRequestContext(
  request: Request,
  headers: Headers,
  given: Given,
): RequestContext | Promise<RequestContext> {
  const { keys, now } = given;
  const { policy } = given.release.document;
  let more: Further[] = NO_FURTHER;
  const values = readCookies(headers.get("cookie"), cookieNames(policy), (index, value) => {
    more = [...more, [index - COOKIES.length, value]];
  });
  const [idCookie, sessionCookie, consentCookie, devCountry, previewCookie] = values;
  const signals = consentSignals(
    values,
    COOKIES.length,
    policy,
    more.length > 0 ? more.filter(([index]) => index >= 0) : more,
  );
  const visitor = recallVisitor(keys, idCookie, sessionCookie, now, given.readsOnly);
  const hasSession = sessionCookie !== undefined;
  const choice = consentCookie === undefined ? undefined : consentsOf(keys).get(consentCookie);
  const isKnown = choice ? more.length === 0 : consentCookie === undefined;
  if (visitor && isKnown && !(signals instanceof Promise) && previewCookie === undefined)
    return contextOf(request, headers, given, { devCountry, signals, hasSession }, visitor, choice);
  const furtherChoices = more.flatMap(([index, value]) => (index === FURTHER_CHOICE ? [value] : []));
  const consentCookies = consentCookie === undefined ? [] : [consentCookie, ...furtherChoices];
  const seen = { devCountry, signals, hasSession };
  const sent = { idCookie, sessionCookie, consentCookies, previewCookie };
  return openCookies(request, headers, given, seen, sent);
}

/** A further value of a cookie, by the place of its name among those of consent managers; ours have places below 0. */
type Further = readonly [index: number, value: string];
const NO_FURTHER: Further[] = [];
const FURTHER_CHOICE = COOKIES.indexOf(CONSENT_COOKIE) - COOKIES.length;

const namesByPolicy = new WeakMap<Policy, readonly string[]>();

function cookieNames(policy: Policy): readonly string[] {
  let names = namesByPolicy.get(policy);
  if (!names) {
    names = [...COOKIES, ...consentCookieNames(policy)];
    namesByPolicy.set(policy, names);
  }
  return names;
}

/** What a request shows of its consent besides our own cookies. */
interface Seen<Signals> {
  devCountry: string | undefined;
  signals: Signals;
  hasSession: boolean;
}

interface Given {
  settings: Settings;
  keys: Keyring;
  release: ActiveRelease;
  now: number;
  /** Nothing of the visitor's session is changed for this request. */
  readsOnly?: boolean;
  /** A server says whose request it is and where that came from. */
  isForwarded?: boolean;
}

interface OurCookies {
  idCookie: string | undefined;
  sessionCookie: string | undefined;
  /** All values of `ds_consent`: a foreign one before ours must not hide it. */
  consentCookies: readonly string[];
  previewCookie: string | undefined;
}

async function openCookies(
  request: Request,
  headers: Headers,
  given: Given,
  { devCountry, signals: reading, hasSession }: Seen<readonly Signal[] | Promise<readonly Signal[]>>,
  { idCookie, sessionCookie, consentCookies, previewCookie }: OurCookies,
): Promise<RequestContext> {
  const { keys, now, readsOnly } = given;
  const visitor = await readVisitor(keys, idCookie, sessionCookie, now, readsOnly);
  const choice = await latestChoice(given.keys, consentCookies);
  const signals = await reading;
  const seen = { devCountry, signals, hasSession };
  const context = contextOf(request, headers, given, seen, visitor, choice);
  if (previewCookie === undefined) return context;
  const opened = await openPreview(given.keys, previewCookie, given.now);
  if (opened.ok) context.preview = { ...opened.terms, notes: [] };
  else context.stalePreview = true;
  return context;
}

function contextOf(
  request: Request,
  headers: Headers,
  { settings, keys, release, now, readsOnly, isForwarded }: Given,
  { devCountry, signals, hasSession }: Seen<readonly Signal[]>,
  visitor: Visitor,
  choice: ConsentChoice | undefined,
): RequestContext {
  const ip = headers.get("cf-connecting-ip") ?? undefined;
  // What a server says of another is held for nobody.
  const holdsFor = settings.DEV || isForwarded === true ? undefined : ip;
  const place =
    (settings.DEV ? placeIn(devCountry) : undefined) ?? placeOf(request, holdsFor, visitor.session, now);
  const { country, region } = place;
  const { policy } = release.document;
  const gpc = headers.get("sec-gpc") === "1";
  const consent = recallConsent(policy, { now, country, region, gpc, choice, signals });
  // Each header costs a call into the runtime: which browser it is, and its address, go with events alone.
  const seen = deviceOf(headers.get("user-agent"), (name) => headers.get(name), readsOnly);
  // In local development everything is a script: curl, a headless browser, a test. None of them is kept out.
  const device = settings.DEV ? { ...seen, bot: false } : seen;
  // Consent and cookies go by the stable release for everybody: a candidate has the same policy.
  // And whoever has withdrawn is put nowhere by the id that the request still carries.
  const picked = pickRelease(release, mayIdentify(consent.granted) ? visitor.id : undefined);
  const address = policy.minimise.ip === "truncate" && !readsOnly ? truncateAddress(ip ?? "") : undefined;
  return {
    settings,
    keys,
    release: picked,
    now,
    visitor,
    country,
    region,
    place,
    address,
    utm: undefined,
    gpc,
    choice,
    signals,
    hasSession,
    consent,
    device,
    preview: undefined,
    stalePreview: undefined,
  };
}

/** Cookies whose signature was checked, by the keys that it was checked with. Whether they still hold is asked anew. */
const consents = new WeakMap<Keyring, Recent<ConsentChoice>>();

function consentsOf(keys: Keyring): Recent<ConsentChoice> {
  let known = consents.get(keys);
  if (!known) {
    known = recent<ConsentChoice>(1_000);
    consents.set(keys, known);
  }
  return known;
}

/** The latest decision that we signed. */
async function latestChoice(keys: Keyring, cookies: readonly string[]): Promise<ConsentChoice | undefined> {
  const [only, ...others] = cookies;
  // As with nearly everybody.
  if (only === undefined || others.length === 0)
    return only === undefined ? undefined : readConsent(keys, only);
  const read = await Promise.all(cookies.slice(0, MAX_CHOICES).map((cookie) => readConsent(keys, cookie)));
  const choices = read.filter((choice) => choice !== undefined);
  return choices.sort((a, b) => b.givenAt - a.givenAt)[0];
}

const MAX_CHOICES = 4;

async function readConsent(keys: Keyring, cookie: string): Promise<ConsentChoice | undefined> {
  const known = consentsOf(keys);
  const checked = known.get(cookie);
  if (checked) return checked;
  const choice = await unpackConsent(keys.cookie, cookie);
  if (choice) known.keep(cookie, choice);
  return choice;
}
