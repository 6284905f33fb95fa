/**
 * OneTrust: `OptanonConsent` is a form-encoded query with `groups=C0001:1,C0002:0,…`, rewritten with each page, and
 * `OptanonAlertBoxClosed` the moment at which the visitor decided. Until then the groups are the banner's defaults.
 * Sources: OneTrust's article "OneTrust Cookies", and values as sites send them (test/vectors/banner-cookies.json).
 */
import { addCategory, type Banner, momentOf, unescaped } from "./reading.ts";

export const onetrust: Banner = {
  cookies: ["OptanonConsent", "OptanonAlertBoxClosed"],
  categories: { C0002: "analytics", C0003: "personalization", C0004: "marketing", C0005: "marketing" },

  read([consent, alertClosed]) {
    if (consent === undefined) return undefined;
    const told = parametersOf(consent);
    if (!told) return "malformed";
    const closed = alertClosed === undefined ? undefined : momentOf(unescaped(alertClosed));
    if (alertClosed !== undefined && closed === undefined) return "malformed";
    const groups = told.get("groups") ?? "";
    const categories = groupsOf(groups);
    if (!categories) return "malformed";

    const optedOut = told.get("isGpcEnabled") === "1";
    // A policy that changed, or a box that was never closed: what is granted is a default, or outdated.
    const decided = closed !== undefined && told.get("AwaitingReconsent") !== "true";
    if (!decided) {
      // It counts an opt-out by GPC and the refusals of a former policy, too: those hold.
      const refused = (told.get("interactionCount") ?? "0") !== "0";
      for (const [group, granted] of categories) if (granted || !refused) categories.delete(group);
      if (categories.size === 0 && !optedOut) return undefined;
    }
    const version = told.get("version");
    return {
      categories,
      optedOut,
      givenAt: closed ?? 0,
      ...(version !== undefined && { version }),
      proof: `${groups} ${closed ?? "open"} ${optedOut ? "gpc" : ""}`,
    };
  },
};

const READ = new Set(["groups", "isGpcEnabled", "AwaitingReconsent", "interactionCount", "version"]);

/** The parameters that matter; the first of each counts. Undefined where it is no such query. */
function parametersOf(text: string): Map<string, string> | undefined {
  const found = new Map<string, string>();
  let known = false;
  for (const pair of text.split("&")) {
    const equals = pair.indexOf("=");
    const name = pair.slice(0, Math.max(equals, 0));
    known ||= name === "groups" || name === "datestamp";
    if (!READ.has(name) || found.has(name)) continue;
    const value = unescaped(pair.slice(equals + 1));
    if (value === undefined) return undefined;
    found.set(name, value);
  }
  return known ? found : undefined;
}

/** `C0001:1,C0002:0`; undefined where an entry has not this form. */
function groupsOf(text: string): Map<string, boolean> | undefined {
  const categories = new Map<string, boolean>();
  if (text === "") return categories;
  for (const entry of text.split(",")) {
    const colon = entry.lastIndexOf(":");
    if (colon < 1) return undefined;
    addCategory(categories, entry.slice(0, colon), entry.slice(colon + 1) === "1");
  }
  return categories;
}
