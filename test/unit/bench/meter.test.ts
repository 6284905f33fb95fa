import { describe, expect, it } from "vitest";
import {
  createMeter,
  difference,
  dollars,
  monthlyDollars,
  noCounts,
  priceLines,
  queueChunks,
  sum,
  totalDollars,
} from "../../../bench/cost/meter.ts";
import { PRICES, UNITS } from "../../../bench/cost/prices.ts";

describe("the cost meter's arithmetic", () => {
  it("bills a message per 64 KB, its metadata of about 100 bytes included", () => {
    expect(queueChunks(0)).toBe(1);
    expect(queueChunks(63_900)).toBe(1);
    expect(queueChunks(63_901)).toBe(2);
    expect(queueChunks(127_900)).toBe(2);
    expect(queueChunks(127_901)).toBe(3);
  });

  it("prices units per million events", () => {
    const counts = { ...noCounts(), requests: 200, kvWrites: 10 };
    const lines = priceLines(counts, 1_000);
    expect(lines.map(({ unit, amount }) => [unit, amount])).toEqual([
      ["requests", 200_000],
      ["writes", 10_000],
    ]);
    expect(totalDollars(lines)).toBeCloseTo(
      0.2 * PRICES.requests.perMillion + 0.01 * PRICES.kvWrites.perMillion,
      10,
    );
  });

  it("takes a million units of everything for the sum of all prices", () => {
    const counts = noCounts();
    for (const unit of UNITS) counts[unit] = 1e6;
    const all = UNITS.reduce((total, unit) => total + PRICES[unit].perMillion, 0);
    expect(totalDollars(priceLines(counts, 1e6))).toBeCloseTo(all, 10);
  });

  it("leaves to pay, each month, only what the plan does not include", () => {
    const lines = priceLines({ ...noCounts(), kvWrites: 500_000 }, 1e6);
    expect(monthlyDollars(lines, 1e6)).toBe(0);
    expect(monthlyDollars(lines, 2e6)).toBe(0);
    expect(monthlyDollars(lines, 4e6)).toBeCloseTo(5, 10);
  });

  it("counts, forgets, and tells what came in between", () => {
    const meter = createMeter();
    meter.add("requests");
    const before = { ...meter.counts };
    meter.add("rowsWritten", 3);
    expect(difference(meter.counts, before)).toEqual({ ...noCounts(), rowsWritten: 3 });
    expect(sum(meter.counts, before).requests).toBe(2);
    meter.reset();
    expect(meter.counts).toEqual(noCounts());
  });

  it("writes dollars with two decimals", () => {
    expect(dollars(1.0749)).toBe("$1.07");
    expect(dollars(12)).toBe("$12.00");
  });
});
