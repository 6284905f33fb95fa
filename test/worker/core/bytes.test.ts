import fc from "fast-check";
import { expect, it } from "vitest";
import { toBase64Url } from "#core/base64";
import { bytesOf, bytesOfBase64Url } from "#core/bytes";

const encoder = new TextEncoder();

it("are those of the text, whatever is in it and however long it is", () => {
  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 200 }),
    fc.string({ maxLength: 40 }).map((some) => some.repeat(200)),
  );
  fc.assert(
    fc.property(text, (one) => {
      expect(bytesOf(one)).toEqual(encoder.encode(one));
      expect(bytesOfBase64Url(toBase64Url(encoder.encode(one)))).toEqual(encoder.encode(one));
    }),
    { numRuns: 2_000 },
  );
});

it("stay what they are until the next but one is asked for", () => {
  const text = fc.string({ unit: "grapheme", maxLength: 1_500 });
  fc.assert(
    fc.property(fc.array(fc.tuple(text, text), { maxLength: 20 }), (pairs) => {
      for (const [first, second] of pairs) {
        const [mine, next] = [bytesOf(first), bytesOfBase64Url(toBase64Url(encoder.encode(second)))];
        expect(mine).toEqual(encoder.encode(first));
        expect(next).toEqual(encoder.encode(second));
      }
    }),
    { numRuns: 500 },
  );
});

it("are none of what is no base64url", () => {
  for (const text of ["a", "a=b", "ä", "ab+/", "A".repeat(5_001)])
    expect(bytesOfBase64Url(text)).toBeUndefined();
});
