/**
 * A view whose code is loaded when it is first shown. What a newer deployment has replaced cannot be loaded any more: then the
 * page has to be loaded anew, and says so.
 */
import { button, empty, fill, h } from "./dom.ts";
import type { View } from "./shell.ts";

/** Makes such a view. @param load its code, and the view of it */
export const lazyView = (title: string, load: () => Promise<View>) => (): View => {
  const element = h("div", {});
  let view: View | undefined;
  /** What is to be shown; undefined: it is hidden. */
  let wanted: string | undefined;

  const waiting = (content: HTMLElement) =>
    fill(
      element,
      h("section", { class: "view" }, h("div", { class: "view-head" }, h("h1", {}, title)), content),
    );

  async function begin(): Promise<void> {
    waiting(h("div", { class: "skeleton" }));
    try {
      view = await load();
    } catch {
      waiting(
        empty(
          "This part of the console could not be loaded",
          "There is no connection, or a newer version has been deployed.",
          button("Load the page anew", () => location.reload(), "primary"),
        ),
      );
      return;
    }
    fill(element, view.element);
    if (wanted !== undefined) view.show(wanted);
  }

  return {
    element,
    show(argument) {
      const isFirst = wanted === undefined && !view;
      wanted = argument;
      if (view) view.show(argument);
      else if (isFirst) void begin();
    },
    hide() {
      wanted = undefined;
      view?.hide();
    },
  };
};
