/** What the pages of this view have in common: a page, what is said on the next one, and saving without being drawn anew. */
import { type Child, h } from "../dom.ts";
import type { Saved } from "../draft/store.ts";

/** One page, while it is shown. */
export interface Page {
  element: HTMLElement;
}

const TABS = [
  ["", "Offers by slot"],
  ["slots", "Slots"],
  ["content", "Content"],
  ["performance", "How they perform"],
  ["preview", "Preview"],
] as const;
export type Tab = (typeof TABS)[number][0];

/** First words of the address that name no offer. */
const RESERVED = new Set<string>([...TABS.map(([key]) => key), "new", "offer"]);

export const offerHref = (key: string): string =>
  RESERVED.has(key) ? `#/offers/offer/${key}` : `#/offers/${key}`;
export const slotHref = (key: string): string => `#/offers/slots/${key}`;
export const contentHref = (key: string): string => `#/offers/content/${encodeURIComponent(key)}`;

/** The parts of this view. @param at the one that is shown */
export const tabs = (at: Tab): HTMLElement =>
  h(
    "nav",
    { class: "sub-tabs", attrs: { "aria-label": "Parts of offers" } },
    ...TABS.map(([key, title]) =>
      h(
        "a",
        {
          attrs: { href: key === "" ? "#/offers" : `#/offers/${key}`, "aria-current": key === at && "page" },
        },
        title,
      ),
    ),
  );

/** A page's head: where it belongs to, its title, what was said, and its actions. */
export const head = (title: Child, said: HTMLElement, ...actions: Child[]): HTMLElement =>
  h(
    "div",
    { class: "view-head" },
    h("h1", { attrs: { tabindex: "-1" } }, title),
    said,
    h("span", { class: "grow" }),
    ...actions,
  );

export const saidLine = (): HTMLElement => h("p", { class: "said", attrs: { role: "status" } }, takeFlash());

let flash = "";

/** To be said on the page that comes next. */
export function sayNext(words: string): void {
  flash = words;
}

function takeFlash(): string {
  const words = flash;
  flash = "";
  return words;
}

let saves = 0;

/** Whether a form here is saving: then what is shown changes by itself, and its page stays. */
export const isSaving = (): boolean => saves > 0;

export async function saving(work: () => Promise<Saved>): Promise<Saved> {
  saves++;
  try {
    return await work();
  } finally {
    saves--;
  }
}
