/**
 * GA4's documented limits, and how parameters are made to fit them. GA4 answers 2xx to whatever it receives and drops
 * what breaks a limit without a word, so nothing that breaks one is sent.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/sending-events#limitations
 * https://support.google.com/analytics/answer/9267744 (longer values of the page parameters)
 */
import { takesParam } from "./names.ts";

export const LIMITS = {
  events: 25,
  params: 25,
  valueLength: 100,
  items: 200,
  /** Of one item, besides those that have a name of Google's. */
  customItemParams: 10,
  bodyBytes: 130_000,
  backdatingMs: 72 * 3_600_000,
} as const;

const LONGER_VALUES: Readonly<Record<string, number>> = {
  page_location: 1000,
  page_referrer: 420,
  page_title: 300,
};

export type Item = Record<string, string | number>;
export type Param = string | number | Item[];
export type Params = Record<string, Param>;

/** https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events (items) */
const ITEM_PARAMS: ReadonlySet<string> = new Set(
  `item_id item_name affiliation coupon discount index item_brand item_category item_category2 item_category3 item_category4
  item_category5 item_list_id item_list_name item_variant location_id price quantity promotion_id promotion_name
  creative_name creative_slot`.split(/\s+/),
);

/**
 * Parameters that fit: the first 25 in the order given (the important ones come first), names that GA4 takes, and
 * texts cut at the end to the longest that is allowed, by whole characters.
 */
export function fitParams(params: Readonly<Record<string, Param | undefined>>): Params {
  const out: Params = {};
  let count = 0;
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || count === LIMITS.params || !takesParam(name)) continue;
    // GA4 takes no list that is empty.
    if (Array.isArray(value) && value.length === 0) continue;
    out[name] =
      typeof value === "string"
        ? cut(value, LONGER_VALUES[name] ?? LIMITS.valueLength)
        : typeof value === "number"
          ? value
          : value.slice(0, LIMITS.items).map(fitItem);
    count++;
  }
  return out;
}

/** Google's own parameters of an item, and the first ten others whose names it takes. */
function fitItem(item: Item): Item {
  const out: Item = {};
  let custom = 0;
  for (const [name, value] of Object.entries(item)) {
    if (!ITEM_PARAMS.has(name) && (!takesParam(name) || custom++ >= LIMITS.customItemParams)) continue;
    out[name] = typeof value === "string" ? cut(value, LIMITS.valueLength) : value;
  }
  return out;
}

function cut(value: string, length: number): string {
  if (value.length <= length) return value;
  const short = value.slice(0, length);
  // Half of a surrogate pair is no character: it goes with the rest.
  return /[\uD800-\uDBFF]$/.test(short) ? short.slice(0, -1) : short;
}
