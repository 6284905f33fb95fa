/**
 * Consent and suppression once more, just before an item leaves: a withdrawal stops what is already queued, and an
 * erased person does not come back by a late retry.
 */

import { type CurrentConsent, stillGranted } from "#consent/decide";
import type { DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Purpose } from "#contracts/taxonomy";

/** Identifier keys → what holds for them now; a key that is not known is not in the answer. */
export type ConsentLookup = (keys: string[]) => Promise<ReadonlyMap<string, CurrentConsent>>;

/**
 * Why the item must not leave, or undefined where it may. The purposes are those of the destination as it is now; a
 * release may have added one since the item was queued, and a later grant never widens what an event was sent on.
 */
export function stopReason(
  item: DeliveryItem,
  purposes: readonly Purpose[],
  current: ReadonlyMap<string, CurrentConsent>,
): string | undefined {
  const subjects = item.subjects.flatMap((key) => current.get(key) ?? []);
  if (subjects.some((subject) => subject.suppressed)) return "suppressed";
  const missing = purposes.find((purpose) => !item.event.consent.granted.includes(purpose));
  if (missing) return `no_consent:${missing}`;
  const left = stillGranted(item.event.consent, subjects);
  return purposes.every((purpose) => left.includes(purpose)) ? undefined : "consent_withdrawn";
}
