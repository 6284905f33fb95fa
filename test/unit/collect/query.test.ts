import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseQuery, queryOf } from "#collect/query";

const pairsOf = (text: string) => [...parseQuery(text)];

describe("a query", () => {
  it("is read as URLSearchParams reads it, whatever it is", () => {
    const piece = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("&", "=", "+", "%", "%20", "%C3%A9", "%ff", "%u1", "a", "&&", "=="),
    );
    fc.assert(
      fc.property(
        fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join("")),
        (text) => {
          // A leading question mark is none of ours: it was cut off.
          const given = text.replace(/^\?+/, "");
          expect(pairsOf(given)).toEqual([...new URLSearchParams(given)]);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("answers the first value of a name", () => {
    expect(parseQuery("a=1&b=2&a=3").get("a")).toBe("1");
    expect(parseQuery("a=1").get("b")).toBeNull();
    expect(parseQuery("a").get("a")).toBe("");
  });

  it.each([
    [
      "https://shop.example/i?e=pv&aid=x#top",
      [
        ["e", "pv"],
        ["aid", "x"],
      ],
    ],
    ["https://shop.example/i", []],
    ["https://shop.example/i?", []],
  ])("of %s ends where the fragment begins", (url, pairs) => {
    expect([...queryOf(url)]).toEqual(pairs);
  });
});
