/** Why a condition holds: the parts that are said to hold must make the whole, as `compileCondition` decides it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileCondition } from "#core/condition";
import { type Explained, explainCondition } from "#core/condition/explain";
import vectors from "../../vectors/growthbook-cases.json" with { type: "json" };

type ConditionCase = [string, Record<string, unknown>, Record<string, unknown>, boolean, object?];
// The file's tuples are described in test/vectors/README.md; a JSON import has no tuple types.
const cases = (vectors.evalCondition as unknown as ConditionCase[]).filter(
  // Saved groups are of GrowthBook's; a release has none.
  ([, condition]) => !/Group/.test(JSON.stringify(condition)),
);

/** Whether the parts make what is said of the whole. */
function adds(explained: Explained): boolean {
  if (explained.kind === "clause") return true;
  const held = explained.of.filter(({ holds }) => holds).length;
  const { kind, holds, of } = explained;
  const made = {
    all: held === of.length,
    any: held > 0 || of.length === 0,
    none: held === 0 && of.length > 0,
  };
  return made[kind] === holds && of.every(adds);
}

describe("explainCondition", () => {
  it.each(cases)("agrees with the decision: %s", (_name, condition, attributes, expected) => {
    const explained = explainCondition(condition, attributes);
    expect(explained.holds).toBe(expected);
    expect(adds(explained), JSON.stringify(explained)).toBe(true);
  });

  const value = fc.oneof(
    fc.constantFrom("winter", "sailing", "", "1", 0, 1, 2, 5, null, true),
    fc.array(fc.constantFrom("winter", "sailing", 1), { maxLength: 3 }),
  );
  const field = fc.constantFrom("topic", "purchases", "utm.source", "none");
  const operators = fc.dictionary(
    fc.constantFrom("$eq", "$ne", "$gt", "$gte", "$lt", "$lte", "$exists", "$in", "$nin", "$size", "$type"),
    value,
    { minKeys: 1, maxKeys: 3 },
  );
  const { condition } = fc.letrec<{ condition: Record<string, unknown> }>((tie) => ({
    condition: fc.oneof(
      { depthSize: "small" },
      fc.dictionary(field, fc.oneof(value, operators), { maxKeys: 3 }),
      fc
        .tuple(fc.constantFrom("$and", "$or", "$nor"), fc.array(tie("condition"), { maxLength: 3 }))
        .map(([key, list]) => ({ [key]: list })),
      tie("condition").map((one) => ({ $not: one })),
      fc.tuple(field, operators).map(([name, some]) => ({ [name]: { $not: some } })),
    ),
  }));
  const attributes = fc.record(
    { topic: value, purchases: value, utm: fc.record({ source: value }) },
    { requiredKeys: [] },
  );

  it("says of any condition what is decided, and its parts make the whole", () => {
    fc.assert(
      fc.property(condition, attributes, (one, given) => {
        const explained = explainCondition(one, given);
        expect(explained.holds).toBe(compileCondition(one)(given));
        expect(adds(explained), JSON.stringify(explained)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  it("says of each clause what it expects and what was there", () => {
    const explained = explainCondition(
      { top_topic: "winter", $or: [{ articles: { $gte: 2 } }, { leads: { $gte: 1 } }] },
      { top_topic: "winter", articles: 1 },
    );
    expect(explained).toEqual({
      kind: "all",
      holds: false,
      of: [
        {
          kind: "clause",
          field: "top_topic",
          operator: "is",
          expected: "winter",
          actual: "winter",
          holds: true,
        },
        {
          kind: "any",
          holds: false,
          of: [
            { kind: "clause", field: "articles", operator: "$gte", expected: 2, actual: 1, holds: false },
            { kind: "clause", field: "leads", operator: "$gte", expected: 1, actual: null, holds: false },
          ],
        },
      ],
    });
  });
});
