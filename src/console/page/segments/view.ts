/**
 * Segments (`#/segments`, `#/segments/<name>`, `#/segments/new`), what they are made of (`#/segments/features…`) and
 * imported lists (`#/segments/lists`). All show the draft that is worked on. Loaded when it is first shown.
 */
import { fill, h } from "../dom.ts";
import { draftBar } from "../draft/bar.ts";
import { openShown } from "../draft/store.ts";
import { readOnly } from "../not-permitted.ts";
import type { View } from "../shell.ts";
import { nameAt } from "./address.ts";
import { readPublished } from "./published.ts";

/** One page, while it is shown. */
export interface Part {
  element: HTMLElement;
  stop(): void;
}

const PARTS = [
  ["", "Segments"],
  ["features", "Features"],
  ["lists", "Lists"],
] as const;

/** The view; its argument is what comes after `#/segments/`. */
export function segmentsView(): View {
  const place = h("div", {}, h("div", { class: "skeleton" }));
  const tabs = PARTS.map(([key, label]) =>
    h("a", { attrs: { href: `#/segments${key && `/${key}`}` } }, label),
  );
  const bar = h("div", {});
  const element = h(
    "section",
    { class: "view segments" },
    h("nav", { class: "links", attrs: { "aria-label": "Parts of segments" } }, ...tabs),
    bar,
    readOnly("release:write"),
    place,
  );
  let part: Part | undefined;
  let shown: string | undefined;
  let turn = 0;

  async function open(argument: string): Promise<void> {
    const own = ++turn;
    const [problem] = await Promise.all([openShown(), readPublished()]);
    if (own !== turn) return;
    if (problem !== undefined) {
      fill(place, h("p", { class: "notice bad", attrs: { role: "alert" } }, problem));
      return;
    }
    if (!bar.firstChild) fill(bar, draftBar());
    const made = await pageOf(argument);
    if (own !== turn) return made.stop();
    part = made;
    fill(place, made.element);
    made.element.querySelector("h1")?.focus({ preventScroll: true });
  }

  function hide(): void {
    turn++;
    part?.stop();
    part = undefined;
    shown = undefined;
  }

  return {
    element,
    show(argument) {
      if (argument === shown) return;
      hide();
      shown = argument;
      const [first = ""] = argument.split("/");
      const current = first === "features" || first === "lists" ? first : "";
      PARTS.forEach(([key], n) => {
        if (key === current) tabs[n]?.setAttribute("aria-current", "page");
        else tabs[n]?.removeAttribute("aria-current");
      });
      void open(argument);
    },
    hide,
  };
}

/** Each page's code is loaded with it. */
async function pageOf(argument: string): Promise<Part> {
  const [first = "", second = ""] = argument.split("/");
  if (first === "") return (await import("./list.ts")).segmentList();
  if (first === "lists") return (await import("./lists.ts")).listsPage();
  if (first !== "features") return (await import("./one.ts")).segmentPage(nameAt(first));
  if (second === "") return (await import("./features.ts")).featureList();
  return (await import("./feature-page.ts")).featurePage(nameAt(second));
}
