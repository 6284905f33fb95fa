/** How offers perform, as the API answers it, and its days as bars. */
import type { OfferPerformance, Performance } from "#slots/performance";
import { count } from "../../wording.ts";
import { type Answer, call } from "../api.ts";
import { h } from "../dom.ts";
import { svg } from "../identity/charts.ts";
import { allows, type Needs } from "../may.ts";
import { shareInWords } from "./words.ts";

/** Events of all sources are counted together. */
export const OF_PERFORMANCE: Needs = { oneOf: ["release:read"], everySource: true };

export type Period = Performance & { from: string; to: string };

/** @param days so many back, today included @returns undefined: they may not see it */
export const readPerformance = async (days: number): Promise<Answer<Period> | undefined> =>
  allows(OF_PERFORMANCE) ? call<Period>("GET", `performance?days=${days}`) : undefined;

const WIDTH = 240;
const HEIGHT = 40;
const DAY_MS = 86_400_000;

/** Impressions of each day, and how many of them were clicked; the last bar is the last day's. */
export function dayBars({ days, offer }: OfferPerformance, { from, to }: Period): SVGElement {
  const first = Date.parse(from);
  const bars = Math.round((Date.parse(to) - first) / DAY_MS) + 1;
  const known = new Map(days.map((one) => [one.day, one]));
  const top = Math.max(1, ...days.map(({ impressions }) => impressions));
  const seen = days.reduce((sum, { impressions }) => sum + impressions, 0);
  const chart = svg("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "none",
    class: "day-bars",
    role: "img",
    "aria-label": `${offer}: ${count(seen, "impression")} in ${count(bars, "day")}; at most ${top} a day`,
  });
  chart.appendChild(svg("path", { d: `M0 ${HEIGHT - 0.5}H${WIDTH}`, class: "axis" }));
  const width = WIDTH / bars;
  for (let n = 0; n < bars; n++) {
    const one = known.get(new Date(first + n * DAY_MS).toISOString().slice(0, 10));
    if (!one) continue;
    const bar = (value: number, name: string) => {
      const height = (Math.min(value, top) / top) * (HEIGHT - 2);
      if (height > 0)
        chart.appendChild(
          svg("rect", {
            x: n * width + 0.5,
            width: Math.max(width - 1, 0.5),
            y: HEIGHT - 1 - height,
            height,
            class: name,
          }),
        );
    };
    bar(one.impressions, "impressions");
    bar(one.clicks, "clicks");
  }
  return chart;
}

/** The numbers of one offer, with what each is. */
export function numbers(
  { impressions, clicks, ctr, conversions, rate }: OfferPerformance,
  goal: string,
): HTMLElement {
  const one = (value: string, name: string, meaning: string) =>
    h("span", { class: "number-of", attrs: { title: meaning } }, h("b", {}, value), ` ${name}`);
  return h(
    "div",
    { class: "numbers" },
    one(
      impressions.toLocaleString("en-GB"),
      "seen",
      "Impressions: half of the slot was on the screen for a second",
    ),
    one(clicks.toLocaleString("en-GB"), "clicks", "Clicks on what the offer shows"),
    one(shareInWords(ctr), "CTR", "Clicks by impressions"),
    one(
      conversions.toLocaleString("en-GB"),
      goal,
      `Events named ${goal} in visits that had seen the offer before`,
    ),
    one(shareInWords(rate), "rate", "Conversions by impressions"),
  );
}

/** What the numbers do not say. */
export const notMeasured = (goal: string): HTMLElement =>
  h(
    "p",
    { class: "hint" },
    `Counted of who agreed to personal pages, without bots. A conversion is the event ${goal} in a visit that had seen the offer: it need not be because of it. The lift against a holdout is not measured: who is held out sees no offer, so nothing tells what they would have been shown.`,
  );
