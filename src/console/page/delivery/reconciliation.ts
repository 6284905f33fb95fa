/**
 * Each day's account, found by event and destination and not by counters: what was routed is delivered, skipped, failed, on its
 * way, or missing. A day opens to its reasons, and names what is missing. Of one destination, or of all.
 */
import type { Gap } from "#forward/reconcile/account";
import type { Balance, Totals } from "#forward/reconcile/totals";
import { reasonInWords } from "../../wording.ts";
import { call, problemInWords } from "../api.ts";
import { button, type Child, chip, empty, fill, h } from "../dom.ts";
import { may } from "../may.ts";
import type { Panel } from "./failures.ts";
import { timeIn } from "./figures.ts";
import { GAP_WORDS } from "./state.ts";

/** As `GET /admin/api/reconciliation` lists it (src/forward/reconcile/routes.ts). */
interface Day {
  day: string;
  state: "running" | "done";
  totals: Totals;
  /** The first of them. */
  gaps: Gap[];
  open: number;
  at: string;
}
type Row = { day: Day; destination: string; balance: Balance };

const DAY_MS = 86_400_000;
const HEAD = ["Routed", "Delivered", "Not for it", "Failed", "On its way", "Missing"];
/** Days that a list of all destinations shows. */
const DAYS_OF_ALL = 3;

/** @param key of one destination; undefined: all @param begun a job has begun */
export function reconciliationPanel(
  say: (text: string) => void,
  key?: string,
  begun: () => unknown = () => undefined,
): Panel {
  const element = h("div", { class: "table-frame" }, h("div", { class: "skeleton" }));
  const open = new Set<string>();
  let drawn = "";
  let days: Day[] = [];

  async function refresh(): Promise<void> {
    const answer = await call<{ days: Day[] }>("GET", "reconciliation");
    const content = JSON.stringify(answer);
    if (content === drawn) return;
    drawn = content;
    if (answer.status === "ok") {
      days = answer.body.days;
      draw();
    } else fill(element, problemInWords(answer) && h("p", { class: "notice bad" }, problemInWords(answer)));
  }

  function draw(): void {
    const rows = (key === undefined ? days.slice(0, DAYS_OF_ALL) : days).flatMap((day) =>
      Object.entries(day.totals.destinations)
        .filter(([destination]) => key === undefined || destination === key)
        .map(([destination, balance]): Row => ({ day, destination, balance })),
    );
    fill(
      element,
      rows.length === 0
        ? empty(
            "No day has been accounted for yet",
            "Two hours after a day has ended (UTC), what was accepted is held against what became of it.",
          )
        : table(rows),
    );
  }

  const table = (rows: readonly Row[]): HTMLElement =>
    h(
      "table",
      { class: "account" },
      h(
        "thead",
        {},
        h(
          "tr",
          {},
          ...["Day (UTC)", ...(key === undefined ? ["Destination"] : [])].map(headCell),
          ...HEAD.map((text) => h("th", { class: "number", attrs: { scope: "col" } }, text)),
          h("th", { attrs: { scope: "col" } }, h("span", { class: "visually-hidden" }, "Action")),
        ),
      ),
      h("tbody", {}, ...rows.flatMap(rowsOf)),
    );

  function rowsOf({ day, destination, balance }: Row): Child[] {
    const id = `${day.day} ${destination}`;
    const { routed, delivered, failed, skipped, inFlight, gaps } = balance;
    const moving = inFlight.queued + inFlight.retry + inFlight.parked;
    const isOpen = open.has(id);
    const reasons = button(isOpen ? "Close" : "Why", toggle, "", {
      "aria-expanded": String(isOpen),
      "aria-label": `Reasons of ${day.day} for ${nameOf(destination)}`,
      "data-id": id,
    });

    function toggle(): void {
      if (!open.delete(id)) open.add(id);
      draw();
      element.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`)?.focus();
    }

    const numbers = [routed, delivered, sumOf(skipped), failed, moving];
    return [
      h(
        "tr",
        {},
        h(
          "td",
          { class: "day" },
          day.day,
          day.state === "running" && h("span", { class: "hint" }, " being counted"),
        ),
        key === undefined && h("td", {}, nameOf(destination)),
        ...numbers.map((n) => h("td", { class: n > 0 ? "number" : "number hint" }, n.toLocaleString())),
        h(
          "td",
          { class: "number" },
          gaps > 0 ? chip("bad", `${gaps.toLocaleString()}`) : h("span", { class: "hint" }, "0"),
        ),
        h("td", { class: "action" }, reasons),
      ),
      isOpen &&
        h(
          "tr",
          { class: "opened" },
          h("td", { attrs: { colspan: 9 } }, reasonsOf(day, destination, balance)),
        ),
    ];
  }

  function reasonsOf(
    day: Day,
    destination: string,
    { skipped, inFlight, gaps: missing }: Balance,
  ): HTMLElement {
    const gaps = day.gaps.filter((gap) => gap.destination === destination);
    const canSend = may("delivery:operate") && destination !== "*";
    const lines: [number, string][] = [
      ...Object.entries(skipped).map(([reason, n]): [number, string] => [
        n,
        `not for it: ${reasonInWords(reason)}`,
      ]),
      [inFlight.queued, "queued, no answer yet"],
      [inFlight.retry, "to be tried again"],
      [inFlight.parked, "parked"],
    ];
    return h(
      "div",
      { class: "stack" },
      h(
        "ul",
        { class: "lines" },
        ...lines.filter(([n]) => n > 0).map(([n, words]) => h("li", {}, `${n.toLocaleString()} ${words}`)),
        h("li", {}, "counted ", timeIn(day.at)),
      ),
      gaps.length > 0 &&
        h(
          "ul",
          { class: "pairs" },
          ...gaps.map((gap) =>
            h(
              "li",
              {},
              h(
                "a",
                { class: "event-link", attrs: { href: `#/live/${encodeURIComponent(gap.eventId)}` } },
                gap.eventId,
              ),
              h("span", {}, GAP_WORDS[gap.why], ", last heard of ", timeIn(gap.since)),
            ),
          ),
        ),
      missing > gaps.length &&
        h("p", { class: "hint" }, `and ${missing - gaps.length} more, which are not named`),
      may("delivery:operate") &&
        h(
          "span",
          { class: "actions" },
          gaps.length > 0 &&
            canSend &&
            button("Deliver again", () => void deliver(day, destination, gaps), "primary"),
          button("Count again", () => void countAgain(day)),
        ),
    );
  }

  /** Only these events, under the ids that they always have. */
  async function deliver(day: Day, destination: string, gaps: readonly Gap[]): Promise<void> {
    const begin = Date.parse(day.day);
    const answer = await call("POST", "jobs", {
      kind: "backfill",
      destination,
      from: new Date(begin).toISOString(),
      to: new Date(begin + DAY_MS).toISOString(),
      eventIds: [...new Set(gaps.map(({ eventId }) => eventId))],
      again: true,
    });
    if (answer.status === "ok") say(`What is missing goes to ${destination} within a minute.`);
    if (answer.status === "problem") say(answer.detail);
    await begun();
  }

  async function countAgain({ day }: Day): Promise<void> {
    const answer = await call("POST", `reconciliation/${day}`);
    if (answer.status === "ok") say(`${day} is counted again, which takes some minutes.`);
    if (answer.status === "problem") say(answer.detail);
    await refresh();
  }

  return { element, refresh };
}

const headCell = (text: string): HTMLElement => h("th", { attrs: { scope: "col" } }, text);
const nameOf = (destination: string): string => (destination === "*" ? "never ingested" : destination);
const sumOf = (counts: Record<string, number>): number =>
  Object.values(counts).reduce((sum, n) => sum + n, 0);
