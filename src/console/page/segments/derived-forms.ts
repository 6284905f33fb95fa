/** Forms of features that are made of others: lately beside otherwise, shares of interests, RFM, and points. */
import type { Feature } from "#contracts/definitions/feature";
import { attributeInWords } from "../condition/words.ts";
import { button, fill, h } from "../dom.ts";
import { choice, field } from "../field.ts";
import type { FeatureForm } from "./feature-page.ts";

type Features = Readonly<Record<string, Feature>>;
type Part = Record<string, unknown>;

const isOf =
  (...aggs: string[]) =>
  (one: Feature) =>
    "agg" in one && aggs.includes(one.agg);
const isCountOfDays = (one: Feature) =>
  isOf("count", "sum")(one) && "window" in one && one.window.endsWith("d");

/** One of the features that fit. @param none what to make first, where there is none */
function featureField(
  label: string,
  features: Features,
  fits: (one: Feature) => boolean,
  now: unknown,
  none: string,
  changed: (name: string) => void,
): HTMLElement {
  const names = Object.entries(features).flatMap(([name, one]) => (fits(one) ? [name] : []));
  const shown = typeof now === "string" && now !== "" && !names.includes(now) ? [now, ...names] : names;
  const list = choice(
    [["", "choose …"] as const, ...shown.map((name) => [name, attributeInWords(name)] as const)],
    {
      changed: () => changed(list.value()),
    },
  );
  list.element.value = typeof now === "string" ? now : "";
  return field(label, list.element, names.length === 0 ? none : undefined);
}

/** A form over the one object that a kind has. */
const over =
  (
    key: string,
    parts: (now: Part, set: (part: Part) => void, features: Features) => HTMLElement[],
  ): FeatureForm =>
  (first, changed, features) => {
    let now: Part = typeof first[key] === "object" && first[key] !== null ? { ...first[key] } : {};
    const set = (part: Part) => {
      now = { ...now, ...part };
      for (const [name, one] of Object.entries(part)) if (one === undefined) delete now[name];
      changed({ [key]: now });
    };
    return h("div", { class: "fields" }, ...parts(now, set, features));
  };

const NO_COUNT =
  "There is none yet: make two features first that count the same over days, such as 7 and 56.";

export const ratioForm = over("ratio", (now, set, features) => [
  featureField("Lately", features, isCountOfDays, now.of, NO_COUNT, (of) => set({ of })),
  featureField("Otherwise", features, isCountOfDays, now.to, NO_COUNT, (to) => set({ to })),
]);

export const affinityForm = over("affinity", (now, set, features) => {
  const days = h("input", {
    class: "input",
    attrs: { type: "number", min: 1, max: 365, step: 1, value: String(now.halfLifeDays ?? "") },
    on: {
      input: () => set({ halfLifeDays: days.value === "" ? undefined : Math.round(Number(days.value)) }),
    },
  });
  return [
    featureField(
      "Of the values of",
      features,
      isOf("top"),
      now.of,
      "There is none yet: make a feature first that knows the most frequent value of a field.",
      (of) => set({ of }),
    ),
    field("What is so many days old counts half", days, "Empty: all days weigh the same."),
  ];
});

export const rfmForm = over("rfm", (now, set, features) => [
  featureField(
    "Recency: hours since",
    features,
    isOf("recency"),
    now.recency,
    "There is none yet: make a feature first that knows how many hours ago somebody bought.",
    (recency) => set({ recency }),
  ),
  featureField(
    "Frequency: how often",
    features,
    isOf("count", "distinct"),
    now.frequency,
    "There is none yet: make a feature first that counts purchases.",
    (frequency) => set({ frequency }),
  ),
  featureField(
    "Money: how much",
    features,
    isOf("sum", "min", "max", "count"),
    now.monetary,
    "There is none yet: make a feature first that adds up the value of purchases.",
    (monetary) => set({ monetary }),
  ),
]);

export const scoreForm = over("score", (now, set, features) => {
  const points: [name: string, n: number][] = Object.entries(
    typeof now.points === "object" && now.points !== null ? now.points : {},
  ).map(([name, n]) => [name, Number(n)]);
  const rows = h("div", { class: "stack" });
  const tell = () => set({ points: Object.fromEntries(points.filter(([name]) => name !== "")) });
  const number = (label: string, value: unknown, changed: (n: number) => void, attrs = {}) => {
    const input = h("input", {
      class: "input",
      attrs: { type: "number", step: "any", value: String(value), ...attrs },
      on: { input: () => Number.isFinite(input.valueAsNumber) && changed(input.valueAsNumber) },
    });
    return field(label, input);
  };
  function draw(): void {
    fill(
      rows,
      ...points.map((row, n) =>
        h(
          "div",
          { class: "condition-row" },
          featureField(
            "For each of",
            features,
            () => true,
            row[0],
            "There are no features yet.",
            (name) => {
              row[0] = name;
              tell();
            },
          ),
          number("Points", row[1], (amount) => {
            row[1] = amount;
            tell();
          }),
          button(
            "Remove",
            () => {
              points.splice(n, 1);
              tell();
              draw();
            },
            "plain",
            { "aria-label": `Remove the points for ${row[0] || "nothing"}` },
          ),
        ),
      ),
      h(
        "div",
        {},
        button("Add points", () => {
          points.push(["", 10]);
          draw();
        }),
      ),
    );
  }
  draw();
  return [
    rows,
    h(
      "div",
      { class: "fields" },
      number("At most", now.max ?? 100, (max) => set({ max }), { min: 1 }),
      number("In steps of", now.step ?? 1, (step) => set({ step }), { min: 0 }),
    ),
  ];
});
