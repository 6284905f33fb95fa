/** All slots, and what holds for all of them together: the global holdout and the goal. */
import { button, empty, fill, h } from "../dom.ts";
import { besideJson } from "../draft/beside.ts";
import { current, definitions, save } from "../draft/store.ts";
import { field } from "../field.ts";
import { may } from "../may.ts";
import { type IssuePlaces, issuePlaces, validity } from "./issues.ts";
import { head, type Page, saidLine, saving, slotHref, tabs } from "./page.ts";
import { inOrder, isObject, without } from "./shapes.ts";

export function slotList(): Page {
  const said = saidLine();
  const slots = Object.entries(definitions("slots"));
  const isWriter = may("release:write");
  return {
    element: h(
      "div",
      {},
      head(
        "Slots",
        said,
        isWriter && h("a", { class: "button primary", attrs: { href: "#/offers/slots/+" } }, "New slot"),
      ),
      tabs("slots"),
      slots.length === 0
        ? empty("There are no slots yet", "A slot is a named place on a page, which offers compete for.")
        : h(
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
                  ...["Slot", "What it is", "Kind", "Without an offer", "Offers"].map((text) =>
                    h("th", { attrs: { scope: "col" } }, text),
                  ),
                ),
              ),
              h(
                "tbody",
                {},
                ...slots.map(([key, { description, kind = "html", fallback }]) =>
                  h(
                    "tr",
                    {},
                    h("td", {}, h("a", { attrs: { href: slotHref(key) } }, key)),
                    h("td", {}, description ?? ""),
                    h("td", {}, kind),
                    h("td", {}, fallback ?? "the page's own"),
                    h("td", { class: "number" }, inOrder(definitions("offers"), key).length),
                  ),
                ),
              ),
            ),
          ),
      h("h2", {}, "For all slots"),
      together(said, isWriter),
    ),
  };
}

interface Together {
  holdout?: number | undefined;
  goal?: string | undefined;
}

/** The global holdout and the goal. */
function together(said: HTMLElement, isWriter: boolean): HTMLElement {
  let was: unknown = current()?.document.decisioning;
  const places = issuePlaces(() => "decisioning");
  const beside = besideJson(was ?? {}, (value, changed) => togetherForm(value, changed, places));
  const store = async () => {
    const value = beside.value();
    if (value === undefined) return;
    const saved = await saving(() => save("decisioning", null, value, was));
    if (saved.ok) was = value;
    fill(said, saved.ok ? `Saved in the draft ${current()?.draft?.name ?? ""}.` : saved.detail);
    places.show(await validity());
  };
  return h(
    "section",
    { class: "part-card", attrs: { "aria-label": "For all slots" } },
    places.general,
    beside.element,
    isWriter &&
      h(
        "div",
        { class: "form-foot" },
        button("Save to the draft", () => void store(), "primary"),
      ),
  );
}

function togetherForm(
  value: unknown,
  changed: (next: unknown) => void,
  places: IssuePlaces,
): HTMLElement | undefined {
  if (!isObject(value)) return undefined;
  let all: Together = value;
  const set = (change: Together) => {
    all = without({ ...all, ...change });
    changed(all);
  };
  const holdout = h("input", {
    class: "input",
    attrs: { type: "number", min: 0, max: 100, step: 0.1, value: Math.round((all.holdout ?? 0) * 1000) / 10 },
    on: { input: () => set({ holdout: Number(holdout.value) / 100 || undefined }) },
  });
  const goal = h("input", {
    class: "input",
    attrs: { maxlength: 64, autocomplete: "off", spellcheck: "false", value: all.goal ?? "purchase" },
    on: { input: () => set({ goal: goal.value.trim() || undefined }) },
  });
  return h(
    "div",
    { class: "fields" },
    h(
      "div",
      {},
      field("Held out of all offers, in percent", holdout, "Always the same visitors, in every slot."),
      places.place("holdout"),
    ),
    h(
      "div",
      {},
      field("Goal", goal, "The event that counts as a conversion of the offers that were seen before it."),
      places.place("goal"),
    ),
  );
}
