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

/**
 * Parameters that fit: the first 25 in the order given (the important ones come first), names that GA4 takes, and
 * texts cut at the end to the longest that is allowed, by whole characters.
 */
export function fitParams(params: Readonly<Record<string, Param | undefined>>): Params {
  const out: Params = {};
  let count = 0;
  for (const [name, value] of Object.entries(params)) {
    if (value === undefined || count === LIMITS.params || !takesParam(name)) continue;
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

const fitItem = (item: Item): Item =>
  Object.fromEntries(
    Object.entries(item).map(([name, value]) => [
      name,
      typeof value === "string" ? cut(value, LIMITS.valueLength) : value,
    ]),
  );

function cut(value: string, length: number): string {
  if (value.length <= length) return value;
  const short = value.slice(0, length);
  // Half of a surrogate pair is no character: it goes with the rest.
  return /[\uD800-\uDBFF]$/.test(short) ? short.slice(0, -1) : short;
}
