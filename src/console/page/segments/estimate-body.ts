/**
 * What is asked when a size is asked for: the segment's condition with what it needs of the draft. The server knows the
 * published release; segments of the draft that the condition names are written out, and features that it asks about are
 * sent along. Pure.
 */
import { attributesIn } from "../../segments/uses.ts";
import { partsOf, type Tidy } from "./tidy.ts";

export interface EstimateBody {
  when: Record<string, unknown>;
  purpose: string;
  features: Record<string, unknown>;
}

export function estimateBody(document: Tidy, when: Record<string, unknown>, purpose: string): EstimateBody {
  const written = writtenOut(when, document.segments, []);
  const features: Record<string, unknown> = {};
  const add = (name: string) => {
    const feature = Object.hasOwn(document.features, name) ? document.features[name] : undefined;
    if (!feature || Object.hasOwn(features, name)) return;
    features[name] = feature;
    for (const part of partsOf(feature)) add(part);
  };
  for (const name of attributesIn(written)) {
    add(name);
    if (name === "lifecycle_stage")
      for (const stage of Object.values(document.profile?.stages ?? {}))
        for (const asked of attributesIn(stage)) add(asked);
  }
  return { when: written, purpose, features };
}

type Condition = Record<string, unknown>;

/** @param above segments that this is a part of: one that names itself stays as it is, and is refused by the server */
function writtenOut(condition: Condition, segments: Tidy["segments"], above: readonly string[]): Condition {
  const rest: Condition = {};
  const apart: Condition[] = [];
  for (const [key, value] of Object.entries(condition)) {
    if (key === "segments") {
      const parts = ofSegments(value, segments, above);
      if (parts) apart.push(...parts);
      else rest[key] = value;
    } else if ((key === "$and" || key === "$or" || key === "$nor") && Array.isArray(value))
      rest[key] = value.map((one) => (isObject(one) ? writtenOut(one, segments, above) : one));
    else if (key === "$not" && isObject(value)) rest[key] = writtenOut(value, segments, above);
    else rest[key] = value;
  }
  if (apart.length === 0) return rest;
  return { $and: [...(Object.keys(rest).length > 0 ? [rest] : []), ...apart] };
}

const GROUPS: Readonly<Record<string, string>> = { $in: "$or", $all: "$and", $nin: "$nor" };

/** A clause on `segments` as their own conditions; undefined where it says something else. */
function ofSegments(
  value: unknown,
  segments: Tidy["segments"],
  above: readonly string[],
): Condition[] | undefined {
  if (!isObject(value)) return undefined;
  const parts = Object.entries(value).map(([operator, names]): Condition | undefined => {
    const group = Object.hasOwn(GROUPS, operator) ? GROUPS[operator] : undefined;
    const all = Array.isArray(names) ? names.map(String) : [];
    const isKnown = all.every((name) => Object.hasOwn(segments, name) && !above.includes(name));
    if (group === undefined || all.length === 0 || !isKnown) return undefined;
    return {
      [group]: all.map((name) => writtenOut(segments[name]?.when ?? {}, segments, [...above, name])),
    };
  });
  const known = parts.filter((part) => part !== undefined);
  return known.length === parts.length ? known : undefined;
}

const isObject = (value: unknown): value is Condition =>
  typeof value === "object" && value !== null && !Array.isArray(value);
