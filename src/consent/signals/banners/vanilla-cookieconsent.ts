/**
 * vanilla-cookieconsent: `cc_cookie` is percent-encoded JSON. `categories` lists what was granted; the keys of `services`
 * are all categories that were asked about (from version 3 on). Written only once the visitor has decided.
 * Source: vanilla-cookieconsent 3.1.0; version 2 has `consent_date` and no services.
 */
import { addCategory, type Banner, jsonObject, millisOf, momentOf, objectOf, unescaped } from "./reading.ts";

export const vanillaCookieconsent: Banner = {
  cookies: ["cc_cookie"],
  // Names are the site's own; these are those of its examples and of many sites.
  categories: {
    analytics: "analytics",
    statistics: "analytics",
    performance: "analytics",
    marketing: "marketing",
    advertising: "marketing",
    advertisement: "marketing",
    ads: "marketing",
    targeting: "marketing",
    personalization: "personalization",
    preferences: "personalization",
    functionality: "personalization",
  },

  read([value]) {
    if (value === undefined) return undefined;
    const cookie = jsonObject(unescaped(value));
    if (!Array.isArray(cookie?.categories)) return "malformed";
    const { revision, expirationTime } = cookie;
    const givenAt =
      momentOf(cookie.lastConsentTimestamp ?? cookie.last_consent_update) ??
      momentOf(cookie.consentTimestamp ?? cookie.consent_date);
    // Without it the library itself holds the cookie for none, and asks.
    if (givenAt === undefined) return undefined;

    const categories = new Map<string, boolean>();
    for (const category of cookie.categories) addCategory(categories, category, true);
    const asked = objectOf(cookie.services);
    for (const category of Object.keys(asked ?? {}))
      if (!categories.has(category)) addCategory(categories, category, false);
    const expiresAt = millisOf(expirationTime);
    return {
      categories,
      onlyGrants: asked === undefined,
      givenAt,
      ...(expiresAt !== undefined && { expiresAt }),
      ...(typeof revision === "number" && { version: String(revision) }),
    };
  },
};
