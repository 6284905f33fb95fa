/** The golden record: each value with where it is from, and why it is this one. Values are text, whatever they hold. */
import type { GoldenField, TraitValue } from "../../profile/view.ts";
import { chip, h } from "../dom.ts";
import { timeOf } from "../time.ts";
import { keyInWords } from "./key.ts";

export function goldenOf(golden: readonly GoldenField[]): HTMLElement {
  if (golden.length === 0)
    return h("p", { class: "hint" }, "No trait is kept: none was sent, or none with consent for it.");
  return h("dl", { class: "golden" }, ...golden.flatMap(fieldIn));
}

const fieldIn = (field: GoldenField): HTMLElement[] => [
  h("dt", {}, field.field.replaceAll("_", " ")),
  h(
    "dd",
    {},
    h("span", { class: "golden-value" }, field.value),
    chip(field.verified ? "good" : "wait", field.verified ? "verified" : "claimed"),
    !field.used && chip("quiet", "not used", "no purpose that may have it is granted"),
    provenance(field),
    field.others.length > 0 &&
      h(
        "details",
        {},
        h("summary", {}, `Why this value, of ${field.others.length + 1}`),
        h("p", { class: "hint" }, `${field.why}.`),
        h(
          "ul",
          { class: "lost" },
          ...field.others.map((other) =>
            h(
              "li",
              {},
              h("span", { class: "golden-lost" }, other.value),
              provenance(other),
              h("span", { class: "hint" }, `Not chosen: ${other.why}.`),
            ),
          ),
        ),
      ),
  ),
];

/** Source, event and time: `crm, 21 Nov, 14:02`. */
function provenance({ source, event_id, at, key }: TraitValue): HTMLElement {
  const time = at === null ? undefined : timeOf(at);
  return h(
    "span",
    { class: "hint block", attrs: { title: `A fact of ${keyInWords(key)}${time ? `, ${time.whole}` : ""}` } },
    `from ${source ?? "a source that was not kept"}`,
    time && ", ",
    time && h("time", { attrs: { datetime: time.iso } }, time.shown),
    event_id !== null && " · ",
    event_id !== null && h("a", { attrs: { href: `#/live/${encodeURIComponent(event_id)}` } }, "event"),
  );
}
