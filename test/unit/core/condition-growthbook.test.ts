/**
 * The condition grammar beside GrowthBook's own evaluator, on conditions and attributes that nobody chose. What differs on
 * purpose is not generated: inherited properties, patterns that may take too long, conditions without a meaning.
 */
import { evalCondition } from "@growthbook/growthbook";
import fc from "fast-check";
import { LogicEngine } from "json-logic-engine";
import { describe, expect, it } from "vitest";
import { compileCondition } from "#core/condition";
import type { SavedGroups } from "#core/condition/compile";
import { CONDITIONS, VISITORS } from "../../../bench/fixtures/conditions.ts";

type Json = Record<string, unknown>;

const FIELDS = [
  "a",
  "b",
  "list",
  "items",
  "deep.a",
  "deep.list",
  "deep.deep.b",
  "items.0",
  "list.length",
  "č.ž",
  "",
  "a.",
];

const text = fc.constantFrom(
  "",
  "a",
  "A",
  "ab",
  "1",
  "01",
  "10",
  "1.2.3",
  "v1.2.3-rc.1",
  "true",
  "null",
  "Ľalia",
  "ľALIA",
  "İ",
);
const number = fc.constantFrom(0, -0, 1, 2, 10, -1, 0.5, 1e21, Number.MAX_SAFE_INTEGER);
const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));

/** Values of attributes: whatever JSON can hold, and what code may put beside it. */
const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.constantFrom(undefined, Number.NaN, new Date(0)),
    fc.array(tie("value"), { maxLength: 3 }),
    fc.array(text, { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "list", "č"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

const attributes: fc.Arbitrary<Json> = fc.record(
  {
    a: value,
    b: scalar,
    list: fc.array(scalar, { maxLength: 4 }),
    items: fc.array(fc.oneof(scalar, fc.record({ a: value, b: scalar }, { requiredKeys: [] })), {
      maxLength: 3,
    }),
    deep: fc.record(
      { a: value, list: fc.array(value, { maxLength: 3 }), deep: fc.record({ b: value }) },
      { requiredKeys: [] },
    ),
    "": value,
  },
  { requiredKeys: [] },
);

const savedGroups: SavedGroups = {
  few: ["a", 1, "1"],
  none: [],
  listed: { type: "list", attributeKey: "b", values: ["a", 2] },
  conditional: { type: "condition", condition: { $or: [{ a: "a" }, { $savedGroup: { id: "listed" } }] } },
  itself: { type: "condition", condition: { $savedGroup: { id: "itself" } } },
};
const groupName = fc.constantFrom(...Object.keys(savedGroups), "unknown");
const pattern = fc.constantFrom("^a", "a$", "1", "^v?\\d+", "[a-z]", "a/b", "ľ", "^$", "u");

const { condition } = fc.letrec<{ condition: Json; clause: Json; expected: unknown; operators: Json }>(
  (tie) => {
    const clauses = fc.array(tie("clause"), { minLength: 1, maxLength: 3 });
    const conditions = fc.array(tie("condition"), { maxLength: 3 });
    return {
      condition: clauses.map((all) => Object.assign({}, ...all) as Json),
      clause: fc.oneof(
        { maxDepth: 4, depthIdentifier: "clause", withCrossShrink: true },
        {
          weight: 6,
          arbitrary: fc.tuple(fc.constantFrom(...FIELDS), tie("expected")).map(([k, v]) => ({ [k]: v })),
        },
        {
          weight: 1,
          arbitrary: fc
            .tuple(fc.constantFrom("$and", "$or", "$nor"), conditions)
            .map(([k, v]) => ({ [k]: v })),
        },
        { weight: 1, arbitrary: tie("condition").map(($not) => ({ $not })) },
        {
          weight: 1,
          arbitrary: fc
            .record(
              { id: groupName, attributeKey: fc.constantFrom("a", "list", "deep.a") },
              { requiredKeys: ["id"] },
            )
            .map(($savedGroup) => ({ $savedGroup })),
        },
      ),
      expected: fc.oneof(
        { maxDepth: 4, depthIdentifier: "clause" },
        scalar,
        tie("operators"),
        fc.array(scalar, { maxLength: 3 }),
        fc.dictionary(fc.constantFrom("a", "b"), scalar, { maxKeys: 2 }),
      ),
      operators: fc
        .array(
          fc.oneof(
            { maxDepth: 4, depthIdentifier: "clause" },
            fc
              .tuple(fc.constantFrom("$eq", "$ne", "$lt", "$lte", "$gt", "$gte", "$type"), scalar)
              .map(([k, v]) => ({ [k]: v })),
            fc
              .tuple(
                fc.constantFrom("$in", "$nin", "$ini", "$nini"),
                fc.array(fc.oneof(scalar, fc.array(scalar)), { maxLength: 8 }),
              )
              .map(([k, v]) => ({ [k]: v })),
            fc
              .tuple(fc.constantFrom("$veq", "$vne", "$vlt", "$vlte", "$vgt", "$vgte"), scalar)
              .map(([k, v]) => ({ [k]: v })),
            fc.tuple(fc.constantFrom("$regex", "$regexi"), pattern).map(([k, v]) => ({ [k]: v })),
            fc.tuple(fc.constantFrom("$inGroup", "$notInGroup"), groupName).map(([k, v]) => ({ [k]: v })),
            fc.constantFrom("array", "object", "undefined", "unknown").map(($type) => ({ $type })),
            scalar.map(($exists) => ({ $exists })),
            scalar.map(($nope) => ({ $nope })),
            fc.tuple(fc.constantFrom("$not", "$size"), tie("expected")).map(([k, v]) => ({ [k]: v })),
            fc
              .tuple(fc.constantFrom("$all", "$alli"), fc.array(tie("expected"), { maxLength: 3 }))
              .map(([k, v]) => ({ [k]: v })),
            fc
              .oneof(tie("operators"), tie("condition"), fc.constant({}))
              .map(($elemMatch) => ({ $elemMatch })),
          ),
          { minLength: 1, maxLength: 3 },
        )
        .map((all) => Object.assign({}, ...all) as Json),
    };
  },
);

/** The answer of GrowthBook's evaluator; undefined where it throws. It complains of each unknown operator on the console. */
function theirs(given: Json, of: Json): boolean | undefined {
  const { error } = console;
  console.error = () => {};
  try {
    // Its types want conditions that are known beforehand; these are of its grammar.
    return evalCondition(of, given as never, savedGroups as never);
  } catch {
    return undefined;
  } finally {
    console.error = error;
  }
}

describe("beside GrowthBook's evaluator", () => {
  it("every condition of the grammar gives the same answer", () => {
    let held = 0;
    let compared = 0;
    fc.assert(
      fc.property(condition, fc.array(attributes, { minLength: 3, maxLength: 3 }), (given, people) => {
        const test = compileCondition(given, { savedGroups });
        for (const person of people) {
          const expected = theirs(given, person);
          if (expected === undefined) continue;
          compared++;
          if (expected) held++;
          expect(test(person)).toBe(expected);
        }
      }),
      { numRuns: Number(process.env.FUZZ_RUNS ?? 3_000) },
    );
    // Both answers are common, so that agreeing means something.
    expect(held).toBeGreaterThan(compared * 0.05);
    expect(held).toBeLessThan(compared * 0.95);
  });

  it.each(CONDITIONS)("what the bench measures says the same in all three: $condition", (given) => {
    const engine = new LogicEngine();
    const test = compileCondition(given.condition);
    for (const visitor of VISITORS) {
      expect(test(visitor)).toBe(theirs(given.condition, visitor));
      expect(Boolean(engine.run(given.logic, visitor))).toBe(test(visitor));
    }
  });
});
