/** Small charts as SVG: a line over days, and bars beside their labels. Each says in words what it shows. */
import { h } from "../dom.ts";

const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
export function svg(name: string, attributes: Record<string, string | number>): SVGElement {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

const WIDTH = 240;
const HEIGHT = 48;

/**
 * Values from left to right, the newest last; gaps where there is none. The scale begins at 0.
 * @param words what a reader is told instead
 */
export function line(values: readonly (number | null)[], words: string): SVGElement {
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    class: "line-chart",
    role: "img",
    "aria-label": words,
  });
  const top = values.reduce<number>((max, value) => Math.max(max, value ?? 0), 0) || 1;
  const x = (n: number) => (values.length < 2 ? WIDTH : (n * WIDTH) / (values.length - 1));
  const y = (value: number) => HEIGHT - 3 - (value / top) * (HEIGHT - 6);
  let pen = "M";
  const path = values.map((value, n) => {
    if (value === null) {
      pen = "M";
      return "";
    }
    const step = `${pen}${x(n).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = "L";
    return step;
  });
  chart.appendChild(svg("path", { d: `M0 ${HEIGHT - 1}H${WIDTH}`, class: "axis" }));
  chart.appendChild(svg("path", { d: path.join("") || "M0 0", class: "curve" }));
  const last = values.at(-1);
  if (last !== null && last !== undefined)
    chart.appendChild(svg("circle", { cx: x(values.length - 1) - 3, cy: y(last), r: 3, class: "dot" }));
  return chart;
}

export interface Bar {
  label: string;
  value: number;
  /** Beside the number. */
  note?: string;
}

/** A table of bars; the number is beside each. @param head what is counted, and by what */
export function bars(head: readonly [string, string], rows: readonly Bar[]): HTMLElement {
  const top = rows.reduce((max, { value }) => Math.max(max, value), 0) || 1;
  return h(
    "div",
    { class: "table-frame bars" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          h("th", { attrs: { scope: "col" } }, head[0]),
          h("th", { class: "number", attrs: { scope: "col", colspan: 2 } }, head[1]),
        ),
      ),
      h(
        "tbody",
        {},
        ...rows.map(({ label, value, note }) =>
          h(
            "tr",
            {},
            h("td", { class: "name" }, label),
            h("td", { class: "share" }, barOf(value / top)),
            h(
              "td",
              { class: "number" },
              value.toLocaleString(),
              note && h("span", { class: "hint" }, ` ${note}`),
            ),
          ),
        ),
      ),
    ),
  );
}

function barOf(share: number): SVGElement {
  const bar = svg("svg", {
    viewBox: "0 0 100 8",
    preserveAspectRatio: "none",
    class: "share-bar",
    "aria-hidden": "true",
  });
  bar.appendChild(svg("rect", { width: Math.max(share * 100, share > 0 ? 1 : 0), height: 8, rx: 1 }));
  return bar;
}
