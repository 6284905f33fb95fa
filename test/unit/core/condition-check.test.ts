/** What is said of a condition before it is published: wrong types, what can never hold, and sizes that nobody means. */
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { checkCondition, compileCondition } from "#core/condition";
import { regexProblem } from "#core/condition/regex";
import type { AttributeType } from "#core/condition/types";
import { attributeTypes } from "#release/attribute-types";
import { fastest } from "../../setup/fastest.ts";

const known = new Map<string, AttributeType>([
  ["purchases_30d", { least: 0 }],
  ["revenue", "number"],
  ["top_topic", "string"],
  ["abandoned", "boolean"],
  ["last_value", "unknown"],
  ["segments", "string[]"],
  ["device", { oneOf: ["desktop", "mobile"] }],
  ["affinity", { parts: "numbers" }],
  ["rfm", { parts: { recency: { least: 1, most: 5 }, code: "string" } }],
]);

type Case = [condition: Record<string, unknown>, path: string, message: string];

const wrongTypes: Case[] = [
  [{ purchases_30d: "3" }, "purchases_30d", "must be a number, which the field is"],
  [{ purchases_30d: true }, "purchases_30d", "must be a number, which the field is"],
  [{ purchases_30d: { $in: ["a"] } }, "purchases_30d.$in.0", "must be a number, which the field is"],
  [{ purchases_30d: { $regex: "^1" } }, "purchases_30d.$regex", "cannot be asked of a number"],
  [{ purchases_30d: { $gte: "2" } }, "purchases_30d.$gte", "must be a number, which the field is"],
  [{ purchases_30d: { $vgt: "1.2" } }, "purchases_30d.$vgt", "cannot be asked of a number"],
  [{ purchases_30d: { $size: 1 } }, "purchases_30d.$size", "cannot be asked of a number"],
  [{ purchases_30d: { $type: "string" } }, "purchases_30d.$type", "can never hold: the field is a number"],
  [{ purchases_30d: [1] }, "purchases_30d", "must be a number, which the field is"],
  [{ purchases_30d: {} }, "purchases_30d", "must be an operator or a value: the field is a number"],
  [
    { purchases_30d: { $not: { $eq: "1" } } },
    "purchases_30d.$not.$eq",
    "must be a number, which the field is",
  ],
  [{ top_topic: 5 }, "top_topic", "must be text, which the field is"],
  [{ top_topic: { $gt: 5 } }, "top_topic.$gt", "must be text, which the field is"],
  [{ top_topic: { $elemMatch: { $eq: "a" } } }, "top_topic.$elemMatch", "cannot be asked of text"],
  [{ abandoned: 1 }, "abandoned", "must be true or false, which the field is"],
  [{ abandoned: { $gt: true } }, "abandoned.$gt", "cannot be asked of true or false"],
  [{ device: "phone" }, "device", "must be one of desktop, mobile"],
  [{ device: { $nin: ["desktop", "watch"] } }, "device.$nin.1", "must be one of desktop, mobile"],
  [
    { segments: "loyal" },
    "segments",
    "must be asked with $in, $all, $elemMatch or $size: the field is a list",
  ],
  [
    { segments: { $eq: "loyal" } },
    "segments.$eq",
    "cannot be asked of a list of texts: use $in, $all, $elemMatch or $size",
  ],
  [{ segments: { $all: [1] } }, "segments.$all.0", "must be text, which the field is"],
  [
    { segments: { $elemMatch: { name: "a" } } },
    "segments.$elemMatch",
    "must be an operator or a value: the field is text",
  ],
  [{ rfm: { $gte: 3 } }, "rfm", "is an object: ask about its parts, by path"],
  [{ "rfm.recency": { $regex: "5" } }, "rfm.recency.$regex", "cannot be asked of a number"],
  [{ "rfm.loudness": 1 }, "rfm.loudness", "is no part of the field"],
  [{ "affinity.winter": "much" }, "affinity.winter", "must be a number, which the field is"],
  [{ "affinity.winter.more": 1 }, "affinity.winter.more", "is no part of the field"],
  [{ "top_topic.length": 1 }, "top_topic.length", "is no part of the field"],
  [{ "constructor.name": "a" }, "constructor.name", "is no known field"],
  [{ rfm: { $in: [1] } }, "rfm", "is an object: ask about its parts, by path"],
  [{ "rfm.constructor": 1 }, "rfm.constructor", "is no part of the field"],
  [
    { top_topic: { $inGroup: "g" } },
    "top_topic.$inGroup",
    "names a saved group, and there are none here: use $in, or a segment",
  ],
  [{ $savedGroup: { id: "g" } }, "$savedGroup", "is no operator that can stand here"],
];

const impossible: Case[] = [
  [{ revenue: { $gte: 5, $lt: 3 } }, "revenue", "can never hold"],
  [{ revenue: { $gt: 5, $lt: 5 } }, "revenue", "can never hold"],
  [{ revenue: { $gt: 5, $lte: 5 } }, "revenue", "can never hold"],
  [{ revenue: { $eq: 1, $ne: 1 } }, "revenue", "can never hold"],
  [{ last_value: { $eq: 1, $ne: 1 } }, "last_value", "can never hold"],
  [{ last_value: { $gte: 5, $lt: 3 } }, "last_value", "can never hold"],
  [{ revenue: { $in: [1, 2], $gt: 2 } }, "revenue", "can never hold"],
  [{ revenue: { $in: [] } }, "revenue.$in", "is empty, and so matches nobody"],
  [{ $nor: [] }, "$nor", "is empty, and so matches nobody"],
  [{ purchases_30d: { $lt: 0 } }, "purchases_30d", "can never hold"],
  [{ purchases_30d: -1 }, "purchases_30d", "can never hold"],
  [{ "rfm.recency": { $gt: 5 } }, "rfm.recency", "can never hold"],
  [{ segments: { $size: -1 } }, "segments.$size", "is the length of no list"],
  [{ segments: { $size: 1.5 } }, "segments.$size", "is the length of no list"],
  [{ segments: { $in: ["a"], $nin: ["a"] } }, "segments", "can never hold"],
  [{ segments: { $all: ["a", "b"], $nin: ["b"] } }, "segments", "can never hold"],
  [{ segments: { $exists: false, $in: ["a"] } }, "segments", "can never hold"],
  [{ device: { $ne: "desktop", $nin: ["mobile"], $exists: true } }, "device", "can never hold"],
  [{ abandoned: { $ne: true, $nin: [false, null] } }, "abandoned", "can never hold"],
  [{ top_topic: { $in: ["winter"], $regex: "^sail" } }, "top_topic", "can never hold"],
  [{ top_topic: { $gt: "b", $lt: "a" } }, "top_topic", "can never hold"],
  [
    { $and: [{ revenue: { $gte: 5 } }, { revenue: { $lt: 3 } }] },
    "$and.1.revenue",
    "can never hold together with $and.0.revenue",
  ],
  [
    { revenue: { $gte: 5 }, $or: [{ revenue: { $lt: 3 } }, { device: "mobile" }] },
    "$or.0.revenue",
    "can never hold together with revenue",
  ],
  [{ $not: { revenue: { $gte: 5, $lt: 3 } } }, "$not.revenue", "can never hold"],
];

describe("checkCondition, of fields whose types are known", () => {
  it.each([...wrongTypes, ...impossible])("refuses %j", (condition, path, message) => {
    expect(checkCondition(condition, known)).toEqual([{ path, message }]);
  });

  it.each([
    { revenue: { $gte: 5, $lt: 5.5 }, top_topic: "winter" },
    { revenue: { $gte: 5, $lte: 5 } },
    { revenue: null, top_topic: { $ne: null } },
    { revenue: { $gte: 5 }, $nor: [{ revenue: { $gte: 10 } }] },
    { $or: [{ revenue: { $gte: 5 } }, { revenue: { $lt: 3 } }] },
    { top_topic: { $regexi: "^win", $nin: ["windows"] } },
    { top_topic: { $gt: "a", $lt: "b" } },
    { top_topic: { $ini: ["Winter"], $ne: "winter" } },
    { last_value: { $in: ["a", 1], $regex: "^a" } },
    { last_value: { $size: 2, $all: ["a"] } },
    { last_value: "5", revenue: { $gt: 1 } },
    { segments: { $all: ["a", "b"], $nin: ["c"], $size: 2 } },
    { segments: { $elemMatch: { $regex: "^loyal" } } },
    { segments: ["a", "b"] },
    { segments: { $size: { $gte: 2 } } },
    { device: { $ne: "desktop" }, abandoned: false },
    { rfm: { $exists: true }, "rfm.code": { $in: ["555"] }, "rfm.recency": { $gte: 4 } },
    { "affinity.winter": { $gt: 0.5 } },
    { "affinity.constructor": { $gt: 0.5 } },
    { purchases_30d: 0 },
  ])("lets %j through", (condition) => {
    expect(checkCondition(condition, known)).toEqual([]);
  });

  it("never calls a condition impossible that some value meets", () => {
    const fields = [
      "revenue",
      "purchases_30d",
      "top_topic",
      "abandoned",
      "device",
      "segments",
      "last_value",
    ] as const;
    const constant = {
      revenue: fc.constantFrom(-1, 0, 1, 2, 3),
      purchases_30d: fc.constantFrom(0, 1, 2, 3),
      top_topic: fc.constantFrom("", "a", "b", "ab"),
      abandoned: fc.boolean(),
      device: fc.constantFrom("desktop", "mobile"),
      segments: fc.constantFrom("a", "b", "c"),
      last_value: fc.constantFrom(0, 1, 2, 3),
    };
    const values = {
      revenue: fc.constantFrom(null, -1, -0.5, 0, 0.5, 1, 1.5, 2, 3, 4),
      purchases_30d: fc.constantFrom(null, 0, 0.5, 1, 2, 3, 4),
      top_topic: fc.constantFrom(null, "", "a", "aa", "ab", "b", "c"),
      abandoned: fc.constantFrom(null, true, false),
      device: fc.constantFrom(null, "desktop", "mobile"),
      segments: fc.option(fc.subarray(["a", "b", "c", "d"])),
      last_value: fc.constantFrom(null, 0, 1, 2, 3, "0", "1", "2", "3", [1], true),
    };
    const clause = fc.constantFrom(...fields).chain((field) => {
      const one = constant[field] as fc.Arbitrary<unknown>;
      const some = fc.array(one, { minLength: 1, maxLength: 3 });
      const single = [
        "$eq",
        "$ne",
        ...(typeof field === "string" && field !== "abandoned" ? ["$lt", "$gte"] : []),
      ];
      const operator =
        field === "segments"
          ? fc.tuple(fc.constantFrom("$in", "$nin", "$all"), some)
          : fc.oneof(
              fc.tuple(fc.constantFrom(...single), one),
              fc.tuple(fc.constantFrom("$in", "$nin"), some),
            );
      const inner = operator.map(([name, operand]) => ({ [name]: operand }));
      return fc
        .oneof(
          inner,
          inner.map(($not) => ({ $not })),
        )
        .map((value) => ({ [field]: value }));
    });
    const person = fc.record(values);
    fc.assert(
      fc.property(
        fc.array(clause, { minLength: 1, maxLength: 4 }),
        fc.array(person, { minLength: 10, maxLength: 10 }),
        ($and, people) => {
          const condition = { $and };
          const issues = checkCondition(condition, known);
          const test = compileCondition(condition);
          if (people.some(test)) expect(issues).toEqual([]);
        },
      ),
      { numRuns: 1_500 },
    );
  });
});

describe("checkCondition, of fields of which only names are known", () => {
  it("asks for no type, and sees what can never hold all the same", () => {
    const names = new Set(["a", "b"]);
    expect(checkCondition({ a: { $in: ["x", 1] }, "b.c": "5" }, names)).toEqual([]);
    expect(checkCondition({ a: { $gt: 2, $lt: 1 } }, names)).toEqual([
      { path: "a", message: "can never hold" },
    ]);
    expect(checkCondition({ c: 1 }, names)).toEqual([{ path: "c", message: "is no known field" }]);
    expect(checkCondition({ anything: 1 })).toEqual([]);
  });
});

describe("conditions that are too large", () => {
  const wide = Object.fromEntries(Array.from({ length: 200_000 }, (_, n) => [`field-${n}`, n]));
  let deep: unknown = "x";
  for (let n = 0; n < 200_000; n++) deep = { revenue: { $not: deep } };

  it.each([
    ["10 MB of keys", wide],
    ["10 MB of one text", { top_topic: "x".repeat(10_000_000) }],
    ["10 MB in a list", { top_topic: { $in: Array.from({ length: 1_000_000 }, (_, n) => `value-${n}`) } }],
    ["a million alternatives", { $or: Array.from({ length: 1_000_000 }, () => ({ revenue: 1 })) }],
    [
      "one field again and again",
      { $and: Array.from({ length: 4_000 }, (_, n) => ({ revenue: { $ne: n, $lt: n } })) },
    ],
    ["a list of lists", { segments: { $all: Array.from({ length: 200_000 }, () => ["a"]) } }],
    ["200,000 levels", { revenue: deep }],
  ])("%s: checked in little time", (_name, condition) => {
    // Some 20 ms of a free core; what takes time with the square of the size would take minutes.
    expect(fastest(() => checkCondition(condition, known), 3)).toBeLessThan(2_000);
  });

  it("are refused with one sentence", () => {
    expect(checkCondition({ $or: Array.from({ length: 20_000 }, () => ({ revenue: 1 })) }, known)).toEqual([
      { path: "$or.4999", message: "has more than 10000 parts" },
    ]);
    expect(checkCondition({ top_topic: "x".repeat(10_000) }, known)).toEqual([
      { path: "top_topic", message: "is longer than 1000 characters" },
    ]);
  });
});

describe("the types of a release's attributes", () => {
  it("follow from its features", () => {
    const { policy } = JSON.parse(
      readFileSync(new URL("../../../demo/release.json", import.meta.url), "utf8"),
    );
    const document = releaseSchema.parse({
      policy,
      features: {
        purchases: { event: "purchase", agg: "count", window: "30d" },
        revenue: { event: "purchase", agg: "sum", field: "value" },
        topic: { event: "page_view", agg: "top", field: "content.topic", window: "30d" },
        last_topic: { event: "page_view", agg: "last", field: "content.topic" },
        seen: { event: "page_view", agg: "recency" },
        likes: { affinity: { of: "topic" } },
        rfm: { rfm: { recency: "seen", frequency: "purchases", monetary: "revenue" } },
        abandoned: {
          sequence: [{ event: "add_to_cart" }, { event: "purchase", within: "3h", absent: true }],
        },
        engagement: { score: { points: { purchases: 10 }, max: 50 } },
      },
    });
    const types = attributeTypes(document);
    expect(Object.fromEntries(Object.keys(document.features).map((name) => [name, types.get(name)]))).toEqual(
      {
        purchases: { least: 0 },
        revenue: "number",
        topic: "string",
        last_topic: "unknown",
        seen: { least: 0 },
        likes: { parts: "numbers" },
        rfm: {
          parts: {
            recency: { least: 1, most: 5 },
            frequency: { least: 1, most: 5 },
            monetary: { least: 1, most: 5 },
            code: "string",
          },
        },
        abandoned: "boolean",
        engagement: { least: 0, most: 50 },
      },
    );
    expect(checkCondition({ lifecycle_stage: "whale" }, types)).toHaveLength(1);
    expect(
      checkCondition({ "rfm.code": "555", "likes.winter": { $gt: 0.5 }, segments: { $in: ["a"] } }, types),
    ).toEqual([]);
  });
});

describe("patterns made to slip through", () => {
  it("a pattern begins with ^ only where each of its alternatives does", () => {
    expect(regexProblem("^a*a*b")).toBeUndefined();
    expect(regexProblem("^a*a*b|^b")).toBeUndefined();
    expect(regexProblem("^a*a*b|b")).toMatch(/may take too long/);
    expect(regexProblem("^\\\\|a*a*b")).toMatch(/may take too long/);
  });

  it.each([
    "(?:a|aa)+$",
    "(?:a|a)+$",
    "([a-z]+)*$",
    "(?:(?:a?)+)+$",
    "(?<n>a+)+$",
    "(?i:a+)+$",
    "(?-i:a|b)+",
    "a{1,200}a{1,200}a{1,200}b",
    "^(?:.?){250}$",
    "^(?:a{0,5}){40}$",
    "^(?:a|b|ab){30}$",
    "[]a]*[]a]*[]a]*c",
    "[^]]*[^]]*[^]]*c",
    "\\p{L}*\\p{L}*\\p{L}*!",
    "\\u{61}*",
    "(?:x*)*y",
    "^a*|a*a*a*b",
    "^\\\\|a*a*b",
    "^(?:|a)a*a*b",
    "^(a*){2}(a*){2}b",
    "\\b\\b\\b\\b(a*)(a*)b*c*$",
    "(?:a*?){3}b",
    "^.*?.*?.*?!$",
  ])("%s is refused, or soon done", (pattern) => {
    if (regexProblem(pattern) !== undefined) return;
    const test = compileCondition({ a: { $regexi: pattern } });
    for (const value of [
      "a".repeat(256),
      `${"a".repeat(255)}!`,
      "ab".repeat(128),
      "]".repeat(256),
      "ľ".repeat(256),
      "u".repeat(256),
    ])
      expect(fastest(() => test({ a: value }), 3)).toBeLessThan(50);
  });
});
