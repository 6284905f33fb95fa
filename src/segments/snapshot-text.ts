/**
 * An edge snapshot as KV has it: a line of JSON for all but the features, then a line for each feature, its hash and its value.
 * A decision asks for a few of them, so that no more are parsed; a JSON text has no line break, so that lines are found by
 * looking for one. Written and read by store.ts.
 */
import { keepsParsedShapes } from "#core/shapes";
import type { CompactValue } from "./compact.ts";
import type { EdgeSnapshot } from "./snapshot.ts";

/** What is known of features, by their hash; undefined: the default, or nothing. */
export interface FeatureValues {
  get(hash: string): CompactValue | undefined;
}

/** A snapshot as decisions read it. */
export type SnapshotAtEdge = Omit<EdgeSnapshot, "features"> & { features: FeatureValues };

/** A snapshot's features, to be read one by one. */
export const valuesIn = (features: EdgeSnapshot["features"]): FeatureValues => ({
  get: (hash) => (Object.hasOwn(features, hash) ? features[hash] : undefined),
});

/** A snapshot that is at hand as a whole. */
export const readable = (snapshot: EdgeSnapshot): SnapshotAtEdge => ({
  ...snapshot,
  features: valuesIn(snapshot.features),
});

export function writeSnapshotText({ features, ...head }: EdgeSnapshot): string {
  const lines = Object.entries(features).map(([hash, value]) => `\n${hash} ${JSON.stringify(value)}`);
  return JSON.stringify(head) + lines.join("");
}

/** What `writeSnapshotText` wrote; undefined where the text is none of ours. Earlier releases wrote one JSON text. */
export function readSnapshotText(text: string): SnapshotAtEdge | undefined {
  const end = text.indexOf("\n");
  const head = parsed(end < 0 ? text : text.slice(0, end));
  if (!isHead(head)) return undefined;
  if ("features" in head) return isWhole(head) ? readable(head) : undefined;
  const read = head as SnapshotAtEdge;
  read.features = new Lines(text);
  return read;
}

/** Read the JSON of a snapshot, from the identifier's row; undefined where it is malformed. */
export function parseSnapshot(text: string): EdgeSnapshot | undefined {
  const value = parsed(text);
  return isHead(value) && isWhole(value) ? value : undefined;
}

const keepShape = keepsParsedShapes();

class Lines implements FeatureValues {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  get(hash: string): CompactValue | undefined {
    const text = this.#text;
    const line = `\n${hash} `;
    const at = text.indexOf(line);
    if (at < 0) return undefined;
    const start = at + line.length;
    const end = text.indexOf("\n", start);
    const value = parsed(text.slice(start, end < 0 ? text.length : end)) as CompactValue | undefined; // as it was written
    if (typeof value === "object") keepShape(value);
    return value;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // JSON.parse throws for malformed text alone, and that is what undefined says.
  }
}

/** By hand, since it runs for every slot; the single features are checked where they are read. */
function isHead(value: unknown): value is Omit<EdgeSnapshot, "features"> {
  if (typeof value !== "object" || value === null) return false;
  const { v, version, asOf, segments, state } = value as Partial<EdgeSnapshot>;
  return (
    v === 1 &&
    typeof version === "number" &&
    typeof asOf === "number" &&
    typeof state === "string" &&
    Array.isArray(segments)
  );
}

const isWhole = (head: Omit<EdgeSnapshot, "features">): head is EdgeSnapshot =>
  "features" in head && typeof head.features === "object" && head.features !== null;
