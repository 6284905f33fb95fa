/**
 * The entry of `/doorstep-slots.js`, for pages that come out of a cache and are the same for everybody: asks once for all
 * `<doorstep-slot name>` and `[data-doorstep-slot][data-doorstep-client]` elements of the page and for its messages, and fills
 * them. Without it, without an answer, and without JavaScript the page's own content stays. It needs no other script of
 * ours. Built by scripts/build-browser.ts.
 */
import { ask } from "./ask.ts";
import { fill } from "./fill.ts";
import { show } from "./messages.ts";
import { showPreview } from "./preview.ts";
import { quietly } from "./quietly.ts";
import { messageSlots } from "./settings.ts";

const ELEMENTS = "doorstep-slot[name],[data-doorstep-slot][data-doorstep-client]";
const MAX_SLOTS = 50;

const seen = new WeakSet<Element>();
let messages = messageSlots;
let waiting = false;

const nameOf = (element: Element): string =>
  element.getAttribute("name") || element.getAttribute("data-doorstep-slot") || "";

/** Ask for what the page has and was not asked for yet. Of several elements with one slot the first is filled. */
const fillPage = async (): Promise<void> => {
  waiting = false;
  const elements = new Map<string, HTMLElement>();
  for (const element of document.querySelectorAll<HTMLElement>(ELEMENTS)) {
    const name = nameOf(element);
    if (seen.has(element) || element.parentElement?.closest(ELEMENTS)) continue;
    seen.add(element);
    if (name && !elements.has(name)) elements.set(name, element);
  }
  const own = messages;
  messages = [];
  const slots = [...new Set([...elements.keys(), ...own])].slice(0, MAX_SLOTS);
  if (!slots.length) return;
  const answers = await ask(slots);
  const known = new Map(answers?.slots.map((answer) => [answer.slot, answer]));
  for (const [name, element] of elements) fill(element, name, known.get(name));
  const memory = answers?.preview ? undefined : answers?.personal === true;
  for (const name of own) show(name, known.get(name), memory);
  if (answers?.preview) showPreview();
};

/** Once for all that is added in one go, and not before the page is there and somebody looks at it. */
const later = (): void => {
  if (waiting) return;
  waiting = true;
  const begin = () => void fillPage();
  const state = document as { prerendering?: boolean };
  if (state.prerendering) document.addEventListener("prerenderingchange", begin);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", begin);
  else queueMicrotask(begin);
};

/** What the visitor has decided; undefined without a word of theirs, or where the page may not say. */
const decision = (): string | undefined => quietly(() => /ds_consent=[^;]*/.exec(document.cookie)?.[0]);

if (!customElements.get("doorstep-slot")) {
  customElements.define(
    "doorstep-slot",
    class extends HTMLElement {
      connectedCallback() {
        later();
      }
    },
  );
  // A page that changes without loading says so where it has no element of ours.
  document.addEventListener("doorstep:scan", later);
  const decided = decision();
  // Back from the back-forward cache, with what was for somebody who has changed their mind.
  addEventListener("pageshow", ({ persisted }) => {
    if (persisted && decision() !== decided) location.reload();
  });
  later();
}
