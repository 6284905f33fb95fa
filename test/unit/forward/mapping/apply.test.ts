/** Mappings over what a destination made: each expression, where fields go, and what no mapping can do. */
import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { type Expression, mappingSchema } from "#contracts/definitions/mapping";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import type { DestinationType, MapResult } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";
import { DESTINATION_TYPES } from "#forward/destinations/registry";
import { applyMappings } from "#forward/mapping/apply";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const TRAITS = { email: " Ida@Example.com ", phone: "+421 900 123 456", first_name: "Ida" };
const event = (changes: Partial<DeliveryEvent> = {}): DeliveryEvent =>
  exampleEvent(
    "purchase",
    {
      order_id: "A-1",
      value: 420.5,
      currency: "EUR",
      items: [
        { product_id: "skis", price: 400, quantity: 1, name: "Skis" },
        { product_id: "wax", price: 20.5, quantity: 2 },
      ],
    },
    { segments: ["loyal", "winter"], features: { orders: 3 }, ...changes },
  );

const anyBody = z.looseObject({});
const typeOf = (body: z.ZodType = anyBody, more: Partial<DestinationType> = {}): DestinationType => ({
  ...DESTINATION_TYPES.webhook,
  ...more,
  body,
});

const BODY = { a: 1, list: [{ x: 1 }, { x: 2 }], nested: { keep: true } };
const apply = (
  mapping: object | object[],
  given: { event?: DeliveryEvent; type?: DestinationType; result?: MapResult<unknown> } = {},
) =>
  applyMappings(
    [mapping].flat().map((one) => mappingSchema.parse({ events: ["purchase"], ...one })),
    { event: given.event ?? event(), traits: TRAITS, type: given.type ?? typeOf(), settings: {} },
    given.result ?? { status: "mapped", body: BODY },
  );
const outOf = (expression: Expression, changes?: Partial<DeliveryEvent>): unknown => {
  const made = apply({ set: { out: expression } }, changes ? { event: event(changes) } : {});
  return made.status === "mapped" ? (made.body as Record<string, unknown>).out : made;
};

describe("each expression gives its value, or none", () => {
  it.each<[Expression, unknown]>([
    [{ path: "properties.order_id" }, "A-1"],
    [{ path: "properties.items.1.product_id" }, "wax"],
    [{ path: "properties.items.2.product_id" }, undefined],
    [{ path: "context.page.title" }, "Winter"],
    [{ path: "traits.first_name" }, "Ida"],
    [{ path: "features.orders" }, 3],
    [{ path: "segments" }, ["loyal", "winter"]],
    [{ path: "id" }, "evt-1"],
    [{ path: "occurred_at" }, 1_795_168_800_000],
    [{ path: "identity_state" }, "anonymous"],
    [{ path: "properties.none" }, undefined],
    [{ path: "properties.toString" }, undefined],
    [{ value: "x" }, "x"],
    [{ value: null }, null],
    [{ template: "Order {{properties.order_id}} of {{ properties.value }}" }, "Order A-1 of 420.5"],
    [{ template: "No {{properties.none}}" }, undefined],
    [{ template: "{{properties.items}}" }, undefined],
    [{ template: "{not a path}" }, "{not a path}"],
    [{ if: { "properties.value": { $gte: 400 } }, is: { value: "big" }, else: { value: "small" } }, "big"],
    [{ if: { identity_state: "authenticated" }, is: { value: 1 } }, undefined],
    [{ if: { segments: { $elemMatch: { $eq: "loyal" } } }, is: { value: true } }, true],
    [{ first: [{ path: "properties.coupon" }, { path: "properties.order_id" }] }, "A-1"],
    [{ first: [{ path: "properties.coupon" }] }, undefined],
    [{ list: [{ path: "properties.coupon" }, { path: "properties.order_id" }, { value: 1 }] }, ["A-1", 1]],
    [{ list: [{ path: "properties.coupon" }] }, undefined],
    [{ each: "properties.items", as: { path: "item.product_id" } }, ["skis", "wax"]],
    [{ each: "properties.items", as: { path: "item.name" } }, ["Skis"]],
    [
      {
        each: "properties.items",
        fields: {
          id: { path: "item.product_id" },
          name: { path: "item.name" },
          cur: { path: "properties.currency" },
        },
      },
      [
        { id: "skis", name: "Skis", cur: "EUR" },
        { id: "wax", cur: "EUR" },
      ],
    ],
    [{ each: "segments", as: { cast: "upper", of: { path: "item" } } }, ["LOYAL", "WINTER"]],
    [
      {
        each: "properties.items",
        as: { if: { "item.price": { $gt: 100 } }, is: { path: "item.product_id" } },
      },
      ["skis"],
    ],
    [{ each: "properties.order_id", as: { path: "item" } }, undefined],
    [{ join: { path: "segments" }, with: ";" }, "loyal;winter"],
    [{ join: { each: "properties.items", as: { path: "item.quantity" } }, with: "+" }, "1+2"],
    [{ join: { path: "properties.order_id" }, with: ";" }, undefined],
  ])("%j → %j", (expression, value) => expect(outOf(expression)).toEqual(value));

  it.each<[string, unknown, unknown]>([
    ["string", 4.5, "4.5"],
    ["string", true, "true"],
    ["string", ["a"], undefined],
    ["number", " 4.50 ", 4.5],
    ["number", "1e3", 1000],
    ["number", "4,5", undefined],
    ["number", "", undefined],
    ["number", "0x10", undefined],
    ["number", "1e999", undefined],
    ["number", true, 1],
    ["integer", "-4.9", -4],
    ["integer", -0.5, 0],
    ["integer", 1e300, undefined],
    ["boolean", "Yes", true],
    ["boolean", 0, false],
    ["boolean", "maybe", undefined],
    ["lower", "ÄB", "äb"],
    ["upper", "äb", "ÄB"],
    ["trim", "  x ", "x"],
    ["iso_date", 1_795_168_800_000, "2026-11-20T10:00:00.000Z"],
    ["iso_date", "2026-11-20T11:00:00+01:00", "2026-11-20T10:00:00.000Z"],
    ["iso_date", "2026-11-20T10:00", "2026-11-20T10:00:00.000Z"],
    ["iso_date", "20.11.2026", undefined],
    ["iso_date", "2026-13-40", undefined],
    ["iso_date", 9e15, undefined],
    ["date", "2026-11-20T23:30:00-02:00", "2026-11-21"],
    ["epoch_ms", "2026-11-20", 1_795_132_800_000],
    ["epoch_s", 1_795_168_800_999, 1_795_168_800],
    ["epoch_s", {}, undefined],
  ])("cast to %s: %j → %j", (cast, value, made) => {
    const expression = { cast, of: { path: "properties.x" } } as Expression;
    expect(outOf(expression, { properties: { x: value } })).toEqual(made);
  });

  it.each<[string | undefined, unknown, string | undefined]>([
    [undefined, " Ida ", " Ida "],
    ["none", 42, "42"],
    ["lower", " Ida ", "ida"],
    ["email", " Ida@Example.com ", "ida@example.com"],
    ["email", "ida", undefined],
    ["phone", "+421 (900) 123-456", "421900123456"],
    ["phone", "00421900123456", "421900123456"],
    ["phone", "0900 123 456", undefined],
    ["phone", "12", undefined],
    ["digits", "A-1 001", "1001"],
    ["digits", "none", undefined],
    ["lower", ["x"], undefined],
  ])("hashed as %s: %j is the hash of %j", (form, value, uniform) => {
    const expression = { sha256: { path: "properties.x" }, ...(form && { form }) } as Expression;
    const made = outOf(expression, { properties: { x: value } });
    expect(made).toEqual(uniform === undefined ? undefined : sha256(uniform));
  });
});

describe("where fields go", () => {
  it.each<[string, object, unknown]>([
    ["missing objects are made", { set: { "p.q.r": { value: 1 } } }, { ...BODY, p: { q: { r: 1 } } }],
    ["what is there is replaced", { set: { a: { value: 2 } } }, { ...BODY, a: 2 }],
    [
      "a place of a list that is there",
      { set: { "list.1.x": { value: 9 } } },
      { ...BODY, list: [{ x: 1 }, { x: 9 }] },
    ],
    [
      "no place of a list that is not there",
      { set: { "list.2.x": { value: 9 }, "no.0.x": { value: 1 } } },
      BODY,
    ],
    [
      "a field without a value is left out, also the type's own",
      { set: { a: { path: "properties.none" } } },
      { list: BODY.list, nested: BODY.nested },
    ],
    [
      "fields are removed",
      { remove: ["nested.keep", "list.0", "none.x", "a.b"] },
      { a: 1, list: [{ x: 2 }], nested: {} },
    ],
    [
      "what is set in one mapping is removed in the next",
      [{ set: { b: { value: 1 } } }, { remove: ["b"] }],
      BODY,
    ],
    [
      "only where its condition holds",
      { when: { "properties.value": { $lt: 1 } }, set: { a: { value: 0 } } },
      BODY,
    ],
    ["only for its events", { events: ["refund"], set: { a: { value: 0 } } }, BODY],
  ])("%s", (_title, mapping, body) => expect(apply(mapping)).toEqual({ status: "mapped", body }));

  it("neither the event nor the type's body is changed", () => {
    const given = event();
    const shared = { data: { properties: given.properties } };
    const before = JSON.stringify([given, shared]);
    const made = apply(
      { set: { "data.properties.items.0.price": { value: 1 }, "data.properties.more": { value: 1 } } },
      { event: given, result: { status: "mapped", body: shared } },
    );
    expect(made).toMatchObject({ body: { data: { properties: { more: 1 } } } });
    expect(JSON.stringify([given, shared])).toBe(before);
  });

  it("an event may be skipped, and then nothing else counts", () => {
    expect(apply([{ set: { a: { value: 2 } } }, { skip: true }])).toEqual({
      status: "skipped",
      reason: "mapping",
    });
  });

  it.each<MapResult<unknown>>([
    { status: "skipped", reason: "no_email" },
    { status: "failed", code: "too_large" },
  ])("what the type has %j stays so", (result) =>
    expect(apply({ set: { email: { value: "x" } } }, { result })).toEqual(result),
  );
});

describe("what is made fits the type, or fails by the place", () => {
  const strict = z.strictObject({ a: z.number().max(5), name: z.string().max(3).exactOptional() });
  const result = { status: "mapped" as const, body: { a: 1 } };
  const failed = (detail: string) => ({ status: "failed", code: "mapping_invalid", detail });

  it.each([
    ["a kind that the field does not take", { a: { value: "x" } }, "a"],
    ["a field that there is not", { b: { value: 1 } }, ""],
    ["a field that must be", { a: { path: "properties.none" } }, "a"],
    ["a field within a number", { "a.b": { value: 1 } }, "a.b"],
  ])("%s", (_title, set, detail) => {
    const made = apply({ set }, { type: typeOf(strict), result });
    expect(made).toEqual(detail ? failed(detail) : { status: "failed", code: "mapping_invalid" });
  });

  it("the type's own rules cut what is too long; its shape must be right before", () => {
    const fit: DestinationType["fit"] = (body) => {
      const given = body as { a: number; name?: string };
      if (given.a > 5) return { status: "failed", code: "too_large" };
      return { status: "mapped", body: { ...given, ...(given.name && { name: given.name.slice(0, 3) }) } };
    };
    const type = typeOf(strict, { fit });
    expect(apply({ set: { name: { value: "abcdef" } } }, { type, result })).toEqual({
      status: "mapped",
      body: { a: 1, name: "abc" },
    });
    expect(apply({ set: { a: { value: 6 } } }, { type, result })).toEqual({
      status: "failed",
      code: "too_large",
    });
    expect(apply({ set: { name: { value: 5 } } }, { type, result })).toEqual(failed("name"));
  });

  it.each([
    ["profile", { profile: "p", a: 1 }],
    ["consent", { consent: { ad_user_data: "DENIED" } }],
    ["verified", { verified: false }],
    ["data.consent", { data: { consent: {}, x: 1 } }],
  ])("%s is the type's own, however it is reached", (path, body) => {
    const result = { status: "mapped" as const, body };
    const [outer = ""] = path.split(".");
    for (const mapping of [
      { set: { [path]: { value: true } } },
      { set: { [outer]: { path: "properties" } } },
      { remove: [outer] },
    ])
      expect(apply(mapping, { result })).toMatchObject({ status: "failed", code: "mapping_invalid" });
    expect(apply({ set: { other: { value: 1 } } }, { result })).toMatchObject({ status: "mapped" });
  });

  it("modes go with the body of a type that has them, and nowhere else", () => {
    const record = z.strictObject({
      properties: z.record(z.string(), z.string()),
      modes: z.unknown().optional(),
    });
    const result = { status: "mapped" as const, body: { properties: { phone: "1" } } };
    const mapping = { modes: { "properties.phone": "if_empty" } };
    const type = typeOf(record, { records: ["properties"] });
    expect(apply(mapping, { type, result })).toEqual({
      status: "mapped",
      body: { ...result.body, modes: { "properties.phone": "if_empty" } },
    });
    expect(apply({ ...mapping, when: { name: "refund" } }, { type, result })).toEqual(result);
    expect(apply(mapping, { result })).toEqual(result);
  });
});

it("a claim sets nothing in a record that has no write modes: it would overwrite", () => {
  const type = typeOf(anyBody, { records: ["properties.$set"] });
  const result = { status: "mapped" as const, body: { properties: { $set: { plan: "b" } } } };
  const set = { "properties.$set.plan": { value: "c" }, "properties.x": { value: 1 } };
  const plan = (verified: boolean) => apply({ set }, { type, result, event: event({ verified }) });
  expect(plan(true)).toMatchObject({ body: { properties: { $set: { plan: "c" }, x: 1 } } });
  expect(plan(false)).toMatchObject({ body: { properties: { $set: { plan: "b" }, x: 1 } } });
  const whole = { set: { properties: { path: "properties" } } };
  expect(apply(whole, { type, result, event: event({ verified: false }) })).toEqual(result);
});

describe("what an event may cost is bounded", () => {
  const invalid = { status: "failed", code: "mapping_invalid", detail: "out" };
  const items = Array.from({ length: 200 }, (_, i) => ({ product_id: `${i}`, name: "x".repeat(200) }));
  it.each<[string, Expression, Record<string, unknown>]>([
    [
      "a text of more than 10,000 characters",
      { template: "{{properties.x}}".repeat(20) },
      { x: "y".repeat(600) },
    ],
    [
      "a list of more than 500 items",
      { each: "properties.x", as: { path: "item" } },
      { x: Array(501).fill(1) },
    ],
    ["a list of lists of lists", nested(4), { items }],
    ["copies of a whole in each item", { each: "properties.items", as: { path: "properties" } }, { items }],
  ])("%s", (_title, expression, properties) => {
    const from = performance.now();
    expect(outOf(expression, { properties })).toEqual(invalid);
    expect(performance.now() - from).toBeLessThan(1_000);
  });
});

function nested(levels: number): Expression {
  return levels === 0 ? { path: "item.name" } : { each: "properties.items", as: nested(levels - 1) };
}

const name = fc.constantFrom(
  "properties",
  "context",
  "traits",
  "item",
  "a",
  "items",
  "0",
  "x-y",
  "toString",
  "page",
);
const path = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .map((parts) => ["properties", ...parts].join("."));
const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.record({ path }),
    fc.record({
      value: fc.oneof(fc.string({ maxLength: 50 }), fc.double(), fc.boolean(), fc.constant(null)),
    }),
    fc.record({
      template: fc.oneof(
        fc.string(),
        path.map((p) => `x {{${p}}}`),
      ),
    }),
    fc.record({
      cast: fc.constantFrom("number", "iso_date", "epoch_s", "boolean", "upper"),
      of: tie("expression"),
    }),
    fc.record({ sha256: tie("expression"), form: fc.constantFrom("phone", "email", "none") }),
    fc.record({
      if: fc.dictionary(path, fc.oneof(fc.jsonValue(), fc.constant({ $gt: 1 }))),
      is: tie("expression"),
      else: tie("expression"),
    }),
    fc.record({ first: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ list: fc.array(tie("expression"), { minLength: 1, maxLength: 3 }) }),
    fc.record({ each: path, as: tie("expression") }),
    fc.record({ each: path, fields: fc.dictionary(fc.constantFrom("a", "b"), tie("expression")) }),
    fc.record({ join: tie("expression"), with: fc.constant(";") }),
  ) as fc.Arbitrary<Expression>,
}));
const json = fc.dictionary(name, fc.jsonValue()) as fc.Arbitrary<Record<string, unknown>>;

const SETTINGS = {
  webhook: { url: "https://hooks.example.com/", secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" },
  ga4: { measurement_id: "G-DEMO", api_secret: "x" },
  hubspot: { token: "x" },
};

describe("for any event and any mapping", () => {
  it.each(["webhook", "ga4", "hubspot"] as const)(
    "%s: nothing is thrown, and what is mapped fits its body",
    (key) => {
      const type: DestinationType = DESTINATION_TYPES[key];
      const target = fc
        .array(fc.constantFrom("data", "properties", "event", "params", "0", "x", "name", "type"), {
          minLength: 1,
          maxLength: 4,
        })
        .map((parts) => ["event", ...parts.slice(1)].join("."));
      const targets = fc.oneof(
        target,
        fc.constantFrom("data.x", "properties.phone", "type", "event.params.x", "device"),
      );
      const settings = type.settings.parse(SETTINGS[key]);
      fc.assert(
        fc.property(
          json,
          fc.dictionary(targets, expression, { maxKeys: 4 }),
          fc.array(targets, { maxLength: 2 }),
          (properties, set, remove) => {
            const parsed = mappingSchema.safeParse({ events: ["purchase"], set, remove });
            fc.pre(parsed.success);
            const given = event({ properties });
            const traits = { email: "ida@example.com" };
            const result = type.map(given, traits, settings);
            const made = applyMappings(
              parsed.success ? [parsed.data] : [],
              { event: given, traits, type, settings },
              result,
            );
            if (made.status === "mapped") expect(type.body.safeParse(made.body).success).toBe(true);
            else expect(made).not.toHaveProperty("body");
            expect(({} as Record<string, unknown>).polluted).toBeUndefined();
          },
        ),
        { numRuns: 300 },
      );
    },
  );

  it.each(["__proto__.polluted", "constructor.prototype.polluted", "a.__proto__.polluted"])(
    "%s cannot be set",
    (at) => {
      const set = JSON.parse(`{${JSON.stringify(at)}:{"value":1}}`);
      expect(mappingSchema.safeParse({ events: ["purchase"], set }).success).toBe(false);
      const fields = JSON.parse('{"__proto__":{"value":1}}');
      const made = apply({ set: { out: { each: "properties.items", fields } } });
      expect(made).toMatchObject({ status: "mapped", body: { out: [] } });
      expect(({} as Record<string, unknown>).polluted).toBeUndefined();
    },
  );
});
