/**
 * A visitor's attributes as of a moment ago: a page asks for its slots within the same second, and what one of them made
 * audiences find out serves the others; and they all see the same person. Called by read-visitor.ts.
 */
import type { Session } from "#door/session";
import { type Attributes, type AttributesInput, attributesNow } from "#segments/attributes";

const SAME_MS = 1_000;

interface Lately {
  input: AttributesInput;
  attributes: Attributes;
}
const lately = new WeakMap<Session, Lately>();

/** As `attributesNow`, for as much as a second before. They are shared between requests and must not be changed. */
export function attributesLately(input: AttributesInput): Attributes {
  const { session } = input;
  if (!session) return attributesNow(input);
  const known = lately.get(session);
  if (known && isSame(known.input, input)) return known.attributes;
  const attributes = attributesNow(input);
  lately.set(session, { input, attributes });
  return attributes;
}

function isSame(a: AttributesInput, b: AttributesInput): boolean {
  const age = b.now - a.now;
  return (
    age >= 0 &&
    age < SAME_MS &&
    a.document === b.document &&
    a.granted === b.granted &&
    a.snapshot === b.snapshot &&
    a.since === b.since &&
    a.cuts === b.cuts &&
    a.request.country === b.request.country &&
    a.request.region === b.request.region &&
    a.request.device === b.request.device &&
    a.request.utm === b.request.utm
  );
}
