/**
 * The panel with the trace of one event. It shows what the live list already has, and asks for the trace where the list
 * has none; an event that is no longer in the ring can be looked for in the hours that the operator names.
 */
import type { Receipt } from "#contracts/messages/receipt";
import type { LiveEntry } from "../entry.ts";
import { type Answer, call } from "./api.ts";
import { button, empty, fill, h } from "./dom.ts";
import { nameOf } from "./live-filter.ts";
import { timeline } from "./timeline.ts";

export interface TracePanel {
  element: HTMLElement;
  /** Show an event's trace; an empty id closes the panel. */
  show(id: string, known: LiveEntry | undefined): void;
  /** The live list has news; `undefined` where the event is not in it. */
  refresh(known: LiveEntry | undefined): void;
}

interface TraceAnswer {
  event_id: string;
  receipts: Receipt[];
  entry?: LiveEntry;
  searched?: { objects: number; truncated: boolean };
}

const NOT_RECENT =
  "This event is not among the last few thousand decisions. Its receipts may still be in storage, by the hour.";

/** @param close called when the operator closes the panel */
export function tracePanel(close: () => void): TracePanel {
  const title = h("h2", { attrs: { tabindex: "-1" } });
  const id = h("code", { class: "trace-id" });
  const body = h("div", { class: "trace-body" });
  let shownId = "";
  let drawn = "";

  const element = h(
    "aside",
    {
      class: "trace",
      attrs: { "aria-label": "Trace", hidden: true },
      on: { keydown: (event) => event.key === "Escape" && close() },
    },
    h(
      "div",
      { class: "trace-head" },
      title,
      button("Close", close, "plain", { "aria-label": "Close the trace" }),
    ),
    id,
    body,
  );

  function draw(name: string, receipts: readonly Receipt[], note?: string): void {
    const content = JSON.stringify([receipts, note]);
    if (content === drawn) return;
    // Redrawn only when there is news, and then the raw receipts stay as open as they were.
    const open = new Set([...body.querySelectorAll("details[open]")].map((d) => d.getAttribute("data-part")));
    drawn = content;
    fill(title, name || "Unknown event");
    fill(body, note !== undefined && h("p", { class: "hint" }, note), timeline(receipts));
    for (const details of body.querySelectorAll("details"))
      details.open = open.has(details.getAttribute("data-part"));
  }

  async function ask(eventId: string, at?: string): Promise<void> {
    fill(body, h("div", { class: "skeleton", attrs: { "aria-label": "Loading" } }));
    drawn = "";
    const query = at ? `?at=${encodeURIComponent(at)}` : "";
    const answer: Answer<TraceAnswer> = await call("GET", `trace/${encodeURIComponent(eventId)}${query}`);
    if (shownId !== eventId || drawn) return;
    if (answer.status === "ok") {
      const { entry, receipts, searched } = answer.body;
      const note =
        searched && `From ${searched.objects} landing files${searched.truncated ? "; there were more" : ""}.`;
      draw(entry ? nameOf(entry) : "", receipts, note);
    } else if (answer.status === "problem") {
      const first = answer.code === "unknown_event" && at === undefined;
      fill(title, answer.code === "unknown_event" ? "Not found" : "No trace");
      fill(
        body,
        h("p", { class: "trace-missing" }, first ? NOT_RECENT : answer.detail),
        searchForm((time) => void ask(eventId, time)),
      );
    } else {
      fill(
        body,
        empty(
          "The Worker does not answer",
          button("Try again", () => void ask(eventId, at)),
        ),
      );
    }
  }

  return {
    element,
    show(eventId, known) {
      if (eventId === shownId) return;
      shownId = eventId;
      drawn = "";
      element.hidden = eventId === "";
      if (!eventId) return;
      fill(id, eventId);
      fill(title, known ? nameOf(known) : "Trace");
      if (known) draw(nameOf(known), known.receipts);
      else void ask(eventId);
      element.scrollTop = 0;
      title.focus({ preventScroll: true });
    },
    refresh(known) {
      if (known && known.event_id === shownId) draw(nameOf(known), known.receipts);
    },
  };
}

/** Asks for a moment, in the operator's own time zone, and gives it as ISO. */
function searchForm(search: (at: string) => void): HTMLElement {
  const field = h("input", {
    class: "input",
    attrs: { id: "trace-at", type: "datetime-local", step: 1, required: true },
  });
  return h(
    "form",
    {
      class: "trace-search",
      on: {
        submit: (event) => {
          event.preventDefault();
          const at = new Date(field.value);
          if (!Number.isNaN(at.getTime())) search(at.toISOString());
        },
      },
    },
    h("label", { attrs: { for: "trace-at" } }, "When was it received?"),
    h(
      "div",
      { class: "inline" },
      field,
      h("button", { class: "button", attrs: { type: "submit" } }, "Search"),
    ),
  );
}
