/**
 * The quarantine: how many events were lost, why, and whether they are back; and for each cause a repair to try, a
 * replay, and a way to give them up. Asks every ten seconds while it is shown. Days are UTC, as the index has them.
 */
import { type Cause, causesOf, type Fate, fateOfDay, type Group, type Loss, lossesOf } from "../losses.ts";
import { count, reasonInWords } from "../wording.ts";
import { call } from "./api.ts";
import { button, empty, fill, h } from "./dom.ts";
import { keyedList } from "./keyed-list.ts";
import { readOnly } from "./not-permitted.ts";
import { poll } from "./polling.ts";
import { causeCard, causeId } from "./quarantine-cause.ts";
import type { View } from "./shell.ts";

const EVERY_MS = 10_000;
const DAY_MS = 86_400_000;
const RANGES = [2, 7, 31];

/** `YYYY-MM-DD` of so many days ago, UTC. */
const daysAgo = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString().slice(0, 10);

/** The view at `#/quarantine`. */
export function quarantineView(): View {
  let days = 7;
  const said = h("p", { class: "said", attrs: { role: "status" } });
  const headline = h("p", { class: "headline" });
  const table = h("div", { class: "table-frame" }, h("div", { class: "skeleton" }));
  const list = h("ul", { class: "causes" });
  const nothing = h("div", {});
  const ranges = RANGES.map((range) => button(`${range} days`, () => choose(range), "plain"));
  const element = h(
    "section",
    { class: "view" },
    h(
      "div",
      { class: "view-head" },
      h("h1", {}, "Quarantine"),
      said,
      h("span", { class: "grow" }),
      ...ranges,
    ),
    readOnly("quarantine:repair"),
    headline,
    table,
    h("h2", {}, "Causes"),
    list,
    nothing,
  );
  const refreshing = poll(refresh, EVERY_MS);
  const range = () => ({ from: daysAgo(days - 1), to: daysAgo(0) });
  const editors = new Map<string, HTMLElement>();
  const causes = keyedList<Cause>(
    list,
    causeId,
    (cause) => JSON.stringify(cause),
    (cause) => causeCard(cause, range, editors, (text) => fill(said, text), refreshing.now),
  );
  let drawn = "";

  function choose(range_: number): void {
    days = range_;
    mark();
    void refreshing.now();
  }

  function mark(): void {
    for (const [i, control] of ranges.entries())
      control.setAttribute("aria-pressed", String(RANGES[i] === days));
  }

  async function refresh(): Promise<void> {
    const { from, to } = range();
    const answer = await call<{ groups: Group[]; truncated: boolean }>(
      "GET",
      `quarantine?from=${from}&to=${to}`,
    );
    // What is being written or clicked stays where it is.
    if (JSON.stringify(answer) === drawn || list.contains(document.activeElement)) return;
    drawn = JSON.stringify(answer);
    if (answer.status === "problem") return fill(table, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status !== "ok") return;
    const { groups, truncated } = answer.body;
    const losses = lossesOf(groups);
    fill(headline, yesterdayInWords(fateOfDay(groups, daysAgo(1))));
    fill(
      table,
      truncated &&
        h("p", { class: "notice wait" }, "There are more groups than are shown: choose fewer days."),
      losses.length === 0
        ? empty(
            `No event was refused in the last ${days} days`,
            "What does not fit its contract is kept here.",
          )
        : lossesTable(losses),
    );
    causes.update(causesOf(groups));
    fill(nothing, groups.length === 0 && h("p", { class: "hint" }, "None."));
  }

  mark();
  return { element, show: () => refreshing.start(), hide: () => refreshing.stop() };
}

function yesterdayInWords({ refused, back, waiting, underway, gone }: Fate): string {
  if (refused === 0) return "Yesterday no event was refused.";
  const parts = [
    `${back} are back`,
    waiting > 0 && `${waiting} wait for a repair`,
    underway > 0 && `${underway} are on their way`,
    gone > 0 && `${gone} are gone`,
  ];
  return `Yesterday ${count(refused, "event")} ${refused === 1 ? "was" : "were"} refused: ${parts.filter(Boolean).join(", ")}.`;
}

function lossesTable(losses: readonly Loss[]): HTMLElement {
  const head = ["Day (UTC)", "Event", "Refused", "Why", "Wait", "On their way", "Back", "Gone"];
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { attrs: { scope: "col" } }, text)))),
    h("tbody", {}, ...losses.map(lossRow)),
  );
}

const lossRow = (loss: Loss): HTMLElement =>
  h(
    "tr",
    {},
    h("td", { class: "day" }, loss.day),
    h("td", { class: "name" }, loss.name),
    h("td", { class: "number" }, loss.refused),
    h(
      "td",
      {},
      ...loss.causes.map(({ code, paths, events }) =>
        h(
          "span",
          { class: "block" },
          `${events} × ${reasonInWords(code)}`,
          paths.length > 0 && pathsIn(paths),
        ),
      ),
    ),
    ...[loss.waiting, loss.underway, loss.back, loss.gone].map((n) =>
      h("td", { class: n > 0 ? "number" : "number hint" }, n),
    ),
  );

/** Paths as code, after a colon. */
export const pathsIn = (paths: readonly string[]): HTMLElement =>
  h("span", {}, ": ", ...paths.flatMap((path, i) => [i > 0 && ", ", h("code", {}, path)]));
