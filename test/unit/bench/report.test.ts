/** What the bench prints: a figure beside its target, and the scripts beside ours. */
import { describe, expect, it } from "vitest";
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
