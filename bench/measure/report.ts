/** The bench's figures as text, each beside its target. */
import type { Latency } from "./latency.ts";
import type { Comparison } from "./ratios.ts";
import type { ScriptSize } from "./scripts.ts";
import type { Quartiles } from "./statistics.ts";

/** `ok` or `MISS`. */
export const verdict = (isMet: boolean): string => (isMet ? "ok" : "MISS");

const range = ({ lower, median, upper }: Quartiles, digits: number): string =>
  `${median.toFixed(digits)} (${lower.toFixed(digits)}–${upper.toFixed(digits)})`;

const row = (name: string, cells: readonly string[]): string =>
  `  ${name.padEnd(34)}${cells.map((cell) => cell.padStart(22)).join("")}`;

/**
 * One pair: medians with their quartiles, and the ratio of CPU beside its target, if it has one.
 * @param other what it is measured by
 */
export function describeComparison(
  name: string,
  target: number | undefined,
  other: string,
  { cpu, perSecond, cpuRatio, rateRatio }: Comparison,
): string {
  const beside = target === undefined ? "" : `  target ≥ ${target}: ${verdict(cpuRatio.median >= target)}`;
  return [
    name,
    row("", ["ours", other, "ratio"]),
    `${row("CPU µs per request", [range(cpu.ours, 0), range(cpu.other, 0), range(cpuRatio, 2)])}${beside}`,
    row("requests/s", [range(perSecond.ours, 0), range(perSecond.other, 0), range(rateRatio, 2)]),
    "",
  ].join("\n");
}

export function describeLatency(name: string, { p50, p99, p99Ratio }: Latency): string {
  return [
    name,
    row("", ["ours", "bare", "ratio"]),
    row("p50, ms", [range(p50.ours, 2), range(p50.other, 2), ""]),
    `${row("p99, ms", [range(p99.ours, 2), range(p99.other, 2), range(p99Ratio, 2)])}  target ≤ 2: ${verdict(p99Ratio.median <= 2)}`,
    "",
  ].join("\n");
}

/** One figure beside its target. */
export const describeFigure = (name: string, figure: string, target: string, isMet: boolean): string =>
  `${row(name, [figure])}  target ${target}: ${verdict(isMet)}`;

/** Scripts with their sizes, and what exactly was weighed. */
export const describeScripts = (scripts: readonly ScriptSize[]): string =>
  scripts
    .map(({ name, gzipBytes, rawBytes, measured }) =>
      `${row(name, [`${gzipBytes} B`, `${rawBytes} B raw`])}  ${measured}`.trimEnd(),
    )
    .join("\n");
