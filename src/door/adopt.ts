/**
 * What other trackers called this browser before Doorstep: an existing `_ga` or `ajs_anonymous_id` cookie becomes a
 * claimed identifier of the new visitor, so that a history brought in under it (POST /v1/import, a forwarded GA4 stream)
 * is this visitor's. A claim only: it names a device, is kept as a hash, and joins no proven person
 * (docs/decisions/002). Called for a new visitor alone, and only where some purpose is granted.
 *
 * Both are `anonymous_id`: what Segment's clients send as `anonymousId` and Google's tag as `cid` is collected under that
 * namespace, and the same value in another one would be another identifier.
 */
import type { IdentifierNamespace } from "#contracts/taxonomy";
import { readCookies } from "./cookies.ts";
import type { Session } from "./session.ts";

export interface AdoptedIdentifier {
  namespace: IdentifierNamespace;
  value: string;
}

const COOKIES = ["_ga", "ajs_anonymous_id"];

/** `GA1.<domain parts>[-<path parts>].<client id>`: the client id is a random number and the second it was made. */
const GA = /^GA1\.\d{1,3}(?:-\d{1,3})?\.(\d{1,20}\.\d{1,20})$/;
const SEGMENT = /^[\w.:-]{8,128}$/;

/** Whether this is a new visitor's first event: their id was made just now, or when they consented a moment ago. */
export const mayAdopt = (session: Session | undefined): boolean =>
  session?.first === true && session.lastAt === session.startedAt;

/** Identifiers in a `Cookie` header; a value that is not of its tracker's form is none. */
export function adoptedIdentifiers(cookieHeader: string | null): AdoptedIdentifier[] {
  if (cookieHeader === null) return [];
  const [ga, segment] = readCookies(cookieHeader, COOKIES);
  const values = [GA.exec(ga ?? "")?.[1], segmentId(segment)];
  return values.flatMap((value) => (value === undefined ? [] : [{ namespace: "anonymous_id", value }]));
}

/** analytics.js wrote the id as a JSON text, URL-encoded; analytics-next writes it as it is. */
function segmentId(cookie: string | undefined): string | undefined {
  if (cookie === undefined) return undefined;
  const bare = cookie.replace(/^(?:%22|")(.*)(?:%22|")$/i, "$1");
  return SEGMENT.test(bare) ? bare : undefined;
}
