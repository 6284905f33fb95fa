/**
 * Cookiebot: `CookieConsent` is an object in JavaScript's notation (`{stamp:'…',necessary:true,statistics:false,…}`),
 * percent-encoded in part; or `0` where all was refused, and `-1` or `-2` where no one was asked.
 * Sources: https://www.cookiebot.com/en/developer/ ("server side usage", `consent.method`), and values as sites send them.
 */
import { addCategory, type Banner, millisOf, unescaped } from "./reading.ts";

const CATEGORIES = {
  preferences: "personalization",
  statistics: "analytics",
  marketing: "marketing",
} as const;

export const cookiebot: Banner = {
  cookies: ["CookieConsent"],
  categories: CATEGORIES,

  read([value]) {
    const text = value === undefined ? undefined : unescaped(value);
    if (value !== undefined && text === undefined) return "malformed";
    if (text === "0")
      return { categories: new Map(Object.keys(CATEGORIES).map((c) => [c, false])), givenAt: 0 };
    // Out of the banner's regions our own regime decides; and other tools have a cookie of this name: `true`, `false`.
    if (!text?.startsWith("{")) return undefined;
    const fields = fieldsOf(text);
    if (typeof fields?.get("necessary") !== "boolean") return "malformed";

    // Implied consent was never given: silence, or a place where no one is asked. Nor did old cookies say how.
    const explicit = fields.get("method") === "explicit";
    const categories = new Map<string, boolean>();
    for (const category of Object.keys(CATEGORIES)) {
      const granted = fields.get(category);
      if (granted !== undefined && (explicit || granted !== true)) addCategory(categories, category, granted);
    }
    if (categories.size === 0) return undefined;
    const version = fields.get("ver");
    return {
      categories,
      givenAt: millisOf(fields.get("utc")) ?? 0,
      ...(typeof version === "number" && { version: String(version) }),
    };
  },
};

const FIELD =
  /\s*(?:"([^"]{1,64})"|(\w{1,64}))\s*:\s*(?:'([^']*)'|"([^"]*)"|(true|false)|(-?\d{1,15}))\s*([,}])/y;

/** The fields of a flat object; undefined where it is none. Of a field that is told twice, `false` counts. */
function fieldsOf(text: string): Map<string, string | boolean | number> | undefined {
  const fields = new Map<string, string | boolean | number>();
  FIELD.lastIndex = 1;
  for (let found = FIELD.exec(text); found; found = FIELD.exec(text)) {
    const [, quoted, bare, single, double, word, digits, end] = found;
    const name = quoted ?? bare ?? "";
    const value = word ? word === "true" : digits ? Number(digits) : (single ?? double ?? "");
    if (fields.get(name) !== false) fields.set(name, value);
    if (end === "}") return FIELD.lastIndex === text.length ? fields : undefined;
  }
  return undefined;
}
