/** The segments of a profile, those that it is in first, and of each clause whether it holds, by what value. */
import type { Explained } from "#core/condition/explain";
import type { ProfileSegment, ProfileView } from "../../profile/view.ts";
import { chip, h } from "../dom.ts";
import { code } from "../steps.ts";
import { actualInWords, wantedInWords } from "./clause-words.ts";

export function segmentsOf({
  segments,
  features,
  changes_at,
}: Pick<ProfileView, "segments" | "features" | "changes_at">): HTMLElement {
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
          ...own.map((one) =>
            h(
              "li",
              {},
              code(one.name),
              h("span", {}, valueInWords(one)),
              one.changes_at !== null && h("span", { class: "hint" }, ` until ${minuteOf(one.changes_at)}`),
            ),
          ),
        ),
      ),
    changes_at !== null &&
      h("p", { class: "hint" }, `If nothing happens, something of this changes on ${minuteOf(changes_at)}.`),
  );
}

/** An object by its parts; of an RFM also where the cuts between its quantiles lie. */
function valueInWords({ value, cuts }: ProfileView["features"][number]): string {
  if (typeof value !== "object") return value === true ? "yes" : String(value);
  const parts = Object.entries(value).map(([part, amount]) => {
    const own = cuts && Object.hasOwn(cuts, part) ? cuts[part as keyof typeof cuts] : undefined; // its own key, as just seen
    return `${part} ${amount}${own ? ` (cuts ${own.join(", ")})` : ""}`;
  });
  return parts.join(", ");
}

/** `2026-11-22 14:05 UTC`. */
const minuteOf = (iso: string): string => `${iso.slice(0, 16).replace("T", " ")} UTC`;

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
