/** The segments of a profile, those that it is in first, and of each clause whether it holds, by what value. */
import type { Explained } from "#core/condition/explain";
import type { ProfileSegment, ProfileView } from "../../profile/view.ts";
import { chip, h } from "../dom.ts";
import { code } from "../steps.ts";
import { actualInWords, wantedInWords } from "./clause-words.ts";

export function segmentsOf({ segments, features }: Pick<ProfileView, "segments" | "features">): HTMLElement {
  const own = features.filter(({ purpose }) => purpose === "personalization");
  return h(
    "div",
    { class: "stack" },
    segments.length === 0
      ? h("p", { class: "hint" }, "The release has no segments.")
      : h("ul", { class: "why-list" }, ...segments.map(segmentIn)),
    own.length > 0 &&
      h(
        "details",
        { class: "raw" },
        h("summary", {}, `All features, ${own.length}`),
        h(
          "ul",
          { class: "pairs" },
          ...own.map(({ name, value }) => h("li", {}, code(name), h("span", {}, String(value)))),
        ),
      ),
  );
}

const segmentIn = ({ name, purpose, description, in: isIn, used, why }: ProfileSegment): HTMLElement =>
  h(
    "li",
    {},
    h(
      "div",
      { class: "why-head" },
      h("h3", {}, name),
      chip(isIn ? "good" : "quiet", isIn ? "in" : "not in"),
      chip(used ? "info" : "wait", purpose, used ? undefined : "denied, so it is not used"),
    ),
    description !== "" && h("p", { class: "hint" }, description),
    h("ul", { class: "clauses" }, ...(why.kind === "all" ? why.of : [why]).map(partIn)),
  );

const GROUPS = { all: "All of these", any: "One of these is enough", none: "None of these" } as const;

function partIn(part: Explained): HTMLElement {
  const mark = h("span", { class: "mark", attrs: { "aria-hidden": "true" } }, part.holds ? "✓" : "✗");
  const verdict = h("span", { class: "visually-hidden" }, part.holds ? "Holds: " : "Does not hold: ");
  const kind = part.holds ? "good" : "bad";
  if (part.kind !== "clause") {
    return h(
      "li",
      { class: `clause ${kind}` },
      mark,
      h("div", {}, verdict, GROUPS[part.kind], h("ul", { class: "clauses" }, ...part.of.map(partIn))),
    );
  }
  return h(
    "li",
    { class: `clause ${kind}` },
    mark,
    h(
      "span",
      {},
      verdict,
      code(part.field),
      " is ",
      h("b", {}, actualInWords(part)),
      h("span", { class: "hint" }, ` · wanted: ${wantedInWords(part)}`),
    ),
  );
}
