/**
 * What a mapping may turn a value into, and the forms in which values are hashed. A cast that cannot be done is no value:
 * nothing is guessed. Pure; used by compile.ts.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Cast, HashForm } from "#contracts/definitions/mapping";

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i;
const DAY = /^\d{4}-\d\d-\d\d$/;
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:?\d\d)?$/;
/** What a Date can hold: ECMA-262, 21.4.1.1. */
const MAX_TIME = 8.64e15;

/** A text, a number or a truth value as text; undefined for all else. */
export const asText = (value: unknown): string | undefined =>
  typeof value === "string"
    ? value
    : typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value))
      ? String(value)
      : undefined;

const TRUE = ["true", "1", "yes"];
const FALSE = ["false", "0", "no"];

/** Each cast; undefined where it cannot be done. */
export const DO_CAST: Readonly<Record<Cast, (value: unknown) => unknown>> = {
  string: asText,
  number: toNumber,
  /** Cut off, not rounded. */
  integer(value) {
    const whole = Math.trunc(toNumber(value) ?? Number.NaN) + 0; // no -0
    return Number.isSafeInteger(whole) ? whole : undefined;
  },
  boolean(value) {
    const text = asText(value)?.trim().toLowerCase() ?? "";
    return TRUE.includes(text) ? true : FALSE.includes(text) ? false : undefined;
  },
  lower: (value) => asText(value)?.toLowerCase(),
  upper: (value) => asText(value)?.toUpperCase(),
  trim: (value) => asText(value)?.trim(),
  iso_date: (value) => dated(value)?.toISOString(),
  /** In UTC. */
  date: (value) => dated(value)?.toISOString().slice(0, 10),
  epoch_ms: (value) => dated(value)?.getTime(),
  epoch_s(value) {
    const at = dated(value)?.getTime();
    return at === undefined ? undefined : Math.floor(at / 1000);
  },
};

function toNumber(value: unknown): number | undefined {
  if (typeof value === "boolean") return Number(value);
  const number = typeof value === "string" && DECIMAL.test(value.trim()) ? Number(value) : (value as unknown);
  return typeof number === "number" && Number.isFinite(number) ? number : undefined;
}

/** Epoch ms, or a text of ISO 8601: a day is its beginning in UTC, and so is the time of one without a zone. */
function dated(value: unknown): Date | undefined {
  let at = Number.NaN;
  if (typeof value === "number") at = value;
  else if (typeof value === "string") {
    const text = value.trim();
    const [, , , zone] = MOMENT.exec(text) ?? [];
    if (DAY.test(text) || zone !== undefined) at = Date.parse(text);
    else if (MOMENT.test(text)) at = Date.parse(`${text}Z`);
  }
  return Math.abs(at) <= MAX_TIME ? new Date(at) : undefined;
}

/**
 * How vendors want values before they are hashed. A phone number must come with its country's code, as those of the
 * traits do: "Remove symbols, letters, and any leading zeros" and "always include the country code" is Meta's rule,
 * Google's and Snap's hash is of the same digits.
 * https://developers.facebook.com/docs/marketing-api/conversions-api/parameters/customer-information-parameters
 */
const FORM: Readonly<Record<HashForm, (text: string) => string | undefined>> = {
  none: (text) => text,
  lower: (text) => text.trim().toLowerCase(),
  email(text) {
    const address = text.trim().toLowerCase();
    return /^[^\s@]+@[^\s@]+$/.test(address) ? address : undefined;
  },
  phone(text) {
    const trimmed = text.trim();
    // One 0 before it is a country's own way to dial: whose, nobody can tell.
    if (/^0(?!0)/.test(trimmed)) return undefined;
    const digits = trimmed.replace(/\D/g, "").replace(/^0+/, "");
    return digits.length >= 7 && digits.length <= 15 ? digits : undefined;
  },
  digits: (text) => text.replace(/\D/g, ""),
};

/** SHA-256 of a value's form as 64 hex digits in lower case; undefined where nothing is left to be hashed. */
export function hashed(value: unknown, form: HashForm): string | undefined {
  const text = asText(value);
  const uniform = text === undefined ? undefined : FORM[form](text);
  return uniform ? bytesToHex(sha256(utf8ToBytes(uniform))) : undefined;
}
