/**
 * What of a release asks about a segment, a feature or a list: nothing of it is removed unseen. Pure; called by the
 * operator's API, and by the console of what is not published yet.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { namesIn } from "#release/names-in";

/** Those that use a segment, by name. */
export function usesOf(
  document: Pick<ReleaseDocument, "segments" | "offers" | "destinations">,
  name: string,
): { offers: string[]; segments: string[]; destinations: string[] } {
  const naming = <T>(all: Record<string, T>, conditionOf: (one: T) => unknown): string[] =>
    Object.entries(all).flatMap(([key, one]) =>
      namesIn(conditionOf(one), "segments").includes(name) ? [key] : [],
    );
  const { purpose } = document.segments[name] ?? {};
  const told = Object.entries(document.destinations).flatMap(([key, { changes, purposes }]) => {
    const all = changes?.segments === "all" && purpose !== undefined && purposes.includes(purpose);
    return all || (Array.isArray(changes?.segments) && changes.segments.includes(name)) ? [key] : [];
  });
  return {
    offers: naming(document.offers, ({ audience }) => audience),
    segments: naming(document.segments, ({ when }) => when),
    destinations: [...new Set([...told, ...naming(document.destinations, ({ when }) => when)])].sort(),
  };
}

/** Attributes that a condition asks about. */
export function attributesIn(condition: unknown, found = new Set<string>()): Set<string> {
  if (typeof condition !== "object" || condition === null) return found;
  for (const [key, value] of Object.entries(condition)) {
    if (key.startsWith("$") || Array.isArray(condition)) attributesIn(value, found);
    else found.add(key.split(".", 1)[0] ?? key);
  }
  return found;
}
