/** The form of a condition: what it reads it writes again, and what it cannot show it leaves alone. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileCondition } from "#core/condition";
import { readCondition, writeCondition } from "../../../src/console/page/condition/model.ts";

describe("a condition in the form", () => {
  it.each([
    [{ purchases: { $gte: 2 } }],
    [{ purchases: { $gte: 2, $lt: 9 }, top_topic: "winter" }],
    [{ $or: [{ purchases: { $gte: 2 } }, { lists: { $in: ["vip"] } }] }],
    [{ $nor: [{ country: "SK" }] }],
    [{ $and: [{ $or: [{ a: 1 }, { b: true }] }, { $or: [{ c: "x" }, { d: { $exists: false } }] }] }],
    [{}],
  ])("%j comes out meaning the same", (condition) => {
    const group = readCondition(condition);
    expect(group).toBeDefined();
    const written = writeCondition(group ?? { kind: "all", of: [] });
    expect(readCondition(written)).toEqual(group);
    const [before, after] = [compileCondition(condition), compileCondition(written)];
    for (const attributes of [
      {},
      { purchases: 3 },
      { purchases: 3, top_topic: "winter" },
      { lists: ["vip"], country: "SK", a: 1, c: "x" },
      { b: true, c: "x" },
    ])
      expect(after(attributes)).toBe(before(attributes));
  });

  it.each([
    [{ name: { $regex: "^a" } }],
    [{ tags: { $elemMatch: { $eq: "a" } } }],
    [{ a: null }],
    [{ a: [1, 2] }],
    [{ $and: "no list" }],
    [7],
  ])("%j is left to the JSON", (condition) => {
    expect(readCondition(condition)).toBeUndefined();
  });

  it("means the same after any number of rows about few attributes", () => {
    const row = fc.record({
      field: fc.constantFrom("a", "b", "c"),
      operator: fc.constantFrom("$gte", "$lt", "$ne", "is") as fc.Arbitrary<"$gte" | "$lt" | "$ne" | "is">,
      value: fc.integer({ min: 0, max: 3 }),
    });
    const group = fc.record({
      kind: fc.constantFrom("all", "any", "none") as fc.Arbitrary<"all" | "any" | "none">,
      of: fc.array(row, { minLength: 1, maxLength: 4 }),
    });
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom("all", "any", "none") as fc.Arbitrary<"all" | "any" | "none">,
          of: fc.array(fc.oneof(row, group), { minLength: 1, maxLength: 4 }),
        }),
        fc.record({ a: fc.integer({ min: 0, max: 3 }), b: fc.integer({ min: 0, max: 3 }) }),
        (form, attributes) => {
          const written = writeCondition(form);
          const again = readCondition(written);
          expect(again).toBeDefined();
          const rewritten = writeCondition(again ?? { kind: "all", of: [] });
          expect(compileCondition(rewritten)(attributes)).toBe(compileCondition(written)(attributes));
        },
      ),
      { numRuns: 300 },
    );
  });
});
