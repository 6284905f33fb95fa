/**
 * The entry of `/doorstep.js`: puts the API on `window.doorstep`, then watches the page and makes the calls that were
 * queued before it loaded. A second copy of the script does nothing. Built by scripts/build-browser.ts.
 */
import { configure } from "./config.ts";
import { consentNow, decide, onConsentChange } from "./consent.ts";
import { drain, flushBeforeUnload } from "./delivery.ts";
import { guard, on } from "./guard.ts";
import { watchInteractions } from "./interactions.ts";
import { pageView, watchPages } from "./pages.ts";
import { followConsent, record } from "./record.ts";
import { watchSlots } from "./slots.ts";
import type { Doorstep, DoorstepCall } from "./types.ts";

const identify: Doorstep["identify"] = (traits) => record("identify", {}, { traits });

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
  consent: { get: consentNow, set: decide, onChange: onConsentChange },
  push,
};

guard(() => {
  // An element with the id "doorstep" may be there, too.
  const present = window.doorstep;
  if (present && "track" in present) return;
  configure();
  window.doorstep = api;
  followConsent();
  on(window, "pagehide", flushBeforeUnload);
  on(document, "visibilitychange", () => (document.hidden ? flushBeforeUnload() : drain()));
  const begin = guard(() => {
    watchInteractions();
    watchPages(watchSlots());
    if (Array.isArray(present)) for (const call of present) push(call);
  });
  // A prerendered page has not been seen yet, and a page that is still being read may lack its content data.
  if ((document as { prerendering?: boolean }).prerendering) on(document, "prerenderingchange", begin);
  else if (document.readyState === "loading") on(document, "DOMContentLoaded", begin);
  else begin();
})();
