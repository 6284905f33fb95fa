/** What a destination takes and how it is set up: its type's form, filled in and not to be written in; a release changes it. */
import type { ShownDestination, ShownSetting } from "#forward/destination-view";
import { count, listInWords } from "../../wording.ts";
import { type Child, h } from "../dom.ts";
import { rawJson } from "../json.ts";
import { code, facts } from "../steps.ts";

/** What goes there, and how a person is deleted there. */
export function takesCard(shown: ShownDestination): HTMLElement {
  const { events, conditional, bots, changes, mappings, ordered, purposes, deduplicates, erasure } = shown;
  return h(
    "section",
    { class: "card", attrs: { "aria-label": "What it takes" } },
    h("h3", {}, "What it takes"),
    facts([
      [
        "Events",
        events.length === 0 ? "all" : h("span", {}, ...events.flatMap((e, n) => [n > 0 && ", ", code(e)])),
      ],
      ["Purposes", `all of ${listInWords(purposes)} must be granted`],
      ["Condition", conditional && "only events of which its condition holds"],
      ["Bots", bots ? "events of bots, too" : "no event of a bot"],
      ["Changes", changes ? changesInWords(changes) : "no changes of profiles"],
      ["Mappings", mappings > 0 && `${count(mappings, "mapping")} of the release`],
      ["Order", ordered ? "each profile's items in their order" : "as they come"],
      [
        "Repeats",
        deduplicates
          ? "the vendor knows a repeated item"
          : "the vendor does not deduplicate: a crash may send an item twice",
      ],
      ["Deletion", prose(erasure)],
    ]),
  );
}

function changesInWords(changes: NonNullable<ShownDestination["changes"]>): string {
  const { segments, stage, score, traits, debounceSeconds } = changes;
  const told = [
    segments === "all" ? "all segments" : segments.length > 0 && `the segments ${listInWords(segments)}`,
    stage && "stage",
    score && "score",
    traits.length > 0 && `traits ${listInWords(traits)}`,
  ].filter((word) => word !== false);
  return `${listInWords(told)} of profiles, ${count(debounceSeconds, "second")} after they change`;
}

/** Each field of the type's settings. */
export function settingsCard({ settings, title }: ShownDestination): HTMLElement {
  return h(
    "section",
    { class: "card", attrs: { "aria-label": "Settings" } },
    h("h3", {}, `Settings of ${title}`),
    h(
      "dl",
      { class: "settings" },
      ...settings.flatMap((one) => [
        h("dt", {}, one.title, " ", code(one.name)),
        h("dd", {}, ...settingIn(one)),
      ]),
    ),
  );
}

function settingIn(one: ShownSetting): Child[] {
  return [
    settingValue(one),
    one.description !== "" && h("span", { class: "hint block" }, prose(one.description)),
  ];
}

function settingValue(one: ShownSetting): Child {
  if ("secret" in one) return h("span", {}, "the secret ", code(one.secret));
  if ("hidden" in one) return "set in the clear, and not shown";
  if ("value" in one && one.value !== undefined)
    return typeof one.value === "object" ? rawJson(one.value) : code(String(one.value));
  if (one.default !== undefined && typeof one.default !== "object")
    return h("span", { class: "hint" }, "not set: ", code(String(one.default)), " holds");
  return h("span", { class: "hint" }, one.required ? "missing" : "not set");
}

/** Text whose names stand in backticks. */
const prose = (text: string): HTMLElement =>
  h("span", {}, ...text.split("`").map((part, n) => (n % 2 === 1 ? code(part) : part)));
