/**
 * What the cookies of consent managers say, read before any JavaScript runs: TCF and GPP strings, and the banners' own.
 * Called by context.ts for every request; without such a cookie it costs a look at the header.
 */
import { bannerCookieNames, readBanners } from "#consent/signals/banner";
import type { Signal } from "#consent/signals/signal";
import { type ConsentString, readStrings } from "#consent/signals/strings";
import type { Policy } from "#contracts/definitions/policy";

/** `euconsent-v2` is the name that the TCF gives; of GPP's cookie there is none, and these two are in use. */
const TCF_COOKIE = "euconsent-v2";
const GPP_COOKIES = ["__gpp", "OTGPPConsent"];
const OWN = [TCF_COOKIE, ...GPP_COOKIES];

const names = new WeakMap<Policy, readonly string[]>();

/** Names of the cookies that are read under a policy. */
export function consentCookieNames(policy: Policy): readonly string[] {
  let known = names.get(policy);
  if (!known) {
    known = [...OWN, ...bannerCookieNames(policy)];
    names.set(policy, known);
  }
  return known;
}

const NONE: readonly Signal[] = [];

/** Of cookies of one name so many are read; more are made by somebody who wants them to be read. */
const MAX_MORE = 8;

/**
 * The signals in cookies. A promise only where a string has to be decoded that this isolate does not know.
 * @param cookies has the values of `consentCookieNames`, in its order, from `start` on
 * @param more further values of a name by its place in that order: each is a signal of its own, so that none hides another
 */
export function consentSignals(
  cookies: readonly (string | undefined)[],
  start: number,
  policy: Policy,
  more: readonly (readonly [index: number, value: string])[],
): readonly Signal[] | Promise<readonly Signal[]> {
  let some = false;
  for (let n = start; n < cookies.length; n++) if (cookies[n]) some = true;
  if (!some) return NONE;
  const values = cookies.slice(start);
  const strings: ConsentString[] = [];
  const addString = (index: number, text: string | undefined) => {
    if (text) strings.push({ kind: OWN[index] === TCF_COOKIE ? "tcf" : "gpp", text: decoded(text) });
  };
  for (const index of OWN.keys()) addString(index, values[index]);
  let banners = readBanners(values.slice(OWN.length), policy);
  for (const [index, value] of more.slice(0, MAX_MORE)) {
    if (index < OWN.length) addString(index, value);
    else banners = banners.concat(readBanners(values.with(index, value).slice(OWN.length), policy));
  }
  if (strings.length === 0) return banners;
  const read = readStrings(strings, policy.tcf);
  return read instanceof Promise
    ? read.then((signalOf) => [...strings.map(signalOf), ...banners])
    : [...strings.map(read), ...banners];
}

/** GPP joins its sections with `~`, which some write percent-encoded. What does not decode is read, and refused, as it is. */
function decoded(text: string): string {
  if (!text.includes("%")) return text;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
