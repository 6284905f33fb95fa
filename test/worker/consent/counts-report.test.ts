/** What of the anonymous counts is shown: nothing that fewer than 20 events make up, however it is asked for. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { dayOf, lastReportedDay } from "#consent/counts/days";
import { type CountGroup, MIN_EVENTS, reportCounts } from "#consent/counts/report";
import type { CountRow } from "#consent/counts/store";

type Path = [source: string, name?: string, country?: string, content?: string];

const row = (
  events: number,
  [source, name = "page_view", country = "SK", content = ""]: Path,
  day = 1,
): CountRow => ({
  day: `2026-11-0${day}`,
  source,
  name,
  country,
  content,
  events,
});
/** Groups as `web/page_view/SK/post-1 25`; `*` is other. */
const shown = (rows: CountRow[]) =>
  reportCounts(rows).groups.map(
    ({ source, name, country, content, events }) =>
      `${[source, name, country, content].map((part) => part ?? "*").join("/")} ${events}`,
  );

describe("a group", () => {
  it(`of ${MIN_EVENTS} events is shown, one of ${MIN_EVENTS - 1} is nowhere`, () => {
    expect(MIN_EVENTS).toBe(20);
    expect(shown([row(20, ["web"])])).toEqual(["web/page_view/SK/ 20"]);
    expect(reportCounts([row(19, ["web"])])).toEqual({ groups: [], events: 0 });
  });

  it("that is too small goes with the others like it into the next coarser level", () => {
    expect(
      shown([
        row(50, ["web", "page_view", "SK", "a"]),
        row(12, ["web", "page_view", "SK", "b"]),
        row(8, ["web", "page_view", "SK", "c"]),
      ]),
    ).toEqual(["web/page_view/SK/a 50", "web/page_view/SK/* 20"]);
  });

  it("goes on to the next level, and the next, while it is too small", () => {
    const rows = [
      row(30, ["web", "page_view", "SK", "a"]),
      row(5, ["web", "page_view", "SK", "b"]),
      row(5, ["web", "page_view", "CZ"]),
      row(5, ["web", "scroll", "CZ"]),
      row(5, ["app", "scroll", "CZ"]),
    ];
    expect(shown(rows)).toEqual(["web/page_view/SK/a 30", "*/*/*/* 20"]);
    expect(shown([...rows, row(15, ["web", "scroll", "LI"])])).toEqual([
      "web/page_view/SK/a 30",
      "web/scroll/*/* 20",
    ]);
    expect(shown(rows.slice(0, -1))).toEqual(["web/page_view/SK/a 30"]);
  });

  it("that is alone too small among large ones cannot be computed from any total", () => {
    const large = [row(100, ["web", "page_view", "SK", "a"]), row(40, ["web", "page_view", "SK", "b"])];
    const { groups, events } = reportCounts([...large, row(19, ["web", "page_view", "SK", "c"])]);
    expect(groups).toEqual(reportCounts(large).groups);
    expect(events).toBe(140); // and not 159
  });

  it("without a country or content is one like any other, and not the rest", () => {
    const rows = [row(30, ["web", "page_view", "", ""]), row(21, ["web", "page_view", "SK", "b"])];
    expect(shown(rows)).toEqual(["web/page_view// 30", "web/page_view/SK/b 21"]);
  });
});

describe("a range of days", () => {
  it("adds up what each day shows by itself: a group is not shown because two days make it large", () => {
    expect(shown([row(19, ["web"], 1), row(19, ["web"], 2)])).toEqual([]);
    expect(shown([row(20, ["web"], 1), row(21, ["web"], 2)])).toEqual(["web/page_view/SK/ 41"]);
  });

  it("less a shorter one leaves nothing of a day with few events", () => {
    const busy = [row(25, ["web"], 1), row(30, ["web"], 2)];
    expect(reportCounts([...busy, row(1, ["web"], 3)])).toEqual(reportCounts(busy));
  });

  it("reports a day when it is closed, never the present one", () => {
    const at = (iso: string) => lastReportedDay(Date.parse(iso));
    expect(at("2026-11-22T23:59:59Z")).toBe("2026-11-21");
    expect(at("2026-11-22T01:59:59.999Z")).toBe("2026-11-20");
    expect(at("2026-11-22T02:00:00Z")).toBe("2026-11-21");
    expect(dayOf(Date.parse("2026-11-22T23:59:59.999Z"))).toBe("2026-11-22");
  });
});

const rowsOf = fc.uniqueArray(
  fc.record({
    day: fc.constantFrom("2026-11-01", "2026-11-02", "2026-11-03"),
    source: fc.constantFrom("web", "app"),
    name: fc.constantFrom("page_view", "scroll", "purchase"),
    country: fc.constantFrom("", "SK", "CZ", "LI"),
    content: fc.constantFrom("", "a", "b"),
    events: fc.oneof(fc.integer({ min: 1, max: 25 }), fc.integer({ min: 15, max: 200 })),
  }),
  { selector: ({ events: _, ...key }) => JSON.stringify(key), maxLength: 60 },
);

const keyOf = ({ events: _, ...key }: CountGroup) => JSON.stringify(key);
const byKey = (groups: readonly CountGroup[]) => new Map(groups.map((group) => [keyOf(group), group.events]));
const sum = (rows: readonly { events: number }[]) => rows.reduce((total, { events }) => total + events, 0);
const LEVELS = ["source", "name", "country", "content"] as const;

describe("whatever is counted", () => {
  it("no number is smaller than 20, and no day withholds 20 or more", () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        for (const day of Map.groupBy(rows, (each) => each.day).values()) {
          const { groups, events } = reportCounts(day);
          for (const group of groups) expect(group.events).toBeGreaterThanOrEqual(20);
          expect(events).toBe(sum(groups));
          expect(sum(day) - events).toBeGreaterThanOrEqual(0);
          expect(sum(day) - events).toBeLessThan(20);
        }
      }),
    );
  });

  it("two ranges that overlap differ, in each group and in all, by nothing or by 20 and more", () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        const until = (day: string) => reportCounts(rows.filter((each) => each.day <= day));
        const [short, long] = [until("2026-11-02"), until("2026-11-03")];
        const before = byKey(short.groups);
        for (const group of long.groups) {
          const more = group.events - (before.get(keyOf(group)) ?? 0);
          expect(more === 0 || more >= 20).toBe(true);
        }
        const more = long.events - short.events;
        expect(more === 0 || more >= 20).toBe(true);
      }),
    );
  });

  it("a level less all that is shown below it leaves nothing, or what is shown as its other", () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        const { groups } = reportCounts(rows);
        for (const [depth, level] of LEVELS.entries()) {
          const parents = Map.groupBy(groups, (group) =>
            JSON.stringify(LEVELS.slice(0, depth).map((each) => group[each])),
          );
          for (const below of parents.values()) {
            const named = below.filter((group) => group[level] !== null);
            const left = sum(below) - sum(named);
            expect(left === 0 || left >= 20).toBe(true);
          }
        }
      }),
    );
  });

  it("no event is in two groups: of events that all are in one, its number is their number", () => {
    fc.assert(
      fc.property(rowsOf, (rows) => {
        for (const day of Map.groupBy(rows, (each) => each.day).values()) {
          const { groups } = reportCounts(day);
          for (const group of groups) {
            const inside = day.filter((each) =>
              LEVELS.every((l) => group[l] === null || group[l] === each[l]),
            );
            const finer = groups.filter(
              (other) => other !== group && LEVELS.every((l) => group[l] === null || group[l] === other[l]),
            );
            // What is left of its events without the finer groups: all of it, or less where some went further up.
            expect(group.events).toBeLessThanOrEqual(sum(inside) - sum(finer));
          }
        }
      }),
    );
  });
});
