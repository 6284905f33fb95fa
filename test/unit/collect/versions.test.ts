/** Several versions of a contract live at once: each is checked as itself, and accepted as the newest. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { EventContract } from "#contracts/events/contract";
import { behavioural } from "#contracts/fields";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { compareVersions } from "../../../contracts/version.ts";
import { checkEvent } from "../../../src/collect/check.ts";
import type { IncomingEvent } from "../../../src/collect/protocols/protocol.ts";
import { compileContract } from "../../../src/collect/versions.ts";

const text = behavioural(z.string().max(20));
const first = z.object({ colour: text, size: behavioural(z.int()).optional() });
const sized = first.extend({ shape: text.optional() });
const second = z.object({ color: text, size: behavioural(z.int()).optional() });

/** Three upgrades in a row: of the first nothing has to be done, the second renames a field, the third adds one. */
const painted = {
  name: "painted",
  version: "2.1.0",
  description: "Something was painted.",
  properties: second.extend({ coats: behavioural(z.int().min(1)) }),
  examples: [],
  previous: [
    { version: "1.0.0", properties: first, examples: [] },
    {
      version: "1.1.0",
      properties: sized,
      upgrade: ({ colour, shape: _, ...rest }: z.infer<typeof sized>) => ({ ...rest, color: colour }),
      examples: [],
    },
    {
      version: "2.0.0",
      properties: second,
      upgrade: (properties: z.infer<typeof second>) => ({ ...properties, coats: 1 }),
      examples: [],
    },
  ],
} satisfies EventContract;

const contract = compileContract(painted);
const check = (properties: unknown, version: string, context: unknown = {}) =>
  contract.check({ properties, context }, version);

describe("a contract with four versions", () => {
  it("names them, the newest first", () => {
    expect(contract.versions).toEqual(["2.1.0", "2.0.0", "1.1.0", "1.0.0"]);
  });

  it.each([
    ["1.0.0", { colour: "red", size: 2 }],
    ["1.1.0", { colour: "red", size: 2, shape: "round" }],
    ["2.0.0", { color: "red", size: 2 }],
    ["2.1.0", { color: "red", size: 2, coats: 1 }],
  ])("takes an event of %s and makes it one of the newest", (version, sent) => {
    expect(check(sent, version)).toMatchObject({
      ok: true,
      body: { properties: { color: "red", size: 2, coats: 1 }, context: {} },
    });
  });

  it("checks each version against its own schema, and names its own fields", () => {
    expect(check({ color: "red" }, "1.0.0")).toEqual({
      ok: false,
      issues: [{ path: "properties.colour", message: expect.any(String) }],
    });
    expect(check({ colour: "red" }, "2.0.0")).toMatchObject({ issues: [{ path: "properties.color" }] });
    expect(check({ color: "red" }, "2.1.0")).toMatchObject({ issues: [{ path: "properties.coats" }] });
    expect(check({ colour: "red" }, "1.0.0", { page: 1 })).toMatchObject({
      issues: [{ path: "context.page" }],
    });
  });

  it("does not take a field for one that only means something since", () => {
    const upgraded = check({ colour: "red", coats: "many", note: 1 }, "1.0.0");
    expect(upgraded).toMatchObject({ ok: true, body: { properties: { color: "red", coats: 1 } } });
  });

  it("still knows which fields no version names, and takes a renamed one for none of them", () => {
    expect(check({ colour: "red", note: 1 }, "1.0.0")).toMatchObject({
      ok: true,
      given: { properties: { color: "red", coats: 1, note: 1 } },
    });
    const upgraded = check({ colour: "red" }, "1.0.0");
    expect(upgraded.ok && upgraded.given.properties).not.toHaveProperty("colour");
  });

  it("throws nothing, whatever is sent", () => {
    fc.assert(
      fc.property(fc.constantFrom(...contract.versions), fc.jsonValue(), fc.jsonValue(), (version, p, c) => {
        const checked = check(p, version, c);
        if (checked.ok) expect(painted.properties.safeParse(checked.body.properties).success).toBe(true);
      }),
    );
  });
});

const NOW = Date.parse("2026-11-22T10:00:00.000Z");
const incoming = (name: string, properties: unknown, version?: string): IncomingEvent => ({
  index: 0,
  id: "e-1",
  name,
  version,
  occurredAt: NOW,
  properties,
  context: {},
  traits: undefined,
});
const checkOne = (event: IncomingEvent) => checkEvent(event, undefined, NOW, new Set());

const contracts: EventContract[] = Object.values(EVENT_CONTRACTS);
const previous = contracts.flatMap((c) => (c.previous ?? []).map((older) => ({ contract: c, older })));

describe("the registry's contracts", () => {
  it("have at least one with an older version, and name older versions in order", () => {
    expect(previous.length).toBeGreaterThan(0);
    for (const { version, previous: older = [] } of contracts) {
      const versions = [...older.map((one) => one.version), version];
      expect(versions).toEqual([...new Set(versions)].sort(compareVersions));
    }
  });

  it.each(
    previous.flatMap(({ contract: c, older }) =>
      older.examples.map((example) => [c.name, older.version, example.title, example] as const),
    ),
  )("%s %s: %s", (name, version, _title, { properties, becomes }) => {
    const checked = checkOne(incoming(name, properties, version));
    expect(checked).toMatchObject({
      ok: true,
      event: { name, version: contracts.find((c) => c.name === name)?.version },
    });
    expect(checked.ok && checked.event.properties).toEqual(becomes);
  });

  it.each(previous)(
    "$contract.name takes what fits $older.version, whatever it is",
    ({ contract: c, older }) => {
      const seeds = older.examples.map((example) => example.properties);
      fc.assert(
        fc.property(fc.constantFrom(...seeds), fc.jsonValue(), fc.nat(), (seed, by, place) => {
          const key =
            Object.keys(older.properties.shape)[place % Object.keys(older.properties.shape).length] ?? "";
          const sent = { ...seed, [key]: by };
          if (!older.properties.safeParse(sent).success) return;
          expect(checkOne(incoming(c.name, sent, older.version))).toMatchObject({ ok: true });
        }),
      );
    },
  );
});

/** Events at the edges of what a version takes: each field at its least, at its most, or not there. */
function atTheEdges(properties: z.ZodObject): fc.Arbitrary<Record<string, unknown>> {
  const { properties: fields = {}, required = [] } = z.toJSONSchema(properties, { io: "input" }) as {
    properties?: Record<string, { type?: string; minimum?: number; maximum?: number; maxLength?: number }>;
    required?: string[];
  };
  const edges: Record<string, fc.Arbitrary<unknown>> = {};
  for (const [name, { type, minimum, maximum, maxLength }] of Object.entries(fields)) {
    if (type === "number" || type === "integer") edges[name] = fc.constantFrom(minimum ?? 0, maximum ?? 0, 1);
    else if (type === "string") edges[name] = fc.constantFrom("EUR", "x".repeat(maxLength ?? 3));
  }
  return fc.record(edges, { requiredKeys: required.filter((name) => Object.hasOwn(edges, name)) });
}

describe("an event of an older version", () => {
  const older = Object.values<EventContract>(EVENT_CONTRACTS).flatMap((one) =>
    (one.previous ?? []).map((previous) => ({ title: `${one.name} ${previous.version}`, one, previous })),
  );

  it.each(older)("$title fits the newest, whatever its own version takes", ({ one, previous }) => {
    const compiled = compileContract(one);
    let fitting = 0;
    fc.assert(
      fc.property(atTheEdges(previous.properties), (properties) => {
        if (!previous.properties.safeParse(properties).success) return;
        fitting++;
        expect(compiled.check({ properties, context: {} }, previous.version)).toMatchObject({ ok: true });
      }),
      { numRuns: 500 },
    );
    expect(fitting).toBeGreaterThan(50);
  });
});

describe("the version that a sender names", () => {
  it("may be left out: the newest is meant", () => {
    const sent = { product_id: "gift-card", price: 5, value: 5 };
    expect(checkOne(incoming("add_to_cart", sent))).toMatchObject({
      ok: true,
      event: { version: "1.1.0", properties: sent },
    });
  });

  it("is refused where the contract has no such version, and what there is is said", () => {
    const refused = checkOne(incoming("add_to_cart", { product_id: "x" }, "7.0.0"));
    expect(refused).toEqual({
      ok: false,
      code: "unknown_version",
      issues: [{ path: "version", message: 'add_to_cart has no version "7.0.0", but 1.1.0, 1.0.0' }],
    });
    for (const version of ["", "1", "v1.0.0", "constructor", "1.1.0 "])
      expect(checkOne(incoming("add_to_cart", { product_id: "x" }, version))).toMatchObject({
        code: "unknown_version",
      });
  });
});
