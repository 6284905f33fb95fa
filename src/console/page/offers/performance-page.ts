/** How all offers perform over 7, 30 or 90 days, and what slots missed. */
import type { OfferPerformance } from "#slots/performance";
import { problemInWords } from "../api.ts";
import { chip, empty, fill, h } from "../dom.ts";
import { choice } from "../field.ts";
import { notPermitted } from "../not-permitted.ts";
import { head, offerHref, type Page, saidLine, slotHref, tabs } from "./page.ts";
import { dayBars, notMeasured, OF_PERFORMANCE, type Period, readPerformance } from "./performance-data.ts";
import { shareInWords } from "./words.ts";

export function performancePage(): Page {
  const body = h("div", { class: "stack" }, h("div", { class: "skeleton" }));
  const days = choice(
    [
      ["7", "7 days"],
      ["30", "30 days"],
      ["90", "90 days"],
    ],
    { name: "Over how long", changed: () => void refresh() },
  );
  days.element.value = "30";

  async function refresh(): Promise<void> {
    const answer = await readPerformance(Number(days.value()));
    if (!answer) fill(body, notPermitted("how offers perform", OF_PERFORMANCE));
    else if (answer.status === "ok") fill(body, ...parts(answer.body));
    else fill(body, h("p", { class: "notice bad" }, problemInWords(answer)));
  }

  void refresh();
  return {
    element: h("div", {}, head("How offers perform", saidLine(), days.element), tabs("performance"), body),
  };
}

function parts(period: Period): HTMLElement[] {
  const { offers, slots, goal, from, to } = period;
  if (offers.length === 0)
    return [empty("No offer has been published yet", "What visitors see and do is counted from then on.")];
  return [
    h("p", { class: "hint" }, `From ${from} to ${to}, of the published release; days are UTC's.`),
    table(
      ["Offer", "Each day", "Seen", "Clicks", "CTR", goal, "Rate", "Value"],
      offers.map((one) => offerRow(one, period)),
    ),
    notMeasured(goal),
    h("h2", {}, "Slots"),
    table(
      ["Slot", "Seen", "Clicks", "CTR", "Held out", "Not in time", "Failed", "Without content"],
      slots.map(({ slot, impressions, clicks, ctr, holdout, misses }) =>
        h(
          "tr",
          {},
          h("td", {}, h("a", { attrs: { href: slotHref(slot) } }, slot)),
          ...[
            whole(impressions),
            whole(clicks),
            shareInWords(ctr),
            shareInWords(holdout),
            whole(misses.budget),
            whole(misses.error),
            whole(misses.content),
          ].map((text) => h("td", { class: "number" }, text)),
        ),
      ),
    ),
    h(
      "p",
      { class: "hint" },
      "Where a slot was not decided in time or without an error, the page's own content showed.",
    ),
  ];
}

const whole = (n: number): string => n.toLocaleString("en-GB", { maximumFractionDigits: 2 });

const offerRow = (one: OfferPerformance, period: Period): HTMLElement =>
  h(
    "tr",
    {},
    h(
      "td",
      {},
      one.in_release
        ? h("a", { attrs: { href: offerHref(one.offer) } }, one.offer)
        : h("span", {}, one.offer),
      h("span", { class: "hint block" }, one.slot ?? "slot not known"),
      !one.in_release && chip("quiet", "not in the release any more"),
    ),
    h("td", { class: "bars-cell" }, dayBars(one, period)),
    ...[
      whole(one.impressions),
      whole(one.clicks),
      shareInWords(one.ctr),
      whole(one.conversions),
      shareInWords(one.rate),
      whole(one.value),
    ].map((text) => h("td", { class: "number" }, text)),
  );

const table = (heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement =>
  h(
    "div",
    { class: "table-frame performance" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...heads.map((text, n) =>
            h("th", { class: n > 0 && text !== "Each day" ? "number" : "", attrs: { scope: "col" } }, text),
          ),
        ),
      ),
      h("tbody", {}, ...rows),
    ),
  );
