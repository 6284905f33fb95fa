/** `#/release`: what holds and what was; `#/release/draft/<name>` and `#/release/version/<n>`. Loaded when it is first shown. */
import { fill, h } from "../dom.ts";
import { readOnly } from "../not-permitted.ts";
import type { View } from "../shell.ts";
import { draftPage } from "./draft-page.ts";
import { overview } from "./overview.ts";
import { versionPage } from "./version-page.ts";

/** The view. */
export function releaseView(): View {
  const element = h("section", { class: "view releases" });
  const words = h("p", { class: "said", attrs: { role: "status" } });
  const all = overview(words);
  const first = h(
    "div",
    {},
    h("div", { class: "view-head" }, h("h1", { attrs: { tabindex: "-1" } }, "Release"), words),
    readOnly("release:write"),
    all.element,
  );
  const left = (text: string) => {
    location.hash = "#/release";
    fill(words, text);
  };
  return {
    element,
    show(argument) {
      const [kind = "", name = ""] = argument.split("/");
      const page =
        kind === "draft"
          ? draftPage(name, left)
          : kind === "version"
            ? versionPage(name)
            : { element: first, refresh: all.refresh };
      fill(element, page.element);
      page.element.querySelector("h1")?.focus({ preventScroll: true });
      void page.refresh();
    },
    hide: () => {},
  };
}
