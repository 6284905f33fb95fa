/**
 * Types of /doorstep-slots.js: served beside it as doorstep-slots.d.ts. Reference the file, and the element and its events
 * have types.
 */

/** Of the event `doorstep:slot`: what became of a slot. It bubbles from its element; a message's comes from the document. */
export interface DoorstepSlotDetail {
  slot: string;
  /** `baseline`: nothing else was chosen. `no_room`: it would have moved the page. `error`: no answer in time, or none. */
  outcome: "offer" | "fallback" | "baseline" | "no_room" | "closed" | "error";
  /** Key of the offer that won. */
  offer: string | null;
  /** Of a slot of JSON: what the page is to make of it. */
  data?: unknown;
}

declare global {
  interface HTMLElementTagNameMap {
    "doorstep-slot": HTMLElement;
  }
  interface GlobalEventHandlersEventMap {
    "doorstep:slot": CustomEvent<DoorstepSlotDetail>;
  }
}
