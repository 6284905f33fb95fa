/** The form of an offer: where, what, to whom, when, how often. Each part is a file of its own; the JSON is beside it. */
import { h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { field } from "../field.ts";
import { audiencePart } from "./audience-part.ts";
import { capsPart } from "./caps-part.ts";
import { contentPart, type NewContent } from "./content-part.ts";
import type { IssuePlaces } from "./issues.ts";
import { rankPart } from "./rank-part.ts";
import { schedulePart } from "./schedule-part.ts";
import { type OfferInput, offerOf, without } from "./shapes.ts";

/** What a part gets, and how it says what is new. */
export interface PartOf {
  /** As it is now. */
  offer(): OfferInput;
  /** Undefined values take a field away. */
  set(change: { [K in keyof OfferInput]?: OfferInput[K] | undefined }): void;
  places: IssuePlaces;
  key(): string;
}

/** @param fresh content that is written here and saved with the offer */
export function offerForm(
  value: unknown,
  changed: (next: unknown) => void,
  places: IssuePlaces,
  key: () => string,
  fresh: NewContent,
): HTMLElement | undefined {
  const read = offerOf(value);
  if (!read) return undefined;
  let offer = read;
  const listeners: (() => void)[] = [];
  const part: PartOf = {
    offer: () => offer,
    set(change) {
      offer = without({ ...offer, ...change }) as OfferInput; // slot and content are never taken away
      changed(offer);
      for (const listener of listeners) listener();
    },
    places,
    key,
  };
  const description = h("input", {
    class: "input",
    attrs: { maxlength: 500, value: offer.description ?? "" },
    on: { input: () => part.set({ description: description.value || undefined }) },
  });
  const rank = rankPart(part);
  listeners.push(rank.refresh);
  return h(
    "div",
    { class: "stack" },
    card(
      "What it is",
      field("In words", description, "For colleagues: reports and lists show it."),
      places.place("description"),
    ),
    card("Where", slotChoice(part), places.place("slot")),
    card("What it shows", contentPart(part, fresh), places.place("content")),
    card("To whom", audiencePart(part), places.place("audience")),
    card("When", schedulePart(part), places.place("schedule")),
    card(
      "How often one visitor sees it",
      capsPart(part),
      places.place("caps"),
      groupField(part),
      places.place("exclusionGroup"),
    ),
    card("Before or after others", rank.element, places.place("priority"), places.place("score")),
  );
}

export const card = (title: string, ...children: HTMLElement[]): HTMLElement =>
  h("section", { class: "part-card", attrs: { "aria-label": title } }, h("h2", {}, title), ...children);

function slotChoice({ offer, set }: PartOf): HTMLElement {
  const slots = definitions("slots");
  const names = Object.keys(slots);
  const all = names.includes(offer().slot) ? names : [offer().slot, ...names];
  const select = h(
    "select",
    { class: "input", on: { change: () => set({ slot: select.value }) } },
    ...all.map((name) => {
      const { kind = "html", description } = slots[name] ?? {};
      const kinds = {
        html: "",
        json: " (data for the page's own code)",
        message: " (a message over the page)",
      };
      return h(
        "option",
        { attrs: { value: name } },
        `${name === "" ? "choose …" : name}${description ? ` · ${description}` : ""}${kinds[kind]}`,
      );
    }),
  );
  select.value = offer().slot;
  return field("Slot", select, "A named place on the page.");
}

/** The group's name, with those that there are. */
function groupField({ offer, set }: PartOf): HTMLElement {
  const groups = new Set(
    Object.values(definitions("offers")).flatMap(({ exclusionGroup }) => exclusionGroup ?? []),
  );
  const list = h(
    "datalist",
    { attrs: { id: "exclusion-groups" } },
    ...[...groups].map((name) => h("option", { attrs: { value: name } })),
  );
  const input = h("input", {
    class: "input",
    attrs: { list: list.id, maxlength: 64, autocomplete: "off", value: offer().exclusionGroup ?? "" },
    on: { input: () => set({ exclusionGroup: input.value.trim() || undefined }) },
  });
  const element = field(
    "Not together with",
    input,
    "A group, such as “sale”: of all offers of one group, a page shows at most one, in whichever slot.",
  );
  element.appendChild(list);
  return element;
}
