/**
 * The live view: the newest events and slot decisions, asked for every two seconds while it is shown and not paused, and
 * beside them the trace of the one that was chosen.
 */
import type { LiveEntry } from "../entry.ts";
import { type Answer, call } from "./api.ts";
import { button, empty, fill, h } from "./dom.ts";
import { keyedList } from "./keyed-list.ts";
import { type LiveFilter, matches, nameOf, namesOf, TABS, type Tab, tabCounts } from "./live-filter.ts";
import { liveRow } from "./live-row.ts";
import { poll } from "./polling.ts";
import type { View } from "./shell.ts";
import { tracePanel } from "./trace.ts";

const EVERY_MS = 2_000;
const LIMIT = 200;
const TAB_NAMES: Record<Tab, string> = {
  all: "All",
  accepted: "Accepted",
  dropped: "Dropped",
  rejected: "Rejected",
  slots: "Slots",
};

/** The view at `#/live`; its argument is the id of the event whose trace is open. */
export function liveView(): View {
  const filter: LiveFilter = { tab: "all", name: "", text: "" };
  let entries: LiveEntry[] = [];
  let loaded = false;
  let paused = false;
  let chosen = "";

  const list = h("ul", { class: "rows", attrs: { "aria-label": "Recent events" } });
  const note = h("div", { class: "rows-note", attrs: { role: "status" } });
  const rows = keyedList<LiveEntry>(
    list,
    (e) => e.event_id,
    (e) => JSON.stringify(e),
    (e) => liveRow(e, open),
  );
  const panel = tracePanel(() => open(""));
  const refreshing = poll(refresh, EVERY_MS);
  const state = h("span", { class: "live-state" });
  const pause = button("Pause", () => setPaused(!paused));
  const names = h("select", {
    class: "input",
    attrs: { "aria-label": "Event name" },
    on: { change: () => set({ name: names.value }) },
  });
  const search = h("input", {
    class: "input search",
    attrs: {
      type: "search",
      placeholder: "Search id, profile, destination, reason…",
      "aria-label": "Search",
    },
    on: { input: () => set({ text: search.value }) },
  });
  const tabs = new Map(
    TABS.map((tab) => [tab, button(TAB_NAMES[tab], () => set({ tab }), "tab", { "aria-pressed": "false" })]),
  );
  const split = h(
    "div",
    { class: "split" },
    h("div", { class: "list" }, headings(), list, note),
    panel.element,
  );
  const element = h(
    "section",
    { class: "view live" },
    h("div", { class: "view-head" }, h("h1", {}, "Live"), state, h("span", { class: "grow" }), pause),
    h(
      "div",
      { class: "toolbar" },
      h("div", { class: "tabs", attrs: { role: "group", "aria-label": "Outcome" } }, ...tabs.values()),
      h("div", { class: "filters" }, names, search),
    ),
    split,
  );

  function set(change: Partial<LiveFilter>): void {
    Object.assign(filter, change);
    draw();
  }

  function setPaused(value: boolean): void {
    paused = value;
    if (paused) refreshing.stop();
    else refreshing.start();
    draw();
  }

  function open(id: string): void {
    location.hash = id ? `#/live/${encodeURIComponent(id)}` : "#/live";
    if (!id) list.querySelector<HTMLElement>(`[data-id="${CSS.escape(chosen)}"]`)?.focus();
  }

  function draw(): void {
    const visible = entries.filter((entry) => matches(entry, filter));
    rows.update(visible);
    for (const row of list.querySelectorAll<HTMLElement>(".row")) {
      row.setAttribute("aria-expanded", String(row.dataset.id === chosen));
    }
    const counts = tabCounts(entries.filter((entry) => !filter.name || nameOf(entry) === filter.name));
    for (const [tab, control] of tabs) {
      control.setAttribute("aria-pressed", String(tab === filter.tab));
      fill(control, TAB_NAMES[tab], h("span", { class: "tab-count" }, counts[tab]));
    }
    drawNames(names, namesOf(entries), filter.name);
    fill(pause, paused ? "Resume" : "Pause");
    fill(state, paused ? "Paused" : h("span", { class: "visually-hidden" }, "Refreshing"));
    state.className = paused ? "live-state paused" : "live-state";
    fill(note, ...noteFor(visible.length));
  }

  function noteFor(visible: number): Node[] {
    if (!loaded) return [h("div", { class: "skeleton", attrs: { "aria-label": "Loading" } })];
    if (entries.length === 0) {
      return [
        empty(
          "Nothing has come through the door yet",
          "Send an event, or open the site that this Worker fronts.",
        ),
      ];
    }
    if (visible > 0) return [];
    const id = filter.text.trim();
    return [
      empty(
        "Nothing recent matches",
        id ? button(`Look “${id}” up as an event id`, () => open(id)) : button("Show everything", reset),
      ),
    ];
  }

  function reset(): void {
    search.value = "";
    set({ tab: "all", name: "", text: "" });
  }

  async function refresh(): Promise<void> {
    const answer: Answer<{ events: LiveEntry[] }> = await call("GET", `live?limit=${LIMIT}`);
    if (answer.status === "problem") fill(note, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status !== "ok" || paused) return;
    entries = answer.body.events;
    loaded = true;
    draw();
    panel.refresh(entries.find((entry) => entry.event_id === chosen));
  }

  return {
    element,
    show(id) {
      chosen = id;
      split.classList.toggle("open", id !== "");
      panel.show(
        id,
        entries.find((entry) => entry.event_id === id),
      );
      draw();
      if (!paused) refreshing.start();
    },
    hide: () => refreshing.stop(),
  };
}

const headings = (): HTMLElement =>
  h(
    "div",
    { class: "row-headings", attrs: { "aria-hidden": "true" } },
    ...["Time", "Event", "Source", "Outcome", "Profile", "Destinations"].map((text) => h("span", {}, text)),
  );

function drawNames(select: HTMLSelectElement, names: readonly string[], chosen: string): void {
  const all = chosen && !names.includes(chosen) ? [...names, chosen].sort() : names;
  const shown = [...select.options].map((option) => option.value);
  if (JSON.stringify(shown) === JSON.stringify(["", ...all]) && select.value === chosen) return; // It may be open.
  const option = (value: string, label: string) =>
    h("option", { attrs: { value, selected: value === chosen } }, label);
  fill(select, option("", "Any event"), ...all.map((name) => option(name, name)));
}
