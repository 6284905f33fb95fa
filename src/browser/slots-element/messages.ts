/**
 * Messages over the page: banners at its top or bottom, and modals. They lie over it, so that nothing moves; their content is
 * the page's own to style, their frame has custom properties (docs/slots.md). What a visitor closes stays closed: for the
 * session where they agreed to personal pages, since that is remembered in their browser, and else for this page.
 */
import type { Answer } from "./ask.ts";
import { tell } from "./fill.ts";
import { nodesOf } from "./html.ts";
import { quietly } from "./quietly.ts";
import { settings } from "./settings.ts";
import type { DoorstepSlotDetail } from "./types.ts";

const CLOSED = "ds_closed";
const closedHere = new Set<string>();

const CSS = `:host{display:contents}
.box{box-sizing:border-box;position:fixed;z-index:var(--doorstep-z,2147483000);padding:var(--doorstep-padding,1rem 3rem 1rem 1rem);background:var(--doorstep-background,#fff);color:var(--doorstep-color,#1a1a1a);border:var(--doorstep-border,0);border-radius:var(--doorstep-radius,0);box-shadow:var(--doorstep-shadow,0 2px 16px #0004);font:var(--doorstep-font,inherit)}
section{inset-inline:0;max-height:60vh;overflow:auto}.banner-top{top:0}.banner-bottom{bottom:0}
dialog{margin:auto;max-width:min(var(--doorstep-width,32rem),calc(100vw - 2rem));--doorstep-radius:.5rem}dialog::backdrop{background:var(--doorstep-backdrop,#0008)}
button{position:absolute;top:.25rem;inset-inline-end:.25rem;min-width:2.75rem;min-height:2.75rem;border:0;background:none;color:inherit;font:1.5rem/1 system-ui;cursor:pointer}
button:focus-visible{outline:2px solid;outline-offset:-4px}
@media (prefers-reduced-motion:no-preference){.box{animation:in .2s}@keyframes in{from{opacity:0}}}`;

let sheet: CSSStyleSheet | undefined;

/**
 * Show the message of an answer, if it has one.
 * @param personal whether it may be remembered that it was closed; undefined: what is remembered is not to be touched
 */
export const show = (slot: string, answer: Answer | undefined, personal: boolean | undefined): void => {
  const { offer = null, outcome = "fallback", content, message, code } = answer ?? {};
  const over = (end: DoorstepSlotDetail["outcome"]) =>
    tell(document, { slot, outcome: end, offer, data: content?.data });
  if (!answer || code) {
    over("error");
    return;
  }
  const nodes = message && content?.html !== undefined ? nodesOf(content.html) : undefined;
  if (!message || !nodes) {
    over("baseline");
    return;
  }
  const name = `${slot} ${offer}`;
  if (closedHere.has(name) || remembered(personal).includes(name)) {
    over("closed");
    return;
  }

  const isModal = message.placement === "modal";
  const host = document.createElement("doorstep-message");
  const box = document.createElement(isModal ? "dialog" : "section");
  box.className = `box ${message.placement}`;
  box.setAttribute("part", "box");
  // In the page's own tree, where its styles reach it and its script counts what is seen.
  const inner = document.createElement("div");
  inner.setAttribute("data-doorstep-slot", slot);
  if (offer !== null) inner.setAttribute("data-doorstep-offer", offer);
  inner.appendChild(nodes);
  const heading = inner.querySelector("h1,h2,h3,h4,h5,h6,strong")?.textContent?.trim();
  box.setAttribute("aria-label", heading || settings.label || "Message");

  const close = () => {
    // Before it is gone from the page: a dialog gives the keyboard back to where it was.
    if (isModal) (box as HTMLDialogElement).close();
    host.remove();
    closedHere.add(name);
    if (personal) remember([...remembered(true), name]);
  };
  // Whoever cannot use a mouse must get out of a modal, too.
  if (isModal || message.dismissible) {
    const button = document.createElement("button");
    button.textContent = "×";
    button.setAttribute("aria-label", settings.close || "Close");
    button.setAttribute("part", "close");
    button.onclick = close;
    box.appendChild(button);
    // A dialog's own event comes a frame later, which a page that is left at once never sees.
    box.onkeydown = (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault(); // else a dialog of the page's own that lies below would close, too
      close();
    };
    box.onclose = close;
  }
  box.appendChild(document.createElement("slot"));
  setTimeout(() => {
    const shadow = host.attachShadow({ mode: "open" });
    if (!sheet) {
      sheet = new CSSStyleSheet();
      sheet.replaceSync(CSS);
    }
    shadow.adoptedStyleSheets = [sheet];
    shadow.appendChild(box);
    host.appendChild(inner);
    document.body.appendChild(host);
    if (isModal) (box as HTMLDialogElement).showModal();
    over(outcome);
  }, message.delay_ms);
};

/** What was closed in this session. Without consent nothing is read, and what was there goes. */
const remembered = (personal: boolean | undefined): string[] => {
  const names: unknown =
    personal !== undefined &&
    quietly(() => {
      if (!personal) delete sessionStorage[CLOSED];
      return JSON.parse(sessionStorage[CLOSED]);
    });
  return Array.isArray(names) ? names : [];
};

/** Where it cannot be: for this page it stays closed anyway. */
const remember = (names: readonly string[]): void =>
  quietly(() => {
    sessionStorage[CLOSED] = JSON.stringify([...new Set(names)].slice(-50));
  });
