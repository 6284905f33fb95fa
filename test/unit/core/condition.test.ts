/** The condition grammar against GrowthBook's own cases, and against whatever else arrives. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkCondition, compileCondition } from "#core/condition";
import type { SavedGroups } from "#core/condition/compile";
import { compileRegex, regexProblem } from "#core/condition/regex";
import { bucketByVersion } from "#core/fnv";
import vectors from "../../vectors/growthbook-cases.json" with { type: "json" };

type ConditionCase = [string, Record<string, unknown>, Record<string, unknown>, boolean, SavedGroups?];
type HashCase = [seed: string, value: string, version: number, expected: number | null];

// The file's tuples are described in test/vectors/README.md; a JSON import has no tuple types.
const conditionCases = vectors.evalCondition as unknown as ConditionCase[];
const hashCases = vectors.hash as unknown as HashCase[];

describe("GrowthBook's cases", () => {
  it("are all there", () => {
    expect(conditionCases).toHaveLength(124);
    expect(hashCases).toHaveLength(15);
  });

  it.each(conditionCases)("%s", (_name, condition, attributes, expected, savedGroups = {}) => {
    expect(compileCondition(condition, { savedGroups })(attributes)).toBe(expected);
  });

  it.each(hashCases)("hash of seed %j, value %j, version %j is %j", (seed, value, version, expected) => {
    expect(bucketByVersion(seed, value, version)).toBe(expected);
  });
});

describe("compileCondition", () => {
  it.each([
    ["an unknown operator", { a: { $nope: 1 } }, { a: 1 }],
    ["an operator named like a method of objects", { a: { $constructor: 1 } }, { a: 1 }],
    ["a group named like a method of objects", { a: { $inGroup: "constructor" } }, { a: 1 }],
    ["a list where conditions are due", { $and: "x" }, {}],
    ["an inherited property", { "a.constructor": { $exists: true } }, { a: {} }],
  ])("%s is false", (_name, condition, attributes) => {
    expect(compileCondition(condition)(attributes)).toBe(false);
  });

  it("reads a missing path as null", () => {
    expect(compileCondition({ a: null })({})).toBe(true);
    expect(compileCondition({ "a.b": { $exists: false } })({ a: 1 })).toBe(true);
  });

  it("never throws, whatever the condition and the attributes are", () => {
    const key = fc.oneof(
      fc.constantFrom(
        "$and",
        "$or",
        "$nor",
        "$not",
        "$eq",
        "$lt",
        "$in",
        "$nini",
        "$all",
        "$alli",
        "$type",
        "$regex",
      ),
      fc.constantFrom(
        "$size",
        "$elemMatch",
        "$vgt",
        "$inGroup",
        "$exists",
        "a",
        "a.b",
        "__proto__",
        "constructor",
      ),
      fc.string(),
    );
    const { tree } = fc.letrec<{ tree: unknown; leaf: unknown; node: unknown }>((tie) => ({
      tree: fc.oneof({ maxDepth: 6 }, tie("leaf"), tie("node")),
      leaf: fc.oneof(fc.string(), fc.double(), fc.boolean(), fc.constant(null), fc.constant(undefined)),
      node: fc.oneof(
        fc.dictionary(key, tie("tree"), { maxKeys: 4 }),
        fc.array(tie("tree"), { maxLength: 4 }),
      ),
    }));
    fc.assert(
      fc.property(
        fc.dictionary(key, tree),
        fc.dictionary(key, fc.anything({ withBigInt: true, withNullPrototype: true })),
        (condition, attributes) => {
          expect(typeof compileCondition(condition)(attributes)).toBe("boolean");
          expect(Array.isArray(checkCondition(condition))).toBe(true);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it("survives 200,000 levels", () => {
    let condition: Record<string, unknown> = { a: 1 };
    for (let i = 0; i < 200_000; i++) condition = { $not: condition };
    expect(typeof compileCondition(condition)({ a: 1 })).toBe("boolean");
    expect(checkCondition(condition)).toHaveLength(1);
  });
});

describe("checkCondition", () => {
  const known = ["purchases_30d", "country", "segments"];

  it("has nothing to say about a good condition", () => {
    const condition = {
      $or: [{ purchases_30d: { $gte: 2, $lt: 10 } }, { $not: { country: { $in: ["SK", "CZ"] } } }],
      segments: { $elemMatch: { $regex: "^loyal" } },
    };
    expect(checkCondition(condition, known)).toEqual([]);
  });

  it.each([
    [{ purchases: { $gte: 2 } }, "purchases", "is no known field"],
    [{ country: { $equals: "SK" } }, "country.$equals", "is no operator"],
    [{ $gte: 2 }, "$gte", "is no operator that can stand here"],
    [{ country: { $in: "SK" } }, "country.$in", "must be a list"],
    [{ $or: [{ purchases_30d: { $gt: null } }] }, "$or.0.purchases_30d.$gt", "must be a number or a string"],
    [{ country: { $eq: "SK", code: 1 } }, "country", "mixes operators and fields"],
    [{ country: { $regex: "(a+)+$" } }, "country.$regex", /may take too long/],
    [{ country: { $regex: "[" } }, "country.$regex", "is no valid pattern"],
    [{ $and: {} }, "$and", "must be a list of conditions"],
    [{ country: { $exists: "yes" } }, "country.$exists", "must be true or false"],
  ])("%j is refused at %s", (condition, path, message) => {
    const issues = checkCondition(condition, known);
    expect(issues).toHaveLength(1);
    expect(issues[0]?.path).toBe(path);
    expect(issues[0]?.message).toMatch(message);
  });
});

describe("patterns", () => {
  it.each([
    "^ping",
    "-12-25$",
    "(Mobile|Tablet)",
    "^/shop/.*",
    "win.*ter",
    "^[a-z]+@example\\.com$",
    "v\\d{1,3}",
    "^(?:a|b)?c",
    "x{2,}",
  ])("%s is run", (pattern) => expect(regexProblem(pattern)).toBeUndefined());

  it.each([
    "(a+)+$",
    "(a|a)*b",
    "(a*)*",
    "a*a*a*a*b",
    "(?=a)b",
    "(?!a)b",
    "(?<=a)b",
    "(a)\\1",
    "(?<n>a)\\k<n>",
    "a?".repeat(25),
    "((a{90}){90}){90}",
    "(a|b)".repeat(30),
    "a{1,5000}",
    ".*foo.*",
    "x".repeat(201),
    "(",
  ])("%s is refused", (pattern) => {
    expect(regexProblem(pattern)).toBeTypeOf("string");
    expect(compileRegex(pattern, false)).toBeUndefined();
  });

  it("whatever is run ends soon, on values made to keep it busy", () => {
    const piece = fc.constantFrom(
      "a",
      "b",
      ".",
      "[ab]",
      "(a)",
      "(a|b)",
      "(?:ab)",
      "a*",
      "a+",
      "a?",
      "b{1,5}",
      ".*",
      "^",
      "$",
      "|",
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const test = compileRegex(pieces.join(""), false);
        if (!test) return;
        const startedAt = performance.now();
        test(`${"a".repeat(255)}!`);
        test("ab".repeat(128));
        expect(performance.now() - startedAt).toBeLessThan(250);
      }),
      { numRuns: 1_000 },
    );
  });

  it("match no value longer than 256 characters", () => {
    expect(compileRegex("^a", false)?.("a".repeat(257))).toBe(false);
  });
});
