/** What is refused of features before a release is published, each with its path and a reason. */
import { describe, expect, it } from "vitest";
import { type ReleaseDocument, type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { featureIssues } from "#release/feature-issues";
import { input as everyKind } from "../segments/every-kind.ts";

const issues = (features: ReleaseInput["features"]) =>
  featureIssues(
    releaseSchema.parse({
      features,
      policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    }),
  ).map(({ path, message }) => `${path}: ${message}`);

const n = { event: "purchase", agg: "count", window: "7d" } as const;
const month = { event: "purchase", agg: "count", window: "30d" } as const;

describe("of features is refused", () => {
  it("nothing where all is right", () => {
    expect(
      issues({ n, month, r: { ratio: { of: "n", to: "month" } }, s: { score: { points: { r: 2 } } } }),
    ).toEqual([]);
  });

  it.each<[string, ReleaseInput["features"], string[]]>([
    [
      "an event without a contract",
      { a: { event: "nothing", agg: "count" } },
      ['features.a.event: there is no contract for "nothing"'],
    ],
    [
      "a field that the event has not",
      { a: { event: "purchase", agg: "sum", field: "vale" } },
      ['features.a.field: there is no "vale" in purchase'],
    ],
    [
      "a condition on what the event has not",
      { a: { ...n, where: { vale: 1 } } },
      ["features.a.where.vale: is no known field"],
    ],
    [
      "a condition that is none",
      { a: { ...n, where: { value: { $about: 1 } } } },
      ["features.a.where.value.$about: is no operator"],
    ],
    [
      "the name of a built-in attribute",
      { segments: n },
      ["features.segments: is the name of a built-in attribute"],
    ],
    [
      "a ratio of what is not there",
      { r: { ratio: { of: "n", to: "n" } } },
      ['features.r.ratio.of: there is no feature "n"', 'features.r.ratio.to: there is no feature "n"'],
    ],
    [
      "a ratio of what is not over days",
      { n, all: { event: "purchase", agg: "count" }, r: { ratio: { of: "n", to: "all" } } },
      ['features.r.ratio.to: "all" is not a count or a sum over days'],
    ],
    [
      "a ratio of different kinds",
      {
        n,
        sum: { event: "purchase", agg: "sum", field: "value", window: "30d" },
        r: { ratio: { of: "n", to: "sum" } },
      },
      ["features.r.ratio.to: a sum cannot be compared with a count"],
    ],
    [
      "an affinity of what is no top",
      { n, a: { affinity: { of: "n" } } },
      ['features.a.affinity.of: "n" is not a `top` over days or a lifetime'],
    ],
    [
      "a half-life without days",
      {
        t: { event: "page_view", agg: "top", field: "content.topic" },
        a: { affinity: { of: "t", halfLifeDays: 3 } },
      },
      ['features.a.affinity.of: "t" is not a `top` over days, which a half-life needs'],
    ],
    [
      "quantiles of the wrong parts",
      { n, q: { rfm: { recency: "n", frequency: "n", monetary: "n" } } },
      ['features.q.rfm.recency: "n" is not a recency'],
    ],
    [
      "points for what is not there",
      { s: { score: { points: { n: 1 } } } },
      ['features.s.score.points.n: there is no feature "n"'],
    ],
    [
      "a cycle",
      { a: { score: { points: { b: 1 } } }, b: { score: { points: { a: 1 } } } },
      ["features.a: is made of itself: a → b → a"],
    ],
    [
      "a first step that comes within a time",
      { q: { sequence: [{ event: "purchase", within: "1h" }, { event: "purchase" }] } },
      ["features.q.sequence.0.within: the first step comes after none"],
    ],
    [
      "a step that did not come before another",
      {
        q: { sequence: [{ event: "purchase" }, { event: "purchase", absent: true }, { event: "purchase" }] },
      },
      ["features.q.sequence.1.absent: only the last step may be one that did not come"],
    ],
    [
      "a sequence over a session",
      { q: { sequence: [{ event: "purchase" }, { event: "purchase" }], window: "session" } },
      ["features.q.window: a sequence is looked for over days, hours or a lifetime"],
    ],
  ])("%s", (_, features, expected) => expect(issues(features)).toEqual(expected));

  const chainOf = (count: number, last: Record<string, unknown>) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `f${n}`,
        n === count - 1 ? last : { score: { points: { [`f${n + 1}`]: 1 } } },
      ]),
    ) as NonNullable<ReleaseInput["features"]>;
  const bought = { event: "purchase", agg: "count" };
  /** Not read by the schema first, which takes longer than all the rest. */
  const unread = (features: NonNullable<ReleaseInput["features"]>) =>
    featureIssues({ features: features as ReleaseDocument["features"] }).map(
      ({ path, message }) => `${path}: ${message}`,
    );

  it("a cycle of ten thousand at once, by its first names", () => {
    const [first, ...others] = unread(chainOf(10_000, { score: { points: { f0: 1 } } }));
    expect(first).toMatch(/^features\.f0: is made of itself: f0 → f1 → .{20,60} → … → f0$/);
    expect(others).toEqual([expect.stringContaining("stands on more than 40 others")]);
  });

  it("a chain that no page could wait for, and not one of forty", () => {
    expect(unread(chainOf(10_000, bought))).toEqual([
      "features.f9959: stands on more than 40 others, one on another",
    ]);
    expect(issues(chainOf(40, bought))).toEqual([]);
    expect(issues(chainOf(41, bought))).toHaveLength(1);
  });

  it("what a release of every kind has is in no way wrong, but for what its events do not have", () => {
    const { features } = everyKind;
    expect(issues(features).filter((issue) => !issue.includes('there is no "topic" in purchase'))).toEqual(
      [],
    );
  });
});
