/** One line of the live view. The whole line is one button, which opens the trace. */
import type { EventEntry, Fate, LiveEntry } from "../entry.ts";
import { reasonInWords } from "../wording.ts";
import { chip, h, type Tone } from "./dom.ts";
import { nameOf } from "./live-filter.ts";
import { timeOf } from "./time.ts";

const OUTCOME_TONES: Record<LiveEntry["outcome"], Tone> = {
  accepted: "good",
  offer: "info",
  fallback: "quiet",
  duplicate: "quiet",
  dropped: "wait",
  rejected: "bad",
};

export const FATE_TONES: Record<Fate["status"], Tone> = {
  delivered: "good",
  queued: "info",
  skipped: "quiet",
  retry: "wait",
  parked: "wait",
  failed: "bad",
};

/** The list item of an entry. */
export function liveRow(entry: LiveEntry, open: (id: string) => void): HTMLLIElement {
  const time = timeOf(entry.at);
  return h(
    "li",
    {},
    h(
      "button",
      {
        class: "row",
        attrs: { type: "button", "data-id": entry.event_id },
        on: { click: () => open(entry.event_id) },
      },
      h("time", { class: "row-time", attrs: { datetime: time.iso, title: time.whole } }, time.shown),
      h(
        "span",
        { class: "row-name" },
        entry.kind === "slot" && h("span", { class: "kind" }, "slot"),
        h("strong", {}, nameOf(entry) || "unknown event"),
        h("span", { class: "row-summary" }, entry.summary),
      ),
      h("span", { class: "row-source" }, entry.kind === "slot" ? "" : entry.source),
      h("span", { class: "row-outcome" }, chip(OUTCOME_TONES[entry.outcome], entry.outcome)),
      h(
        "span",
        { class: "row-state" },
        entry.kind === "slot" ? segments(entry.segments) : (entry.identity_state ?? ""),
      ),
      h("span", { class: "row-fates" }, ...(entry.kind === "slot" ? slotChips(entry) : fateChips(entry))),
    ),
  );
}

/** The chip of a destination: what became of the event there, and why. */
export function fateChip(fate: Fate): HTMLElement {
  const why = fate.reason ? reasonInWords(fate.reason) : undefined;
  return chip(
    FATE_TONES[fate.status],
    fate.destination,
    fate.status === "delivered" ? undefined : (why ?? fate.status),
  );
}

/** A destination that does not take such events is no news: the trace says so, the list does not. */
const fateChips = (entry: EventEntry): HTMLElement[] =>
  entry.destinations.filter(({ reason }) => reason !== "event_not_listed").map(fateChip);

function slotChips(entry: Extract<LiveEntry, { kind: "slot" }>): HTMLElement[] {
  return entry.offer ? [chip("info", entry.offer, "shown")] : [];
}

const segments = (names: readonly string[]): string =>
  names.length === 0 ? "no segment" : names.length === 1 ? (names[0] ?? "") : `${names.length} segments`;
