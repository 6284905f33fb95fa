/** The numbering plans that the Worker carries say of every number what the package's own say. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { parsePhoneNumberFromString as parse } from "libphonenumber-js/core";
import examples from "libphonenumber-js/examples.mobile.json";
import whole from "libphonenumber-js/metadata.min.json";
import { getCountries } from "libphonenumber-js/min";
import { expect, it } from "vitest";
import { numberingPlans } from "#core/numbering-plans";
import { numberingPlansModule } from "../../../scripts/numbering-plans.ts";

type Plans = ReturnType<typeof numberingPlans>;

const COUNTRIES = getCountries();
const mobile: Record<string, string> = examples;

function read(text: string, defaultCountry: (typeof COUNTRIES)[number], plans: Plans) {
  const number = parse(text, { extract: false, defaultCountry }, plans);
  return number && [number.number, number.ext, number.isValid(), number.nationalNumber, number.country];
}

it("are made from the package that is installed: if not, run `node scripts/numbering-plans.ts`", () => {
  expect(readFileSync("src/core/numbering-plans.ts", "utf8")).toBe(numberingPlansModule());
});

it("read any digits as the package does, in every country", () => {
  const country = fc.constantFrom(...COUNTRIES);
  const digits = fc.stringMatching(/^(\+|00|0|1|8)?[0-9]{3,14}( ?x[0-9]{1,4})?$/);
  // Nearly all random digits are no number: most are near one.
  const near = fc
    .tuple(country, fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.constantFrom("", "0", "1", "8", "+"))
    .map(([of, place, digit, before]) => {
      const one = mobile[of] ?? "";
      return before + one.slice(0, place) + digit + one.slice(place + 1);
    });
  let valid = 0;
  fc.assert(
    fc.property(fc.oneof(digits, near), country, fc.boolean(), (text, at, own) => {
      const from = own ? (COUNTRIES.find((one) => text.includes(mobile[one]?.slice(-6) ?? "?")) ?? at) : at;
      const expected = read(text, from, whole as unknown as Plans);
      expect(read(text, from, numberingPlans()), `${text} from ${from}`).toEqual(expected);
      if (expected?.[2]) valid++;
    }),
    { numRuns: 3000 },
  );
  expect(valid).toBeGreaterThan(100);
});
