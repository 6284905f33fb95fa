import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { contextSchema, nativeEventSchema } from "#contracts/event";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { fitsOf } from "../../../src/collect/fits.ts";

const contracts = Object.values(EVENT_CONTRACTS);
const schemas: [string, z.ZodType][] = [
  ["context", contextSchema()],
  ["native", nativeEventSchema()],
  ...contracts.map(({ name, properties }): [string, z.ZodType] => [name, properties]),
];

/** Values near those that fit: an example with one of its places replaced by something else. */
const replacements = fc.oneof(
  fc.constantFrom(
    undefined,
    null,
    "",
    "2026-02-30",
    "2026-02-28",
    "EUR",
    "eur",
    "x".repeat(5000),
    Number.NaN,
    Infinity,
    -1,
    0,
    1.5,
    2 ** 60,
  ),
  fc.jsonValue({ maxDepth: 3 }),
);
const CONTEXT = {
  page: { url: "https://shop.example.com/?utm_source=x", title: "Shop", referrer: "" },
  utm: { source: "x" },
  locale: "sk-SK",
  library: { name: "doorstep.js", version: "1.0.0" },
};
const NATIVE = {
  id: "e1",
  name: "page_view",
  occurred_at: "2026-11-22T10:00:00.000Z",
  user_id: "u1",
  properties: {},
  context: {},
};

const placesOf = (value: unknown, path: string[] = []): string[][] => [
  path,
  ...(typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => placesOf(inner, [...path, key]))
    : []),
];

function replaced(value: unknown, [key, ...rest]: string[], by: unknown): unknown {
  if (key === undefined) return by;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value)
    ? [...value]
    : { ...(value as object) };
  Reflect.set(copy, key, replaced(Reflect.get(copy, key), rest, by));
  return copy;
}

describe("the quick yes of a schema", () => {
  it.each(
    contracts.flatMap((c) => c.examples.map((e) => [c.name, e.title, c.properties, e.properties] as const)),
  )("%s: says yes to the example %s", (_name, _title, schema, properties) => {
    expect(fitsOf(schema)(properties)).toBe(true);
  });

  it("says yes to a usual context and event", () => {
    expect(fitsOf(contextSchema())(CONTEXT)).toBe(true);
    expect(fitsOf(nativeEventSchema())(NATIVE)).toBe(true);
  });

  it.each(schemas)("%s: whatever fits, zod takes as it is", (name, schema) => {
    const fits = fitsOf(schema);
    const contract = contracts.find((c) => c.name === name);
    const seeds: unknown[] = contract
      ? contract.examples.map((e) => e.properties)
      : [name === "context" ? CONTEXT : NATIVE];
    const near = fc
      .constantFrom(...seeds.flatMap((seed) => placesOf(seed).map((path) => ({ seed, path }))))
      .chain(({ seed, path }) => replacements.map((by) => replaced(seed, path, by)));
    fc.assert(
      fc.property(fc.oneof(near, fc.jsonValue()), (value) => {
        if (!fits(value)) return;
        const parsed = schema.safeParse(value);
        expect(parsed.success).toBe(true);
        // zod changes nothing of what it takes but to leave out what is not named.
        expect(value).toMatchObject(parsed.data as object);
      }),
      { numRuns: 2000 },
    );
  });

  it("leaves to zod what it does not understand", () => {
    const odd = [
      z.string().refine(() => false),
      z.strictObject({}),
      z.union([z.string().trim(), z.literal(2)]),
      z.record(z.enum(["a", "b"]), z.number()),
      z.record(z.string(), z.number()).refine(() => false),
      z.string().trim(),
      z.number().gt(1),
    ];
    for (const schema of odd)
      expect(fitsOf(schema)({ a: 1 }) || fitsOf(schema)("a") || fitsOf(schema)(2)).toBe(false);
  });
});
