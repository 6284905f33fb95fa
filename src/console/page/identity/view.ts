/** Who is whom, where a person has to say so: the queue of conflicts, and what was changed by hand (`#/conflicts/changes`). */
import { h } from "../dom.ts";
import type { View } from "../shell.ts";
import { changeList } from "./changes.ts";
import { conflictList } from "./conflicts.ts";

/** One of the two, while it is shown. */
export interface Part {
  element: HTMLElement;
  stop(): void;
}

/** The view at `#/conflicts`. */
export function conflictsView(): View {
  const element = h("section", { class: "view" });
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
      part = argument === "changes" ? changeList() : conflictList();
      element.replaceChildren(part.element);
      part.element.querySelector("h1")?.focus({ preventScroll: true });
    },
    hide,
  };
}
