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

/** Whether its client says that the visitor is not to be recognised. It says so in all of its calls or in none. */
export function asksAnonymity(body: unknown): boolean {
  const record = asRecord(body);
  const first = Array.isArray(record?.batch) ? asRecord(record.batch[0]) : record;
  return asRecord(first?.context)?.trulyAnonymousTracking === true;
}
