/** Reading what a CMS has sent, which may be anything. Pure; called by the adapters. */

export const record = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};

export const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** A text, or a number as one; undefined for what is neither, or is empty. */
export function text(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** ISO text (without a zone: UTC), epoch seconds or milliseconds → epoch ms; undefined for what is no time. */
export function time(value: unknown): number | undefined {
  if (typeof value === "number") {
    if (!Number.isFinite(value) || value <= 0) return undefined;
    return Math.round(value < 1e11 ? value * 1000 : value);
  }
  if (typeof value !== "string" || !/^\d{4}-\d\d-\d\d/.test(value)) return undefined;
  const hasZone = /(?:[zZ]|[+-]\d\d:?\d\d)$/.test(value) || !value.includes("T");
  const parsed = Date.parse(hasZone ? value : `${value}Z`);
  return Number.isNaN(parsed) ? undefined : parsed;
}

/** What lies at a dotted path (`data.items`, `translations.0.title`) or JSON pointer (`/data/items`); empty: the value. */
export function at(value: unknown, path: string): unknown {
  const steps = path.startsWith("/")
    ? path
        .slice(1)
        .split("/")
        .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"))
    : path.split(".");
  let here = value;
  for (const step of path === "" ? [] : steps) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Record<string, unknown>)[step];
  }
  return here;
}

/** Plain text of a title that a CMS gives as HTML. */
export function plain(html: string): string {
  const names: Record<string, string> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: " " };
  return html
    .replace(/<[^>]*>/g, "")
    .replace(/&(#x?[0-9a-f]{1,6}|[a-z]{2,6});/gi, (entity: string, name: string) => {
      if (!name.startsWith("#")) return names[name.toLowerCase()] ?? entity;
      const code = /^#x/i.test(name) ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
      return code > 0 && code <= 0x10_ff_ff ? String.fromCodePoint(code) : entity;
    })
    .trim();
}
