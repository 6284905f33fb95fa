/** What was delivered and what failed over the last hour or day, as bars. */
import type { Point } from "#forward/destination-view";
import { count } from "../../wording.ts";
import { svg } from "../identity/charts.ts";

const WIDTH = 480;
const HEIGHT = 72;

/** @param step of one bar, ms @param bars how many, the last of them now's @param now epoch ms */
export function deliveredBars(
  points: readonly Point[],
  step: number,
  bars: number,
  unit: string,
  now = Date.now(),
): SVGElement {
  const last = Math.floor(now / step) * step;
  const known = new Map(points.map((point) => [point.at, point]));
  const shown = Array.from({ length: bars }, (_, n) => known.get(last - (bars - 1 - n) * step));
  const top = Math.max(1, ...shown.map((point) => (point ? point.delivered + point.failed : 0)));
  const sum = (of: "delivered" | "failed") => shown.reduce((all, point) => all + (point?.[of] ?? 0), 0);
  const words = `${sum("delivered")} delivered and ${sum("failed")} failed in the last ${count(bars, unit)}; at most ${top} a ${unit}`;
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    class: "bar-chart",
    role: "img",
    "aria-label": words,
  });
  chart.appendChild(svg("path", { d: `M0 ${HEIGHT - 0.5}H${WIDTH}`, class: "axis" }));
  const width = WIDTH / bars;
  shown.forEach((point, n) => {
    if (!point) return;
    const failed = (point.failed / top) * (HEIGHT - 4);
    const delivered = (point.delivered / top) * (HEIGHT - 4);
    const at = { x: n * width + 1, width: width - 2 };
    if (delivered > 0)
      chart.appendChild(
        svg("rect", { ...at, y: HEIGHT - 1 - delivered, height: delivered, class: "delivered" }),
      );
    if (failed > 0)
      chart.appendChild(
        svg("rect", { ...at, y: HEIGHT - 1 - delivered - failed, height: failed, class: "failed" }),
      );
  });
  return chart;
}
