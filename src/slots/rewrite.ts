/**
 * Fills a page's slot elements while the page streams through. Everything was decided before: here nothing waits,
 * nothing fails, and an element that is not filled keeps the baseline that the CMS gave it.
 */
import { logError } from "#core/log";

/** What goes into one slot's element. */
export interface Fill {
  /** Sanitised HTML. */
  html: string;
  /** Written to `data-doorstep-offer`; undefined for the slot's fallback content. */
  offer?: string | undefined;
}

const SLOT = "data-doorstep-slot";

/**
 * The response with `[data-doorstep-slot]` elements filled. Of several elements with one slot the first is filled.
 * Untouched are unknown slots, slot elements inside another one, and those in `<template>` and `<noscript>`.
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
  // How many elements are open whose content is not to be touched.
  let closedOff = 0;
  const closeOff = (element: Element): void => {
    element.onEndTag(() => {
      closedOff--;
    });
    closedOff++;
  };

  const rewriter = new HTMLRewriter();
  for (const name of ["template", "noscript"]) rewriter.on(name, { element: quietly(closeOff) });
  rewriter.on(`[${SLOT}]`, {
    element: quietly((element) => {
      const slot = closedOff === 0 ? element.getAttribute(SLOT) : null;
      if (slot !== null) found.add(slot);
      const fill = takeFill(left, slot);
      if (VOID.has(element.tagName)) return;
      closeOff(element);
      if (!fill) return;
      element.setInnerContent(fill.html, { html: true });
      if (fill.offer !== undefined) element.setAttribute("data-doorstep-offer", fill.offer);
    }),
  });
  rewriter.onDocument({ end: () => onEnd(found) });
  return rewriter.transform(response);
}

/** They have no end tag, and nothing can be put into them. */
const VOID = new Set("area base br col embed hr img input link meta source track wbr".split(" "));

function takeFill(left: Map<string, Fill>, slot: string | null): Fill | undefined {
  const fill = slot === null ? undefined : left.get(slot);
  if (slot !== null) left.delete(slot);
  return fill;
}

/** A handler that throws would cut the page off in the middle: the element stays as it is instead. */
const quietly =
  (handle: (element: Element) => void) =>
  (element: Element): void => {
    try {
      handle(element);
    } catch (error) {
      logError("a slot was not filled", error);
    }
  };
