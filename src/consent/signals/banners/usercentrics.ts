/**
 * Usercentrics keeps its decision in local storage, which no server sees, and has no setting that writes a cookie. A site
 * that copies the record into a cookie of the same name (docs/banners.md has the lines) makes it readable here: `ucData`
 * of version 3, `uc_settings` of version 2, as JSON.
 * Sources: @usercentrics/cmp-browser-sdk 4.59.0 (`StorageSettings`, `CONSENT_TYPE`) for version 2; for version 3 the
 * fields that public integrations read, `gcm` and `consent.services`.
 */
import {
  addCategory,
  type Banner,
  type BannerReading,
  jsonObject,
  listOf,
  millisOf,
  objectOf,
  unescaped,
} from "./reading.ts";

export const usercentrics: Banner = {
  cookies: ["ucData", "uc_settings"],
  // Its categories are each site's own; the types of Google Consent Mode beside them are the same everywhere.
  categories: {
    analyticsStorage: "analytics",
    adStorage: "marketing",
    adUserData: "marketing",
    adPersonalization: "marketing",
  },
  read([data, settings]) {
    if (data !== undefined) return third(data);
    return settings === undefined ? undefined : second(settings);
  },
};

/** Version 3: a service is named by its id or by its name. */
function third(text: string): BannerReading {
  const data = jsonObject(unescaped(text));
  const gcm = objectOf(data?.gcm);
  const consent = objectOf(data?.consent);
  const services = objectOf(consent?.services);
  if (!gcm && !services) return "malformed";
  if (isImplicit(consent?.type)) return undefined;
  const categories = new Map<string, boolean>();
  for (const type of Object.keys(usercentrics.categories)) {
    const said = gcm?.[type];
    if (said !== undefined) addCategory(categories, type, said === "granted");
  }
  for (const [id, value] of Object.entries(services ?? {})) {
    const service = objectOf(value);
    for (const name of [id, service?.name]) addCategory(categories, name, service?.consent);
  }
  return { categories, givenAt: millisOf(consent?.updatedAt) ?? 0 };
}

/** Version 2: a service is named by its id. */
function second(text: string): BannerReading {
  const settings = jsonObject(unescaped(text));
  if (!Array.isArray(settings?.services)) return "malformed";
  const categories = new Map<string, boolean>();
  let givenAt = 0;
  for (const entry of settings.services) {
    const service = objectOf(entry);
    if (typeof service?.status !== "boolean") return "unsupported";
    const last = objectOf(listOf(service.history).at(-1));
    // A status that the page set by itself is the banner's default, or what holds where no one is asked.
    if (!last || isImplicit(last.type)) continue;
    addCategory(categories, service.id, service.status);
    givenAt = Math.max(givenAt, millisOf(last.timestamp) ?? 0);
  }
  if (categories.size === 0) return undefined;
  const { version } = settings;
  return { categories, givenAt, ...(typeof version === "string" && { version }) };
}

const isImplicit = (type: unknown): boolean => typeof type === "string" && type.toLowerCase() === "implicit";
