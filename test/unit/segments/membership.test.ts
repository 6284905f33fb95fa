/** Segments of segments, lists and stages; and that nothing is found out that nobody asks for. */
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { attributesNow } from "#segments/attributes";
import { compileAudience, compileSegments, memberTest, segmentsOf } from "#segments/membership";
import type { EdgeSnapshot } from "#segments/snapshot";
import { readable } from "#segments/snapshot-text";

const release = (segments: ReleaseInput["segments"], more: Partial<ReleaseInput> = {}) =>
  releaseSchema.parse({
    features: { n: { event: "purchase", agg: "count" } },
    segments,
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    ...more,
  });
const names = (document: ReturnType<typeof release>, attributes: Record<string, unknown>) =>
  segmentsOf(attributes, compileSegments(document), ["personalization"]);

describe("a segment of other segments", () => {
  const document = release({
    a_both: { when: { segments: { $all: ["buyer", "vip"] } } },
    buyer: { when: { n: { $gte: 1 } } },
    vip: { when: { lists: { $in: ["vip"] } } },
    either: { when: { $or: [{ segments: { $in: ["buyer", "vip"] } }, { n: -1 }] } },
    neither: { when: { segments: { $nin: ["buyer", "vip"] } } },
    not_both: { when: { $not: { segments: { $in: ["a_both"] } } } },
    none: { when: { $nor: [{ segments: { $in: ["either"] } }] } },
    counted: { when: { segments: { $size: 3 } } },
  });

  it("is the combination of those, whatever their order", () => {
    expect(names(document, { n: 1, lists: ["vip"] })).toEqual(["a_both", "buyer", "either", "vip"]);
    expect(names(document, { n: 1, lists: [] })).toEqual(["buyer", "either", "not_both"]);
    expect(names(document, { n: 0, lists: [] })).toEqual(["neither", "none", "not_both"]);
  });

  it("that asks for itself has nobody in it, and ends", () => {
    const cyclic = release({
      a: { when: { segments: { $in: ["b"] } } },
      b: { when: { segments: { $in: ["a"] } } },
      c: { when: { segments: { $nin: ["a"] } } },
    });
    expect(names(cyclic, {})).toEqual(["c"]);
  });

  it("asks each segment once for the same attributes", () => {
    let asked = 0;
    const attributes = {
      get n() {
        asked++;
        return 1;
      },
      lists: [],
    };
    for (const name of ["a_both", "buyer", "either", "neither", "buyer"])
      memberTest(document, name)(attributes);
    expect(asked).toBe(1);
  });

  it("that is not there has nobody in it", () => {
    expect(memberTest(document, "unknown")({ n: 1 })).toBe(false);
    expect(compileAudience(document, { segments: { $in: ["unknown", "buyer"] } })({ n: 1 })).toBe(true);
  });
});

describe("an audience", () => {
  const document = release(
    Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${n}`, { when: { n: { $gte: n } } }])),
    { profile: { purpose: "marketing", stages: { lead: { n: { $gte: 1 } }, customer: { n: { $gte: 3 } } } } },
  );
  const snapshot: EdgeSnapshot = {
    v: 1,
    version: 1,
    asOf: 0,
    release: 1,
    state: "anonymous",
    segments: [],
    features: {},
    granted: "personalization",
    lists: ["vip"],
  };
  const attributes = (segments?: readonly string[]) =>
    attributesNow({
      document,
      granted: ["personalization"],
      now: 0,
      snapshot: readable(snapshot),
      request: { device: "mobile" },
      segments,
    });

  it("may ask for lists and for the stage", () => {
    expect(compileAudience(document, { lists: { $in: ["vip"] } })(attributes())).toBe(true);
    expect(compileAudience(document, { lifecycle_stage: "lead" })({ ...attributes(), n: 1 })).toBe(false);
    expect(attributes().lifecycle_stage).toBeNull();
  });

  it("of a preview finds the segments that were chosen, and no others", () => {
    const chosen = attributes(["s7"]);
    expect(chosen.segments).toEqual(["s7"]);
    expect(compileAudience(document, { segments: { $in: ["s7"] } })(chosen)).toBe(true);
    expect(compileAudience(document, { segments: { $in: ["s0"] } })(chosen)).toBe(false);
    expect(attributes().segments).toEqual(["s0"]);
  });
});

describe("a number that is not known", () => {
  it("is neither less nor more than any", () => {
    const document = release(
      {
        lately: { when: { since: { $lt: 24 } } },
        long_ago: { when: { since: { $gte: 24 } } },
        worst: { when: { "rfm.recency": { $lte: 2 } } },
        never: { when: { since: { $exists: false } } },
      },
      {
        features: {
          since: { event: "purchase", agg: "recency" },
          n: { event: "purchase", agg: "count" },
          sum: { event: "purchase", agg: "sum", field: "value" },
          rfm: { rfm: { recency: "since", frequency: "n", monetary: "sum" } },
        },
      },
    );
    const found = attributesNow({
      document,
      granted: ["personalization"],
      now: 0,
      request: { device: "mobile" },
    });
    expect(found.segments).toEqual(["never"]);
  });
});
