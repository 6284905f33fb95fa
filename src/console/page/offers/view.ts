/**
 * Offers: `#/offers`, `#/offers/<key>`, `#/offers/new/<slot>`, `#/offers/slots/<key>`, `#/offers/content/<key>`,
 * `#/offers/performance`, `#/offers/preview/<offer>`. The forms are loaded when one is first shown.
 */
import { button, empty, fill, h } from "../dom.ts";
import { draftBar } from "../draft/bar.ts";
import { current, onShown, openShown } from "../draft/store.ts";
import type { View } from "../shell.ts";
import { board } from "./board.ts";
import { contentList } from "./content-list.ts";
import { isSaving, type Page } from "./page.ts";
import { performancePage } from "./performance-page.ts";
import { previewPage } from "./preview-page.ts";
import { slotList } from "./slot-list.ts";

/** What stands in the address for one that there is not yet. */
const NEW = "+";

/** What the address names. */
async function pageAt(argument: string): Promise<Page> {
  const [kind = "", ...rest] = argument.split("/");
  const name = rest.join("/");
  const key = name === NEW ? undefined : name;
  if (argument === "") return board();
  if (argument === "slots") return slotList();
  if (argument === "content") return contentList();
  if (argument === "performance") return performancePage();
  if (kind === "preview") return previewPage(name);
  if (kind === "slots") return (await import("./slot-page.ts")).slotPage(key);
  if (kind === "content") return (await import("./content-page.ts")).contentPage(key);
  const { offerPage } = await import("./offer-page.ts");
  return kind === "new" ? offerPage(undefined, name) : offerPage(kind === "offer" ? name : kind);
}

/** In place of a page whose code a newer deployment has replaced. */
const unloaded = (): Page => ({
  element: empty(
    "This part of the console could not be loaded",
    "There is no connection, or a newer version has been deployed.",
    button("Load the page anew", () => location.reload(), "primary"),
  ),
});

export function offersView(): View {
  const place = h("div", {});
  const element = h("section", { class: "view offers" });
  let hasBar = false;
  let wanted: string | undefined;
  let draft: string | undefined;

  async function open(argument: string): Promise<void> {
    const problem = await openShown();
    if (wanted !== argument) return;
    if (problem !== undefined) {
      fill(
        place,
        h("div", { class: "view-head" }, h("h1", {}, "Offers")),
        h("p", { class: "notice bad" }, problem),
      );
      return;
    }
    draft = current()?.draft?.name;
    if (!hasBar) element.insertBefore(draftBar(), place);
    hasBar = true;
    await draw(argument);
  }

  async function draw(argument: string): Promise<void> {
    const page = await pageAt(argument).catch(unloaded);
    if (wanted !== argument) return;
    fill(place, page.element);
    page.element.querySelector("h1")?.focus({ preventScroll: true });
    scrollTo(0, 0);
  }

  // Another draft was chosen in the bar: the page shows what is in it. A draft that a form's save has begun is its own.
  onShown(() => {
    const name = current()?.draft?.name;
    if (wanted === undefined || name === draft) return;
    draft = name;
    if (!isSaving()) void draw(wanted);
  });

  element.appendChild(place);
  return {
    element,
    show(argument) {
      if (wanted === undefined) fill(place, h("div", { class: "skeleton" }));
      wanted = argument;
      void open(argument);
    },
    hide() {
      wanted = undefined;
    },
  };
}
