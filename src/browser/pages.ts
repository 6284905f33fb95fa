/**
 * Page views, also of single-page sites and of pages that come back from the back-forward cache. Called once, by
 * main.ts.
 */
import { settings } from "./config.ts";
import { guard, later, on } from "./guard.ts";
import { pageOf } from "./page-identity.ts";
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
  let { href } = location;

  const begin = () => {
    // Another tracker beside this one records them already.
    if (!settings.pages) pageView();
    onNewPage();
  };
  // After the current task: a router first sets the URL and then the title, and may redirect at once.
  const check = () =>
    later(() => {
      if (pageOf(location.href) === pageOf(href)) return;
      setReferrer(href);
      href = location.href;
      begin();
    });
  watchHistory(check);
  on<PageTransitionEvent>(window, "pageshow", ({ persisted }) => {
    if (persisted) begin();
  });
  begin();
};

/** Hears of changes of the URL. The history of a page that froze it tells of going back and forward only. */
const watchHistory = guard((check: () => void): void => {
  on(window, "popstate", check);
  for (const method of ["pushState", "replaceState"] as const) {
    const original = history[method];
    history[method] = function (...args) {
      original.apply(this, args);
      check();
    };
  }
});
