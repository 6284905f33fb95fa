/**
 * The cookies of consent banners as signals, before any JavaScript runs. The door asks for the names once per policy and
 * for the signals with every request, so that no cookie costs nothing, and a cookie seen before a look-up.
 */
import type { BannerName, Policy } from "#contracts/definitions/policy";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { Banner, BannerDecision, BannerReading } from "./banners/reading.ts";
import { BANNERS } from "./banners/registry.ts";
import { fingerprint } from "./evidence.ts";
import { DENIES_ALL, type Says, type Signal } from "./signal.ts";

/** A longer text is no banner's: it is not parsed, and denies. */
const MAX_CHARS = 8_192;
const MAX_KNOWN = 1_000;
const NONE: readonly Signal[] = [];

/** Names of the cookies that `readBanners` wants, by the policy. */
export const bannerCookieNames = (policy: Policy): readonly string[] => planOf(policy).names;

/**
 * The signals of a request.
 * @param values of the cookies that `bannerCookieNames` names, in that order
 */
export function readBanners(values: readonly (string | undefined)[], policy: Policy): readonly Signal[] {
  let some = false;
  for (const value of values) if (value) some = true;
  if (!some) return NONE;

  const { readers, known } = planOf(policy);
  let signals = NONE;
  for (const reader of readers) {
    const text = textOf(reader, values);
    if (text === undefined) continue;
    let found = known.get(text);
    if (!found) {
      found = signalsOf(reader, values, text);
      if (text.length <= MAX_CHARS) keep(known, text, found);
    }
    signals = signals.length === 0 ? found : signals.concat(found);
  }
  return signals;
}

/** One banner of a policy. */
interface Reader {
  name: BannerName;
  banner: Banner;
  /** Where its cookies begin among the values. */
  start: number;
  /** By purpose: the categories that stand for it. */
  needed: ReadonlyMap<Purpose, readonly string[]>;
  /** The site's own table: it names all that a purpose needs. The usual one has names that a site need not have. */
  own: boolean;
}

interface Plan {
  names: readonly string[];
  readers: readonly Reader[];
  /** What was read of a text. */
  known: Map<string, readonly Signal[]>;
}

const plans = new WeakMap<Policy, Plan>();

function planOf(policy: Policy): Plan {
  let plan = plans.get(policy);
  if (!plan) {
    plan = makePlan(policy);
    plans.set(policy, plan);
  }
  return plan;
}

function makePlan({ banners }: Policy): Plan {
  const names: string[] = [];
  const readers: Reader[] = [];
  // The keys are those of an object literal whose type says so.
  for (const name of Object.keys(BANNERS) as BannerName[]) {
    const banner = BANNERS[name];
    const table = banners ? banners[name] : {};
    if (!table) continue;
    const own = Object.keys(table).length > 0;
    const needed = new Map<Purpose, string[]>();
    for (const [category, purpose] of Object.entries<Purpose>(own ? table : banner.categories)) {
      const categories = needed.get(purpose);
      if (categories) categories.push(category);
      else needed.set(purpose, [category]);
    }
    readers.push({ name, banner, start: names.length, needed, own });
    names.push(...banner.cookies);
  }
  return { names, readers, known: new Map() };
}

/** A banner's cookies as one text, which tells it from all others; undefined where it has none. */
function textOf(
  { name, banner, start }: Reader,
  values: readonly (string | undefined)[],
): string | undefined {
  let text: string | undefined;
  for (let at = 0; at < banner.cookies.length; at++) {
    const value = values[start + at];
    if (value) text = `${text ?? name}\n${at}${value}`;
  }
  return text;
}

function signalsOf(reader: Reader, values: readonly (string | undefined)[], text: string): readonly Signal[] {
  const { name, banner, start, own } = reader;
  const cookies = values.slice(start, start + banner.cookies.length).map((value) => value || undefined);
  const bad = (why: string): readonly Signal[] => [
    {
      kind: "banner",
      name,
      says: DENIES_ALL,
      givenAt: 0,
      evidence: fingerprint(proofOf(cookies).slice(0, MAX_CHARS)),
      invalid: why,
    },
  ];
  if (text.length > MAX_CHARS) return bad("too_long");
  const reading: BannerReading = banner.read(cookies);
  if (reading === undefined) return NONE;
  if (reading === "malformed") return bad("malformed");
  // Of a form that cannot be read no usual category would be found: only a site that listed its own relies on it.
  if (reading === "unsupported") return own ? bad("unsupported") : NONE;
  const says = saysOf(reading, reader);
  if (Object.keys(says).length === 0) return NONE;
  const { givenAt, expiresAt, version } = reading;
  const proof = fingerprint(reading.proof ?? proofOf(cookies));
  return [
    {
      kind: "banner",
      name,
      says,
      givenAt,
      ...(expiresAt !== undefined && { expiresAt }),
      evidence: version !== undefined && VERSION.test(version) ? `${name}@${version} ${proof}` : proof,
    },
  ];
}

const VERSION = /^[\w.-]{1,32}$/;

/** The cookie's value; of several, one a line. */
const proofOf = (cookies: readonly (string | undefined)[]): string =>
  cookies.filter((cookie) => cookie !== undefined).join("\n");

/** All categories of a purpose have to be granted; one of which none was asked about is left out. */
function saysOf({ categories, onlyGrants, optedOut }: BannerDecision, { needed, own }: Reader): Says {
  const says: Says = {};
  for (const purpose of PURPOSES) {
    const all = needed.get(purpose) ?? [];
    const asked = all.filter((category) => categories.has(category));
    if (asked.length === 0) {
      if (onlyGrants && all.length > 0) says[purpose] = "denied";
      continue;
    }
    const granted = (own ? all : asked).every((category) => categories.get(category) === true);
    says[purpose] = granted ? "granted" : "denied";
  }
  if (optedOut) says.marketing = "denied";
  return says;
}

/** The oldest makes room: visitors come back within minutes. */
function keep(known: Plan["known"], text: string, signals: readonly Signal[]): void {
  if (known.size >= MAX_KNOWN) {
    const oldest = known.keys().next().value;
    if (oldest !== undefined) known.delete(oldest);
  }
  known.set(text, signals);
}
