/**
 * Puts an answer into its element, at once or not at all. The baseline stays until then; where the new content would move
 * what the visitor already sees, it stays for good.
 */
import type { Answer } from "./ask.ts";
import { nodesOf } from "./html.ts";
import type { DoorstepSlotDetail } from "./types.ts";

/** Say what became of a slot. */
export const tell = (target: EventTarget, detail: DoorstepSlotDetail): void => {
  target.dispatchEvent(new CustomEvent("doorstep:slot", { bubbles: true, composed: true, detail }));
};

/** @param answer undefined: there is none */
export const fill = (element: HTMLElement, slot: string, answer: Answer | undefined): void => {
  // The page's script counts what is seen by these two.
  element.setAttribute("data-doorstep-slot", slot);
  if (!answer || answer.code) {
    tell(element, { slot, outcome: "error", offer: null });
    return;
  }
  const { offer, content, min_height: minHeight = 0 } = answer;
  const nodes = content?.html === undefined ? undefined : nodesOf(content.html);
  let outcome: DoorstepSlotDetail["outcome"] = content ? answer.outcome : "baseline";
  if (nodes && !put(element, nodes, minHeight)) {
    console.warn(`doorstep: the content of ${slot} has no room. Give the element a min-height.`);
    outcome = "no_room";
  } else if (nodes && offer !== null) element.setAttribute("data-doorstep-offer", offer);
  tell(element, { slot, outcome, offer, data: content?.data });
};

/**
 * Whether it could be put there without moving anything. Where it may not, it is tried in a copy of the element, which is never
 * painted: what the visitor does in the baseline meanwhile, a focus or a text, goes on.
 */
const put = (element: HTMLElement, nodes: DocumentFragment, minHeight: number): boolean => {
  const { style } = element;
  const { top, bottom, height } = element.getBoundingClientRect();
  const isFree = top >= innerHeight || bottom < 0 || !performance.getEntriesByType("paint").length;
  const before = style.display;
  // An element of its own name is inline, and keeps no height.
  const display = getComputedStyle(element).display === "inline" ? "block" : before;
  const place = (one: HTMLElement) => {
    one.style.display = display;
    one.style.minHeight = `${isFree ? Math.max(height, minHeight) : height}px`;
    one.replaceChildren(nodes);
  };
  if (!isFree) {
    const copy = element.cloneNode() as HTMLElement;
    place(copy);
    style.display = "none";
    element.after(copy as never); // the types of the Worker know another `after`
    const isHigher = copy.getBoundingClientRect().height >= height + 1;
    nodes.replaceChildren(...copy.childNodes);
    copy.remove();
    style.display = before;
    if (isHigher) return false;
  }
  place(element);
  return true;
};
