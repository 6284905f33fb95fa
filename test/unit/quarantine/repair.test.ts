/** Repairs: what their steps make of an event, which events they are for, and which repairs can do nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Repair, type RepairStep, repairSchema } from "#contracts/definitions/repair";
import { repairIssues } from "#contracts/definitions/repair_issues";
import type { KeptEvent } from "../../../src/collect/quarantine/open-kept.ts";
import { castTo, matches, repaired } from "../../../src/collect/quarantine/repair.ts";

const kept = (properties: unknown, more: Partial<KeptEvent> = {}): KeptEvent => ({
  v: 1,
  name: "purchase",
  occurredAt: 1_000,
  protocol: "native",
  code: "invalid_event",
  paths: ["properties.currency"],
  consent: { receipt: "r", regime: "gdpr", granted: ["marketing"], grounds: {}, decidedAt: 0 },
  proof: "claim",
  identifiers: [],
  properties,
  context: {},
  server: {},
  left: [],
  ...more,
});

const repair = (steps: RepairStep[], match: Repair["match"] = { name: "purchase" }): Repair => ({
  match,
  steps,
});
const put = (steps: RepairStep[], properties: unknown, more: Partial<KeptEvent> = {}) =>
  repaired([repair(steps)], "web", kept(properties, more));

describe("a step", () => {
  const cases: { title: string; steps: RepairStep[]; before: unknown; after: unknown }[] = [
    {
      title: "renames a field",
      steps: [{ rename: { from: "properties.total", to: "properties.value" } }],
      before: { total: 12 },
      after: { value: 12 },
    },
    {
      title: "renames nothing where there is nothing",
      steps: [{ rename: { from: "properties.total", to: "properties.value" } }],
      before: { value: 9 },
      after: { value: 9 },
    },
    {
      title: "renames within each line of a list",
      steps: [{ rename: { from: "properties.items.*.sku", to: "properties.items.*.product_id" } }],
      before: { items: [{ sku: "a" }, { sku: "b", quantity: 2 }, "odd"] },
      after: { items: [{ product_id: "a" }, { product_id: "b", quantity: 2 }, "odd"] },
    },
    {
      title: "renames a list, and then within it",
      steps: [
        { rename: { from: "properties.products", to: "properties.items" } },
        { cast: { path: "properties.items.*.price", to: "number" } },
      ],
      before: { products: [{ price: "1.5" }, { price: 2 }, {}] },
      after: { items: [{ price: 1.5 }, { price: 2 }, {}] },
    },
    {
      title: "moves a field into an object that is not there yet",
      steps: [{ rename: { from: "properties.id", to: "properties.content.content_id" } }],
      before: { id: "a" },
      after: { content: { content_id: "a" } },
    },
    {
      title: "casts each element of a list",
      steps: [{ cast: { path: "properties.taxonomy.*", to: "string" } }],
      before: { taxonomy: [1, "b"] },
      after: { taxonomy: ["1", "b"] },
    },
    {
      title: "gives a default only where there is no value",
      steps: [
        { default: { path: "properties.currency", value: "EUR" } },
        { default: { path: "properties.value", value: 1 } },
        { default: { path: "properties.coupon", value: "none" } },
      ],
      before: { currency: null, value: 0 },
      after: { currency: "EUR", value: 0, coupon: "none" },
    },
    {
      title: "drops a field",
      steps: [{ drop: "properties.items.*.debug" }, { drop: "properties.none.here" }],
      before: { items: [{ debug: 1, product_id: "a" }] },
      after: { items: [{ product_id: "a" }] },
    },
    {
      title: "does not go through what is no object",
      steps: [{ default: { path: "properties.value.amount", value: 1 } }],
      before: { value: "12" },
      after: { value: "12" },
    },
  ];
  it.each(cases)("$title", ({ steps, before, after: expected }) => {
    const given = structuredClone(before);
    expect(put(steps, given).properties).toEqual(expected);
    expect(given).toEqual(before);
  });

  it("gives an event another name, and the newest version of that contract", () => {
    expect(put([{ event: "refund" }], {}, { version: "1.0.0" })).toMatchObject({ name: "refund" });
    expect(put([{ event: "refund" }], {}, { version: "1.0.0" }).version).toBeUndefined();
  });

  it("takes a time away that cannot be right", () => {
    expect(put([{ drop: "occurred_at" }], {}).occurredAt).toBeUndefined();
    expect(put([], {}).occurredAt).toBe(1_000);
  });

  it.each([
    ["420.50", "number", 420.5],
    [" -3 ", "number", -3],
    ["1,50", "number", "1,50"],
    ["", "number", ""],
    ["1e400", "number", "1e400"],
    [5, "string", "5"],
    [{ a: 1 }, "string", { a: 1 }],
    ["TRUE", "boolean", true],
    [0, "boolean", false],
    ["maybe", "boolean", "maybe"],
    ["2026-11-22T23:30:00+02:00", "date", "2026-11-22"],
    [1795341600, "date", "2026-11-22"],
    [1795341600000, "date", "2026-11-22"],
    [8.7e15, "date", 8.7e15],
    ["tomorrow", "date", "tomorrow"],
    ["eur", "uppercase", "EUR"],
    ["HOME", "lowercase", "home"],
    [null, "uppercase", null],
  ] as const)("casts %j to %s: %j", (value, to, expected) => {
    expect(castTo(value, to)).toEqual(expected);
  });

  it("never touches what every object shares, whatever the properties are", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom("a", "toString", "*", "0"), (properties, name) => {
        put(
          [
            { rename: { from: `properties.${name}.b`, to: "properties.c.d" } },
            { default: { path: `properties.${name}.e`, value: 1 } },
            { cast: { path: `properties.${name}`, to: "string" } },
            { drop: `properties.${name}.f` },
          ],
          properties,
        );
        expect(Object.keys(Object.prototype)).toEqual([]);
        expect(Object.hasOwn(Object.prototype.toString, "e")).toBe(false);
      }),
    );
  });
});

describe("a match", () => {
  it("holds where all that it names does", () => {
    const event = kept({});
    expect(matches({ source: "web" }, "web", event)).toBe(true);
    expect(matches({ source: "app" }, "web", event)).toBe(false);
    expect(matches({ name: "purchase", code: "invalid_event" }, "web", event)).toBe(true);
    expect(matches({ path: "properties.currency" }, "web", event)).toBe(true);
    expect(matches({ path: "properties.value", name: "purchase" }, "web", event)).toBe(false);
  });
});

describe("a repair in a release", () => {
  const issuesOf = (value: unknown) => {
    const parsed = repairSchema.safeParse(value);
    return parsed.success
      ? repairIssues(parsed.data)
      : parsed.error.issues.map((i) => ({ path: i.path.join("."), message: i.message }));
  };

  it("may do what helps", () => {
    expect(
      issuesOf({
        match: { name: "Order Done", code: "unknown_event" },
        steps: [
          { event: "purchase" },
          { cast: { path: "properties.total", to: "number" } },
          { rename: { from: "properties.total", to: "properties.value" } },
          { rename: { from: "properties.items.*.sku", to: "properties.items.*.product_id" } },
          { default: { path: "context.locale", value: "sk" } },
          { rename: { from: "properties.mail", to: "traits.email" } },
          { drop: "occurred_at" },
        ],
      }),
    ).toEqual([]);
    expect(
      issuesOf({ match: { path: "properties.items.*.price" }, steps: [{ drop: "properties.x" }] }),
    ).toEqual([]);
  });

  it.each([
    [
      "matches nothing at all",
      { match: {}, steps: [{ drop: "properties.a" }] },
      "match",
      "must name something",
    ],
    ["does nothing", { match: { name: "purchase" }, steps: [] }, "steps", "Too small"],
    [
      "is for a contract's events as unknown ones",
      { match: { name: "purchase", code: "unknown_event" }, steps: [{ drop: "properties.a" }] },
      "match",
      '"purchase" has a contract',
    ],
    [
      "is for the fields of an event that has no contract",
      { match: { name: "bought", code: "invalid_event" }, steps: [{ event: "purchase" }] },
      "match",
      '"bought" has no contract',
    ],
    [
      "names a path that no refusal can name",
      { match: { name: "purchase", path: "properties.curency" }, steps: [{ drop: "properties.a" }] },
      "match.path",
      "properties.curency",
    ],
    [
      "leaves an event without a contract",
      { match: { name: "bought" }, steps: [{ drop: "properties.a" }] },
      "steps",
      '"bought", which has no contract',
    ],
    [
      "names an unknown contract",
      { match: { name: "bought" }, steps: [{ event: "purchse" }] },
      "steps.0.event",
      'no contract for "purchse"',
    ],
    [
      "writes a field that the contract does not have",
      {
        match: { name: "purchase" },
        steps: [{ rename: { from: "properties.total", to: "properties.valeu" } }],
      },
      "steps.0.rename.to",
      "no field of purchase",
    ],
    [
      "moves a field out of its list",
      {
        match: { name: "purchase" },
        steps: [{ rename: { from: "properties.items.*.price", to: "properties.value" } }],
      },
      "steps.0.rename",
      "same list",
    ],
    [
      "names a path wrongly",
      { match: { name: "purchase" }, steps: [{ cast: { path: "value", to: "number" } }] },
      "steps.0.cast.path",
      "must be like properties.value",
    ],
    [
      "reaches for a prototype",
      { match: { name: "purchase" }, steps: [{ drop: "properties.__proto__.a" }] },
      "steps.0.drop",
      "names a part of every object",
    ],
  ])("is refused where it %s", (_, repair_, path, message) => {
    const issues = issuesOf(repair_);
    expect(issues.map((issue) => issue.path)).toContain(path);
    expect(issues.map((issue) => issue.message).join()).toContain(message);
  });
});
