/** Failures of one cause at one destination, newest first and page by page; each can be opened. */
import type { Failure } from "#forward/failures/store";
import { type Answer, call } from "../api.ts";
import { button, fill, h } from "../dom.ts";
import { may } from "../may.ts";
import { openFailure } from "./failure.ts";
import type { Panel } from "./failures.ts";
import { timeIn } from "./figures.ts";

const PAGE = 20;

type Page = Answer<{ failures: Failure[]; next?: string }>;

/** @param changed one of them was replayed or discarded */
export function failureList(
  key: string,
  code: string,
  say: (text: string) => void,
  changed: () => Promise<void>,
): Panel {
  const rows = h("tbody", {});
  const note = h("p", { class: "hint", attrs: { role: "status" } });
  const more = button("More", () => void load(next), "plain");
  more.hidden = true;
  const head = ["Time", "Event", "What the vendor says", "Attempt", ...(may("delivery:operate") ? [""] : [])];
  const element = h(
    "div",
    { class: "stack spaced" },
    h(
      "div",
      { class: "table-frame" },
      h(
        "table",
        {},
        h(
          "thead",
          {},
          h(
            "tr",
            {},
            ...head.map((text) =>
              h("th", { attrs: { scope: "col" } }, text || h("span", { class: "visually-hidden" }, "Action")),
            ),
          ),
        ),
        rows,
      ),
    ),
    h("div", {}, note, more),
  );
  let next: string | undefined;
  /** Failures that are open: their edits outlive a refresh. */
  const opened = new Set<string>();

  async function load(cursor?: string): Promise<void> {
    const query = new URLSearchParams({ destination: key, code, limit: String(PAGE) });
    if (cursor !== undefined) query.set("cursor", cursor);
    const page: Page = await call("GET", `failures?${query}`);
    if (page.status === "problem") fill(note, page.detail);
    if (page.status !== "ok") return;
    if (cursor === undefined) fill(rows);
    for (const failure of page.body.failures) for (const row of rowsOf(failure)) rows.appendChild(row);
    next = page.body.next;
    more.hidden = next === undefined;
  }

  /** The failure, and below it the place where it is opened. */
  function rowsOf(failure: Failure): HTMLElement[] {
    const cell = h("td", { attrs: { colspan: head.length } });
    const below = h("tr", { class: "opened", attrs: { hidden: true } }, cell);
    const open = button("Open", toggle, "", {
      "aria-expanded": "false",
      "aria-label": `Open the failure of ${failure.eventId}`,
    });

    function toggle(): void {
      below.hidden = !below.hidden;
      open.setAttribute("aria-expanded", String(!below.hidden));
      fill(open, below.hidden ? "Open" : "Close");
      fill(cell, !below.hidden && h("div", { class: "skeleton" }));
      if (below.hidden) opened.delete(failure.itemId);
      else opened.add(failure.itemId);
      if (below.hidden) return;
      void openFailure(failure, say, done).then((editor) => fill(cell, editor));
    }

    /** It is on its way, or forgotten. */
    async function done(): Promise<void> {
      opened.delete(failure.itemId);
      row.remove();
      below.remove();
      await changed();
    }

    const row = h(
      "tr",
      {},
      h("td", {}, timeIn(failure.at)),
      h(
        "td",
        {},
        h(
          "a",
          { class: "event-link", attrs: { href: `#/live/${encodeURIComponent(failure.eventId)}` } },
          failure.eventId,
        ),
        h("span", { class: "hint" }, failure.name ?? ""),
      ),
      h("td", { class: "name" }, failure.detail ?? h("span", { class: "hint" }, "nothing more")),
      h("td", { class: "number" }, failure.attempt),
      may("delivery:operate") && h("td", { class: "action" }, open),
    );
    return [row, below];
  }

  void load();
  return {
    element,
    async refresh() {
      if (opened.size === 0) await load();
    },
  };
}
