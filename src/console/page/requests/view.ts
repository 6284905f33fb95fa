/** Subject requests: the list, one of them (`#/requests/<id>`), and the form for a new one (`#/requests/new`). */
import { h } from "../dom.ts";
import type { View } from "../shell.ts";
import { requestDetail } from "./detail.ts";
import { requestList } from "./list.ts";
import { newRequest } from "./new.ts";

const NEW = "new";

/** One of the three, while it is shown. */
export interface Part {
  element: HTMLElement;
  stop(): void;
}

/** The view at `#/requests`; its argument is the id of a request, or `new`. */
export function requestsView(): View {
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
      const next = partAt(argument);
      part = next;
      element.replaceChildren(next.element);
      // The focus would be lost with what was clicked.
      next.element.querySelector("h1")?.focus({ preventScroll: true });
    },
    hide,
  };
}

function partAt(argument: string): Part {
  if (argument === "") return requestList();
  return argument === NEW ? newRequest(open) : requestDetail(argument);
}

/** Go to a request. */
function open(id: string): void {
  location.hash = `#/requests/${encodeURIComponent(id)}`;
}
