/** When a schedule of wrangler.toml is due in a local run. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDue } from "../../../scripts/local/cron.ts";

/** A Sunday. */
const at = (time: string) => new Date(`2026-11-22T${time}Z`);

describe("isDue", () => {
  it.each([
    ["* * * * *", "10:07:59", true],
    ["7 * * * *", "10:07:30", true],
    ["7 * * * *", "10:08:00", false],
    ["7 10 * * *", "10:07:00", true],
    ["7 10 * * *", "11:07:00", false],
    ["0,15,30 * * * *", "10:15:00", true],
    ["0,15,30 * * * *", "10:16:00", false],
    ["10-12 * * * *", "10:12:00", true],
    ["10-12 * * * *", "10:13:00", false],
    ["*/15 * * * *", "10:45:00", true],
    ["*/15 * * * *", "10:46:00", false],
    ["10-50/20 * * * *", "10:30:00", true],
    ["10-50/20 * * * *", "10:20:00", false],
    ["10-50/20 * * * *", "10:55:00", false],
    ["5/20 * * * *", "10:45:00", true],
    ["5/20 * * * *", "10:04:00", false],
    ["1,*/30 * * * *", "10:30:00", true],
    ["* * 22 * *", "10:00:00", true],
    ["* * 23 * *", "10:00:00", false],
    ["* * * 11 *", "10:00:00", true],
    ["* * * 10 *", "10:00:00", false],
    ["  0   10  *  *  * ", "10:00:00", true],
  ])("%s at %s: %s", (cron, time, due) => {
    expect(isDue(cron, at(time))).toBe(due);
  });

  it("counts in UTC", () => {
    expect(isDue("0 0 23 * *", new Date("2026-11-23T01:00:00+01:00"))).toBe(true);
  });

  it.each(["", "*", "* * * *", "* * * * * *", "x * * * *"])("%j is never due", (cron) => {
    expect(isDue(cron, at("10:00:00"))).toBe(false);
  });

  it("four numbers name their own minute and no other", () => {
    const minute = fc
      .date({ min: new Date("2020-01-01"), max: new Date("2030-01-01"), noInvalidDate: true })
      .map((date) => new Date(Math.floor(date.getTime() / 60_000) * 60_000));
    fc.assert(
      fc.property(minute, fc.integer({ min: 1, max: 40_000 }), (date, later) => {
        const cron = `${date.getUTCMinutes()} ${date.getUTCHours()} ${date.getUTCDate()} ${date.getUTCMonth() + 1} *`;
        expect(isDue(cron, date)).toBe(true);
        expect(isDue(cron, new Date(date.getTime() + 59_999))).toBe(true);
        expect(isDue(cron, new Date(date.getTime() + later * 60_000))).toBe(false);
      }),
    );
  });
});
