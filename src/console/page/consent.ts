/**
 * Consent: how many events came with which, by regime, country and source; and the ledger of one person. The rates are
 * asked for every minute while they are shown; a person only when somebody asks.
 */
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { Rate, Rates } from "../consent-rates.ts";
import { type Answer, call } from "./api.ts";
import { ledgerPanel } from "./consent-person.ts";
import { button, empty, fill, h } from "./dom.ts";
import { allows, OF_A_PERSON } from "./may.ts";
import { notPermitted } from "./not-permitted.ts";
import { poll } from "./polling.ts";
import type { View } from "./shell.ts";
import { capitalised } from "./steps.ts";

const EVERY_MS = 60_000;
const RANGES = [1, 7, 30, 90];

/** The view at `#/consent`; its argument is the id of an event whose person's ledger is asked for. */
export function consentView(): View {
  let days = 7;
  let drawn = "";
  const rates = h("div", {}, h("div", { class: "skeleton" }));
  const ranges = RANGES.map((range) =>
    button(range === 1 ? "Today" : `${range} days`, () => choose(range), "plain"),
  );
  const panel = allows(OF_A_PERSON) ? ledgerPanel() : undefined;
  const element = h(
    "section",
    { class: "view" },
    h("div", { class: "view-head" }, h("h1", {}, "Consent"), h("span", { class: "grow" }), ...ranges),
    h(
      "p",
      { class: "hint about" },
      "Counts events, bots' among them, not persons; best effort, added up while batches are ingested. What proves a decision is the ledger below.",
    ),
    rates,
    h("h2", { attrs: { id: "ledger" } }, "Ledger of one person"),
    panel?.element ?? h("div", { class: "card" }, notPermitted("the ledger of one person", OF_A_PERSON)),
  );
  const refreshing = poll(refresh, EVERY_MS);

  function choose(range: number): void {
    days = range;
    mark();
    void refreshing.now();
  }

  function mark(): void {
    for (const [i, control] of ranges.entries())
      control.setAttribute("aria-pressed", String(RANGES[i] === days));
  }

  async function refresh(): Promise<void> {
    const answer: Answer<Rates> = await call("GET", `consent/rates?days=${days}`);
    const content = JSON.stringify(answer);
    if (content === drawn) return;
    drawn = content;
    if (answer.status === "problem") return fill(rates, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status === "ok") fill(rates, ...ratesIn(answer.body));
  }

  mark();
  return {
    element,
    show(eventId) {
      refreshing.start();
      if (eventId) panel?.ofEvent(eventId);
    },
    hide: () => refreshing.stop(),
  };
}

function ratesIn({ total, regimes, countries, sources }: Rates): HTMLElement[] {
  if (total.events === 0)
    return [
      empty(
        "No event has come in these days",
        "Each event that is accepted, or kept out by consent, is counted here.",
      ),
    ];
  return [
    ratesTable("Together", [total]),
    ratesTable("Regime", regimes),
    ratesTable("Country", countries),
    ratesTable("Source", sources),
    total.counted > 0
      ? h(
          "p",
          { class: "hint" },
          `${total.counted.toLocaleString()} events are but a number: no purpose was granted for them. Of days that are over, and where 20 or more are alike.`,
        )
      : h("span", {}),
  ];
}

function ratesTable(title: string, rates: readonly Rate[]): HTMLElement {
  return h(
    "div",
    { class: "table-frame rates" },
    h(
      "table",
      {},
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...[title, "Events", ...PURPOSES.map(capitalised)].map((text) =>
            h("th", { attrs: { scope: "col" } }, text),
          ),
        ),
      ),
      h("tbody", {}, ...rates.map(rateRow)),
    ),
  );
}

const rateRow = (rate: Rate): HTMLElement =>
  h(
    "tr",
    {},
    h("td", { class: "name" }, rate.key),
    h("td", { class: "number" }, rate.events.toLocaleString()),
    ...PURPOSES.map((purpose) => shareCell(rate, purpose)),
  );

function shareCell(rate: Rate, purpose: Purpose): HTMLElement {
  const share = rate.shares[purpose];
  return h(
    "td",
    { class: "number" },
    h("meter", { attrs: { value: share, "aria-hidden": "true" } }),
    h(
      "span",
      { attrs: { title: `${rate.granted[purpose]} of ${rate.events} events` } },
      `${(share * 100).toFixed(1)} %`,
    ),
  );
}
