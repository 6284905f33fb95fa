/**
 * Telephone numbers by the numbering plans of all countries. Brings libphonenumber along, 20 KB, so that it is loaded when
 * the first number comes: only by phone.ts.
 */
import { type CountryCode, parsePhoneNumberFromString } from "libphonenumber-js/core";
import { narrowText } from "#core/clean-text";
import { numberingPlans } from "#core/numbering-plans";
import { isPlaceholder } from "./placeholders.ts";

/** The longest spellings of 15 digits: brackets, hyphens, `tel:` before them. */
const MAX_CHARS = 64;

/** @param text clean @param country where a number without a country code is from; without it such a number is none */
export function parsePhone(text: string, country: string | undefined): string | undefined {
  if (text.length > MAX_CHARS) return undefined;
  const dialled = narrowText(text).replace(/^tel:/i, "").replace(/^00/, "+");
  // A country that the plans do not have is as none.
  const options = { extract: false, ...(country && { defaultCountry: country as CountryCode }) };
  const number = parsePhoneNumberFromString(dialled, options, numberingPlans());
  // Behind an extension is one of many people that share the number before it.
  if (!number || number.ext !== undefined || !number.isValid()) return undefined;
  return isPlaceholder(number.nationalNumber) ? undefined : number.number;
}
