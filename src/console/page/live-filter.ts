/** Which lines of the live view are shown: by outcome, by event name, by text. Pure. */
import type { LiveEntry } from "../entry.ts";

export const TABS = ["all", "accepted", "dropped", "rejected", "slots"] as const;
export type Tab = (typeof TABS)[number];

export interface LiveFilter {
  tab: Tab;
  /** The name of an event or of a slot; empty: any. */
  name: string;
  /** Must occur in the entry's id, names, summary, profile or destinations; case does not matter. */
  text: string;
}

/** The name that an entry goes by: the event's, or the slot's. */
export const nameOf = (entry: LiveEntry): string => (entry.kind === "slot" ? entry.slot : entry.name);

/** The tab that an entry belongs to, besides `all`. A repeat that changed nothing counts as dropped. */
export function tabOf(entry: LiveEntry): Exclude<Tab, "all"> {
  if (entry.kind === "slot") return "slots";
  return entry.outcome === "duplicate" ? "dropped" : entry.outcome;
}

/** Whether an entry is shown. */
export function matches(entry: LiveEntry, filter: LiveFilter): boolean {
  if (filter.tab !== "all" && tabOf(entry) !== filter.tab) return false;
  if (filter.name && nameOf(entry) !== filter.name) return false;
  const text = filter.text.trim().toLowerCase();
  return text === "" || searchable(entry).toLowerCase().includes(text);
}

/** How many entries each tab holds. */
export function tabCounts(entries: readonly LiveEntry[]): Record<Tab, number> {
  const counts: Record<Tab, number> = { all: entries.length, accepted: 0, dropped: 0, rejected: 0, slots: 0 };
  for (const entry of entries) counts[tabOf(entry)] += 1;
  return counts;
}

/** The names that can be chosen, sorted. */
export const namesOf = (entries: readonly LiveEntry[]): string[] =>
  [...new Set(entries.map(nameOf).filter(Boolean))].sort();

function searchable(entry: LiveEntry): string {
  if (entry.kind === "slot") {
    return [entry.event_id, entry.slot, entry.offer, entry.summary, ...entry.segments].join(" ");
  }
  const profiles = entry.receipts.flatMap((r) => (r.stage === "ingest" && r.profile ? [r.profile] : []));
  return [
    entry.event_id,
    entry.name,
    entry.source,
    entry.summary,
    entry.identity_state,
    ...entry.destinations.flatMap((d) => [d.destination, d.reason]),
    ...profiles,
  ].join(" ");
}
