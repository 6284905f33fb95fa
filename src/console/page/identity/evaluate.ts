/**
 * Labelled people, pasted or from a file, and how the profiles compare with them. What is given is sent in the body of a
 * request and is kept nowhere.
 */
import type { Evaluation } from "#identity/quality/evaluate";
import { type Answer, call, problemInWords } from "../api.ts";
import { fill, h } from "../dom.ts";
import { field } from "../field.ts";
import type { Needs } from "../may.ts";
import { facts } from "../steps.ts";
import { percent } from "./quality-figures.ts";

/** What it takes: identifiers of people are sent, and it is told who shares a profile. */
export const TO_EVALUATE: Needs = { oneOf: ["identity:manage"], personal: true, everySource: true };

const EXAMPLE = `{"label": "ann", "identifiers": [{"namespace": "email", "value": "ann@shop.example"}, {"namespace": "customer_id", "value": "C-17"}]}
{"label": "bo", "identifiers": [{"namespace": "email", "value": "bo@shop.example"}]}`;

export function evaluatePanel(): HTMLElement {
  const text = h("textarea", {
    class: "input code",
    attrs: { rows: 6, required: true, placeholder: EXAMPLE, spellcheck: "false", autocomplete: "off" },
  });
  const file = h("input", {
    class: "input",
    attrs: { type: "file", accept: ".json,.jsonl,.ndjson,application/json" },
    on: { change: () => void load() },
  });
  const found = h("div", { attrs: { role: "status" } });
  const submit = h("button", { class: "button primary", attrs: { type: "submit" } }, "Compare");

  async function load(): Promise<void> {
    const [chosen] = file.files ?? [];
    if (chosen) text.value = await chosen.text();
  }

  async function compare(): Promise<void> {
    const people = peopleIn(text.value);
    if (typeof people === "string") return fill(found, h("p", { class: "notice wait" }, people));
    submit.disabled = true;
    fill(found, h("div", { class: "skeleton" }));
    const answer: Answer<Evaluation> = await call("POST", "identity/evaluate", { people });
    submit.disabled = false;
    if (answer.status === "ok") fill(found, ...resultIn(answer.body));
    else fill(found, h("p", { class: "notice wait" }, problemInWords(answer)));
  }

  return h(
    "div",
    { class: "card" },
    h(
      "form",
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            void compare();
          },
        },
      },
      field(
        "People",
        text,
        "One person on each line, or one document as the API takes it: a label of yours, and identifiers that are that person's alone. At most 10,000 identifiers. Nothing of it is kept.",
      ),
      field("Or a file", file),
      submit,
    ),
    found,
  );
}

/** The people that the text has, or what is wrong with it. */
function peopleIn(text: string): unknown[] | string {
  try {
    const whole: unknown = JSON.parse(text);
    if (typeof whole === "object" && whole !== null && "people" in whole && Array.isArray(whole.people))
      return whole.people;
  } catch {
    // Not one document: a person on each line.
  }
  const lines = text.split("\n").filter((one) => one.trim() !== "");
  const people: unknown[] = [];
  for (const [n, one] of lines.entries()) {
    try {
      people.push(JSON.parse(one));
    } catch {
      return `Line ${n + 1} is not JSON.`;
    }
  }
  return people;
}

function resultIn(found: Evaluation): HTMLElement[] {
  const { pairs, people, identifiers, unknown, wrongly_joined: wrong, apart } = found;
  const spread = (of: Evaluation["profiles_per_person"]) =>
    of ? `${of.mean} on average, ${of.max} at most` : "–";
  const known = facts([
    [
      "People",
      `${people.toLocaleString()} with ${identifiers.toLocaleString()} identifiers, of which ${unknown.toLocaleString()} are not known`,
    ],
    [
      "Precision",
      pairs.precision !== null &&
        `${percent(pairs.precision)} of the pairs of identifiers in one profile are one person's`,
    ],
    [
      "Recall",
      pairs.recall !== null &&
        `${percent(pairs.recall)} of the pairs of one person's identifiers are in one profile`,
    ],
    ["F1", pairs.f1?.toFixed(3)],
    ["Profiles per person", spread(found.profiles_per_person)],
    ["People per profile", spread(found.people_per_profile)],
  ]) as HTMLElement; // it has values
  return [
    h("h3", {}, verdict(found)),
    known,
    ...examples(
      "Welded together",
      wrong.map((one) => `${one.label} with ${one.with.join(", ")}`),
    ),
    ...examples(
      "In several profiles",
      apart.map((one) => `${one.label}: ${one.identifiers} identifiers in ${one.profiles} profiles`),
    ),
  ];
}

function verdict({ people_per_profile: shared, pairs, identifiers, unknown }: Evaluation): string {
  if (unknown === identifiers) return "None of these identifiers is known";
  if (shared && shared.max > 1) return "Some of these people are welded together";
  return pairs.recall === 1 ? "Every person is one profile" : "Nobody is welded to another";
}

const examples = (title: string, lines: readonly string[]): HTMLElement[] =>
  lines.length === 0
    ? []
    : [h("h4", {}, title), h("ul", { class: "lines" }, ...lines.map((one) => h("li", {}, one)))];
