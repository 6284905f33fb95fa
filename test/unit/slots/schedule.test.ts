/** Schedules in time zones, held against a minute-by-minute search over changes of the clock. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Schedule } from "#contracts/definitions/offer";
import { WEEKDAYS } from "#contracts/taxonomy";
import { isZone, momentOf, offsetAt, parseMoment } from "#core/zone";
import { compileSchedule } from "#slots/schedule";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const schedule = (given: Partial<Schedule>) => compileSchedule({ timezone: "UTC", ...given });
const at = (text: string) => Date.parse(text);

/** Zones, each with the days around both changes of its clocks in 2026, and some others. */
const CHANGES: [zone: string, at: string][] = [
  ["Europe/Bratislava", "2026-03-29T01:00:00Z"],
  ["Europe/Bratislava", "2026-10-25T01:00:00Z"],
  ["America/New_York", "2026-03-08T07:00:00Z"],
  ["America/New_York", "2026-11-01T06:00:00Z"],
  ["Australia/Lord_Howe", "2026-04-04T15:00:00Z"],
  ["Australia/Lord_Howe", "2026-10-03T15:30:00Z"],
  ["Asia/Beirut", "2026-03-28T22:00:00Z"],
  ["Asia/Beirut", "2026-10-24T21:00:00Z"],
  ["Asia/Kathmandu", "2026-06-01T00:00:00Z"],
  ["UTC", "2026-06-01T00:00:00Z"],
];

/** What clocks of a zone show at each minute of some days, asked of Intl by another way than the code takes. */
class Clocks {
  readonly start: number;
  readonly local: number[] = [];
  /** Local time → the first place that shows it: a search for each would take most of the test's time. */
  readonly #first = new Map<number, number>();
  constructor(zone: string, around: number, days: number) {
    this.start = Math.floor((around - days * DAY) / DAY) * DAY;
    const format = new Intl.DateTimeFormat("en-GB", {
      timeZone: zone,
      dateStyle: "short",
      timeStyle: "short",
    });
    for (let minute = this.start; minute < this.start + 2 * days * DAY; minute += 15 * MINUTE) {
      const parts = Object.fromEntries(format.formatToParts(minute).map(({ type, value }) => [type, value]));
      const shown = at(`${parts.year}-${parts.month}-${parts.day}T${parts.hour}:${parts.minute}:00Z`);
      for (let more = 0; more < 15; more++) {
        const local = shown + more * MINUTE;
        if (!this.#first.has(local)) this.#first.set(local, this.local.length);
        this.local.push(local);
      }
    }
  }
  shown(moment: number): number {
    return this.local[Math.floor((moment - this.start) / MINUTE)] ?? Number.NaN;
  }
  /** The first minute that shows it; where none does, as long after the change as it would be. */
  moment(local: number): number {
    const first = this.#first.get(local);
    if (first !== undefined) return this.start + first * MINUTE;
    const after = this.local.findIndex((shown) => shown > local);
    return this.start + after * MINUTE + (local - (this.local[after - 1] ?? 0) - MINUTE);
  }
}
const clocks = CHANGES.map(([zone, change]) => ({
  zone,
  change: at(change),
  clocks: new Clocks(zone, at(change), 4),
}));

const aChange = fc.constantFrom(...clocks);
const minutes = (days: number) => fc.integer({ min: -days * 1440, max: days * 1440 });

describe("a local time", () => {
  it("is the first moment that shows it, and after a gap as much later as the clocks were set", () => {
    fc.assert(
      fc.property(aChange, minutes(2), ({ zone, change, clocks: all }, n) => {
        const local = Math.floor(change / DAY) * DAY + n * MINUTE;
        expect(momentOf(zone, local)).toBe(all.moment(local));
        expect(change + n * MINUTE + offsetAt(zone, change + n * MINUTE)).toBe(
          all.shown(change + n * MINUTE),
        );
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    ["2026-03-29T02:30", "Europe/Bratislava", "2026-03-29T01:30:00Z"],
    ["2026-10-25T02:30", "Europe/Bratislava", "2026-10-25T00:30:00Z"],
    ["2026-10-04T02:15", "Australia/Lord_Howe", "2026-10-03T15:45:00Z"],
    ["2026-11-22T10:00:30", "Asia/Kathmandu", "2026-11-22T04:15:30Z"],
    ["2011-12-30T12:00", "Pacific/Apia", "2011-12-30T22:00:00Z"],
    ["2026-11-22T10:00", "UTC", "2026-11-22T10:00:00Z"],
    // With an offset it is a moment already, whatever the zone.
    ["2026-11-22T10:00:00+01:00", "America/New_York", "2026-11-22T09:00:00Z"],
    ["2026-11-22T10:00:00Z", "America/New_York", "2026-11-22T10:00:00Z"],
  ])("%s in %s is %s", (text, zone, expected) =>
    expect(new Date(parseMoment(text, zone)).toISOString()).toBe(new Date(expected).toISOString()),
  );

  it("is of zones that there are", () => {
    for (const name of ["Europe/Bratislava", "UTC", "Asia/Kathmandu"]) expect(isZone(name)).toBe(true);
    for (const name of ["Europe/Atlantis", "", "+01:00", "../etc", "CET+1 "])
      expect(isZone(name)).toBe(false);
  });
});

describe("a schedule", () => {
  it("is on from its first moment, and over at its last", () => {
    const winter = schedule({
      from: "2026-12-01T00:00",
      to: "2027-03-01T00:00",
      timezone: "Europe/Bratislava",
    });
    const from = at("2026-11-30T23:00:00Z");
    const to = at("2027-02-28T23:00:00Z");
    expect([from - 1, from, to - 1, to].map(winter.at)).toEqual(["not_started", "open", "open", "ended"]);
    expect(winter.nextStart(0)).toBe(from);
    expect(winter.nextStart(from)).toBeUndefined();
    expect(winter.nextStart(to)).toBeUndefined();
  });

  it("is on at its hours, over midnight as part of the day on which they begin", () => {
    const night = schedule({
      days: ["fri"],
      hours: { from: "22:00", to: "02:00" },
      timezone: "Europe/Bratislava",
    });
    // 2026-11-20 is a Friday.
    const state = (local: string) => night.at(parseMoment(local, "Europe/Bratislava"));
    expect(
      ["2026-11-20T01:00", "2026-11-20T21:59", "2026-11-20T22:00", "2026-11-21T01:59"].map(state),
    ).toEqual(["not_now", "not_now", "open", "open"]);
    expect(["2026-11-21T02:00", "2026-11-21T22:00", "2026-11-22T01:00"].map(state)).toEqual([
      "not_now",
      "not_now",
      "not_now",
    ]);
    expect(night.nextStart(at("2026-11-22T00:00:00Z"))).toBe(at("2026-11-27T21:00:00Z"));
  });

  it("that names one hour twice is on all day from then on", () => {
    const always = schedule({ hours: { from: "09:00", to: "09:00" } });
    for (let n = 0; n < 48; n++) expect(always.at(n * HOUR)).toBe("open");
  });

  it("says that it never starts again where its end comes before its day", () => {
    const never = schedule({
      to: "2026-11-23T00:00:00Z",
      days: ["sun"],
      hours: { from: "10:00", to: "11:00" },
    });
    expect(never.nextStart(at("2026-11-22T12:00:00Z"))).toBeUndefined();
    expect(never.nextStart(at("2026-11-22T09:00:00Z"))).toBe(at("2026-11-22T10:00:00Z"));
  });

  it("opens and closes exactly as a search minute by minute says, also over changes of the clock", () => {
    const time = fc
      .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom(0, 15, 30, 45))
      .map(([h, m]) => `${String(h).padStart(2, "0")}:${String(m).padStart(2, "0")}`);
    const given = fc.record({
      days: fc.option(fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1 }), { nil: undefined }),
      hours: fc.option(fc.record({ from: time, to: time }), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        aChange,
        given,
        fc.array(minutes(2), { minLength: 1, maxLength: 12 }),
        (where, set, asked) => {
          const { zone, change, clocks: all } = where;
          const own = schedule({ ...set, timezone: zone });
          for (const n of asked) {
            const now = change + n * MINUTE;
            if ((own.at(now) === "open") !== isOpen(all, set, now)) throw new Error(`wrong at ${n}`);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("says when it is on next: nothing before it is, and that is", () => {
    const days = fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(aChange, days, minutes(1), ({ zone, change }, some, n) => {
        const own = schedule({ days: some, hours: { from: "02:30", to: "04:00" }, timezone: zone });
        const now = change + n * MINUTE;
        const next = own.nextStart(now);
        if (own.at(now) === "open") expect(next).toBeUndefined();
        else {
          for (let t = now; t < (next ?? 0); t += 45 * MINUTE)
            if (own.at(t) !== "not_now") throw new Error(`open at ${t}`);
          expect(own.at((next ?? 0) - 1)).toBe("not_now");
          expect(own.at(next ?? 0)).toBe("open");
        }
      }),
      { numRuns: 60 },
    );
  });
});

/** Whether some local day's window is open, each end of it found by search. */
function isOpen(all: Clocks, { days, hours }: Pick<Schedule, "days" | "hours">, now: number): boolean {
  if (!days && !hours) return true;
  const { from = "00:00", to = "00:00" } = hours ?? {};
  const today = Math.floor(all.shown(now) / DAY);
  const clock = (day: number, time: string) => all.moment(day * DAY + at(`1970-01-01T${time}:00Z`));
  return [today - 1, today, today + 1].some((day) => {
    const weekday = WEEKDAYS[(new Date(day * DAY).getUTCDay() + 6) % 7];
    if (days && weekday && !days.includes(weekday)) return false;
    return clock(day, from) <= now && now < clock(to > from ? day : day + 1, to);
  });
}
