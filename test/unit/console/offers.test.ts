/** Offers in the console: their words, their times, and what the form makes of them. */
import { describe, expect, it } from "vitest";
import { onNow, startAgain, stop } from "../../../src/console/page/offers/change.ts";
import {
  localOf,
  nextWindows,
  scheduleInWords,
  stateAt,
} from "../../../src/console/page/offers/schedule-words.ts";
import { inOrder, keyOf, offerOf } from "../../../src/console/page/offers/shapes.ts";
import {
  audienceInWords,
  capInWords,
  costInWords,
  segmentsOf,
} from "../../../src/console/page/offers/words.ts";

const at = (text: string) => Date.parse(text);
const iso = (windows: { from: number; to?: number }[]) =>
  windows.map(({ from, to }) => [from, to].map((time) => time !== undefined && new Date(time).toISOString()));

describe("a schedule, in words", () => {
  it("says days, hours and the zone, and moments as the zone's clocks show them", () => {
    expect(scheduleInWords(undefined)).toBe("Always");
    expect(scheduleInWords({ timezone: "UTC" })).toBe("Always");
    expect(
      scheduleInWords({
        from: "2026-12-24T17:00:00Z",
        to: "2027-01-06T00:00:00",
        timezone: "Europe/Bratislava",
        days: ["sat", "sun"],
        hours: { from: "09:00", to: "17:00" },
      }),
    ).toBe(
      "From Thu 24 Dec 2026, 18:00, until Wed 6 Jan 2027, 00:00, on Saturday and Sunday, between 09:00 and 17:00 (Europe/Bratislava)",
    );
    expect(scheduleInWords({ timezone: "Mars/Olympus", days: ["mon"] })).toBe(
      "There is no time zone “Mars/Olympus”",
    );
  });

  it("names the next times as the decision has them, over a change of the clocks too", () => {
    const hours = {
      timezone: "Europe/Bratislava",
      days: ["sun" as const],
      hours: { from: "01:00", to: "04:00" },
    };
    // On 29 March 2026 the clocks go from 02:00 to 03:00: the window lasts two hours.
    expect(iso(nextWindows(hours, at("2026-03-27T12:00:00Z"), 2))).toEqual([
      ["2026-03-29T00:00:00.000Z", "2026-03-29T02:00:00.000Z"],
      ["2026-04-04T23:00:00.000Z", "2026-04-05T02:00:00.000Z"],
    ]);
  });

  it("names what is on now first, joins days that touch, and ends with the schedule", () => {
    const weekend = { timezone: "UTC", days: ["sat" as const, "sun" as const], to: "2026-11-29T12:00:00Z" };
    const now = at("2026-11-22T10:30:30Z");
    expect(iso(nextWindows(weekend, now, 3))).toEqual([
      ["2026-11-22T10:30:30.000Z", "2026-11-23T00:00:00.000Z"],
      ["2026-11-28T00:00:00.000Z", "2026-11-29T12:00:00.000Z"],
    ]);
    expect(iso(nextWindows({ from: "2027-01-01T00:00:00Z" }, now, 3))).toEqual([
      ["2027-01-01T00:00:00.000Z", false],
    ]);
    expect(nextWindows({ to: "2026-11-01T00:00:00Z" }, now, 3)).toEqual([]);
  });

  it("shows a moment in a field as the zone's clocks do, and nothing where it is none", () => {
    expect(localOf("2026-07-01T12:00:00Z", "Europe/Bratislava")).toBe("2026-07-01T14:00");
    expect(localOf("2026-07-01T12:00:00", "Europe/Bratislava")).toBe("2026-07-01T12:00");
    expect(localOf("soon", "UTC")).toBe("");
    expect(localOf(undefined, "UTC")).toBe("");
    expect(stateAt({ timezone: "Mars/Olympus" }, 0)).toBeUndefined();
    expect(stateAt({ from: "soon" }, 0)).toBeUndefined();
  });
});

describe("an audience", () => {
  it.each([
    [undefined, [], "Everybody"],
    [{}, [], "Everybody"],
    [{ segments: { $in: ["loyal", "lead"] } }, ["loyal", "lead"], "In loyal or lead"],
    [{ segments: { $nin: ["loyal"] } }, undefined, "Where segments is none of “loyal”"],
    [{ country: "SK", views_7d: { $gte: 2 } }, undefined, "Where country is “SK” and views 7d is at least 2"],
    [{ top_topic: { $regex: "^w" } }, undefined, "By a rule that only its JSON shows"],
  ])(
    "%j is said in words, and is ticks only where it is nothing but segments",
    (audience, segments, words) => {
      expect(segmentsOf(audience)).toEqual(segments);
      expect(audienceInWords(audience)).toBe(words);
    },
  );
});

describe("a cap", () => {
  it("says what it allows, and what counting it costs", () => {
    expect(capInWords({ count: 1, per: "session" })).toBe("at most once a visit");
    expect(capInWords({ count: 3, per: "day", exact: true })).toBe("at most 3 times a day, exactly");
    expect(capInWords({ count: 2, per: "lifetime" })).toBe("at most twice in all, exactly");
    expect(costInWords({ count: 1, per: "session" })).toContain("costs nothing");
    expect(costInWords({ count: 1, per: "week" })).toContain("one billed request");
  });
});

describe("stopping", () => {
  const now = at("2026-11-22T10:00:00Z");
  const offer = { slot: "hero", content: "spring" };

  it("ends the offer now, keeps the rest of its schedule, and is taken back whole", () => {
    const stopped = stop(offer, now);
    expect(stopped.schedule).toEqual({ to: "2026-11-22T10:00:00.000Z" });
    expect(onNow(stopped, now)).toEqual(["quiet", "over"]);
    expect(startAgain(stopped)).toEqual(offer);
    const weekend = { ...offer, schedule: { timezone: "UTC", days: ["sun" as const] } };
    expect(startAgain(stop(weekend, now))).toEqual(weekend);
    expect(onNow(weekend, now)).toEqual(["good", "on now"]);
  });

  it("says when an offer is on next", () => {
    const later = { ...offer, schedule: { timezone: "UTC", days: ["mon" as const] } };
    expect(onNow(later, now)).toEqual(["wait", "on later", "Mon 23 Nov 2026, 00:00"]);
    expect(onNow({ ...offer, schedule: { timezone: "nowhere" } }, now)).toEqual([
      "bad",
      "schedule cannot be read",
    ]);
  });
});

describe("the form", () => {
  it("takes what it can show, and leaves the rest to the JSON", () => {
    expect(offerOf({ slot: "hero", content: "x", caps: [{ count: 1, per: "day" }] })).toBeDefined();
    for (const wrong of [null, [], {}, { slot: 1, content: "x" }, { slot: "a", content: "b", caps: {} }])
      expect(offerOf(wrong)).toBeUndefined();
    expect(offerOf({ slot: "a", content: "b", schedule: { days: [1] } })).toBeUndefined();
  });

  it("makes keys of what people type", () => {
    expect(keyOf("Spring boots, 20 % off!")).toBe("spring-boots-20-off-");
    expect(keyOf("--Ľad a sneh")).toBe("lad-a-sneh");
  });

  it("orders a slot's offers as they are tried: by priority, then by key", () => {
    const offers = {
      b: { slot: "hero", content: "x", priority: 10 },
      a: { slot: "hero", content: "x", priority: 10 },
      c: { slot: "hero", content: "x", priority: 20 },
      d: { slot: "band", content: "x", priority: 90 },
      e: { slot: "hero", content: "x" },
    };
    expect(inOrder(offers, "hero").map(([key]) => key)).toEqual(["c", "a", "b", "e"]);
  });
});
