/** What the bench prints: a figure beside its target, and the scripts beside ours. */
import { describe, expect, it } from "vitest";
import { noCounts } from "../../../bench/cost/meter.ts";
import { writesPerEvent } from "../../../bench/cost/report.ts";
import type { Comparison } from "../../../bench/measure/ratios.ts";
import { describeComparison } from "../../../bench/measure/report.ts";
import { scriptSizes } from "../../../bench/measure/scripts.ts";

const around = (median: number) => ({ lower: median * 0.9, median, upper: median * 1.1 });
const comparison = (ratio: number): Comparison => ({
  cpu: { ours: around(200), other: around(200 * ratio) },
  perSecond: { ours: around(5_000), other: around(5_000 / ratio) },
  cpuRatio: around(ratio),
  rateRatio: around(ratio),
});

describe("a comparison", () => {
  it("names what we are measured by, and meets its target by the median", () => {
    const text = describeComparison("One event", 0.9, "walkerOS", comparison(0.9));
    expect(text).toContain("walkerOS");
    expect(text).toMatch(/0\.90 \(0\.81–0\.99\) {2}target ≥ 0\.9: ok/);
  });

  it("says where it misses", () => {
    expect(describeComparison("One event", 0.9, "walkerOS", comparison(0.89))).toContain(
      "target ≥ 0.9: MISS",
    );
  });
});

describe("what an event writes", () => {
  it("is beside its target, with what caused it", () => {
    const counts = { ...noCounts(), rowsWritten: 310, kvWrites: 20 };
    const causes = new Map([
      ["schedule", { ...noCounts(), rowsWritten: 10 }],
      ["doorstep-events", { ...noCounts(), rowsWritten: 300, kvWrites: 20 }],
    ]);
    expect(writesPerEvent({ counts, accepted: 1000, causes })).toBe(
      "D1 rows written per event: 0.3100 (doorstep-events 0.3000, schedule 0.0100), target at most 0.3: MISS.\n" +
        "KV writes per event: 0.0200 (doorstep-events 0.0200), target at most 0.03: ok.",
    );
  });
});

describe("scripts", () => {
  it("ours is lighter than every other client's, each named with its version and file", async () => {
    const [core, more, ...others] = await scriptSizes();
    expect([core?.name, more?.name]).toEqual(["doorstep.js", "doorstep-more.js"]);
    expect(others.length).toBeGreaterThanOrEqual(4);
    for (const { name, gzipBytes, measured } of others) {
      expect(gzipBytes, name).toBeGreaterThan((core?.gzipBytes ?? 0) + (more?.gzipBytes ?? 0));
      expect(measured).toMatch(/^@[\w-]+\/[\w-]+@\d+\.\d+\.\d+ dist\//);
    }
  }, 30_000);
});
