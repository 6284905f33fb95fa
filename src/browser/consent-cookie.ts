/**
 * Reads the cookie in which the door caches a visitor's decision: `1.<base64url JSON>.<signature>`. The browser cannot
 * check the signature and does not need to: the cookie only spares a request, the door decides again on every event.
 */
import type { ConsentState, Purpose } from "./types.ts";

const PURPOSES = ["analytics", "marketing", "personalization"] as const;

/** The purposes of which `granted` is true; all others are denied. */
export const purposesWhere = (
  granted: (purpose: Purpose) => boolean | undefined,
): ConsentState["purposes"] => {
  const decisions = PURPOSES.map((purpose) => [purpose, granted(purpose) ? "granted" : "denied"]);
  // One entry for each purpose, made in the line above.
  return Object.fromEntries(decisions) as ConsentState["purposes"];
};

/** The payload of `ds_consent` in a `document.cookie` string, or "" without one of a version that we read. */
export const consentCookie = (cookies: string): string =>
  /(?:^|; )ds_consent=1\.([\w-]+)/.exec(cookies)?.[1] ?? "";

/** The decision in a cookie's payload, or null if there is none, or an expired one. `now` is epoch ms. */
export const parseConsentCookie = (payload: string, now: number): ConsentState | null => {
  try {
    const { p, r, x } = JSON.parse(atob(payload.replace(/-/g, "+").replace(/_/g, "/")));
    if (!(x * 1000 > now)) return null;
    return {
      // The letters of the purposes that are granted: a, m, p.
      purposes: purposesWhere((purpose) => p.includes(purpose[0])),
      regime: r,
      explicit: true,
      expires_at: new Date(x * 1000).toISOString(),
    };
  } catch {
    return null;
  }
};
