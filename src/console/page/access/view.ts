/** Access: the tokens and what each role may, for those who give access; and the state of the keys, for those who turn them. */
import { h } from "../dom.ts";
import { may } from "../may.ts";
import type { View } from "../shell.ts";
import { keysCard } from "./keys.ts";
import { rolesTable } from "./roles.ts";
import { tokensPanel } from "./tokens.ts";

/** The view at `#/access`. */
export function accessView(): View {
  const tokens = may("access:manage") ? tokensPanel() : undefined;
  const keys = may("keys:rotate") ? keysCard() : undefined;
  const element = h(
    "section",
    { class: "view" },
    h("div", { class: "view-head" }, h("h1", {}, "Access"), tokens?.said),
    ...(tokens ? [h("h2", {}, "Tokens"), tokens.element] : []),
    ...(keys ? [h("h2", {}, "Keys"), keys.element] : []),
    h("h2", {}, "What each role may do"),
    rolesTable(),
  );
  return {
    element,
    show() {
      void tokens?.refresh();
      keys?.start();
    },
    hide: () => keys?.stop(),
  };
}
