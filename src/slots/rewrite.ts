/**
 * Fills a page's slot elements while the page streams through. Everything was decided before: here nothing waits,
 * nothing fails, and an element that is not filled keeps the baseline that the CMS gave it. What is not touched goes
 * through byte by byte, whatever its character encoding.
 */
import { logError } from "#core/log";

/** What goes into one slot's element. */
export interface Fill {
  /** Sanitised HTML. A template is filled only where the page has its slot. */
  html: string | (() => string);
  /** Written to `data-doorstep-offer`; undefined for the slot's fallback content. */
  offer?: string | undefined;
}

const SLOT = "data-doorstep-slot";
/** The page's script fills it: the page is one for everybody, out of some cache behind us. */
const CLIENT = "data-doorstep-client";

/**
 * The response with `[data-doorstep-slot]` elements filled. Of several elements with one slot the first is filled.
 * Untouched are unknown slots, slot elements inside another one, those in `<template>`, `<noscript>`, `<svg>` and `<math>`,
 * those whose content is no HTML, those that the page's script fills, and a page in an encoding that is not ASCII's.
 * @param fills by slot; a slot that keeps its baseline is not in it
 * @param onEnd told the slots that the page had, once it has gone through
 */
export function fillSlots(
  response: Response,
  fills: ReadonlyMap<string, Fill>,
  onEnd: (slots: ReadonlySet<string>) => void = () => {},
): Response {
  const left = new Map(fills);
  const found = new Set<string>();
  const isUtf8 = saysUtf8(response.headers.get("content-type"));
  // The element that comes next is inside one whose content is not to be touched: handlers of one element run in this order.
  let isInside = false;
  const inside = () => {
    isInside = true;
  };

  const rewriter = new HTMLRewriter();
  for (const selector of CLOSED_OFF) rewriter.on(selector, { element: inside });
  rewriter.on(`[${SLOT}]`, {
    element: quietly((element) => {
      const isClosedOff = isInside;
      isInside = false;
      const slot = isClosedOff || element.hasAttribute(CLIENT) ? null : element.getAttribute(SLOT);
      if (slot !== null) found.add(slot);
      const fill = takeFill(left, slot);
      if (UNFIT.has(element.tagName)) return;
      // Before it is filled: what fails may not leave half of it done.
      const html = fill && (typeof fill.html === "string" ? fill.html : fill.html());
      if (html === undefined) return;
      element.setInnerContent(isUtf8 ? html : asAscii(html), { html: true });
      if (fill?.offer !== undefined) element.setAttribute("data-doorstep-offer", fill.offer);
    }),
  });
  rewriter.onDocument({ end: quietly(() => onEnd(found)) });
  try {
    return rewriter.transform(response);
  } catch (error) {
    noteUnreadable(error);
    onEnd(found);
    return response;
  }
}

/** Matched by the rewriter itself: a handler for where each of these elements ends would cost more than all the rest. */
const CLOSED_OFF = [`[${SLOT}]`, "template", "noscript", "svg", "math"].map((outer) => `${outer} [${SLOT}]`);

/**
 * Elements that have no end tag, or whose end tag a page may leave out: where one of these ends cannot be known while the
 * page streams, and to replace what is in it could take away what comes after it. And those whose content is no HTML: as a
 * script, what was made safe as HTML would run.
 */
const UNFIT = new Set(
  `area base br col embed hr img input link meta source track wbr html head body p li dt dd option optgroup tr td th thead
  tbody tfoot colgroup caption rt rp script style title textarea xmp iframe noembed noframes plaintext`.split(
    /\s+/,
  ),
);

let isNoted = false;

/** All pages of a site are in one encoding: it is said once, not for each of them. */
export function noteUnreadable(error: unknown): void {
  if (!isNoted) logError("pages in an unknown encoding keep their baseline", error);
  isNoted = true;
}

function takeFill(left: Map<string, Fill>, slot: string | null): Fill | undefined {
  const fill = slot === null ? undefined : left.get(slot);
  if (slot !== null) left.delete(slot);
  return fill;
}

/** Whether the answer itself says so. A page may say something else in a `<meta>`, after what we would have to write. */
const saysUtf8 = (contentType: string | null): boolean =>
  /;\s*charset\s*=\s*"?utf-?8"?\s*(?:;|$)/i.test(contentType ?? "");

/** HTML that reads the same in every encoding that has ASCII in its place: all others go as their numbers. */
export const asAscii = (html: string): string =>
  html.replace(/[^\0-\x7f]/gu, (character) => `&#${character.codePointAt(0)};`);

/** A handler that throws would cut the page off in the middle: the element stays as it is instead. */
const quietly =
  <T>(handle: (at: T) => void) =>
  (at: T): void => {
    try {
      handle(at);
    } catch (error) {
      logError("a slot was not filled", error);
    }
  };
