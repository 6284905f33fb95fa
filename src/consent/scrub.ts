/**
 * Taking personal data out of URLs and free text. URLs keep scheme, host and path, campaign parameters, and click ids
 * where marketing is granted; everything else of a query or fragment goes. E-mail addresses and long tokens in a path,
 * a title or a referrer are replaced.
 */
import { CLICK_IDS } from "#contracts/taxonomy";

/** Linear: no part of it can match the same text in two ways. Also `%40`, `%2E` and domains in any script. */
const EMAIL =
  /[^\s/?&=#:;,<>"'()@%]{1,64}(?:@|%40)(?:[^\s/?&=#:;,<>"'()@%.]{1,63}(?:\.|%2E)){1,8}\p{L}{2,24}/giu;
const TOKEN = /(?<=\/)[A-Za-z0-9_-]{40,}(?=\/|$)/g;
const CAMPAIGN = new Set(["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content", "utm_id"]);
const CLICK_ID: ReadonlySet<string> = new Set(CLICK_IDS);

export interface Scrubbed {
  text: string;
  /** What was found, if anything. */
  found?: "personal_data_in_text" | "query_not_allowed";
}

/** Replace e-mail addresses in free text by `[email]`. */
export function scrubText(text: string): Scrubbed {
  if (!text.includes("@") && !text.includes("%40")) return { text };
  const clean = text.replace(EMAIL, "[email]");
  return clean === text ? { text } : { text: clean, found: "personal_data_in_text" };
}

/** Where the query or the fragment begins, or -1. */
function endOfPath(url: string): number {
  const query = url.indexOf("?");
  const fragment = url.indexOf("#");
  return query < 0 || (fragment >= 0 && fragment < query) ? fragment : query;
}

/** Scrub a URL, absolute or a path. @param clickIds whether ids of ad clicks may stay (marketing is granted) */
export function scrubUrl(url: string, clickIds: boolean): Scrubbed {
  const end = endOfPath(url);
  const place = end < 0 ? url : url.slice(0, end);
  let text = place.includes("@") || place.includes("%40") ? place.replace(EMAIL, "[email]") : place;
  // Credentials in the authority are an address in form: user@host.
  if (text.length > 60) text = text.replace(TOKEN, "[token]");
  let found: Scrubbed["found"] = text === place ? undefined : "personal_data_in_text";
  if (end >= 0) {
    const fragment = url.indexOf("#", end);
    const query = url[end] === "?" ? url.slice(end + 1, fragment < 0 ? undefined : fragment) : "";
    const kept = query.split("&").filter((pair) => {
      const name = pair.split("=", 1)[0]?.toLowerCase() ?? "";
      return CAMPAIGN.has(name) || (clickIds && CLICK_ID.has(name));
    });
    const clean = scrubText(kept.join("&"));
    if (clean.text !== "") text += `?${clean.text}`;
    if (clean.found) found = clean.found;
    else if (kept.length < (query === "" ? 0 : query.split("&").length) || fragment >= 0)
      found ??= "query_not_allowed";
  }
  return found ? { text, found } : { text };
}
