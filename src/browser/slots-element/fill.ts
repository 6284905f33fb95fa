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

/** Whether it could be put there without moving anything. What is tried in between is never painted. */
const put = (element: HTMLElement, nodes: DocumentFragment, minHeight: number): boolean => {
  const { style } = element;
  const { top, bottom, height } = element.getBoundingClientRect();
  const isFree = top >= innerHeight || bottom < 0 || !performance.getEntriesByType("paint").length;
  const before = { display: style.display, minHeight: style.minHeight, nodes: [...element.childNodes] };
  // An element of its own name is inline, and keeps no height.
  if (getComputedStyle(element).display === "inline") style.display = "block";
  style.minHeight = `${isFree ? Math.max(height, minHeight) : height}px`;
  element.replaceChildren(nodes);
  if (isFree || element.getBoundingClientRect().height < height + 1) return true;
  element.replaceChildren(...before.nodes);
  style.display = before.display;
  style.minHeight = before.minHeight;
  return false;
};
