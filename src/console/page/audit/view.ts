/** The audit log: the state of its chain, and its entries. Nothing is asked for by itself: each look is on demand. */
import { h } from "../dom.ts";
import type { View } from "../shell.ts";
import { chainCard } from "./chain.ts";
import { entriesPanel } from "./entries.ts";

/** The view at `#/audit`. */
export function auditView(): View {
  const chain = chainCard();
  const entries = entriesPanel((newest) => void chain.refresh(newest));
  const element = h(
    "section",
    { class: "view" },
    h("div", { class: "view-head" }, h("h1", {}, "Audit log"), h("span", { class: "grow" }), entries.reload),
    h(
      "p",
      { class: "hint about" },
      "Each change, and each look at a person's data: who, what, when. Entries are only ever added, and each has the hash of the one before.",
    ),
    chain.element,
    h("h2", {}, "Entries"),
    entries.element,
  );
  return { element, show: () => void entries.refresh(), hide: () => {} };
}
