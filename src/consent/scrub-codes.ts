/**
 * Numbers that prove themselves by their check digits: payment cards, bank accounts, and those national ids whose form and
 * check together leave no doubt. Others are left alone: a number of nine digits with one check digit is a number of an
 * order in one case of ten. Called by scrub.ts.
 */
import { digitsOf, replaceWhere } from "./scrub-replace.ts";

/** In one run, in fours (three more may be the end of a long number, or the proof on its back), or as 4-6-5 and 4-6-4. */
const CARD =
  /(?<![\p{L}\d_])(?:[2-6]\d{14,18}|[2-6]\d{3}(?:[\s-]\d{4}){3}(?:[\s-]\d{3})?|3\d{3}[\s-]\d{6}[\s-]\d{4,5})(?![\p{L}\d_])/gu;
const IBAN = /(?<![\p{L}\d])[A-Z]{2}\d{2}(?:[\s-]?[A-Z\d]){11,30}/giu;
/** Czech and Slovak: `845512/1234`. */
const BIRTH_NUMBER = /(?<![\p{L}\d_/.-])\d{6}\/\d{4}(?![\p{L}\d_/])/gu;
/** Polish. By itself such a number is an id: those of Google's campaigns have eleven digits, and one in fifty would fit. */
const PESEL = /(?<![\p{L}\d_#.,+-])\d{11}(?![\p{L}\d_])/gu;
/** Brazilian. */
const CPF = /(?<![\p{L}\d_.-])\d{3}\.\d{3}\.\d{3}-\d{2}(?![\p{L}\d_])/gu;

/** `[card]`, `[iban]` and `[national-id]` for each of them. */
export function withoutCodes(text: string): string {
  let clean = replaceWhere(text, IBAN, ibanIn);
  clean = replaceWhere(clean, CARD, cardIn);
  clean = replaceWhere(clean, BIRTH_NUMBER, (found) => nationalId(isBirthNumber(digitsOf(found))));
  if (clean.length > 11) clean = replaceWhere(clean, PESEL, (found) => nationalId(isPesel(found)));
  return replaceWhere(clean, CPF, (found) => nationalId(isCpf(digitsOf(found))));
}

const nationalId = (is: boolean): string | undefined => (is ? "[national-id]" : undefined);

function cardIn(found: string): string | undefined {
  const digits = digitsOf(found);
  if (isCard(digits)) return "[card]";
  const proof = found.slice(19);
  return proof.length === 4 && isCard(digits.slice(0, 16)) ? `[card]${proof}` : undefined;
}

/**
 * Visa, Mastercard, American Express, Diners, Discover, JCB, UnionPay, Mir by prefix and length, and Luhn's check digit.
 * https://en.wikipedia.org/wiki/Payment_card_number
 */
const KNOWN_CARD =
  /^(?:4(?:\d{15}|\d{18})|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|2720\d{12}|220[0-4]\d{12}|3[47]\d{13}|3(?:0[0-5]|[68]\d)\d{11}|6(?:011|5\d\d|4[4-9]\d|2\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12})$/;

function isCard(digits: string): boolean {
  if (!KNOWN_CARD.test(digits)) return false;
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const twice = 2 * digit;
    sum += i % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice;
  }
  return sum % 10 === 0;
}

/** Lengths by country: https://www.swift.com/standards/data-standards/iban-international-bank-account-number */
const IBAN_LENGTHS: ReadonlyMap<string, number> = new Map(
  "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BR29BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30"
    .match(/.{4}/g)
    ?.map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

function ibanIn(found: string): string | undefined {
  const length = IBAN_LENGTHS.get(found.slice(0, 2).toUpperCase());
  if (length === undefined) return undefined;
  let account = "";
  let end = 0;
  for (; end < found.length && account.length < length; end++) {
    const character = found.charAt(end);
    if (/[A-Z\d]/i.test(character)) account += character.toUpperCase();
  }
  if (account.length < length || /[A-Z\d]/i.test(found.charAt(end))) return undefined;
  // ISO 13616: the first four at the end, letters as 10 to 35, modulo 97.
  let rest = 0;
  for (const character of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(character, 36);
    rest = (rest * (value > 9 ? 100 : 10) + value) % 97;
  }
  return rest === 1 ? `[iban]${found.slice(end)}` : undefined;
}

/** A date of birth (women's months are 50 more, and 20 more where a day's numbers ran out), and a multiple of 11. */
function isBirthNumber(digits: string): boolean {
  const month = Number(digits.slice(2, 4)) % 50;
  if (!isDay(Number(digits.slice(4, 6)), month > 20 ? month - 20 : month)) return false;
  const number = Number(digits);
  return number % 11 === 0 || (Math.floor(number / 10) % 11 === 10 && number % 10 === 0);
}

/** A date of birth (the century is in the month), and a weighted sum. */
function isPesel(digits: string): boolean {
  if (!isDay(Number(digits.slice(4, 6)), Number(digits.slice(2, 4)) % 20)) return false;
  const weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1];
  return weights.reduce((sum, weight, i) => sum + weight * Number(digits[i]), 0) % 10 === 0;
}

const isDay = (day: number, month: number): boolean => month >= 1 && month <= 12 && day >= 1 && day <= 31;

/** Two check digits: each is eleven less the rest of a weighted sum, or 0. */
function isCpf(digits: string): boolean {
  if (/^(\d)\1*$/.test(digits)) return false;
  return [9, 10].every((count) => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += (count + 1 - i) * Number(digits[i]);
    return ((sum * 10) % 11) % 10 === Number(digits[count]);
  });
}
