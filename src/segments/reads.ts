/**
 * Which fields of which events a feature reads: its own, those of its conditions, and those of the features that it is made
 * of. Pure; asked where a destination may see only some fields (src/forward/route.ts).
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { partsOf } from "./compile.ts";

/** Without a field: only that the event happened. */
export interface FieldRead {
  event: string;
  field?: string;
}

/** @param name of the feature; one that is not there reads nothing */
export function readsOf(features: ReleaseDocument["features"], name: string): FieldRead[] {
  const reads: FieldRead[] = [];
  const seen = new Set<string>();
  const visit = (one: string): void => {
    const def = !seen.has(one) && Object.hasOwn(features, one) ? features[one] : undefined;
    seen.add(one);
    if (!def) return;
    for (const part of partsOf(def)) visit(part);
    const filters = "sequence" in def ? def.sequence : "agg" in def ? [def] : [];
    for (const { event, where } of filters) {
      reads.push({ event });
      for (const field of fieldsIn(where)) reads.push({ event, field });
    }
    if ("agg" in def && def.field !== undefined && def.agg !== "count" && def.agg !== "recency")
      reads.push({ event: def.event, field: def.field });
  };
  visit(name);
  return reads;
}

/** Paths that a condition over an event's properties asks about. */
function fieldsIn(condition: unknown): string[] {
  if (typeof condition !== "object" || condition === null) return [];
  if (Array.isArray(condition)) return condition.flatMap(fieldsIn);
  return Object.entries(condition).flatMap(([key, value]) => (key.startsWith("$") ? fieldsIn(value) : [key]));
}
