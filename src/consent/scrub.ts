/**
 * Taking personal data out of URLs and free text. URLs keep scheme, host and path, campaign parameters, the parameters
 * that the release lists, and click ids where marketing is granted; everything else of a query or fragment goes.
 * Addresses, phone numbers, card and account numbers and tokens are replaced wherever they stand, also as `%40`.
 * A clean text is only looked at once (scrub-look.ts). docs/privacy.md lists what is found and what is not.
 *
 * Scrubbing twice is scrubbing once: delivery and the console may do it again without changing anything.
 */
import { CLICK_IDS } from "#contracts/taxonomy";
import { inOnePiece } from "#core/one-piece";
import { inAscii } from "./scrub-alike.ts";
import { withoutCodes } from "./scrub-codes.ts";
import { look, SEEN } from "./scrub-look.ts";
import { withoutPhones } from "./scrub-phones.ts";
import { withoutTokens, withoutUuids } from "./scrub-tokens.ts";

/** Linear: every part is of bounded length. Domains in any script; `o'brien@example.com` is one, `'ida@…'` is quoted. */
const EMAIL =
  /(?:\p{L}{1,3}')?[^\s/?&=#:;,<>"'()@%]{1,64}@(?:[^\s/?&=#:;,<>"'()@%.]{1,63}\.){1,8}(?:xn--[a-z0-9-]{2,59}|[\p{L}\p{M}]{2,24})/giu;
const CAMPAIGN: ReadonlySet<string> = new Set([
  "utm_source",
  "utm_medium",
  "utm_campaign",
  "utm_term",
  "utm_content",
  "utm_id",
]);
const CLICK_ID: ReadonlySet<string> = new Set(CLICK_IDS);
/** What platforms make ids of clicks of, base64 among it: nobody's address, and no number with a + in front. */
const CLICK_ID_VALUE = /^(?:[\w.~-](?:[\w.~/=-]|%2B|%2F|%3D)*)?$/i;
const NONE: ReadonlySet<string> = new Set();

export interface Scrubbed {
  text: string;
  /** What was found, if anything. */
  found?: "personal_data_in_text" | "query_not_allowed";
}

/** Free text with `[email]`, `[phone]`, `[card]`, `[iban]`, `[national-id]` and `[token]` for what they name. */
export function scrubText(text: string): Scrubbed {
  if (look(text, true) === 0) return { text };
  const clean = settled(text, cleanText);
  return clean === text ? { text } : { text: clean, found: "personal_data_in_text" };
}

/**
 * Scrub a URL, absolute or a path.
 * @param clickIds whether ids of ad clicks may stay (marketing is granted)
 * @param parameters names of query parameters, in lower case, that may stay besides the campaign's; `"all"`: the query
 *   was cut by the door, and only click ids may have to go
 */
export function scrubUrl(
  url: string,
  clickIds: boolean,
  parameters: ReadonlySet<string> | "all" = NONE,
): Scrubbed {
  const end = endOfPath(url);
  const place = end < 0 ? url : url.slice(0, end);
  let text = look(place, false) === 0 ? place : settled(place, cleanPlace);
  let found: Scrubbed["found"] = text === place ? undefined : "personal_data_in_text";
  if (end >= 0) {
    const fragment = url.indexOf("#", end);
    const query = url[end] === "?" ? url.slice(end + 1, fragment < 0 ? undefined : fragment) : "";
    const kept = keptOf(query, clickIds, parameters);
    if (kept.query !== "") text += `?${kept.query}`;
    if (kept.scrubbed) found = "personal_data_in_text";
    else if (kept.cut || fragment >= 0) found ??= "query_not_allowed";
  }
  if (text !== url) text = inOnePiece(text);
  return found ? { text, found } : { text };
}

/** A value of a query, still encoded as it was. */
export const scrubValue = (value: string): string =>
  look(value, true) === 0 ? value : settled(value, cleanValue);

/** Where the query or the fragment begins, or -1. */
function endOfPath(url: string): number {
  const query = url.indexOf("?");
  const fragment = url.indexOf("#");
  return query < 0 || (fragment >= 0 && fragment < query) ? fragment : query;
}

interface KeptQuery {
  query: string;
  /** A pair was left out. */
  cut: boolean;
  /** Something was found in a value. */
  scrubbed: boolean;
}

function keptOf(query: string, clickIds: boolean, parameters: ReadonlySet<string> | "all"): KeptQuery {
  const kept: KeptQuery = { query: "", cut: false, scrubbed: false };
  if (query === "") return kept;
  for (let at = 0; at <= query.length; ) {
    const next = query.indexOf("&", at);
    const end = next < 0 ? query.length : next;
    const pair = query.slice(at, end);
    at = end + 1;
    const cut = pair.indexOf("=");
    const name = (cut < 0 ? pair : pair.slice(0, cut)).toLowerCase();
    const isClickId = CLICK_ID.has(name);
    const stays = isClickId
      ? clickIds
      : CAMPAIGN.has(name) || (parameters === "all" ? pair !== "" : parameters.has(name));
    if (!stays) {
      kept.cut = true;
      continue;
    }
    const value = cut < 0 ? "" : pair.slice(cut + 1);
    const clean = isClickId && CLICK_ID_VALUE.test(value) ? value : scrubValue(value);
    if (clean !== value) kept.scrubbed = true;
    if (kept.query !== "") kept.query += "&";
    kept.query += clean === value ? pair : `${pair.slice(0, cut)}=${clean}`;
  }
  return kept;
}

const MAX_ROUNDS = 4;

/** What `clean` makes of a text until it finds nothing more; of a text that never comes to rest nothing is left. */
function settled(text: string, clean: (text: string) => string): string {
  let before = text;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const after = clean(before);
    if (after === before) return after;
    before = after;
  }
  return clean(before) === before ? before : "[removed]";
}

function cleanText(text: string): string {
  const plain = decoded(text);
  const clean = withoutPersonal(plain);
  return clean === plain ? text : clean;
}

/** Scheme, authority and path. */
function cleanPlace(place: string): string {
  const [call] = /^(?:tel|sms|callto|facetime):|^(?:whatsapp|viber):(?!\/)/i.exec(place) ?? [];
  if (call) return `${call}[phone]`;
  const [start = ""] = /^(?:[a-z][a-z0-9+.-]*:)?\/\/[^/]*/i.exec(place) ?? [];
  return cleanAuthority(start) + place.slice(start.length).split("/").map(cleanSegment).join("/");
}

/** Without credentials. A host may not hold an escaped address either. */
function cleanAuthority(start: string): string {
  const at = start.lastIndexOf("@");
  const host = at < 0 ? start : start.slice(0, start.indexOf("//") + 2) + start.slice(at + 1);
  const plain = decoded(host);
  const clean = plain.replace(EMAIL, "[email]");
  return clean === plain ? host : clean;
}

function cleanSegment(segment: string): string {
  if (look(segment, false) === 0) return segment;
  const plain = decoded(segment);
  const clean = withoutUuids(withoutPersonal(plain));
  if (clean === plain) return segment;
  return plain === segment ? clean : encoded(clean);
}

/** A value of a query: a `+` is a blank, or the beginning of a phone number, or a part of an address. */
function cleanValue(value: string): string {
  const plain = decoded(value);
  const first = withoutPersonal(plain);
  const spaced = first.replace(/(?<=[^\s+])\+/g, " ");
  const second = withoutPersonal(spaced);
  if (second !== spaced) return encoded(second);
  return first === plain ? value : encoded(first);
}

function withoutPersonal(text: string): string {
  const clean = text.includes("@") ? text.replace(EMAIL, "[email]") : text;
  const seen = look(clean, true);
  const codes = (seen & SEEN.number) === 0 ? clean : withoutPhones(withoutCodes(clean));
  return (seen & SEEN.token) === 0 ? codes : withoutTokens(codes);
}

const ESCAPES = /(?:%[\da-f]{2})+/gi;

/** Escapes undone, also those of escapes, and in ASCII what stands for it; what is no escape stays as it is. */
function decoded(text: string): string {
  let plain = inAscii(text);
  for (let round = 0; round < MAX_ROUNDS && plain.includes("%"); round++) {
    const next = inAscii(plain.replace(ESCAPES, decodedRun));
    if (next === plain) break;
    plain = next;
  }
  return plain;
}

function decodedRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    // Not UTF-8: what of it is ASCII is read all the same.
    return run.replace(/%([0-7][\da-f])/gi, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    );
  }
}

/** As a part of a URL again, with our own marks readable, and a blank of a query as it was. */
const encoded = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replace(/%5B(email|phone|card|iban|national-id|token|id|removed)%5D/g, "[$1]")
    .replaceAll("%2B", "+");
