/**
 * How fast a segment takes effect in production, told when it is published: with the next request, where all it asks of is
 * in the visitor's session; within 120 s, where ingest has to find it out and KV to carry it. Pure; called by the answer to
 * a publish and by the console's segments.
 */
import type { Feature } from "#contracts/definitions/feature";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { namesIn } from "#release/names-in";

export const SPEEDS = ["next_request", "within_120s"] as const;

export interface Speed {
  label: (typeof SPEEDS)[number];
  /** Sentences: what of it takes longer, and what holds besides. */
  reasons: string[];
}

/** What the request says by itself, or the visitor's session. */
const OF_THE_REQUEST = new Set([
  "device",
  "country",
  "region",
  "session_number",
  "utm_source",
  "utm_medium",
  "utm_campaign",
]);

const KNOWN_ELSEWHERE: Readonly<Record<string, string>> = {
  lists: "A list is imported, and told to the edge by ingest.",
  identity_state: "Who somebody is, ingest decides.",
};

interface Found {
  slow: Set<string>;
  also: Set<string>;
  /** What was looked at: a release may have cycles before it is validated. */
  seen: Set<string>;
}

/** @param name of a segment of the document */
export function speedOf(document: ReleaseDocument, name: string): Speed {
  const found: Found = { slow: new Set(), also: new Set(), seen: new Set() };
  ofSegment(document, name, found);
  return {
    label: found.slow.size > 0 ? "within_120s" : "next_request",
    reasons: [...found.slow, ...found.also],
  };
}

/** Of all segments of a release. */
export const speedsOf = (document: ReleaseDocument): Record<string, Speed> =>
  Object.fromEntries(Object.keys(document.segments).map((name) => [name, speedOf(document, name)]));

function ofSegment(document: ReleaseDocument, name: string, found: Found): void {
  const segment = Object.hasOwn(document.segments, name) ? document.segments[name] : undefined;
  if (segment && isFirst(`segment ${name}`, found)) ofCondition(document, segment.when, found);
}

/** The attributes that a condition asks about; of `segments`, those that it names. */
function ofCondition(document: ReleaseDocument, condition: unknown, found: Found): void {
  if (Array.isArray(condition)) {
    for (const one of condition) ofCondition(document, one, found);
    return;
  }
  if (typeof condition !== "object" || condition === null) return;
  for (const [key, value] of Object.entries(condition)) {
    if (key.startsWith("$")) ofCondition(document, value, found);
    else if (key === "segments")
      for (const name of namesIn({ segments: value }, "segments")) ofSegment(document, name, found);
    else ofAttribute(document, key.split(".", 1)[0] ?? key, found);
  }
}

function ofAttribute(document: ReleaseDocument, name: string, found: Found): void {
  if (!isFirst(`attribute ${name}`, found)) return;
  if (Object.hasOwn(document.features, name)) {
    const feature = document.features[name];
    if (feature) ofFeature(document, name, feature, found);
  } else if (name === "lifecycle_stage") {
    for (const when of Object.values(document.profile?.stages ?? {})) ofCondition(document, when, found);
  } else if (!OF_THE_REQUEST.has(name)) {
    found.slow.add(KNOWN_ELSEWHERE[name] ?? `\`${name}\` is not in the session.`);
  }
}

function ofFeature(document: ReleaseDocument, name: string, feature: Feature, found: Found): void {
  const others = (names: readonly string[]) => {
    for (const one of names) ofAttribute(document, one, found);
  };
  if ("agg" in feature) {
    if (feature.agg === "recency") found.slow.add(`\`${name}\` changes as time passes.`);
    else ofEvents(feature.window, found);
  } else if ("sequence" in feature) {
    if (feature.sequence.some(({ absent }) => absent))
      found.slow.add(`\`${name}\` waits for what does not happen.`);
    else ofEvents(feature.window, found);
  } else if ("ratio" in feature) {
    found.slow.add(`\`${name}\` compares what ingest has counted, and changes as time passes.`);
  } else if ("rfm" in feature) {
    found.slow.add(`\`${name}\` compares with all others, whose quantiles are drawn each night.`);
  } else if ("affinity" in feature) {
    others([feature.affinity.of]);
  } else {
    others(Object.keys(feature.score.points));
  }
}

/** The visitor's own events are in the session; what is said by others and by time is not. */
function ofEvents(window: string, { also }: Found): void {
  also.add("Events that a server or another device sends count within 120 s.");
  if (window !== "lifetime" && window !== "session")
    also.add(`Who leaves because time has passed (${window}) does so within 120 s.`);
}

function isFirst(what: string, { seen }: Found): boolean {
  if (seen.has(what)) return false;
  seen.add(what);
  return true;
}
