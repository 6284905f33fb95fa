/** How far each page was scrolled, in quarters: the feature `scroll`, which is on unless the tag says otherwise. */
import { later, on } from "../guard.ts";
import { SCROLL_CHECK_MS } from "../limits.ts";
import { pageOf } from "../page-identity.ts";

const STEP = 25;

/** Calls back once per page for each quarter that was reached, in per cent. Looks at once: it is loaded by a scroll. */
export const watchScroll = (onDepth: (percent: number) => void): void => {
  let page = pageOf(location.href);
  let depth = 0;
  let pending = false;

  const check = () => {
    pending = false;
    const now = pageOf(location.href);
    if (now !== page) depth = 0;
    page = now;
    // Something in the page scrolled, and not the page; of one that cannot, nobody went anywhere.
    if (!scrollY) return;
    const percent = ((scrollY + innerHeight + 2) / document.documentElement.scrollHeight) * 100;
    while (depth < 100 && percent >= depth + STEP) {
      depth += STEP;
      onDepth(depth);
    }
  };
  on(document, "scroll", () => {
    if (!pending) later(check, SCROLL_CHECK_MS);
    pending = true;
  });
  // Back from the back-forward cache it is a page view anew.
  on<PageTransitionEvent>(window, "pageshow", ({ persisted }) => {
    if (persisted) depth = 0;
  });
  if (scrollY) check();
};
