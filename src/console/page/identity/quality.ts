/**
 * How well identity works: the figures of the last walk over all identifiers, their history, and how the profiles compare
 * with people whom somebody knows. The figures are asked for every minute while they are shown.
 */
import type { Quality } from "../../identity/quality-answer.ts";
import { type Answer, call } from "../api.ts";
import { fill, h } from "../dom.ts";
import { allows } from "../may.ts";
import { notPermitted } from "../not-permitted.ts";
import { poll } from "../polling.ts";
import type { View } from "../shell.ts";
import { evaluatePanel, TO_EVALUATE } from "./evaluate.ts";
import { figuresIn } from "./quality-figures.ts";

const EVERY_MS = 60_000;

/** The view at `#/identity`. */
export function qualityView(): View {
  let drawn = "";
  const figures = h("div", {}, h("div", { class: "skeleton" }));
  const element = h(
    "section",
    { class: "view quality" },
    h("div", { class: "view-head" }, h("h1", {}, "Identity")),
    h(
      "p",
      { class: "hint about" },
      "Every minute the schedule looks at the next identifiers, and begins again when it has seen all: a million take most of a day. It also repairs what a crash left half done.",
    ),
    figures,
    h("h2", { attrs: { id: "evaluate" } }, "Compare with people you know"),
    allows(TO_EVALUATE)
      ? evaluatePanel()
      : h("div", { class: "card" }, notPermitted("the comparison with labelled people", TO_EVALUATE)),
  );

  async function refresh(): Promise<void> {
    const answer: Answer<Quality> = await call("GET", "identity/quality");
    const content = JSON.stringify(answer);
    if (content === drawn) return;
    drawn = content;
    if (answer.status === "problem") fill(figures, h("p", { class: "notice bad" }, answer.detail));
    if (answer.status === "ok") fill(figures, ...figuresIn(answer.body));
  }

  const refreshing = poll(refresh, EVERY_MS);
  return { element, show: () => refreshing.start(), hide: () => refreshing.stop() };
}
