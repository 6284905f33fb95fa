/** What the pages of segments, features and lists have in common: marks, speeds, who uses what, and a history's bars. */
import type { Speed } from "#segments/speed";
import { attributeInWords } from "../condition/words.ts";
import { type Child, chip, h } from "../dom.ts";
import { svg } from "../identity/charts.ts";
import { dateOf } from "../time.ts";
import { featureHref, hrefOf } from "./address.ts";
import type { Mark, Uses } from "./tidy.ts";

/** That it is not published as it is shown. */
export const markChip = (mark: Mark): Child =>
  mark !== undefined && chip(mark === "removed" ? "bad" : "wait", mark, "not published yet");

/** How fast a segment takes effect, with why. */
export const speedLine = ({ label, reasons }: Speed): HTMLElement =>
  h(
    "span",
    {},
    label === "next_request" ? chip("good", "next request") : chip("info", "within 120 s"),
    h(
      "span",
      { class: "hint" },
      ` ${reasons.join(" ").replace(/`([^`]+)`/g, (_, name: string) => `“${attributeInWords(name)}”`)}`,
    ),
  );

/** Who uses it: `offers hero, banner · segments loyal`; in words where nobody does. */
export function usesLine(uses: Uses): HTMLElement {
  const parts = uses.flatMap(([kind, names], n) => [
    n > 0 && " · ",
    `${kind} `,
    ...names.flatMap((name, at) => [at > 0 && ", ", linked(kind, name)]),
  ]);
  return h("span", {}, ...(parts.length > 0 ? parts : ["nothing yet"]));
}

function linked(kind: string, name: string): Child {
  const href = kind === "segments" ? hrefOf(name) : kind === "features" ? featureHref(name) : undefined;
  return href === undefined ? h("b", {}, name) : h("a", { attrs: { href } }, name);
}

/** The same as one text, for a question. */
export const usesInWords = (uses: Uses): string =>
  uses.length === 0
    ? "Nothing uses it."
    : `It is used by ${uses.map(([kind, names]) => `${kind} ${names.join(", ")}`).join("; ")}: those will not be valid without it.`;

const WIDTH = 240;
const HEIGHT = 36;
const DAYS = 30;

/** People on each of the last days, the newest on the right. @param history newest first */
export function historyBars(history: readonly { day: string; people: number }[]): SVGElement {
  const shown = history.slice(0, DAYS).reverse();
  const top = shown.reduce((most, { people }) => Math.max(most, people), 0) || 1;
  const [first, last] = [shown[0], shown.at(-1)];
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    class: "history-bars",
    role: "img",
    "aria-label":
      first && last
        ? `From ${first.people.toLocaleString()} people on ${dateOf(first.day)} to ${last.people.toLocaleString()} on ${dateOf(last.day)}`
        : "Not counted yet",
  });
  chart.appendChild(svg("path", { d: `M0 ${HEIGHT - 0.5}H${WIDTH}`, class: "axis" }));
  const width = WIDTH / DAYS;
  shown.forEach(({ people }, n) => {
    const height = (people / top) * (HEIGHT - 4);
    const x = WIDTH - (shown.length - n) * width + 1;
    if (height > 0) chart.appendChild(svg("rect", { x, width: width - 2, y: HEIGHT - 1 - height, height }));
  });
  return chart;
}
