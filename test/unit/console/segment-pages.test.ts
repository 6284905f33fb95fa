/** What the pages of segments compute before they draw: sentences, marks, what a size is asked of, and lists as they are pasted. */
import { describe, expect, it } from "vitest";
import type { Feature } from "#contracts/definitions/feature";
import purchase from "../../../contracts/published/purchase.1.0.0.json" with { type: "json" };
import {
  ownerOf,
  placesOf,
  readCondition,
  writeCondition,
} from "../../../src/console/page/condition/model.ts";
import { problemInWords } from "../../../src/console/page/condition/words.ts";
import { fieldsIn } from "../../../src/console/page/segments/contracts.ts";
import { estimateBody } from "../../../src/console/page/segments/estimate-body.ts";
import { readEntries } from "../../../src/console/page/segments/read-list.ts";
import { featureUses, listUses, markOf, tidy } from "../../../src/console/page/segments/tidy.ts";
import { featureInWords } from "../../../src/console/page/segments/words.ts";
import { checkCondition } from "../../../src/core/condition.ts";

describe("a feature in words", () => {
  it.each<[Feature, string]>([
    [
      { event: "purchase", agg: "count", window: "30d" },
      "How often somebody bought something in the last 30 days",
    ],
    [
      { event: "purchase", agg: "sum", field: "value", window: "lifetime", where: { value: { $gte: 100 } } },
      "“value” added up over each time somebody bought something so far, where value is at least 100",
    ],
    [
      { event: "page_view", agg: "distinct", field: "content.content_id", window: "1d" },
      "How many different “content id” there were when somebody looked at a page in the last day",
    ],
    [
      { event: "login", agg: "recency", window: "lifetime" },
      "How many hours ago somebody logged in for the last time",
    ],
    [
      {
        sequence: [
          { event: "add_to_cart", absent: false },
          { event: "purchase", absent: true, within: "3h" },
        ],
        window: "30d",
      },
      "Yes as long as somebody has put a product into the cart, and then has not bought something for 3 hours, in the last 30 days",
    ],
    [
      { ratio: { of: "views_7d", to: "views_56d" } },
      "“views 7d” beside “views 56d”, each by day: 0.5 is half of what the person does otherwise",
    ],
    [
      { event: "ridden", agg: "count", window: "session" },
      "How often somebody sent the event “ridden” in this session",
    ],
  ])("%j", (feature, words) => {
    expect(featureInWords(feature)).toBe(words);
  });
});

describe("what is wrong with a condition", () => {
  const known = new Map([
    ["n", "number" as const],
    ["t", "string" as const],
  ]);
  it.each([
    [{ n: { $gte: "a" } }, "n"],
    [{ $or: [{ n: 1 }, { t: { $gte: 3 } }] }, "t"],
    [{ $and: [{ n: { $gte: 5 } }, { n: { $lt: 3 } }] }, "n"],
    [{ n: 1, $nor: [{ gone: 1 }] }, "gone"],
  ])("%j: is said beside the rule about %s", (condition, field) => {
    const group = readCondition(condition) ?? { kind: "all", of: [] };
    const [issue] = checkCondition(writeCondition(group), known);
    expect(ownerOf(placesOf(group), issue?.path ?? "")).toMatchObject({ field });
  });

  it("is a sentence, without operators or paths", () => {
    expect(problemInWords("can never hold together with n.$gte")).toBe(
      "This can never hold together with the other rules about the same.",
    );
    expect(problemInWords("must be one of a, b")).toBe("This rule needs one of a, b.");
  });
});

describe("a draft that is wrong", () => {
  it("is shown as far as it can be read", () => {
    const { features, segments, profile } = tidy({
      features: { good: { event: "purchase", agg: "count" }, none: 7, odd: { score: {} } },
      segments: { one: { when: "all" }, two: null },
      profile: { stages: [] },
    } as never);
    expect(features).toEqual({ good: { event: "purchase", agg: "count", window: "lifetime" } });
    expect(segments).toEqual({ one: { purpose: "personalization", when: {} } });
    expect(profile).toEqual({ stages: {} });
  });

  it("marks what is not published, however its keys are ordered", () => {
    expect(markOf({ a: 1 }, undefined)).toBe("new");
    expect(markOf(undefined, { a: 1 })).toBe("removed");
    expect(markOf({ a: [1, { b: 2 }] }, { a: [1, { b: 3 }] })).toBe("changed");
    expect(markOf({ a: 1, b: [{ c: 2, d: 3 }] }, { b: [{ d: 3, c: 2 }], a: 1 })).toBeUndefined();
  });

  it("says who uses a feature or a list", () => {
    const document = tidy({
      features: {
        n: { event: "purchase", agg: "count" },
        s: { score: { points: { n: 1 } } },
      },
      segments: { a: { when: { $or: [{ n: 1 }, { lists: { $in: ["vip"] } }] } } },
      offers: { o: { slot: "hero", content: "c", score: "n" } },
      profile: { score: { points: { n: 2 } } },
    });
    expect(featureUses(document, "n")).toEqual([
      ["segments", ["a"]],
      ["offers", ["o"]],
      ["features", ["s"]],
      ["profile", ["score"]],
    ]);
    expect(listUses(document, "vip")).toEqual([["segments", ["a"]]]);
  });
});

describe("a size", () => {
  const document = tidy({
    features: {
      n: { event: "purchase", agg: "count" },
      s: { score: { points: { n: 1 } } },
      other: { event: "login", agg: "count" },
    },
    segments: { a: { when: { s: { $gte: 5 } } }, b: { when: { segments: { $in: ["a"] } } } },
  });

  it("is asked with segments of the draft written out, and with the features that they need", () => {
    const body = estimateBody(document, { segments: { $in: ["b"] }, lists: { $in: ["vip"] } }, "marketing");
    expect(body.when).toEqual({
      $and: [{ lists: { $in: ["vip"] } }, { $or: [{ $and: [{ $or: [{ s: { $gte: 5 } }] }] }] }],
    });
    expect(Object.keys(body.features).sort()).toEqual(["n", "s"]);
    expect(body.purpose).toBe("marketing");
  });

  it("leaves a circle, and a segment that is not there, to the server, which says what is wrong", () => {
    const circle = tidy({ segments: { a: { when: { segments: { $in: ["a"] } } } } });
    expect(estimateBody(circle, { segments: { $in: ["a"] } }, "marketing").when).toEqual({
      $and: [{ $or: [{ segments: { $in: ["a"] } }] }],
    });
    expect(estimateBody(document, { segments: { $in: ["gone"] } }, "marketing").when).toEqual({
      segments: { $in: ["gone"] },
    });
  });
});

describe("a list as it is pasted", () => {
  const known = new Set(["email", "customer_id", "phone"]);
  const read = (text: string) => {
    const { entries, lines } = readEntries(text, "email", known);
    return entries.map(({ namespace, value }, n) => `${lines[n]} ${namespace} ${value}`);
  };
  it("is one value on each line", () => {
    expect(read("a@x.com\r\n\r\n b@x.com ")).toEqual(["1 email a@x.com", "3 email b@x.com"]);
  });
  it("is lines of a namespace and a value, with and without a heading", () => {
    expect(read("namespace,value\ncustomer_id,7")).toEqual(["2 customer_id 7"]);
    expect(read("customer_id,7\nemail,a@x.com")).toEqual(["1 customer_id 7", "2 email a@x.com"]);
  });
  it("is a table of a spreadsheet, whose heading says what is in which column", () => {
    expect(read('\ufeffName;E-Mail;Customer ID\n"Berg; Ida";ida@x.com;7\n"say ""hi""\nthere";;8')).toEqual([
      "2 email ida@x.com",
      "2 customer_id 7",
      "3 customer_id 8",
    ]);
  });
});

it("the fields of an event, by their paths, are those that a feature can read", () => {
  const fields = fieldsIn(purchase);
  expect(fields.get("value")).toBe("number");
  expect(fields.get("order_id")).toBe("string");
  expect(fields.has("items")).toBe(false);
  expect(fieldsIn(undefined).size).toBe(0);
});
