/**
 * Which segments a person is in: each segment's condition over the person's attributes, and only those segments whose
 * purpose the person has granted. Called by ingest over facts, and by slots over the edge snapshot and the session.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import { compileCondition, type Predicate } from "#core/condition";

export interface CompiledSegment {
  name: string;
  purpose: Purpose;
  test: Predicate;
}

const compiled = new WeakMap<ReleaseDocument, CompiledSegment[]>();

/** The release's segments in order of name, compiled once per document. */
export function compileSegments(document: ReleaseDocument): CompiledSegment[] {
  let segments = compiled.get(document);
  if (!segments) {
    segments = Object.entries(document.segments)
      .map(([name, { purpose, when }]) => ({ name, purpose, test: compileCondition(when) }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    compiled.set(document, segments);
  }
  return segments;
}

/** Names of the segments that hold, sorted. */
export function segmentsOf(
  attributes: Record<string, unknown>,
  segments: readonly CompiledSegment[],
  granted: ReadonlySet<Purpose> | readonly Purpose[],
): string[] {
  const names: string[] = [];
  for (const { name, purpose, test } of segments) {
    const allowed = "has" in granted ? granted.has(purpose) : granted.includes(purpose);
    if (allowed && test(attributes)) names.push(name);
  }
  return names;
}
