/**
 * Where a visitor came from, by the referrer's host: a class, and the name of a host that is listed. The URL is not
 * parsed but cut, for this runs with every event; the table is made once, on first use. Pure.
 */
import type { ReferrerClass } from "#contracts/taxonomy";
import { SITES } from "./referrers.ts";

interface Referrer {
  class: ReferrerClass;
  /** Of a listed host: `Google`, `ChatGPT`. */
  name?: string;
}

const DIRECT: Referrer = { class: "direct" };
const INTERNAL: Referrer = { class: "internal" };
const OTHER: Referrer = { class: "other" };
const MAX_HOST_CHARS = 253;
/** Ends of a host that are looked up: one has four labels at most, and before it stand `www`, a country, a farm. */
const MAX_LOOKUPS = 8;
const [SLASH, QUESTION, HASH, BACKSLASH, AT, DOT, BRACKET] = [47, 63, 35, 92, 64, 46, 91];

/** Below these, each name is somebody else's: two of them are not one site. */
const SHARED = new Set(
  (
    "github.io gitlab.io pages.dev workers.dev vercel.app netlify.app herokuapp.com onrender.com fly.dev web.app " +
    "firebaseapp.com appspot.com azurewebsites.net cloudfront.net amazonaws.com blogspot.com wordpress.com " +
    "myshopify.com wixsite.com webflow.io squarespace.com tumblr.com substack.com"
  ).split(" "),
);

/** What a country's registry sells names below of. */
const SECOND_LEVEL = new Set(
  "co com org net gov edu ac ne or go gob gouv nom ltd plc sch mil web firm gen ind info biz id in".split(
    " ",
  ),
);

let sites: ReadonlyMap<string, Referrer> | undefined;

/**
 * The class of a page's referrer.
 * @param referrer URL as the sender gave it; absent or empty: `direct`
 * @param page URL of the page itself, by which a referrer is `internal`
 */
export function referrerOf(referrer: string | undefined, page: string): Referrer {
  if (!referrer) return DIRECT;
  if (last?.referrer === referrer && last.page === page) return last.found;
  const found = classOf(referrer, page);
  last = { referrer, page, found };
  return found;
}

/** Of the last event: those of one page say the same. */
let last: { referrer: string; page: string; found: Referrer } | undefined;

function classOf(referrer: string, page: string): Referrer {
  const host = hostOf(referrer);
  if (host === "") return OTHER;
  const own = hostOf(page);
  if (own !== "" && isSameSite(host, own)) return INTERNAL;
  return listed(host) ?? OTHER;
}

/** The lower-case host of an absolute URL, without credentials and port; empty where there is none. */
export function hostOf(url: string): string {
  const scheme = url.indexOf("://");
  if (scheme < 1 || scheme > 16) return "";
  let start = scheme + 3;
  let end = start;
  for (; end < url.length; end++) {
    const char = url.charCodeAt(end);
    if (char === SLASH || char === QUESTION || char === HASH || char === BACKSLASH) break;
    if (char === AT) start = end + 1;
  }
  if (end - start > MAX_HOST_CHARS) return "";
  // Version 6 of an address has colons of its own.
  const colon = url.indexOf(":", url.charCodeAt(start) === BRACKET ? url.indexOf("]", start) : start);
  if (colon >= 0 && colon < end) end = colon;
  if (url.charCodeAt(end - 1) === DOT) end--;
  return url.slice(start, end).toLowerCase();
}

/** Equal, or below one domain that is nobody else's. */
function isSameSite(host: string, own: string): boolean {
  if (host === own) return true;
  const domain = domainOf(own);
  return domain !== "" && (host === domain || host.endsWith(`.${domain}`));
}

/**
 * The domain that a host belongs to: its last two labels, or three below `co.uk` and its like. A list of all public
 * suffixes would be larger than the rest of the Worker; where this one errs, it calls a neighbour's site one's own.
 */
function domainOf(host: string): string {
  const last = host.lastIndexOf(".");
  if (last < 0 || isAddress(host)) return "";
  const second = host.lastIndexOf(".", last - 1);
  if (second < 0) return host;
  const domain = host.slice(second + 1);
  const isEveryones =
    SHARED.has(domain) || (host.length - last === 3 && SECOND_LEVEL.has(host.slice(second + 1, last)));
  return isEveryones ? host.slice(host.lastIndexOf(".", second - 1) + 1) : domain;
}

/** An IP address: version 4 ends in a digit, version 6 is in brackets. */
const isAddress = (host: string): boolean => /[\d\]]$/.test(host);

/** The longest listed end of a host. */
function listed(host: string): Referrer | undefined {
  sites ??= compile();
  let rest = host;
  for (let lookups = 0; lookups < MAX_LOOKUPS; lookups++) {
    const found = sites.get(rest) ?? byBrand(sites, rest);
    if (found) return found;
    const dot = rest.indexOf(".");
    if (dot < 0) return undefined;
    rest = rest.slice(dot + 1);
  }
  return undefined;
}

/** `google.co.uk` → `google.*`: a brand that has a domain in each country. */
function byBrand(table: ReadonlyMap<string, Referrer>, host: string): Referrer | undefined {
  const dot = host.indexOf(".");
  const ending = host.length - dot - 1;
  if (dot < 0 || ending > 6) return undefined;
  const brand = table.get(`${host.slice(0, dot)}.*`);
  return brand && /^(?:com?\.)?[a-z]{2}$|^com$/.test(host.slice(dot + 1)) ? brand : undefined;
}

/** The table turned around: host → what it is. */
function compile(): ReadonlyMap<string, Referrer> {
  const table = new Map<string, Referrer>();
  for (const kind of Object.keys(SITES) as (keyof typeof SITES)[]) {
    for (const [name, hosts] of Object.entries(SITES[kind])) {
      const referrer = { class: kind, name };
      for (const host of hosts.split(" ")) table.set(host, referrer);
    }
  }
  return table;
}
