/**
 * All destinations: how each is doing, what did not arrive and why, each day's account, and how long the queues are. Asks
 * every five seconds while it is shown.
 */
import type { ListedDestination } from "#forward/destination-view";
import { reasonInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { type Child, chip, empty, fill, h } from "../dom.ts";
import { keyedList } from "../keyed-list.ts";
import { allows } from "../may.ts";
import { notPermitted, readOnly } from "../not-permitted.ts";
import { poll } from "../polling.ts";
import { type Health, queueStrip } from "../queues.ts";
import { type Cause, figures, hrefOf, parkedInWords, timeIn } from "./figures.ts";
import { OF_DELIVERIES } from "./needs.ts";
import { pauseButton } from "./pause.ts";
import { reconciliationPanel } from "./reconciliation.ts";
import { stateOf } from "./state.ts";
import type { Part } from "./view.ts";

const EVERY_MS = 5_000;

export function destinationList(): Part {
  const queues = h("div", { class: "cards queues" });
  const list = h("ul", { class: "cards wide-cards" });
  /** Above the list, while there is none. */
  const state = h("div", {}, h("div", { class: "skeleton" }));
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const causes = h("div", { class: "table-frame" }, h("div", { class: "skeleton" }));
  const seesAll = allows(OF_DELIVERIES);
  const account = seesAll ? reconciliationPanel((text) => fill(said, text)) : undefined;
  const drawn = new Map<HTMLElement, string>();
  const element = h(
    "div",
    {},
    h("div", { class: "view-head" }, h("h1", { attrs: { tabindex: "-1" } }, "Destinations"), said),
    readOnly("delivery:operate"),
    state,
    list,
    h("h2", {}, "What did not arrive"),
    seesAll ? causes : notPermitted("what failed", OF_DELIVERIES),
    ...(account ? [h("h2", {}, "Each day's account"), account.element] : []),
    h("h2", {}, "Queues"),
    queues,
  );
  const refreshing = poll(refresh, EVERY_MS);

  /** Draw what has changed: a button that has the focus stays where it is. */
  function draw(place: HTMLElement, content: unknown, make: () => Child[]): void {
    const text = JSON.stringify(content);
    if (drawn.get(place) === text) return;
    drawn.set(place, text);
    fill(place, ...make());
  }

  async function refresh(): Promise<void> {
    const [answer, failed, health] = await Promise.all([
      call<{ destinations: ListedDestination[] }>("GET", "destinations"),
      seesAll ? call<{ causes: Cause[] }>("GET", "failures/causes") : undefined,
      call<Health>("GET", "health"),
      account?.refresh(),
    ]);
    if (health.status === "ok") draw(queues, health.body, () => queueStrip(health.body));
    const found = failed?.status === "ok" ? failed.body.causes : [];
    if (answer.status === "ok") {
      const { destinations } = answer.body;
      cards.update(
        destinations.map((one) => ({
          one,
          found: found.filter(({ destination }) => destination === one.key),
        })),
      );
      draw(state, destinations.length, () => [
        destinations.length === 0 &&
          empty("The release has no destinations", "Add one to the release and publish it."),
      ]);
    } else {
      const words = problemInWords(answer);
      draw(state, answer, () => [words && h("p", { class: "notice bad" }, words)]);
    }
    if (failed?.status === "ok") draw(causes, found, () => [causesTable(found)]);
    else if (failed) draw(causes, failed, () => [h("p", { class: "notice bad" }, problemInWords(failed))]);
  }

  /** Its button keeps the focus when a card is drawn anew. */
  const cards = keyedList<{ one: ListedDestination; found: Cause[] }>(
    list,
    ({ one }) => one.key,
    (shown) => JSON.stringify(shown),
    ({ one, found }) =>
      card(
        one,
        found,
        pauseButton(one, (text) => fill(said, text), refreshing.now),
      ),
  );

  refreshing.start();
  return { element, stop: () => refreshing.stop() };
}

function card(destination: ListedDestination, causes: readonly Cause[], pause: Child): HTMLElement {
  const { key, title, queue, parked } = destination;
  const [tone, label, meaning] = stateOf(destination);
  const failures = causes.reduce((sum, cause) => sum + cause.failures, 0);
  return h(
    "li",
    { class: "card" },
    h(
      "div",
      { class: "card-head" },
      h("h3", {}, h("a", { attrs: { href: hrefOf(key) } }, key)),
      chip(tone, label),
    ),
    h("p", { class: "hint" }, `${title} · ${queue} queue`),
    h("p", {}, meaning),
    figures(destination),
    h(
      "div",
      { class: "card-foot" },
      h("span", { class: parked.items > 0 ? "figure" : "figure zero" }, ...parkedInWords(parked)),
      failures > 0
        ? h("a", { class: "figure failed", attrs: { href: hrefOf(key) } }, h("b", {}, failures), " failed")
        : h("span", { class: "figure zero" }, h("b", {}, "0"), " failed"),
      h("span", { class: "grow" }),
      pause,
    ),
  );
}

function causesTable(causes: readonly Cause[]): HTMLElement {
  if (causes.length === 0)
    return empty(
      "No delivery has failed for good",
      "What a vendor refuses as it is, or after the last attempt, is listed here by its cause.",
    );
  return h(
    "table",
    {},
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...["Destination", "Why", "Deliveries", "Last"].map((text) =>
          h("th", { attrs: { scope: "col" } }, text),
        ),
      ),
    ),
    h(
      "tbody",
      {},
      ...causes.map(({ destination, code, failures, last }) =>
        h(
          "tr",
          {},
          h("td", {}, h("a", { attrs: { href: hrefOf(destination) } }, destination)),
          h("td", {}, reasonInWords(code)),
          h("td", { class: "number" }, failures.toLocaleString()),
          h("td", {}, timeIn(last)),
        ),
      ),
    ),
  );
}
