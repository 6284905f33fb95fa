import { describe, expect, it } from "vitest";
import { requestsOf } from "../../../bench/cost/browser.ts";
import { makeVisitors } from "../../../bench/cost/traffic.ts";
import { quantile } from "../../../bench/measure/statistics.ts";

describe("the traffic model", () => {
  const visitors = makeVisitors(500, 5_000);
  const eventsIn = (visit: (typeof visitors)[number]["visit"]) =>
    visit.filter(({ action }) => action.kind === "event").length;

  it("sends exactly as many events as asked for, the same in every run", () => {
    expect(visitors.reduce((total, { visit }) => total + eventsIn(visit), 0)).toBe(5_000);
    expect(makeVisitors(500, 5_000)).toEqual(visitors);
  });

  it.each([1, 2, 5])("fills requests with %i events each, and loses none", (each) => {
    for (const { visit } of visitors) {
      const sizes = requestsOf(visit, each).flatMap((sent) =>
        sent.kind === "events" ? [sent.events.length] : [],
      );
      expect(sizes.every((size) => size === each)).toBe(true);
      expect(sizes.length * each).toBe(eventsIn(visit));
    }
  });
});

describe("quantiles", () => {
  it("lie between neighbours", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5);
    expect(quantile([1, 2, 3, 4, 5], 0.25)).toBe(2);
    expect(quantile([], 0.5)).toBeNaN();
  });
});
