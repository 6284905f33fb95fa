/**
 * The entry of `/doorstep.js`: puts the API on `window.doorstep` (or as the tag's `data-name` says), then watches the
 * page and makes the calls that were queued before it loaded. A second copy of the script does nothing. Built by
 * scripts/build-browser.ts.
 */
import { configure, settings } from "./config.ts";
import { consentNow, decide, onConsentChange } from "./consent.ts";
import { drain, flushBeforeUnload, resume } from "./delivery.ts";
import { guard, on } from "./guard.ts";
import { watchInteractions } from "./interactions.ts";
import { loadMore } from "./load-more.ts";
import { pageView, watchPages } from "./pages.ts";
import { followConsent, record } from "./record.ts";
import { watchSlots } from "./slots.ts";
import type { Doorstep, DoorstepCall, EventExtras, Traits } from "./types.ts";

const identify = (who: string | number | Traits, extras?: EventExtras): void =>
  // Only traits, or whom the site takes the visitor for and what proves it.
  record(
    "identify",
    {},
    Object(who) === who ? { traits: who as Traits } : { ...extras, userId: String(who) },
  );

const push = guard(([method, ...args]: DoorstepCall): void => {
  // The types of the page's own calls are only promised; the guard catches what there is no method for.
  const inside = (object: unknown, key: string) => (object as Record<string, unknown>)[key];
  const called = method.split(".").reduce<unknown>(inside, api) as (...args: unknown[]) => unknown;
  called(...args);
});

const api: Doorstep = {
  track: guard(record),
  page: guard(pageView),
  identify: guard(identify),
  ecommerce: guard((...call) => void loadMore(api).then((more) => more?.ecommerce(...call))),
  consent: { get: consentNow, set: decide, onChange: onConsentChange },
  push,
};

guard(() => {
  // Marked by another name than the API's, because a second copy may be told to use another one.
  const page = window as unknown as Record<string | symbol, unknown>;
  const mark = Symbol.for("doorstep");
  if (page[mark]) return;
  page[mark] = api;
  configure();
  const name = settings.name ?? "doorstep";
  // An element with this id may be there, too.
  const present = page[name];
  guard(() => {
    page[name] = api;
  })();
  followConsent();
  on(window, "pagehide", flushBeforeUnload);
  on(window, "online", resume);
  on(document, "visibilitychange", () => (document.hidden ? flushBeforeUnload() : drain()));
  const begin = guard(() => {
    watchInteractions();
    watchPages(watchSlots());
    if (Array.isArray(present)) for (const call of present) push(call);
    // Depths of scrolling, the default, are of no use before somebody scrolls.
    const more = () => void loadMore(api);
    const use = settings.use ?? "scroll";
    if (use === "scroll") on(document, "scroll", more);
    else if (use) more();
  });
  // A prerendered page has not been seen yet, and a page that is still being read may lack its content data.
  if ((document as { prerendering?: boolean }).prerendering) on(document, "prerenderingchange", begin);
  else if (document.readyState === "loading") on(document, "DOMContentLoaded", begin);
  else begin();
})();
