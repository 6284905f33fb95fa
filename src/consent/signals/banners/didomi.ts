/**
 * Didomi: `didomi_token` is base64 of JSON with the ids of purposes that were granted and refused; `didomi_dcs`, which
 * replaces it, is a binary string with their numbers (didomi-dcs.ts). Purposes of the TCF are in neither where the site
 * runs the TCF: those are in `euconsent-v2`.
 * Source: https://docs.didomi.io/get-started/general/cookies-and-local-storage, and values as sites send them.
 */
import { readDcs } from "./didomi-dcs.ts";
import {
  addCategory,
  type Banner,
  type BannerReading,
  jsonObject,
  listOf,
  momentOf,
  objectOf,
  unescaped,
} from "./reading.ts";

export const didomi: Banner = {
  cookies: ["didomi_token", "didomi_dcs"],
  // Purposes that Didomi ships; a site's own end in letters of chance (`analytics-HpBJrrK7`).
  categories: {
    analytics: "analytics",
    measure_content_performance: "analytics",
    market_research: "analytics",
    improve_products: "analytics",
    advertising_personalization: "marketing",
    create_ads_profile: "marketing",
    select_personalized_ads: "marketing",
    content_personalization: "personalization",
    create_content_profile: "personalization",
    select_personalized_content: "personalization",
  },
  read([token, dcs]) {
    if (dcs !== undefined) return readDcs(unescaped(dcs) ?? "");
    return token === undefined ? undefined : readToken(token);
  },
};

function readToken(text: string): BannerReading {
  const token = jsonObject(fromBase64(unescaped(text)));
  if (!token) return "malformed";
  const consent = objectOf(token.purposes);
  const categories = new Map<string, boolean>();
  for (const id of listOf(consent?.enabled)) addCategory(categories, id, true);
  for (const id of listOf(consent?.disabled)) addCategory(categories, id, false);
  // An objection is a refusal; legitimate interest that met none is no consent.
  for (const id of listOf(objectOf(token.purposes_li)?.disabled)) addCategory(categories, id, false);
  // The token is there from the first page on, to name the visitor.
  if (categories.size === 0) return undefined;
  return { categories, givenAt: momentOf(token.updated) ?? 0 };
}

function fromBase64(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return atob(text.replaceAll("-", "+").replaceAll("_", "/"));
  } catch {
    return undefined; // The one thing this throws for, a text that is no base64, is what undefined says.
  }
}
