/** What the edge knows of each browser of a profile, and what was merged and split of it. */
import type { EdgeView, HistoryEntry } from "../../profile/view.ts";
import { listInWords } from "../../wording.ts";
import { type Child, chip, h } from "../dom.ts";
import { OF_IDENTITY } from "../identity/needs.ts";
import { allows } from "../may.ts";
import { facts, step } from "../steps.ts";
import { timeOf } from "../time.ts";
import { keyInWords, keyLabel } from "./key.ts";

export function edgeOf(edge: readonly EdgeView[]): HTMLElement {
  if (edge.length === 0)
    return h(
      "p",
      { class: "hint" },
      "No browser of this profile is known: there is nothing to decide at the edge.",
    );
  return h("ul", { class: "why-list" }, ...edge.map(browserIn));
}

const browserIn = ({ key, snapshot }: EdgeView): HTMLElement =>
  h(
    "li",
    {},
    h("div", { class: "why-head" }, keyLabel(key), snapshot && chip("info", snapshot.state)),
    snapshot === null
      ? h(
          "p",
          { class: "hint" },
          "No snapshot: nothing of it is to be known at the edge, or consent does not allow it.",
        )
      : h(
          "div",
          {},
          h(
            "div",
            { class: "chips" },
            ...snapshot.segments.map((name) => chip("good", name)),
            snapshot.segments.length === 0 && h("span", { class: "hint" }, "In no segment"),
          ),
          facts([
            ["Version", String(snapshot.version)],
            ["As of", timeOf(snapshot.as_of).whole],
            ["Release", String(snapshot.release)],
            ["Granted", snapshot.granted.length > 0 ? listInWords(snapshot.granted) : "nothing"],
          ]),
        ),
  );

const WHAT: Record<string, string> = {
  merged: "Merged",
  split: "Split",
  merge: "Merged by hand",
  aside: "Set aside",
  unaside: "Taken back into use",
  apart: "Kept apart",
};

export function historyOf(history: readonly HistoryEntry[]): HTMLElement {
  if (history.length === 0)
    return h(
      "p",
      { class: "hint" },
      "Nothing was merged or split in the last month, and nothing by hand ever.",
    );
  return h("ol", { class: "steps" }, ...history.map(entryIn));
}

function entryIn({ at, what, by, note, change, undone_at, before, after }: HistoryEntry): HTMLElement {
  const title =
    what === "split" && by !== null
      ? "Split by hand"
      : Object.hasOwn(WHAT, what)
        ? (WHAT[what] ?? what)
        : what;
  const roots = (keys: readonly string[]): Child => keys.length > 0 && keys.map(keyInWords).join("; ");
  return step(
    by === null ? "info" : "good",
    title,
    Date.parse(at),
    undone_at !== null && chip("wait", "undone"),
    facts([
      ["By", by ?? "events, by themselves"],
      ["Why", note],
      ["Before", roots(before)],
      ["After", roots(after)],
      ["Undone", undone_at !== null && timeOf(undone_at).whole],
    ]),
    change !== null &&
      undone_at === null &&
      allows(OF_IDENTITY) &&
      h("p", { class: "links" }, h("a", { attrs: { href: "#/conflicts/changes" } }, "Undo it")),
  );
}
