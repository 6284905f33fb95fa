/** What is counted for exact caps: by whatever clock, in whatever order, and what is forgotten of it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  count,
  forgetAt,
  type Given,
  type Limit,
  reached,
  remaining,
  timesGiven,
  uncount,
} from "#slots/caps";

const DAY = 86_400_000;
/** A Sunday in UTC. */
const SUNDAY = Date.UTC(2026, 10, 22, 12);
const limits = (...per: Limit["per"][]): Limit[] => per.map((one) => ({ per: one, count: 2 }));
const ALL = limits("session", "day", "week", "lifetime");
const times = (given: Given | undefined, now: number, session = "s") =>
  ALL.map(({ per }) => timesGiven(given, per, session, now));

describe("what an offer was given", () => {
  it("is counted by session, UTC day, week from Monday, and ever", () => {
    let given = count(undefined, ALL, "s", SUNDAY);
    given = count(given, ALL, "s", SUNDAY + 1000);
    expect(times(given, SUNDAY + 2000)).toEqual([2, 2, 2, 2]);
    expect(times(given, SUNDAY + 2000, "other")).toEqual([0, 2, 2, 2]);
    // Monday.
    expect(times(given, SUNDAY + DAY)).toEqual([2, 0, 0, 2]);
    expect(times(given, SUNDAY - DAY * 5)).toEqual([2, 2, 2, 2]);
    expect(reached(given, limits("week"), "s", SUNDAY)).toEqual({ per: "week", count: 2, used: 2 });
    expect(reached(given, limits("week"), "s", SUNDAY + DAY)).toBeUndefined();
  });

  it("is only what some cap asks about", () => {
    expect(count(undefined, limits("lifetime"), "s", SUNDAY)).toEqual({ lifetime: 1, at: SUNDAY });
  });

  it("is never less for a clock that is behind: no cap is passed by more than the days that there were", () => {
    const clocks = fc.array(fc.integer({ min: -3 * DAY, max: 3 * DAY }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(clocks, (skews) => {
        const caps = limits("day", "lifetime").map((one) => ({ ...one, count: 3 }));
        let given: Given | undefined;
        let taken = 0;
        const days = new Set<number>();
        for (const skew of skews) {
          const now = SUNDAY + skew;
          days.add(Math.floor(now / DAY));
          if (reached(given, [{ per: "day", count: 3 }], "s", now)) continue;
          given = count(given, caps, "s", now);
          taken++;
        }
        expect(taken).toBeLessThanOrEqual(3 * days.size);
        expect(given?.lifetime).toBe(taken);
      }),
    );
  });

  it("is given back where it was counted, and a day that is over is left alone", () => {
    const first = count(undefined, ALL, "s", SUNDAY);
    const both = count(first, ALL, "s", SUNDAY + DAY);
    expect(times(uncount(both, ALL, "s", SUNDAY), SUNDAY + DAY)).toEqual([1, 1, 1, 1]);
    expect(times(uncount(both, ALL, "s", SUNDAY + DAY), SUNDAY + DAY)).toEqual([1, 0, 0, 1]);
    expect(times(uncount(uncount(first, ALL, "s", SUNDAY), ALL, "s", SUNDAY), SUNDAY)).toEqual([0, 0, 0, 0]);
    // Before it was counted, and after it was given back, all is the same.
    expect(times(first, SUNDAY)).toEqual([1, 1, 1, 1]);
  });

  it("knows no names but its own", () => {
    const given = count(undefined, limits("session"), "s", SUNDAY);
    for (const session of ["constructor", "__proto__", ""])
      expect(timesGiven(given, "session", session, SUNDAY)).toBe(0);
  });
});

describe("what is forgotten", () => {
  it("is what has passed: a session after two days, a day, a week, and the rest with the visitor's id", () => {
    const given = count(undefined, ALL, "s", SUNDAY);
    expect(Object.keys(remaining(given, SUNDAY + 1000) ?? {}).sort()).toEqual([
      "at",
      "day",
      "lifetime",
      "session",
      "week",
    ]);
    expect(Object.keys(remaining(given, SUNDAY + DAY) ?? {}).sort()).toEqual(["at", "lifetime", "session"]);
    expect(Object.keys(remaining(given, SUNDAY + 2 * DAY) ?? {}).sort()).toEqual(["at", "lifetime"]);
    expect(remaining(given, SUNDAY + 395 * DAY)).toBeUndefined();
  });

  it("is looked for again once something may have passed, and not before a day", () => {
    const of = (...per: Limit["per"][]) =>
      forgetAt([count(undefined, limits(...per), "s", SUNDAY)], SUNDAY) - SUNDAY;
    expect([of("day"), of("session", "lifetime"), of("week"), of("lifetime")]).toEqual([
      2 * DAY,
      2 * DAY,
      7 * DAY,
      395 * DAY,
    ]);
    expect(forgetAt([{ at: SUNDAY - 9 * DAY, day: { period: 1, times: 1 } }], SUNDAY)).toBe(SUNDAY + DAY);
  });
});
