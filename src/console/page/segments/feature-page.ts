/** The page of a feature: a form for each kind, and a sentence that says what it means. Also in a dialog, from a segment. */
import type { Feature } from "#contracts/definitions/feature";
import { BUILT_IN } from "#release/attribute-types";
import { fill, h } from "../dom.ts";
import { choice, field } from "../field.ts";
import { featureHref } from "./address.ts";
import { aggregateForm } from "./aggregate-form.ts";
import { type About, definitionPage } from "./definition-page.ts";
import { affinityForm, ratioForm, rfmForm, scoreForm } from "./derived-forms.ts";
import { sequenceForm } from "./sequence-form.ts";
import { featureUses, tidy } from "./tidy.ts";
import type { Part } from "./view.ts";
import { featureInWords } from "./words.ts";

export type FeatureForm = (
  value: Record<string, unknown>,
  changed: (next: Record<string, unknown>) => void,
  features: Readonly<Record<string, Feature>>,
) => HTMLElement;

interface Kind {
  label: string;
  first: Record<string, unknown>;
  form: FeatureForm;
}

/** By what only this kind has. */
const KINDS: Readonly<Record<string, Kind>> = {
  agg: {
    label: "A number or a value from what they do",
    first: { event: "page_view", agg: "count", window: "30d" },
    form: aggregateForm,
  },
  sequence: {
    label: "Steps one after another (yes or no)",
    first: {
      sequence: [{ event: "add_to_cart" }, { event: "purchase", absent: true, within: "3h" }],
      window: "30d",
    },
    form: sequenceForm,
  },
  ratio: {
    label: "Lately beside otherwise",
    first: { ratio: { of: "", to: "" } },
    form: ratioForm,
  },
  affinity: {
    label: "Share of each interest",
    first: { affinity: { of: "" } },
    form: affinityForm,
  },
  score: { label: "Points", first: { score: { points: {}, max: 100, step: 5 } }, form: scoreForm },
  rfm: {
    label: "Recency, frequency and money among all who bought",
    first: { rfm: { recency: "", frequency: "", monetary: "" } },
    form: rfmForm,
  },
};

/** @param name undefined: a new one @param saved instead of going to its page */
export function featurePage(name: string | undefined, saved?: (name: string) => void): Part {
  return definitionPage({
    kind: "features",
    noun: "feature",
    name,
    first: KINDS.agg?.first ?? {},
    hrefOf: featureHref,
    uses: featureUses,
    nameProblem: (key) => (BUILT_IN.has(key) ? "This name is built in: choose another." : undefined),
    form: formOf,
    ...(saved && { saved }),
  });
}

function formOf(value: Record<string, unknown>, about: About): HTMLElement | undefined {
  const own = Object.keys(KINDS).find((one) => Object.hasOwn(value, one));
  if (own === undefined) return undefined;
  const { features } = about.document;
  // It cannot be made of itself.
  const others = Object.fromEntries(Object.entries(features).filter(([key]) => key !== about.name));
  const sentence = h("p", { class: "notice info", attrs: { role: "status" } });
  const place = h("div", { class: "stack" });
  const say = (feature: Record<string, unknown>) => {
    const [whole] = Object.values(tidy({ features: { it: feature as never } }).features);
    fill(sentence, whole ? `${featureInWords(whole)}.` : "");
  };
  const kind = choice(
    Object.entries(KINDS).map(([key, { label }]) => [key, label] as const),
    {
      changed: () => {
        const first = KINDS[kind.value()]?.first ?? {};
        about.changed(first);
        draw(kind.value(), first);
      },
    },
  );
  kind.element.value = own;

  function draw(key: string, feature: Record<string, unknown>): void {
    const form = KINDS[key]?.form;
    const changed = (next: Record<string, unknown>) => {
      about.changed(next);
      say(next);
    };
    say(feature);
    fill(place, form?.(feature, changed, others));
  }

  draw(own, value);
  return h(
    "div",
    { class: "stack" },
    field("What it is", kind.element),
    place,
    sentence,
    h(
      "p",
      { class: "hint" },
      "A new or changed feature starts to count when it is published: nothing that happened before is in it.",
    ),
  );
}
