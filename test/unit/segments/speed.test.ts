import { expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { speedOf } from "#segments/speed";

const document = releaseSchema.parse({
  features: {
    views: { event: "page_view", agg: "count", window: "7d" },
    all: { event: "page_view", agg: "count" },
    since: { event: "purchase", agg: "recency" },
    bought: { event: "purchase", agg: "count" },
    spent: { event: "purchase", agg: "sum", field: "value" },
    topics: { event: "page_view", agg: "top", field: "content.topic" },
    taste: { affinity: { of: "topics" } },
    rfm: { rfm: { recency: "since", frequency: "bought", monetary: "spent" } },
    engaged: { score: { points: { views: 1 } } },
    stale: { score: { points: { since: -1 } } },
    funnel: { sequence: [{ event: "view_item" }, { event: "purchase", within: "1d" }] },
    left: { sequence: [{ event: "add_to_cart" }, { event: "purchase", within: "3h", absent: true }] },
    slower: { ratio: { of: "views", to: "views" } },
  },
  lists: { vip: {} },
  segments: {
    reader: { when: { views: { $gte: 2 } } },
    ever: { when: { $or: [{ all: 1 }, { "taste.winter": { $gte: 0.5 } }] } },
    scored: { when: { engaged: { $gte: 5 } } },
    stepped: { when: { funnel: true } },
    both: { when: { segments: { $all: ["reader", "ever"] } } },
    absent: { when: { since: { $gte: 72 } } },
    best: { when: { "rfm.code": "555" } },
    cart: { when: { left: true } },
    invited: { when: { $not: { lists: { $in: ["vip"] } } } },
    known: { when: { identity_state: "authenticated" } },
    falling: { when: { slower: { $lt: 0.5 } } },
    stalest: { when: { stale: { $gte: 1 } } },
    mixed: { when: { $and: [{ views: 1 }, { segments: { $nin: ["invited"] } }] } },
    buyer: { when: { lifecycle_stage: "customer" } },
    a: { when: { segments: { $in: ["b"] } } },
    b: { when: { segments: { $in: ["a"] } } },
  },
  profile: { stages: { customer: { bought: { $gte: 1 } } } },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
});

it.each(["reader", "ever", "scored", "stepped", "both", "buyer", "a"])(
  "%s, which asks for what the session knows, takes effect with the next request",
  (name) => expect(speedOf(document, name).label).toBe("next_request"),
);

it.each(["absent", "best", "cart", "invited", "known", "falling", "stalest", "mixed"])(
  "%s, which asks for what only ingest, time or others know, within 120 s, and says why",
  (name) => {
    const { label, reasons } = speedOf(document, name);
    expect(label).toBe("within_120s");
    expect(reasons.length).toBeGreaterThan(0);
  },
);

it("says of a window that leaving it takes longer, and of quantiles that they are the night's", () => {
  expect(speedOf(document, "reader").reasons.join(" ")).toContain("7d");
  expect(speedOf(document, "ever").reasons.join(" ")).not.toContain("time has passed");
  expect(speedOf(document, "best").reasons.join(" ")).toContain("each night");
});
