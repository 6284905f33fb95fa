/**
 * Phone numbers in texts, by the forms in which people write them. A number is taken for a phone's only where its form
 * says so: a country's code with + or 00, a leading 0 with a mobile's or area's digits, the groups of North America and
 * of Czechia, Poland, Spain and Portugal, or a word like `tel` before it. Ten digits in a row by themselves are an order
 * as often as a phone, and stay. Called by scrub.ts; docs/privacy.md has the table.
 */
import { digitsOf, replaceWhere } from "./scrub-replace.ts";

/** Between the digits of one number stand at most two of these. No digit is one: nothing matches in two ways. */
const GAP = "[\\s.()/\\u2010-\\u2015-]";
/** Not within a word, a product's number or a decimal. */
const BEFORE = "(?<![\\p{L}\\d_#+])(?<![\\p{L}\\d][-.,])";
const AFTER = "(?![\\p{L}\\d_])";

/** `+421 905 123 456`: unmistakable, whatever stands before it. */
const INTERNATIONAL = new RegExp(`\\+[\\s(]{0,2}[1-9](?:${GAP}{0,2}\\d){7,14}(?!\\d)`, "gu");
/** `00421 905 123 456` */
const DOUBLE_ZERO = new RegExp(`${BEFORE}00${GAP}{0,2}[1-9](?:${GAP}{0,2}\\d){7,12}${AFTER}`, "gu");
/** `0905/123 456`, `(020) 7946 0958`, `01 23 45 67 89` */
const TRUNK = new RegExp(`${BEFORE}\\(?0[1-9](?:${GAP}{0,2}\\d){7,9}${AFTER}`, "gu");
/** `(234) 567-8901` */
const NORTH_AMERICAN = new RegExp(
  `${BEFORE}(?:1[\\s.-])?\\(?[2-9]\\d\\d\\)?[\\s.-]{1,2}[2-9]\\d\\d[\\s.-]\\d{4}${AFTER}(?![-.]\\d)`,
  "gu",
);
/** `777 123 456` */
const THREE_THREES = new RegExp(
  `${BEFORE}(?<!\\d\\s)(?<![$€£]\\s?)[5-9]\\d\\d\\s\\d{3}\\s\\d{3}${AFTER}(?!\\s\\d|[.,-]\\d)`,
  "gu",
);
/** `tel. 905123456` */
const NAMED = new RegExp(
  `(?<![\\p{L}\\d])(?:tel|telefon[oe]?|telefón|teléfono|téléphone|telephone|phone|mobil[en]?|móvil|mob|gsm|sms|whatsapp|viber|handy|cell|call|tlf)[\\s.:=#_/-]{0,3}\\(?\\d(?:${GAP}{0,2}\\d){7,14}(?!\\d)`,
  "giu",
);

const DATE =
  /(?<!\d)(?:\d{1,2}[./-]\s?\d{1,2}[./-]\s?(?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}[./-]\d{1,2})(?!\d)/;
/** A day, and perhaps a time, in one run of digits. */
const STAMP = /(?<!\d)(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:\d{4}|\d{6})?$/;
/** What a number of things is followed by. */
const UNIT =
  /^[\s\u00a0]?(?:€|\$|£|%|eur|usd|gbp|czk|kč|pln|zł|huf|ft|kr|sek|[kmgt]b|mm|cm|kg|km|px|ks|pcs)(?!\p{L})/iu;

const PHONE = "[phone]";

/** `[phone]` for each phone number. */
export function withoutPhones(text: string): string {
  const counts = (clean: string, end: number) => UNIT.test(clean.slice(end, end + 8));
  let clean = text;
  if (clean.includes("+")) clean = replaceWhere(clean, INTERNATIONAL, international);
  clean = replaceWhere(clean, NAMED, named);
  clean = replaceWhere(clean, DOUBLE_ZERO, doubleZero);
  clean = replaceWhere(clean, TRUNK, trunk);
  const grouped = clean;
  clean = replaceWhere(grouped, NORTH_AMERICAN, (_, end) => (counts(grouped, end) ? undefined : PHONE));
  const last = clean;
  return replaceWhere(last, THREE_THREES, (found, end) =>
    found.endsWith("000") || counts(last, end) ? undefined : PHONE,
  );
}

/** `+100 000 000` is a sum. */
const international = (found: string): string | undefined => {
  const [, ...rest] = groupsOf(found);
  return rest.length > 0 && rest.every((group) => group === "000") ? undefined : PHONE;
};

/** `mobile_20241122` is a campaign and its day. */
const named = (found: string): string | undefined =>
  DATE.test(found) || STAMP.test(found) ? undefined : found.replace(/\(?\d[\s\S]*$/, PHONE);

/** In one run of 13 digits it is the number of a trade item. */
const doubleZero = (found: string): string | undefined =>
  groupsOf(found).length > 1 || found.length >= 14 ? PHONE : undefined;

/** The longest beginning of what was found that is a number with its area's or network's 0. */
function trunk(found: string): string | undefined {
  const groups = groupsOf(found);
  if (groups.length === 1) return isOneRun(groups[0] ?? "") ? PHONE : undefined;
  if (DATE.test(found)) return undefined;
  let end = found.length;
  while (groups.length > 1 && digitsOf(found.slice(0, end)).length >= 9) {
    if (isGrouped(groups, found.slice(0, end))) return PHONE + found.slice(end);
    groups.pop();
    end = found.slice(0, end).search(/\D+\d+$/);
  }
  return undefined;
}

/** `0905123456` unless it is an ISBN; of eleven digits British and German mobiles. */
const isOneRun = (digits: string): boolean =>
  digits.length === 10 ? !isIsbn(digits) : digits.length === 11 && /^0(?:7|1[5-7])/.test(digits);

function isGrouped(groups: readonly string[], text: string): boolean {
  const [first = "", second = ""] = groups;
  if (groups.length > 5 || first.length > 6 || (groups.at(-1) ?? "").length < 2) return false;
  // Hungarian numbers have one digit for Budapest: 06 1 234 5678.
  if (groups.some((group, i) => group.length < 2 && !(i === 1 && first === "06" && second !== "")))
    return false;
  if (groups.length === 2 && text.includes(".")) return false; // a decimal
  if (groups.every((group) => group.length === 2)) return !text.includes("/");
  const isProduct = /^\d{3}([.-])\d{3}\1\d{3}$/.test(text);
  return !isProduct;
}

/** ISBN-10: the sum of the digits by place, from ten down, is a multiple of eleven. */
const isIsbn = (digits: string): boolean =>
  [...digits].reduce((sum, digit, i) => sum + (10 - i) * Number(digit), 0) % 11 === 0;

const groupsOf = (text: string): string[] => text.split(/\D+/).filter((group) => group !== "");
