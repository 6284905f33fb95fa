/**
 * What the session has to remember of an event, so that features know it before ingest does: the fields that they read, and
 * which conditions (`where`) it met, by a mark for each. So a condition sees the whole event, and the cookie carries none of
 * what it reads. Pure; called by src/collect/remember.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Predicate } from "#core/condition";
import type { FieldValue } from "./aggregate.ts";
import { compileFeatures, isKept } from "./compile.ts";
import { fieldValue } from "./values.ts";

/** A field that features read, as it is written and cut into its parts; or a mark and its condition. */
export interface Remembered {
  field: string;
  path: readonly string[];
  where?: Predicate;
}

const byDocument = new WeakMap<ReleaseDocument, Record<string, Remembered[]>>();

/** Event name → what features read of it. An event that is not listed concerns no feature. */
export function recentFields(document: ReleaseDocument): Record<string, Remembered[]> {
  const known = byDocument.get(document);
  if (known) return known;
  // Without a prototype: an event may be called "constructor".
  const all: Record<string, Remembered[]> = Object.create(null);
  const add = (event: string, one?: Remembered) => {
    all[event] ??= [];
    const list = all[event];
    if (one && !list.some(({ field }) => field === one.field)) list.push(one);
  };
  for (const feature of compileFeatures(document)) {
    if (!isKept(feature)) continue;
    if (feature.kind === "aggregate" && feature.path.length > 0)
      add(feature.event, { field: feature.path.join("."), path: feature.path });
    for (const { event, where, mark } of feature.kind === "sequence" ? feature.steps : [feature])
      add(event, where && mark !== undefined ? { field: mark, path: [], where } : undefined);
  }
  byDocument.set(document, all);
  return all;
}

/** What the session keeps of an event. */
export function recentValues(
  fields: readonly Remembered[],
  properties: Record<string, unknown>,
): Record<string, FieldValue> {
  const values: Record<string, FieldValue> = {};
  for (const { field, path, where } of fields) {
    const value = where ? (where(properties) ? 1 : undefined) : fieldValue(properties, path);
    if (value !== undefined) values[field] = value;
  }
  return values;
}
