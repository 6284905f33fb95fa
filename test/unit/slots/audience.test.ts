/** Audiences that ask for segments one by one come out as if the whole list had been made first; and how long a decision takes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Condition } from "#contracts/definitions/condition";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { compileCondition } from "#core/condition";
import { attributesNow } from "#segments/attributes";
import { compileAudience, compileSegments, segmentsOf } from "#segments/membership";
import { decide } from "#slots/decide";
import { fastest } from "../../setup/fastest.ts";

const policy = { regimes: { gdpr: { default: "denied" as const } }, otherwise: "gdpr" };

describe("an audience", () => {
  const document = releaseSchema.parse({
    segments: {
      one: { when: { n: { $gte: 1 } } },
      two: { when: { n: { $gte: 2 }, segments: { $in: ["one"] } } },
      odd: { when: { n: { $in: [1, 3] } } },
      never: { when: { n: "x" } },
    },
    policy,
  });
  const name = fc.constantFrom("one", "two", "odd", "never", "unknown", "constructor", "");
  const names = fc.array(name, { maxLength: 3 });
  const ofSegments = fc.oneof(
    fc.record(
      { $in: names, $nin: names, $all: names, $size: fc.nat(3), $elemMatch: fc.record({ $eq: name }) },
      { requiredKeys: [] },
    ),
    fc.record({ $not: fc.record({ $in: names }) }),
    fc.record({ $elemMatch: fc.record({ $in: names }) }),
    fc.record({ $in: fc.constantFrom<unknown>("one", [1, "one"], null) }),
    fc.record({ $all: fc.constant([{ $eq: "one" }]) }),
    name,
    names,
    fc.constant(null),
  );
  const { condition } = fc.letrec<{ condition: Condition }>((tie) => ({
    condition: fc.oneof(
      { maxDepth: 3 },
      fc.record({ segments: ofSegments }),
      fc.record({ n: fc.record({ $gte: fc.nat(3) }) }),
      fc.record({ segments: ofSegments, n: fc.nat(3) }),
      fc.record({ $and: fc.array(tie("condition"), { maxLength: 2 }) }),
      fc.record({ $or: fc.array(tie("condition"), { maxLength: 2 }) }),
      fc.record({ $nor: fc.array(tie("condition"), { maxLength: 2 }) }),
      fc.record({ $not: tie("condition") }),
    ),
  }));

  it("asks for the segments that it names as if all had been found out before", () => {
    fc.assert(
      fc.property(condition, fc.nat(4), (audience, n) => {
        const segments = segmentsOf({ n }, compileSegments(document), ["personalization"]);
        const plain = compileCondition(audience)({ n, segments });
        expect(compileAudience(document, audience)({ n, segments })).toBe(plain);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a decision", () => {
  const NOW = Date.UTC(2026, 10, 20, 12);
  const of = <T>(count: number, make: (n: number) => T, prefix: string): Record<string, T> =>
    Object.fromEntries(Array.from({ length: count }, (_, n) => [`${prefix}${n}`, make(n)]));
  const input: ReleaseInput = {
    features: of(
      40,
      (n) => ({ event: n % 2 ? "page_view" : "purchase", agg: "count" as const, window: `${n + 1}d` }),
      "f",
    ),
    segments: of(
      200,
      (n) => ({ when: { [`f${n % 40}`]: { $gte: (n % 7) + 1 }, $or: [{ f1: { $gte: 1 } }, { f2: 3 }] } }),
      "s",
    ),
    slots: of(10, () => ({ holdout: 0.01 }), "slot"),
    offers: of(
      50,
      (n) => ({
        slot: `slot${n % 10}`,
        priority: n,
        audience: { segments: { $in: [`s${n * 3}`, `s${n * 4}`] }, country: { $in: ["SK", "CZ"] } },
        schedule: {
          from: "2026-01-01T00:00",
          timezone: "Europe/Bratislava",
          hours: { from: "06:00", to: "23:00" },
        },
        caps: [{ count: 3, per: "day" as const }],
        content: "a",
        ...(n % 5 === 0 && { exclusionGroup: `g${n % 3}` }),
      }),
      "o",
    ),
    content: { a: { html: "a" } },
    policy,
  };
  const document = releaseSchema.parse(input);

  it("over 50 offers in ten slots and 200 segments takes less than a millisecond, attributes and all", () => {
    const once = (winnersOnly: boolean) => {
      const attributes = attributesNow({
        document,
        granted: ["personalization"],
        now: NOW,
        request: { country: "SK", device: "desktop" },
      });
      const slots = Object.keys(document.slots);
      return decide({ document, slots, attributes, now: NOW, personal: true, unit: "u", winnersOnly });
    };
    for (let n = 0; n < 300; n++) once(n % 2 === 0);
    // Many short runs: some of them nobody interrupts, however busy the machine is.
    for (const winnersOnly of [true, false]) expect(fastest(() => once(winnersOnly), 400)).toBeLessThan(1);
  });
});
