/**
 * Makes events and decides by consent what becomes of them: sent, held in memory until the visitor has decided, or
 * dropped. Everything that is recorded, automatic or by the page, comes through `record`.
 */
import { consentNow, isGranted, onConsentChange } from "./consent.ts";
import { deliver, schedule } from "./delivery.ts";
import { warn } from "./guard.ts";
import { MAX_EVENT_BYTES, MAX_HELD_EVENTS, MAX_TITLE, MAX_URL } from "./limits.ts";
import { byteLength, clear } from "./queue.ts";
import type { BrowserEvent, EventExtras } from "./types.ts";

const URGENT = ["form_submit", "purchase", "cta_click"];

/** Where the visitor came from: the referrer, and after a change of URL within the page the URL before it. */
let referrer = document.referrer;
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
    traits: extras.traits,
    context: {
      page: {
        url: location.href.slice(0, MAX_URL),
        title: document.title.slice(0, MAX_TITLE),
        referrer: referrer.slice(0, MAX_URL),
      },
      locale: navigator.language,
    },
  });
  if (byteLength(text) > MAX_EVENT_BYTES) {
    warn(name, "is too large");
    return;
  }
  // A copy, because the page may change its objects afterwards.
  const event: BrowserEvent = JSON.parse(text);
  const consent = consentNow();
  if (isGranted(consent)) deliver([event], URGENT.includes(event.name));
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
  consentNow();
};

/** A random UUID, also where the page is not a secure context. */
const newId = (): string =>
  crypto.randomUUID?.() ??
  // Each 0, 1 and 8 becomes a random digit; of the 8, the variant of RFC 9562, two bits stay.
  "10000000-1000-4000-8000-100000000000".replace(/[018]/g, (digit) =>
    (Number(digit) ^ (crypto.getRandomValues(new Uint8Array(1))[0]! & (15 >> (Number(digit) / 4)))).toString(
      16,
    ),
  );
