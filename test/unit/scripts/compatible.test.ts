/** Which differences between two versions of a contract need a major version; each is told with the field's name. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { behavioural, identifier, personal, technical } from "../../../contracts/fields.ts";
import type { JsonSchema } from "../../../scripts/contracts/change.ts";
import { compareSchemas } from "../../../scripts/contracts/compatible.ts";
import { publishedSchemas } from "../../../scripts/contracts/schemas.ts";

const json = (schema: z.ZodType): JsonSchema => z.toJSONSchema(schema, { io: "input" });
const one = (field: z.ZodType) => json(z.object({ f: field }));
const compare = (older: z.ZodType, newer: z.ZodType) =>
  compareSchemas(one(older), one(newer)).map(
    ({ field, what, breaking }) => `${field} ${what}${breaking ? " !" : ""}`,
  );
const text = z.string();

/** [title, older, newer, what is said]; `!` marks what needs a major version. */
const CASES: [string, z.ZodType, z.ZodType, string[]][] = [
  ["nothing", text.max(5), text.max(5).describe("Anything."), []],
  ["an optional field more", z.object({}), z.object({ a: text.optional() }), ["f.a is new"]],
  ["a required field more", z.object({}), z.object({ a: text }), ["f.a is new and required !"]],
  ["a field less", z.object({ a: text.optional() }), z.object({}), ["f.a is removed !"]],
  [
    "a field renamed",
    z.object({ colour: text }),
    z.object({ color: text }),
    ["f.colour is removed !", "f.color is new and required !"],
  ],
  [
    "an optional field required",
    z.object({ a: text.optional() }),
    z.object({ a: text }),
    ["f.a is now required !"],
  ],
  ["a required field optional", z.object({ a: text }), z.object({ a: text.optional() }), ["f.a is optional"]],
  [
    "a number to an integer",
    z.number(),
    z.int().min(-1e9).max(1e9),
    [
      "f must now be integer (was number) !",
      "f must be at least -1000000000 now !",
      "f must be at most 1000000000 now !",
    ],
  ],
  [
    "an integer to a number",
    z.int(),
    z.number(),
    ["f may now be number", "f has no minimum any more", "f has no maximum any more"],
  ],
  ["a text to a number", text, z.number(), ["f must now be number (was string) !"]],
  ["a text to anything", text, z.unknown(), ["f takes any type"]],
  ["anything to a text", z.unknown(), text, ["f must now be string (was any type) !"]],
  ["a choice less", z.enum(["a", "b"]), z.enum(["a"]), ['f does not take "b" any more !']],
  ["a choice more", z.enum(["a"]), z.enum(["a", "b"]), ['f may be "b"']],
  ["a text to choices", text, z.enum(["a", "b"]), ['f takes only "a", "b" now !']],
  ["choices to a text", z.enum(["a"]), text, ["f takes other values than those listed"]],
  ["another constant", z.literal("a"), z.literal("b"), ['f does not take "a" any more !', 'f may be "b"']],
  ["a shorter text", text.max(128), text.max(64), ["f must have at most 64 characters now (was 128) !"]],
  ["a longer text", text.max(64), text.max(128), ["f must have at most 128 characters (was 64)"]],
  ["a limit where there was none", text, text.max(64), ["f must have at most 64 characters now !"]],
  ["no limit where there was one", text.max(64), text, ["f has no maxLength any more"]],
  ["an empty text not allowed", text, text.min(1), ["f must have at least 1 characters now !"]],
  ["a higher least number", z.number().min(0), z.number().min(1), ["f must be at least 1 now (was 0) !"]],
  ["a lower least number", z.number().min(1), z.number().min(0), ["f must be at least 0 (was 1)"]],
  [
    "a bound that is out now",
    z.number().max(9),
    z.number().lt(9),
    ["f must be at most 9, exclusive now (was 9) !"],
  ],
  [
    "a bound that is in now",
    z.number().gt(0),
    z.number().min(0),
    ["f must be at least 0 (was 0, exclusive)"],
  ],
  [
    "fewer entries",
    z.array(text).max(9),
    z.array(text).max(5),
    ["f must have at most 5 entries now (was 9) !"],
  ],
  ["shorter entries", z.array(text), z.array(text.max(5)), ["f[] must have at most 5 characters now !"]],
  [
    "a field of an entry less",
    z.array(z.object({ price: z.number() })),
    z.array(z.object({})),
    ["f[].price is removed !"],
  ],
  ["a pattern", text, text.regex(/^a/), ['f must now have the pattern "^a" !']],
  [
    "another pattern",
    text.regex(/^a/),
    text.regex(/^[ab]/),
    ['f must now have the pattern "^[ab]" (was "^a") !'],
  ],
  ["no pattern", text.regex(/^a/), text, ["f has no pattern any more"]],
  ["strict where it was open", z.object({}), z.strictObject({}), ["f takes no other fields any more !"]],
  ["open where it was strict", z.strictObject({}), z.object({}), ["f takes other fields"]],
  [
    "shorter values of a record",
    z.record(text, text),
    z.record(text, text.max(5)),
    ["f.(any name) must have at most 5 characters now !"],
  ],
  [
    "fewer names of a record",
    z.record(text, text),
    z.record(text.max(5), text),
    ["f.(its names) must have at most 5 characters now !"],
  ],
  ["one more type", text, z.union([text, z.number()]), ["f may now be number or string"]],
  ["one more form", text.max(5), z.union([text.max(5), z.number()]), ["f may take one more form"]],
  [
    "one form of several less",
    z.union([text.max(5), z.number(), z.boolean()]),
    z.union([text.max(5), z.number()]),
    ["f must now be number (was boolean) !"],
  ],
  ["one form less", z.union([text, z.number()]), text, ["f takes no number any more !"]],
  ["nothing allowed as well", text, text.nullable(), ["f may now be null or string"]],
  ["nothing not allowed any more", text.nullable(), text, ["f takes no null any more !"]],
  [
    "a field of one variant less",
    z.discriminatedUnion("k", [z.object({ k: z.literal("a"), x: text }), z.object({ k: z.literal("b") })]),
    z.discriminatedUnion("k", [z.object({ k: z.literal("b") }), z.object({ k: z.literal("a") })]),
    ["f.x is removed !"],
  ],
  [
    "variants with one mark",
    behavioural(text.max(5)),
    behavioural(z.union([text.max(5), z.number()])),
    ["f may take one more form"],
  ],
  ["another default", text.default("a"), text.default("b"), ['f has the default "b" (was "a") !']],
  [
    "parts of a pair",
    z.tuple([text, text]),
    z.tuple([text, z.number()]),
    ["f[1] must now be number (was string) !"],
  ],
  [
    "a class that protects less",
    personal(text),
    behavioural(text),
    [
      "f is behavioural (was personal): it is protected less !",
      "f may serve analytics now, too !",
      "f may serve personalization now, too !",
    ],
  ],
  [
    "a class that protects more",
    technical(text, ["marketing"]),
    personal(text),
    ["f is personal (was technical)"],
  ],
  [
    "one purpose more",
    technical(text, ["analytics"]),
    technical(text, ["analytics", "marketing"]),
    ["f may serve marketing now, too !"],
  ],
  [
    "one purpose less",
    technical(text),
    technical(text, ["analytics", "marketing"]),
    ["f may serve personalization no more"],
  ],
  [
    "a hash for one purpose more",
    identifier(text, []),
    identifier(text, ["analytics"]),
    ["f may be kept as a hash for analytics now, too !"],
  ],
  [
    "not coarsened any more",
    behavioural(text, "url"),
    behavioural(text),
    ["f is coarsened as nothing (was url) !"],
  ],
  [
    "coarsened otherwise",
    behavioural(text, "url"),
    behavioural(text, "text"),
    ["f is coarsened as text (was url) !"],
  ],
  ["coarsened from now on", behavioural(text), behavioural(text, "text"), ["f is coarsened as text"]],
  ["without a class any more", behavioural(text), text, ["f has no class and no purposes any more !"]],
  ["with a class from now on", text, behavioural(text), ["f has a class now"]],
];

describe("a contract changes", () => {
  it.each(CASES)("%s", (_title, older, newer, said) => {
    expect(compare(older, newer)).toEqual(said);
  });

  it("below optional fields and in arrays of arrays, by the whole path", () => {
    const at = (limit: number) =>
      z.object({ page: z.object({ rows: z.array(z.array(z.object({ url: text.max(limit) }))) }).optional() });
    expect(compareSchemas(json(at(9)), json(at(8)))).toEqual([
      {
        field: "page.rows[][].url",
        what: "must have at most 8 characters now (was 9)",
        breaking: true,
      },
    ]);
  });

  it("in schemas that contain themselves", () => {
    const loop = (label: z.ZodType): z.ZodType => {
      const node: z.ZodType = z.object({ label, children: z.array(z.lazy(() => node)).optional() });
      return node;
    };
    expect(compareSchemas(json(loop(text)), json(loop(text)))).toEqual([]);
    expect(compareSchemas(json(loop(text)), json(loop(z.number()))).map(({ field }) => field)).toContain(
      "label",
    );
    expect(compareSchemas(json(z.json()), json(z.json()))).toEqual([]);
  });

  it("refuses a reference to nothing", () => {
    expect(() => compareSchemas({ $ref: "#/$defs/none" }, {})).toThrow("#/$defs/none");
  });
});

type Pair = readonly [older: z.ZodType, newer: z.ZodType];
type Field = readonly [name: string, pair: Pair, wasOptional: boolean, isOptional: boolean];

/** Two versions of a schema of the kinds that contracts use: alike, so that many are compatible. */
const anyPair = fc.letrec<{ pair: Pair }>((tie) => {
  const both = <T>(value: fc.Arbitrary<T>, make: (value: T) => z.ZodType) =>
    fc.tuple(value, value).map(([was, is]): Pair => [make(was), make(is)]);
  const choice = fc.uniqueArray(fc.constantFrom("a", "b", "abcdef"), { minLength: 1 });
  const range = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.nat(9));
  const field = fc.tuple(fc.constantFrom("a", "b", "c"), tie("pair"), fc.boolean(), fc.boolean());
  // Strict: what an open one took for a field that it did not know, nobody read.
  const object = (fields: readonly Field[], side: 0 | 1) =>
    z.strictObject(
      Object.fromEntries(
        fields.map(([name, pair, was, is]) => [name, (side ? is : was) ? pair[side].optional() : pair[side]]),
      ),
    );
  return {
    pair: fc.oneof(
      { maxDepth: 3 },
      both(fc.nat(9), (max) => z.string().max(max)),
      both(range, ([min, more]) =>
        z
          .number()
          .min(min)
          .max(min + more),
      ),
      both(choice, (values) => z.enum(values)),
      both(fc.boolean(), (bool) => (bool ? z.boolean() : z.literal(true))),
      tie("pair").map(([was, is]): Pair => [z.array(was), z.array(is)]),
      fc
        .uniqueArray(field, { selector: ([name]) => name })
        .map((fields): Pair => [object(fields, 0), object(fields, 1)]),
      fc
        .tuple(tie("pair"), tie("pair"))
        .map(([a, b]): Pair => [z.union([a[0], b[0]]), z.union([b[1], a[1]])]),
      fc.tuple(tie("pair"), tie("pair")).map(([a, b]): Pair => [a[0], z.union([b[1], a[1]])]),
    ),
  };
}).pair;

const someValue = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom("", "a", "b", "abcdef", -3, 0, 2, 7, true),
    fc.array(tie("value"), { maxLength: 2 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { maxKeys: 3 }),
  ),
})).value;

describe("whatever the schemas are", () => {
  it("one that is called compatible takes what the older one takes", () => {
    let compared = 0;
    fc.assert(
      fc.property(
        anyPair,
        fc.array(someValue, { minLength: 10, maxLength: 30 }),
        ([older, newer], values) => {
          if (compareSchemas(json(older), json(newer)).some(({ breaking }) => breaking)) return;
          for (const value of values) {
            if (!older.safeParse(value).success) continue;
            compared++;
            expect(newer.safeParse(value).success, JSON.stringify([value, json(older), json(newer)])).toBe(
              true,
            );
          }
        },
      ),
      { numRuns: 1000 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  it("a published contract does not differ from itself", () => {
    for (const [file, schema] of publishedSchemas())
      expect(compareSchemas(JSON.parse(schema), JSON.parse(schema)), file).toEqual([]);
  });
});
