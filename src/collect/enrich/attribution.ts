/**
 * What a page's URL says of how the visitor came: campaign parameters, and the ids of clicks on ads. Read before
 * minimisation cuts the query. One pass over the query, and none where there is no query. Pure.
 */
import { scrubValue } from "#consent/scrub";
import { CLICK_IDS, type ClickId } from "#contracts/taxonomy";
import { inOnePiece } from "#core/one-piece";

interface Attribution {
  /** By their short names: `source`, `medium`, `campaign`, `term`, `content`, `id`. */
  utm?: Record<string, string>;
  clickIds?: { [name in ClickId]?: string };
}

const UTM: ReadonlyMap<string, string> = new Map(
  ["source", "medium", "campaign", "term", "content", "id"].map((name) => [`utm_${name}`, name]),
);
const CLICK_ID: ReadonlyMap<string, ClickId> = new Map(CLICK_IDS.map((name) => [name, name]));
const MAX_NAME_CHARS = 12;
const MAX_CAMPAIGN_CHARS = 128;
/** What platforms make ids of. Anything else (an address, a sentence) was put there by somebody. */
const CLICK_ID_VALUE = /^[\w.~+/=-]{1,512}$/;
const NOTHING: Attribution = {};

/**
 * The attribution in a URL, absolute or a path.
 * @param marketing whether ids of clicks may be read
 */
export function attributionOf(url: string, marketing: boolean): Attribution {
  const start = url.indexOf("?");
  if (start < 0) return NOTHING;
  if (last?.url === url && last.marketing === marketing) return last.found;
  const found = attributionIn(url, start, marketing);
  last = { url, marketing, found };
  return found;
}

/** Of the last event: those of one page say the same. */
let last: { url: string; marketing: boolean; found: Attribution } | undefined;

function attributionIn(url: string, start: number, marketing: boolean): Attribution {
  const fragment = url.indexOf("#");
  if (fragment >= 0 && fragment < start) return NOTHING;
  const end = fragment < 0 ? url.length : fragment;
  const found: Attribution = {};
  for (let at = start + 1; at < end; ) {
    let next = url.indexOf("&", at);
    if (next < 0 || next > end) next = end;
    const equals = url.indexOf("=", at);
    if (equals > at && equals < next - 1 && equals - at <= MAX_NAME_CHARS)
      read(url.slice(at, equals).toLowerCase(), url.slice(equals + 1, next), marketing, found);
    at = next + 1;
  }
  return found;
}

/** Put a pair where it belongs, if anywhere; the first of a name stands. */
function read(name: string, raw: string, marketing: boolean, found: Attribution): void {
  const campaign = UTM.get(name);
  if (campaign !== undefined) {
    if (found.utm && Object.hasOwn(found.utm, campaign)) return;
    const value = inOnePiece(decoded(scrubValue(raw)).slice(0, MAX_CAMPAIGN_CHARS));
    if (value === "") return;
    found.utm ??= {};
    found.utm[campaign] = value;
    return;
  }
  const clickId = marketing ? CLICK_ID.get(name) : undefined;
  if (clickId === undefined || found.clickIds?.[clickId] !== undefined) return;
  const value = inOnePiece(decoded(raw));
  if (!CLICK_ID_VALUE.test(value)) return;
  found.clickIds ??= {};
  found.clickIds[clickId] = value;
}

/** As a form decodes: `+` is a blank, and what is no escape stays as it is. */
const decoded = (value: string): string =>
  value.includes("%") || value.includes("+") ? (new URLSearchParams(`v=${value}`).get("v") ?? "") : value;
