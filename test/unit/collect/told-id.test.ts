/** Ids that are made of what was told: the same again, and another for everything else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { boundedId, idOfTexts } from "../../../src/collect/protocols/told-id.ts";

describe("an id of texts", () => {
  it("is 32 hexadecimal digits, today and on the day after the next deploy", () => {
    expect(idOfTexts(["G-1", "1.2", "en", "page_view"])).toMatchInlineSnapshot(
      `"fbefba17bf1f84970668398a743ba32e"`,
    );
  });

  it("may have something before it, and is otherwise the same", () => {
    expect(idOfTexts(["a"], "ga4-")).toBe(`ga4-${idOfTexts(["a"])}`);
  });

  it("is another one as soon as a character moves", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string(), { maxLength: 6 }),
        fc.array(fc.string(), { maxLength: 6 }),
        (a, b) => {
          expect(idOfTexts(a) === idOfTexts(b)).toBe(JSON.stringify(a) === JSON.stringify(b));
        },
      ),
      { numRuns: 2_000 },
    );
    expect(idOfTexts(["ab", "c"])).not.toBe(idOfTexts(["a", "bc"]));
    expect(idOfTexts(["a", ""])).not.toBe(idOfTexts(["a"]));
  });

  it("has four parts that collide as seldom as chance has it, each by itself", () => {
    const count = 200_000;
    const lanes = [new Set<string>(), new Set<string>(), new Set<string>(), new Set<string>()];
    for (let n = 0; n < count; n++) {
      const id = idOfTexts([
        "G-1",
        "1220643501.1708014725",
        "1795341590",
        String(1_795_341_590_000 + n),
        "1",
      ]);
      for (const [place, lane] of lanes.entries()) lane.add(id.slice(place * 8, place * 8 + 8));
    }
    // 4.7 are to be expected in each.
    for (const lane of lanes) expect(count - lane.size).toBeLessThan(25);
  });
});

describe("an id of the sender", () => {
  it("stays as it is up to 100 characters, and is shortened from there on", () => {
    const long = "x".repeat(100);
    expect(boundedId(long)).toBe(long);
    expect(boundedId(7)).toBe("7");
    expect(boundedId(`${long}1`)).toHaveLength(100);
    expect(boundedId(`${long}1`)).toBe(boundedId(`${long}1`));
    expect(boundedId(`${long}1`)).not.toBe(boundedId(`${long}2`));
    for (const none of ["", null, {}, undefined, Number.NaN]) expect(boundedId(none)).toBeUndefined();
  });
});
