/** What is told of a profile: stage, score, and what is new of them against what was told. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { segmentsNow } from "#console/profile/segments";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { LIFECYCLE_STAGES } from "#contracts/taxonomy";
import { differenceOf, NOTHING_TOLD, type StateNow, type Told, toldAs } from "#ingest/changes/state";
import { type Watch, watchesOf } from "#ingest/changes/watch";
import { scoreOf, stageOf } from "#segments/lifecycle";
import { featuresFor } from "#segments/purposes";

const DOCUMENT: ReleaseInput = {
  features: {
    leads: { event: "form_submit", agg: "count" },
    purchases: { event: "purchase", agg: "count" },
    reads: { event: "page_view", agg: "count" },
    top_topic: { event: "page_view", agg: "top", field: "content.topic" },
  },
  segments: {
    a: { when: { leads: 1 }, purpose: "marketing" },
    b: { when: { leads: 2 }, purpose: "marketing" },
    pages: { when: { reads: 1 }, purpose: "personalization" },
  },
  profile: {
    stages: {
      lead: { leads: { $gte: 1 } },
      mql: { identity_state: "authenticated" },
      customer: { purchases: { $gte: 1 } },
    },
    score: { points: { leads: 20, reads: 1.5, top_topic: 10, purchases: -500 }, max: 100, step: 5 },
  },
  destinations: {
    crm: {
      type: "webhook",
      queue: "crm",
      purposes: ["marketing"],
      changes: { segments: "all", stage: true, score: true, traits: ["first_name"] },
      settings: {},
    },
    off: { type: "webhook", queue: "crm", purposes: ["marketing"], enabled: false, changes: { stage: true } },
    plain: { type: "webhook", queue: "crm", purposes: ["marketing"] },
    numbers: {
      type: "webhook",
      queue: "analytics",
      purposes: ["analytics"],
      changes: { segments: "all", stage: true, score: true, traits: ["first_name"] },
    },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
};
const release = (more: Partial<ReleaseInput> = {}) => releaseSchema.parse({ ...DOCUMENT, ...more });
const document = release();
const watchOf = (key: string, of = document) => watchesOf(of).find((watch) => watch.key === key) as Watch;
const CRM = watchOf("crm");
const values = (marketing: Record<string, number | string>) => ({
  marketing,
  analytics: {},
  personalization: { purchases: 9, leads: 9 },
});

describe("a lifecycle stage", () => {
  it.each([
    [{}, "anonymous", null],
    [{ leads: 1 }, "pseudonymous", "lead"],
    [{ leads: 1 }, "authenticated", "mql"],
    [{ purchases: 1 }, "anonymous", "customer"],
  ] as const)("of %o and %s is %s: the furthest that holds", (features, state, stage) => {
    expect(stageOf(document, values(features), state)).toBe(stage);
  });

  it("is none in a release without stages", () => {
    expect(stageOf(release({ profile: undefined }), values({ leads: 1 }), "anonymous")).toBeNull();
  });
});

describe("an engagement score", () => {
  it.each([
    [{}, 0],
    [{ reads: 1 }, 0],
    [{ reads: 2 }, 5],
    [{ leads: 1, reads: 5, top_topic: "winter" }, 40],
    [{ leads: 9 }, 100],
    [{ leads: 1, purchases: 1 }, 0],
  ])("of %o is %i: points by value, between 0 and the most, in steps", (features, score) => {
    expect(scoreOf(document, values(features))).toBe(score);
  });

  it("has as few decimals as its step", () => {
    const fine = release({ profile: { score: { points: { leads: 0.1 }, step: 0.1 } } });
    expect(scoreOf(fine, values({ leads: 3 }))).toBe(0.3);
  });

  it("is shown to operators as destinations are told it, with the stage, and whether it is used", () => {
    const [feature] = featuresFor(document, "marketing");
    const facts = { [feature?.hash ?? ""]: { n: { 0: 2 } } };
    expect(
      segmentsNow({ facts: [facts], document, state: "pseudonymous", isDenied: () => true, now: 0 })
        .lifecycle,
    ).toEqual({
      stage: "lead",
      score: 40,
      purpose: "marketing",
      used: false,
    });
    expect(
      segmentsNow({
        facts: [facts],
        document: release({ profile: undefined }),
        state: "anonymous",
        isDenied: () => false,
        now: 0,
      }).lifecycle,
    ).toBeNull();
  });

  it("and the stages see features that only they ask about", () => {
    const names = featuresFor(document, "marketing").map(({ name }) => name);
    expect(names).toEqual(["leads", "purchases", "reads", "top_topic"]);
    expect(featuresFor(document, "analytics")).toEqual([]);
  });
});

describe("a destination watches", () => {
  it("what it asks for and its purposes allow, as long as it is enabled", () => {
    expect(watchesOf(document).map(({ key }) => key)).toEqual(["crm", "numbers"]);
    expect([...CRM.segments]).toEqual(["a", "b"]);
    expect(CRM.carried).toEqual(["email", "phone", "customer_id", "first_name"]);
    const numbers = watchOf("numbers");
    expect({ ...numbers, segments: [...numbers.segments] }).toMatchObject({
      segments: [],
      stage: false,
      score: false,
      traits: [],
      carried: [],
    });
  });
});

const NOW: StateNow = {
  profile: "visitor_id:1.v",
  verified: false,
  segments: [],
  stage: null,
  score: 0,
  traits: {},
};
const told = (state: Partial<Told>): Told => ({ ...NOTHING_TOLD, ...NOW, ...state });

describe("what is new", () => {
  it("is nothing where there was nothing, and is nothing", () => {
    expect(differenceOf(NOTHING_TOLD, NOW, CRM)).toBeUndefined();
    expect(
      differenceOf(NOTHING_TOLD, { ...NOW, verified: true, traits: { email: "h" } }, CRM),
    ).toBeUndefined();
  });

  it("is each part that differs, with all that one has to know of it", () => {
    const before = told({ segments: ["a"], stage: "lead", score: 20, traits: { first_name: "1" } });
    const now: StateNow = {
      ...NOW,
      segments: ["b"],
      stage: "customer",
      score: 20,
      traits: { first_name: "2" },
    };
    expect(differenceOf(before, now, CRM)?.change).toEqual({
      changed: ["segments", "stage", "traits.first_name"],
      segments: { entered: ["b"], left: ["a"], all: ["b"], out: ["a"] },
      stage: { from: "lead", to: "customer" },
    });
  });

  it("is not a stage before the one that was told, nor a trait that is not there any more", () => {
    const before = told({ stage: "customer", traits: { first_name: "1" } });
    expect(differenceOf(before, { ...NOW, stage: "lead" }, CRM)).toBeUndefined();
  });

  it.each<[string, Partial<StateNow>]>([
    ["an address is new", { traits: { email: "other" } }],
    ["another identifier names the profile", { profile: "visitor_id:1.w" }],
    ["what was claimed is proved", { verified: true }],
  ])("is everything that is watched where %s", (_why, more) => {
    const state = {
      segments: ["a"],
      stage: "lead",
      score: 20,
      traits: { email: "h", first_name: "1" },
    } as const;
    const now = { ...NOW, ...state, ...more, traits: { ...state.traits, ...more.traits } };
    expect(differenceOf(told(state), now, CRM)?.change).toEqual({
      changed: ["segments", "stage", "score", "traits.first_name"],
      segments: { entered: ["a"], left: [], all: ["a"], out: [] },
      stage: { from: null, to: "lead" },
      score: { from: null, to: 20 },
    });
  });

  it("is not what the destination has ceased to watch", () => {
    const before = told({ segments: ["a", "gone"], stage: "lead", score: 20 });
    expect(
      differenceOf(before, { ...NOW, segments: ["a"], score: 35 }, { ...CRM, score: false, stage: false }),
    ).toBeUndefined();
  });

  const state = fc.record({
    profile: fc.constantFrom("visitor_id:1.v", "visitor_id:1.w"),
    verified: fc.boolean(),
    segments: fc.subarray(["a", "b"]),
    stage: fc.constantFrom(null, ...LIFECYCLE_STAGES),
    score: fc.constantFrom(0, 5, 10),
    traits: fc.record(
      { email: fc.constantFrom("1", "2"), first_name: fc.constantFrom("1", "2") },
      { requiredKeys: [] },
    ),
  });

  it("told one after the other, never moves a stage back, says nothing twice, and ends in what holds", () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 12 }), (states) => {
        /** What a receiver has that applies each part as it comes. */
        const crm: { segments: string[]; stage: string | null; score: number } = {
          segments: [],
          stage: null,
          score: 0,
        };
        const stages: number[] = [];
        let known = NOTHING_TOLD;
        for (const [n, now] of states.entries()) {
          const difference = differenceOf(known, now, CRM);
          if (difference) {
            const { segments, stage, score, changed } = difference.change;
            expect(changed.length).toBeGreaterThan(0);
            if (segments) crm.segments = segments.all;
            if (stage) {
              crm.stage = stage.to;
              stages.push(LIFECYCLE_STAGES.indexOf(stage.to));
            }
            if (score) crm.score = score.to;
            known = toldAs(difference, known, n + 1);
          }
          expect(differenceOf(known, now, CRM)).toBeUndefined();
          expect(crm.segments).toEqual(now.segments);
          expect(crm.score).toBe(now.score);
        }
        expect(stages).toEqual(stages.toSorted((a, b) => a - b));
        const furthest = Math.max(
          -1,
          ...states.map(({ stage }) => (stage ? LIFECYCLE_STAGES.indexOf(stage) : -1)),
        );
        expect(crm.stage).toBe(LIFECYCLE_STAGES[furthest] ?? null);
      }),
    );
  });

  it("of two changes in the wrong order, the parts of the later one are enough", () => {
    fc.assert(
      fc.property(state, state, state, (first, second, third) => {
        const one = differenceOf(NOTHING_TOLD, first, CRM);
        const known = one ? toldAs(one, NOTHING_TOLD, 1) : NOTHING_TOLD;
        const two = differenceOf(known, second, CRM);
        const after = two ? toldAs(two, known, 2) : known;
        const three = differenceOf(after, third, CRM);
        const { segments } = three?.change ?? {};
        // Whoever had been put into a segment by the first is taken out by the third, though the second never came.
        if (segments)
          for (const name of one?.change.segments?.all ?? [])
            expect([...segments.all, ...segments.out]).toContain(name);
      }),
    );
  });
});
