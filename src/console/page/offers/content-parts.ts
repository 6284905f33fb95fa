/** What lists and pages of content have in common: who shows it, tables, times. */
import { type Child, h } from "../dom.ts";
import { definitions } from "../draft/store.ts";
import { timeOf } from "../time.ts";
import { offerHref, slotHref } from "./page.ts";

/** Who shows it. */
export function usersOf(content: string): Child[] {
  const offers = Object.entries(definitions("offers")).filter(([, one]) => one.content === content);
  const slots = Object.entries(definitions("slots")).filter(([, { fallback }]) => fallback === content);
  const links = [
    ...offers.map(([key]) => h("a", { attrs: { href: offerHref(key) } }, key)),
    ...slots.map(([key]) => h("a", { attrs: { href: slotHref(key) } }, `${key} (without an offer)`)),
  ];
  return links.length === 0
    ? [h("span", { class: "hint" }, "nobody")]
    : links.flatMap((link, n) => (n === 0 ? [link] : [", ", link]));
}

/** @param heads of its columns */
export const table = (heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement =>
  h(
    "div",
    { class: "table-frame" },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, ...heads.map((text) => h("th", { attrs: { scope: "col" } }, text)))),
      h("tbody", {}, ...rows),
    ),
  );

export function when(at: string): HTMLElement {
  const time = timeOf(at);
  return h("time", { attrs: { datetime: time.iso, title: time.whole } }, time.shown);
}
