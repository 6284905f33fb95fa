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
  const filler = idle.pop() ?? makeFiller();
  const found = new Set<string>();
  const isUtf8 = saysUtf8(response.headers.get("content-type"));
  filler.page = { left: new Map(fills), found, isUtf8, isInside: false, onEnd };
  try {
    return filler.rewriter.transform(response);
  } catch (error) {
    noteUnreadable(error);
    onEnd(found);
    return response;
  }
}

/** What is known of the page that goes through. */
interface Page {
  left: Map<string, Fill>;
  found: Set<string>;
  isUtf8: boolean;
  /** The element that comes next is inside one whose content is not to be touched. */
  isInside: boolean;
  onEnd(slots: ReadonlySet<string>): void;
}

/**
 * A rewriter and the one page that goes through it. To read its selectors takes longer than to match them against a page, so
 * it waits for the next page once one has ended; of a page that broke off it is thrown away.
 */
interface Filler {
  rewriter: HTMLRewriter;
  page: Page | undefined;
}

const idle: Filler[] = [];
const MAX_IDLE = 32;

function makeFiller(): Filler {
  const rewriter = new HTMLRewriter();
  const filler: Filler = { rewriter, page: undefined };
  // Handlers of one element run in this order.
  const inside = () => {
    if (filler.page) filler.page.isInside = true;
  };
  for (const selector of CLOSED_OFF) rewriter.on(selector, { element: inside });
  rewriter.on(`[${SLOT}]`, {
    element: quietly((element) => {
      if (filler.page) fillElement(element, filler.page);
    }),
  });
  rewriter.onDocument({
    end: quietly(() => {
      const { page } = filler;
      filler.page = undefined;
      if (idle.length < MAX_IDLE) idle.push(filler);
      page?.onEnd(page.found);
    }),
  });
  return filler;
}

function fillElement(element: Element, page: Page): void {
  const isClosedOff = page.isInside;
  page.isInside = false;
  const slot = isClosedOff || element.hasAttribute(CLIENT) ? null : element.getAttribute(SLOT);
  if (slot !== null) page.found.add(slot);
  const fill = takeFill(page.left, slot);
  if (UNFIT.has(element.tagName)) return;
  // Before it is filled: what fails may not leave half of it done.
  const html = fill && (typeof fill.html === "string" ? fill.html : fill.html());
  if (html === undefined) return;
  element.setInnerContent(page.isUtf8 ? html : asAscii(html), { html: true });
  if (fill?.offer !== undefined) element.setAttribute("data-doorstep-offer", fill.offer);
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
