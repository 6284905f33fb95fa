/** The bench's command line, and that its parts stay within their time. */
import { describe, expect, it } from "vitest";
import { PARTS, type Plan, planOf } from "../../../bench/measure/arguments.ts";
import { PAIRS } from "../../../bench/measure/pairs.ts";

/** Seconds of load: two servers, or two kinds of requests, take turns. Building, checking and starting come on top. */
function secondsUnderLoad(plan: Plan): number {
  const pairs = (["core", "walker", "protocols"] as const).map((part) => {
    const { rotations, seconds, warmSeconds } = plan[part];
    return PAIRS[part].length * 2 * (rotations * seconds + warmSeconds);
  });
  const others = [plan.consent, plan.encryption].reduce(
    (sum, { rotations, seconds, warmSeconds }) => sum + 2 * (rotations * seconds + warmSeconds),
    0,
  );
  const latency = 2 * plan.latency.rotations * plan.latency.seconds;
  // Of five kinds of requests.
  const shapes = 5 * (plan.shapes.warmSeconds + plan.shapes.seconds);
  return pairs.reduce((sum, part) => sum + part, others + latency + shapes);
}

describe("npm run bench", () => {
  it("runs all parts when none is named", () => {
    expect([...planOf([]).parts]).toEqual([...PARTS]);
  });

  it.each([
    [["--only", "walker"], ["walker"]],
    [
      ["--only", "core,protocols"],
      ["core", "protocols"],
    ],
    [
      ["--only", "whole", "--only", "sizes"],
      ["whole", "sizes"],
    ],
  ])("%j runs %j", (args, parts) => {
    expect([...planOf(args).parts]).toEqual(parts);
  });

  it("names a part that it does not know, and those that it does", () => {
    expect(() => planOf(["--only", "protocol"])).toThrow(/--only protocol: .*protocols/);
    expect(() => planOf(["--fast"])).toThrow(/--fast/);
  });

  it("leaves room in the six minutes of --quick and in the seventeen of the whole", () => {
    expect(secondsUnderLoad(planOf(["--quick"]))).toBeLessThanOrEqual(350);
    expect(secondsUnderLoad(planOf([]))).toBeLessThanOrEqual(900);
  });
});
