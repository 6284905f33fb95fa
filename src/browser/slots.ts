/**
 * Impressions of `[data-doorstep-slot]` elements: seen means that half of it (or of the viewport, if it is taller) was
 * visible for a second. An element counts once per page and offer; ones that are added or filled later count, too.
 */
import { guard, later, on } from "./guard.ts";
import { SCAN_DELAY_MS, SEEN_AFTER_MS } from "./limits.ts";
import { pageContent } from "./pages.ts";
import { record } from "./record.ts";

/** The slot and the offer that an element stands in. */
export const slotOf = (element: Element): { slot: string | undefined; offer: string | undefined } => ({
  slot: attribute(element, "data-doorstep-slot"),
  offer: attribute(element, "data-doorstep-offer"),
});

const attribute = (element: Element, name: string): string | undefined =>
  element.closest(`[${name}]`)?.getAttribute(name) || undefined;

/** Whether enough of an element is visible, by the IAB's rule of half; empty elements never are. */
const isSeen = (
  { boundingClientRect: whole, intersectionRect: part }: IntersectionObserverEntry,
  viewportHeight: number,
): boolean => {
  const visible = part.width * part.height;
  return visible > 0 && visible >= (whole.width * Math.min(whole.height, viewportHeight)) / 2;
};

/** Starts observing. Returns the function that begins a new page, on which everything can be seen anew. */
export const watchSlots = (): (() => void) => {
  let page = 0;
  let pending = 0;
  /** As what an element counted, or is being observed. */
  const observedAs = new WeakMap<Element, string>();
  const timers = new WeakMap<Element, number>();

  const stop = (element: Element) => {
    clearTimeout(timers.get(element));
    timers.delete(element);
  };
  const observer = new IntersectionObserver(
    guard((entries: IntersectionObserverEntry[]) => {
      for (const entry of entries) {
        const element = entry.target;
        if (!isSeen(entry, innerHeight)) stop(element);
        else if (!timers.has(element))
          timers.set(
            element,
            later(() => count(element), SEEN_AFTER_MS),
          );
      }
    }),
    // Steps of 1 %, so that an element many times as tall as the viewport is noticed, too.
    { threshold: [...Array(101).keys()].map((percent) => percent / 100) },
  );
  const count = (element: Element) => {
    stop(element);
    // Nothing is seen in a hidden tab; when it is back, `scan` observes the element anew.
    if (document.hidden) observedAs.delete(element);
    else {
      observer.unobserve(element);
      record("content_impression", { ...slotOf(element), content: pageContent() });
    }
  };
  const scan = () => {
    pending = 0;
    for (const element of document.querySelectorAll("[data-doorstep-slot]")) {
      const { slot, offer } = slotOf(element);
      const key = `${page} ${slot} ${offer}`;
      if (observedAs.get(element) === key) continue;
      observedAs.set(element, key);
      stop(element);
      observer.unobserve(element);
      observer.observe(element);
    }
  };

  new MutationObserver(() => {
    if (!pending) pending = later(scan, SCAN_DELAY_MS);
  }).observe(document, {
    subtree: true,
    childList: true,
    attributeFilter: ["data-doorstep-slot", "data-doorstep-offer"],
  });
  on(document, "visibilitychange", scan);
  return () => {
    page++;
    scan();
  };
};
