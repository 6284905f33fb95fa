/**
 * Reads the cookie in which the door caches a visitor's decision: `1.<base64url JSON>.<signature>`. The browser cannot
 * check the signature and does not need to: the cookie only spares a request, the door decides again on every event.
 */
import type { ConsentState } from "./types.ts";

/** The raw value of `ds_consent` in a `document.cookie` string, or "" without one. */
export const consentCookie = (cookies: string): string => /(?:^|; )ds_consent=([^;]*)/.exec(cookies)?.[1] ?? "";

/** The decision in a cookie's value, or null if it is absent, not understood or expired. `now` is epoch ms. */
export const parseConsentCookie = (value: string, now: number): ConsentState | null => {
  try {
    const [version, payload = ""] = value.split(".");
    const { p, r, x }: Record<string, unknown> = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    if (version !== "1" || typeof p !== "string" || typeof x !== "number" || x * 1000 <= now) return null;
    const decision = (letter: string) => (p.includes(letter) ? "granted" : "denied");
    return {
      purposes: { analytics: decision("a"), marketing: decision("m"), personalization: decision("p") },
      regime: String(r),
      explicit: true,
      expires_at: new Date(x * 1000).toISOString(),
    };
  } catch {
    return null;
  }
};
