/** What RudderStack's clients do on the paths that they share with Segment's. Source: `@rudderstack/analytics-js` 3.34. */
import { asRecord } from "../shape.ts";

/** Headers of its browser client, which a preflight must allow; those that begin with `rsa-` come with a retry. */
export const RUDDERSTACK_HEADERS: readonly string[] = [
  "anonymousid",
  "sentat",
  "rsa-recovered",
  "rsa-retry-attempt",
  "rsa-retry-reason",
  "rsa-since-first-attempt",
  "rsa-since-last-attempt",
];

/**
 * Whether its client says that the visitor is not to be recognised. A batch may hold calls from before and after the
 * visitor consented: one that says so is enough.
 */
export function asksAnonymity(body: unknown): boolean {
  const record = asRecord(body);
  if (Array.isArray(record?.batch) && record.batch.some(saysSo)) return true;
  return saysSo(record);
}

const saysSo = (call: unknown): boolean => asRecord(asRecord(call)?.context)?.trulyAnonymousTracking === true;
