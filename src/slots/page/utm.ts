/** The campaign in the address of a page: it decides the very first page of a visit, before any event has told of it. */

const NAMES = ["source", "medium", "campaign"] as const;
const MAX_CHARS = 128;

/** Campaign parameters by name without `utm_`; undefined where the address has none. */
export function utmOf(url: string): Record<string, string> | undefined {
  if (!url.includes("utm_")) return undefined;
  const query = new URL(url).searchParams;
  const utm: Record<string, string> = {};
  for (const name of NAMES) {
    const value = query.get(`utm_${name}`);
    if (value) utm[name] = value.slice(0, MAX_CHARS);
  }
  return Object.keys(utm).length > 0 ? utm : undefined;
}
