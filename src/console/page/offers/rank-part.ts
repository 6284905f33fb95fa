/** Priority and score of an offer, and the list of its slot that shows whom it goes before. */
import { fill, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { field } from "../field.ts";
import { numberNames } from "./known.ts";
import type { PartOf } from "./offer-form.ts";
import { inOrder } from "./shapes.ts";

const MOST = 1000;

export function rankPart({ offer, set, key }: PartOf): { element: HTMLElement; refresh(): void } {
  const order = h("ol", { class: "order", attrs: { "aria-label": "Order of the slot's offers" } });
  const priority = h("input", {
    class: "input",
    attrs: { type: "number", min: 0, max: MOST, step: 1, value: offer().priority ?? 0 },
    on: { input: () => set({ priority: Math.min(MOST, Math.max(0, Math.round(Number(priority.value)))) }) },
  });
  const names = numberNames();
  const affinities = names.filter((name) => name.endsWith("."));
  const list = h(
    "datalist",
    { attrs: { id: "score-names" } },
    ...names.map((name) => h("option", { attrs: { value: name } })),
  );
  const score = h("input", {
    class: "input",
    attrs: {
      list: list.id,
      maxlength: 128,
      autocomplete: "off",
      spellcheck: "false",
      value: offer().score ?? "",
    },
    on: { input: () => set({ score: score.value.trim() || undefined }) },
  });

  function refresh(): void {
    const { slot } = offer();
    const own = key();
    const rows = inOrder({ ...definitions("offers"), [own]: offer() }, slot);
    const at = rows.findIndex(([name]) => name === own);
    const tie = (n: number) => (rows[n]?.[1].priority ?? 0) === (offer().priority ?? 0);
    fill(
      order,
      ...rows.map(([name, { priority: its = 0, score: by }], n) =>
        h(
          "li",
          { attrs: { "aria-current": n === at && "true" } },
          h("span", { class: "order-priority" }, its),
          h("span", {}, n === at ? name || "this offer" : name),
          by !== undefined && h("span", { class: "hint" }, `by ${by}`),
          n !== at && tie(n) && h("span", { class: "hint" }, "same priority"),
        ),
      ),
    );
  }

  refresh();
  const element = h(
    "div",
    { class: "fields" },
    h(
      "div",
      { class: "stack" },
      field("Priority", priority, `0 to ${MOST}; the higher is tried first.`),
      field(
        "Among the same priority, first who has most of",
        score,
        affinities.length > 0
          ? `A number that is known of the visitor; of an affinity with the value: ${affinities[0]}winter. None: by how it performs if the slot says so, else by name.`
          : "A number that is known of the visitor. None: by how it performs if the slot says so, else by name.",
      ),
      list,
    ),
    h("div", {}, h("h3", {}, "Tried in this order"), order),
  );
  return { element, refresh };
}
