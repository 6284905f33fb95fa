/**
 * Page views, also of single-page sites and of pages that come back from the back-forward cache, and how far each page
 * was scrolled. Called once, by main.ts.
 */
import { guard, later, on } from "./guard.ts";
import { SCROLL_CHECK_MS } from "./limits.ts";
import { record, setReferrer } from "./record.ts";

/** Records a page view with the content data of `<meta name="doorstep:content">`. */
export const pageView = (properties: Record<string, unknown> = {}): void =>
  record("page_view", { content: pageContent(), ...properties });

/** The content data of the page, or undefined without any (or with broken ones). */
export const pageContent = (): unknown => {
  const text = document.querySelector<HTMLMetaElement>('meta[name="doorstep:content"]')?.content;
  return text && guard(JSON.parse)(text);
};

/** Records a page view now and for each further page; `onNewPage` hears of each. */
export const watchPages = (onNewPage: () => void): void => {
  let href = location.href;
  let page = pageOf(location);
  let depth = 0;

  const begin = () => {
    depth = 0;
    pageView();
    onNewPage();
  };
  // After the current task: a router first sets the URL and then the title, and may redirect at once.
  const check = () =>
    later(() => {
      const next = pageOf(location);
      if (next === page) return;
      setReferrer(href);
      page = next;
      href = location.href;
      begin();
    });
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = function (...args) {
      original.apply(this, args);
      check();
    };
  }
  on(window, "popstate", check);
  on<PageTransitionEvent>(window, "pageshow", ({ persisted }) => {
    if (persisted) begin();
  });

  let pending = false;
  on(document, "scroll", () => {
    if (pending) return;
    pending = true;
    later(() => {
      pending = false;
      const percent = ((scrollY + innerHeight + 2) / document.documentElement.scrollHeight) * 100;
      while (depth < 100 && percent >= depth + 25) {
        depth += 25;
        record("scroll", { percent: depth });
      }
    }, SCROLL_CHECK_MS);
  });

  begin();
};

/** What makes a URL another page: path and query, and the fragment only where a router lives in it. */
const pageOf = ({ pathname, search, hash }: Pick<Location, "pathname" | "search" | "hash">): string =>
  pathname + search + (/^#[!/]/.test(hash) ? hash : "");
