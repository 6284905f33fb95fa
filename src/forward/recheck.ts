/**
 * Consent and suppression once more, just before an item leaves: a withdrawal stops what is already queued, and an
 * erased person does not come back by a late retry.
 */

import { type CurrentConsent, narrowTo, stillGranted, whyNot } from "#consent/still-granted";
import type { DeliveryEvent, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Purpose } from "#contracts/taxonomy";

/** Identifier keys → what holds for them now; a key of which nothing is known is not in the answer. */
export type ConsentLookup = (keys: string[]) => Promise<CurrentByKey>;
export type CurrentByKey = ReadonlyMap<string, readonly CurrentConsent[]>;

/** An item's event with what is left of its consent, or why it must not leave. */
export type Rechecked = { event: DeliveryEvent } | { stop: string };

/**
 * Whether an item may leave, and as what. The purposes are those of the destination as it is now, and those that the event
 * was cut for: a release may have added or taken away one since the item was queued, and a later grant never widens what
 * an event was sent on. What was withdrawn
 * beyond them is told as withdrawn, and personal traits stay behind without marketing.
 */
export function recheck(
  { event, subjects, purposes: cutFor = [] }: DeliveryItem,
  purposes: readonly Purpose[],
  current: CurrentByKey,
  now: number,
): Rechecked {
  const { consent } = event;
  const known = subjects.flatMap((key) => current.get(key) ?? []);
  if (known.some(({ suppressed }) => suppressed)) return { stop: "suppressed" };
  const needed = new Set([...purposes, ...cutFor]);
  const missing = [...needed].find((purpose) => !consent.granted.includes(purpose));
  if (missing) return { stop: `no_consent:${missing}` };
  const left = stillGranted(consent, known, now);
  const gone = [...needed].filter((purpose) => !left.includes(purpose));
  if (gone.length > 0) return { stop: whyNot(consent, known, now, gone) };
  const { sealed, ...rest } = event;
  const keepsTraits = sealed !== undefined && left.includes("marketing");
  return { event: { ...rest, consent: narrowTo(consent, left), ...(keepsTraits && { sealed }) } };
}
