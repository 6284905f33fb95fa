/**
 * Makes events and decides by consent what becomes of them: sent, held in memory until the visitor has decided, or
 * dropped. Everything that is recorded, automatic or by the page, comes through `record`.
 */
import { consentNow, isGranted, onConsentChange, resumeDecision } from "./consent.ts";
import { deliver, schedule } from "./delivery.ts";
import { warn } from "./guard.ts";
import { MAX_EVENT_BYTES, MAX_HELD_EVENTS, MAX_TITLE, MAX_URL } from "./limits.ts";
import { byteLength, clear } from "./queue.ts";
import type { BrowserEvent, EventExtras } from "./types.ts";

const URGENT = ["form_submit", "purchase", "cta_click"];

/**
 * Where the visitor came from: the referrer, and after a change of URL within the page the URL before it. As text, like
 * the title below, because a form with such a name hides it.
 */
let referrer = String(document.referrer);
let held: BrowserEvent[] = [];

export const setReferrer = (url: string): void => {
  referrer = url;
};

/** Records one event as of now. Throws (the callers are guarded) if it cannot be JSON. */
export const record = (
  name: string,
  properties: Record<string, unknown> = {},
  extras: EventExtras = {},
): void => {
  const text = JSON.stringify({
    id: newId(),
    name: String(name),
    occurred_at: new Date().toISOString(),
    properties,
    user_id: extras.userId,
    token: extras.token,
    traits: extras.traits,
    context: {
      page: {
        url: location.href.slice(0, MAX_URL),
        title: String(document.title).slice(0, MAX_TITLE),
        referrer: referrer.slice(0, MAX_URL),
      },
      locale: navigator.language,
    },
  });
  // A copy, because the page may change its objects afterwards.
  const event: BrowserEvent = JSON.parse(text);
  const consent = consentNow();
  if (byteLength(text) > MAX_EVENT_BYTES) warn(name, "is too large");
  else if (isGranted(consent)) deliver([event], URGENT.includes(event.name));
  // The first ones are kept: they tell how the visitor came here.
  else if (!consent?.explicit && held.length < MAX_HELD_EVENTS) held.push(event);
};

/** Lets consent act on what waits. Called once, at start. */
export const followConsent = (): void => {
  onConsentChange((consent) => {
    if (isGranted(consent)) {
      if (held.length) deliver(held.splice(0), true);
      else schedule();
    } else {
      clear();
      if (consent.explicit) held = [];
    }
  });
  resumeDecision();
  consentNow();
};

/** A random UUID; where the page is not a secure context, which has none, as many random bits. */
const newId = (): string => crypto.randomUUID?.() ?? crypto.getRandomValues(new Uint32Array(4)).join("-");
