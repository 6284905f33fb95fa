/** The form of a feature that is counted from events: which, what of them, which alone, and over what time. */
import type { Feature } from "#contracts/definitions/feature";
import { fill, h } from "../dom.ts";
import { choice, field } from "../field.ts";
import { eventField, fieldField, whereField, windowField } from "./event-parts.ts";
import type { FeatureForm } from "./feature-page.ts";

type Aggregate = Extract<Feature, { agg: unknown }>["agg"];

const WORDS = {
  count: "how often it happened",
  recency: "how many hours ago it happened last",
  sum: "a number of it, added up",
  min: "its smallest number",
  max: "its largest number",
  top: "its most frequent value",
  distinct: "how many different values it had",
  first: "its first value",
  last: "its latest value",
} as const satisfies Record<Aggregate, string>;

const NUMBERS = new Set<string>(["sum", "min", "max"]);

export const aggregateForm: FeatureForm = (first, changed) => {
  let value = first;
  const set = (part: Record<string, unknown>) => {
    value = { ...value, ...part };
    for (const [key, one] of Object.entries(part)) if (one === undefined) delete value[key];
    changed(value);
  };
  const fieldPlace = h("div", {});
  const wherePlace = h("div", {});
  const agg = choice(Object.entries(WORDS) as [Aggregate, string][], {
    changed: () => {
      const next = agg.value();
      const needsNone = next === "count" || next === "recency";
      const keeps = !needsNone && !(NUMBERS.has(next) && !NUMBERS.has(String(value.agg)));
      set({ agg: next, field: keeps ? value.field : undefined });
      drawField();
    },
  });
  agg.element.value = String(value.agg);

  function drawField(): void {
    const needsNone = agg.value() === "count" || agg.value() === "recency";
    fill(
      fieldPlace,
      !needsNone &&
        fieldField(String(value.event), String(value.field ?? ""), NUMBERS.has(agg.value()), (path) =>
          set({ field: path || undefined }),
        ),
    );
  }
  function drawWhere(): void {
    const { event, where } = value;
    const given = typeof where === "object" && where !== null ? { ...where } : undefined;
    fill(
      wherePlace,
      whereField(String(event), given, (next) => set({ where: next })),
    );
  }

  drawField();
  drawWhere();
  return h(
    "div",
    { class: "stack" },
    h(
      "div",
      { class: "fields" },
      eventField("Of each time somebody", String(value.event), (event) => {
        set({ event, field: undefined, where: undefined });
        drawField();
        drawWhere();
      }),
      field("Know", agg.element),
      fieldPlace,
      windowField(String(value.window ?? "lifetime"), (window) => set({ window })),
    ),
    wherePlace,
  );
};
