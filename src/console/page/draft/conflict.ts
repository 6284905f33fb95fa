/**
 * Somebody has changed in the draft what one has open, and saves: both are shown, and one of them is chosen. For the forms of
 * all kinds of definitions.
 */
import { button, h } from "../dom.ts";
import { rawJson } from "../json.ts";
import { timeOf } from "../time.ts";

const ISO = /\d{4}-\d\d-\d\dT[\d:.]+Z/g;

/**
 * @param detail who it was, as the server says
 * @param theirs undefined: they have removed it
 * @param keep save mine in the place of theirs @param take go on with theirs
 */
export function conflictNotice(
  detail: string,
  { mine, theirs }: { mine: unknown; theirs: unknown },
  keep: () => void,
  take: () => void,
): HTMLElement {
  const side = (title: string, value: unknown, choose: HTMLElement) =>
    h(
      "section",
      { class: "stack", attrs: { "aria-label": title } },
      h("h3", {}, title),
      value === undefined ? h("p", {}, "It is removed.") : rawJson(value),
      h("div", {}, choose),
    );
  return h(
    "div",
    { class: "notice bad", attrs: { role: "alert" } },
    h("p", {}, `${detail.replace(ISO, (iso) => timeOf(iso).shown)} Choose which of the two stays.`),
    h(
      "div",
      { class: "halves even spaced" },
      side("Theirs", theirs, button("Take theirs", take)),
      side("Mine", mine, button("Keep mine", keep)),
    ),
  );
}
