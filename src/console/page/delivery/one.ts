/**
 * The page of one destination: how it is doing and why, its settings, what failed for good, its jobs, and each day's account.
 * Each part asks by itself; what of it may not be seen is said in its place.
 */
import type { ShownDestination } from "#forward/destination-view";
import type { Health } from "#forward/destinations/contract";
import { listInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { button, chip, fill, h } from "../dom.ts";
import { allows, may } from "../may.ts";
import { notPermitted, readOnly } from "../not-permitted.ts";
import { poll } from "../polling.ts";
import { deliveredBars } from "./chart.ts";
import { failuresPanel } from "./failures.ts";
import { figures, parkedInWords } from "./figures.ts";
import { jobsPanel } from "./jobs.ts";
import { OF_DELIVERIES } from "./needs.ts";
import { pauseButton } from "./pause.ts";
import { reconciliationPanel } from "./reconciliation.ts";
import { settingsCard, takesCard } from "./settings.ts";
import { healthInWords, lagOf, stateOf } from "./state.ts";
import type { Part } from "./view.ts";

const EVERY_MS = 5_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** @param key of the destination in the release; failures of one that is no longer in it are still shown */
export function destinationPage(key: string): Part {
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const say = (text: string) => fill(said, text);
  const state = h("span", {});
  const actions = h("span", { class: "actions" });
  const checked = h("div", { attrs: { role: "status" } });
  const now = h("div", {}, h("div", { class: "skeleton" }));
  const about = h("div", {});
  const settings = h("h2", { attrs: { hidden: true } }, "Settings");
  const seesAll = allows(OF_DELIVERIES);
  const jobs = seesAll ? jobsPanel(key, say) : undefined;
  const failures = seesAll ? failuresPanel(key, say, () => jobs?.refresh()) : undefined;
  const account = seesAll ? reconciliationPanel(say, key, () => jobs?.refresh()) : undefined;
  const check = button("Check connection", () => void checkIt());
  const element = h(
    "div",
    {},
    h("a", { class: "back", attrs: { href: "#/destinations" } }, "Destinations"),
    h(
      "div",
      { class: "view-head" },
      h("h1", { attrs: { tabindex: "-1" } }, key),
      state,
      said,
      h("span", { class: "grow" }),
      may("delivery:operate") && check,
      actions,
    ),
    readOnly("delivery:operate"),
    checked,
    now,
    h("h2", {}, "Failures"),
    failures?.element ?? notPermitted("what failed", OF_DELIVERIES),
    ...(jobs ? [h("h2", {}, "Replays and backfills"), jobs.element] : []),
    ...(account ? [h("h2", {}, "Each day's account"), account.element] : []),
    settings,
    about,
  );
  const refreshing = poll(refresh, EVERY_MS);
  let drawn = "";
  let drawnAbout = "";

  async function refresh(): Promise<void> {
    const [answer] = await Promise.all([
      call<ShownDestination>("GET", `destinations/${encodeURIComponent(key)}`),
      failures?.refresh(),
      jobs?.refresh(),
      account?.refresh(),
    ]);
    // The bars move on with the minute.
    const content = JSON.stringify([answer, Math.floor(Date.now() / MINUTE_MS)]);
    if (content === drawn) return;
    drawn = content;
    if (answer.status === "ok") draw(answer.body);
    else if (answer.status === "problem") {
      fill(now, h("p", { class: "notice bad" }, problemInWords(answer)));
      fill(state);
      fill(actions);
      check.hidden = answer.code === "unknown_destination";
    }
  }

  function draw(shown: ShownDestination): void {
    const [tone, label, meaning] = stateOf(shown);
    fill(state, chip(tone, label));
    const hadFocus = actions.contains(document.activeElement);
    fill(actions, pauseButton(shown, say, refreshing.now));
    if (hadFocus) actions.querySelector("button")?.focus();
    fill(now, h("div", { class: "halves even" }, stateCard(shown, meaning), chartsCard(shown)));
    const { status: _s, parked: _p, lastMinute: _m, minutes: _ms, hours: _h, ...fixed } = shown;
    const text = JSON.stringify(fixed);
    if (text === drawnAbout) return;
    drawnAbout = text;
    settings.hidden = false;
    fill(about, h("div", { class: "halves even" }, takesCard(shown), settingsCard(shown)));
  }

  async function checkIt(): Promise<void> {
    check.disabled = true;
    fill(checked, h("p", { class: "notice quiet" }, "Asking…"));
    const answer = await call<Health>("POST", `destinations/${encodeURIComponent(key)}/check`);
    check.disabled = false;
    const [tone, words] =
      answer.status === "ok" ? healthInWords(answer.body) : (["bad", problemInWords(answer)] as const);
    fill(checked, words && h("p", { class: `notice ${tone}` }, words));
  }

  refreshing.start();
  return { element, stop: () => refreshing.stop() };
}

function stateCard(shown: ShownDestination, meaning: string): HTMLElement {
  const { title, queue, purposes, lastMinute, parked, limits } = shown;
  return h(
    "section",
    { class: "card", attrs: { "aria-label": "Now" } },
    h("h3", {}, "Now"),
    h("p", { class: "hint" }, `${title} · ${queue} queue · needs ${listInWords(purposes)}`),
    h("p", {}, meaning),
    figures(shown, [
      ["Parked", h("span", {}, ...parkedInWords(parked).slice(0, 1))],
      ["Last minute", `${lastMinute.delivered.toLocaleString()} delivered`],
      [
        "Limits",
        limits &&
          `${limits.requestsPerSecond} requests a second, ${limits.perRequest} items each, ${limits.concurrency} batches at a time`,
      ],
    ]),
  );
}

function chartsCard({ minutes, hours, status }: ShownDestination): HTMLElement {
  const lag = status.lastDay && lagOf(status.lastDay);
  return h(
    "section",
    { class: "card", attrs: { "aria-label": "Deliveries over time" } },
    h("h3", {}, "Last hour, by the minute"),
    deliveredBars(minutes, MINUTE_MS, 60, "minute"),
    h("h3", {}, "Last day, by the hour"),
    deliveredBars(hours, HOUR_MS, 24, "hour"),
    h(
      "p",
      { class: "legend" },
      h("span", { class: "sample delivered" }, "delivered"),
      h("span", { class: "sample failed" }, "failed for good"),
      lag !== undefined && h("span", {}, `lag over the day: ${lag}`),
    ),
  );
}
