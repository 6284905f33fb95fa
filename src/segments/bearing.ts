/**
 * Whether clauses that come out otherwise than they should can change what any condition says. Of "ten views, and fewer each
 * week" the second clause may be as wrong as it likes while there are three views. Compiled once per release; pure. Called by
 * next-change.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type Asked, clauseText } from "./clauses.ts";
import type { CompiledFeature } from "./compile.ts";

/** What is known of a clause: it surely holds, it surely does not, or neither; and then, whether it may be wrong. */
export type Known = "yes" | "no" | "unknown" | "wrong";

/**
 * Whether a clause over the feature can be taken for sure where it says the same of a value that is one higher: until more
 * than one event has come, and then ingest has looked. All else may be another with the next event, before ingest knows of it;
 * and of a session the cookie alone may know.
 */
export const growsByOne = (feature: CompiledFeature): boolean =>
  feature.kind === "aggregate" &&
  (feature.agg === "count" || feature.agg === "distinct") &&
  feature.window.kind !== "session";

/** @param known of each of `asked.clauses` */
export function bears(document: ReleaseDocument, asked: Asked, known: readonly Known[]): boolean {
  const places = placesIn(asked);
  const of = (key: string, value: unknown): Known => {
    const place = places.get(clauseText(key, value));
    // What the request says, lists and other segments: the same on both sides, and these have conditions of their own.
    return place === undefined ? "unknown" : (known[place] ?? "wrong");
  };
  return conditionsOf(document).some((condition) => outcomeOf(condition, of) === "wrong");
}

const placesKnown = new WeakMap<Asked, ReadonlyMap<string, number>>();

function placesIn(asked: Asked): ReadonlyMap<string, number> {
  let places = placesKnown.get(asked);
  if (!places) {
    places = new Map(asked.clauses.map(({ text }, place) => [text, place]));
    placesKnown.set(asked, places);
  }
  return places;
}

const conditionsOf = ({ segments, offers, profile }: ReleaseDocument): unknown[] => [
  ...Object.values(segments).map(({ when }) => when),
  ...Object.values(offers).map(({ audience }) => audience),
  ...Object.values(profile?.stages ?? {}),
];

type Leaf = (key: string, value: unknown) => Known;

function outcomeOf(condition: unknown, of: Leaf): Known {
  if (typeof condition !== "object" || condition === null) return "unknown";
  return every(Object.entries(condition).map(([key, value]) => partOf(key, value, of)));
}

function partOf(key: string, value: unknown, of: Leaf): Known {
  const parts = () => (Array.isArray(value) ? value.map((one) => outcomeOf(one, of)) : UNCLEAR);
  switch (key) {
    case "$and":
      return every(parts());
    case "$or":
      return some(parts());
    case "$nor":
      return not(some(parts()));
    case "$not":
      return not(outcomeOf(value, of));
    default:
      return of(key, value);
  }
}

const UNCLEAR: Known[] = ["wrong"];

function every(parts: readonly Known[]): Known {
  if (parts.includes("no")) return "no";
  if (parts.includes("wrong")) return "wrong";
  return parts.includes("unknown") ? "unknown" : "yes";
}

/** The grammar says of `$or` that it holds of nothing. */
const some = (parts: readonly Known[]): Known => (parts.length === 0 ? "yes" : not(every(parts.map(not))));

const OPPOSITE = { yes: "no", no: "yes", unknown: "unknown", wrong: "wrong" } as const;
const not = (known: Known): Known => OPPOSITE[known];
