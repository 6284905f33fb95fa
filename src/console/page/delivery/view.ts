/** Destinations: all of them (`#/destinations`), and the page of one (`#/destinations/<key>`). Loaded when it is first shown. */
import { h } from "../dom.ts";
import type { View } from "../shell.ts";
import { destinationList } from "./list.ts";
import { destinationPage } from "./one.ts";

/** One of the two, while it is shown. */
export interface Part {
  element: HTMLElement;
  stop(): void;
}

/** The view at `#/destinations`; its argument is the key of a destination. */
export function destinationsView(): View {
  const element = h("section", { class: "view delivery" });
  let part: Part | undefined;
  let shown: string | undefined;

  function hide(): void {
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
      part = argument === "" ? destinationList() : destinationPage(argument);
      element.replaceChildren(part.element);
      part.element.querySelector("h1")?.focus({ preventScroll: true });
    },
    hide,
  };
}
