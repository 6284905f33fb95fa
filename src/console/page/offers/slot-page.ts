/** One slot, or a new one (`#/offers/slots/+`): its form, and the markup that puts it into a page. */
import { h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { choice, field } from "../field.ts";
import { definitionPage } from "./definition-page.ts";
import type { IssuePlaces } from "./issues.ts";
import { card } from "./offer-form.ts";
import { type Page, slotHref } from "./page.ts";
import { type SlotInput, slotOf, without } from "./shapes.ts";
import { snippets } from "./snippets.ts";

/** @param key undefined: a new one */
export const slotPage = (key: string | undefined): Page =>
  definitionPage({
    kind: "slots",
    noun: "slot",
    key,
    first: { kind: "html" },
    hrefOf: slotHref,
    back: ["#/offers/slots", "Slots"],
    form: slotForm,
    keeps: () => {
      const users = Object.entries(definitions("offers")).filter(([, { slot }]) => slot === key);
      return users.length > 0
        ? `These offers are in it: ${users.map(([name]) => name).join(", ")}.`
        : undefined;
    },
    more: (own) =>
      snippets(own, definitions("slots")[own]?.kind ?? "html", definitions("slots")[own]?.minHeight),
  });

function slotForm(
  value: unknown,
  changed: (next: unknown) => void,
  places: IssuePlaces,
): HTMLElement | undefined {
  const read = slotOf(value);
  if (!read) return undefined;
  let slot = read;
  const set = (change: { [K in keyof SlotInput]?: SlotInput[K] | undefined }) => {
    slot = without({ ...slot, ...change }) as SlotInput; // absent is undefined
    changed(slot);
  };
  const description = h("input", {
    class: "input",
    attrs: { maxlength: 500, value: slot.description ?? "" },
    on: { input: () => set({ description: description.value || undefined }) },
  });
  const kind = choice(
    [
      ["html", "Content in the page"],
      ["message", "A message over the page"],
      ["json", "Data for the page's own code"],
    ],
    { changed: () => set({ kind: kind.value() }) },
  );
  kind.element.value = slot.kind ?? "html";
  const names = Object.keys(definitions("content"));
  const fallback = h(
    "select",
    { class: "input", on: { change: () => set({ fallback: fallback.value || null }) } },
    h("option", { attrs: { value: "" } }, "What the page has there itself"),
    ...names.map((name) => h("option", { attrs: { value: name } }, name)),
    slot.fallback &&
      !names.includes(slot.fallback) &&
      h("option", { attrs: { value: slot.fallback } }, slot.fallback),
  );
  fallback.value = slot.fallback ?? "";
  const number = (
    of: "budgetMs" | "minHeight",
    attrs: Record<string, number>,
    otherwise: number | undefined,
  ) => {
    const input = h("input", {
      class: "input",
      attrs: { type: "number", step: 1, value: slot[of] ?? otherwise, ...attrs },
      on: { input: () => set({ [of]: input.value === "" ? undefined : Math.round(Number(input.value)) }) },
    });
    return input;
  };
  const holdout = h("input", {
    class: "input",
    attrs: {
      type: "number",
      min: 0,
      max: 100,
      step: 0.1,
      value: Math.round((slot.holdout ?? 0) * 1000) / 10,
    },
    on: { input: () => set({ holdout: Number(holdout.value) / 100 || undefined }) },
  });
  const rankBy = choice(
    [
      ["none", "By name"],
      ["clicks", "Who is clicked more often goes first"],
      ["conversions", "Who converts more often goes first"],
    ],
    { changed: () => set({ rankBy: rankBy.value() === "none" ? undefined : rankBy.value() }) },
  );
  rankBy.element.value = slot.rankBy ?? "none";
  return h(
    "div",
    { class: "stack" },
    card(
      "What it is",
      field("In words", description, "Where it is, for colleagues: “top of the front page”."),
      field("Kind", kind.element),
      places.place("description"),
      places.place("kind"),
    ),
    card(
      "When no offer wins",
      field("It shows", fallback, "Also to whom nothing is known of, and when anything goes wrong in time."),
      places.place("fallback"),
    ),
    card(
      "How it decides",
      h(
        "div",
        { class: "fields" },
        field(
          "Held out, in percent",
          holdout,
          "So many visitors never get an offer here, always the same ones.",
        ),
        field(
          "Among the same priority and score",
          rankBy.element,
          "By the rates of the last 14 days, worked out every ten minutes.",
        ),
        field(
          "Time budget, in ms",
          number("budgetMs", { min: 1, max: 1000 }, 50),
          "Longer than this no page waits; what is missed is counted.",
        ),
        field(
          "Height that is kept, in px",
          number("minHeight", { min: 0, max: 4000 }, undefined),
          "For pages from a cache, so that nothing jumps when it is filled.",
        ),
      ),
      places.place("holdout"),
      places.place("rankBy"),
      places.place("budgetMs"),
      places.place("minHeight"),
    ),
  );
}
