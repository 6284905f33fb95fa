/**
 * A change as an item of a destination's queue: an ordinary one, so that consent is checked again before it leaves, and
 * receipts, dead letters and erasure hold for it. Called by tell.ts.
 */
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { ProfileChange } from "#contracts/messages/profile_change";
import { deliveryPlace, itemIdOf } from "#forward/item-id";
import type { Routed } from "#forward/route";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { type Look, seenBy } from "./look.ts";
import { subjectsOf } from "./person.ts";
import type { Difference } from "./state.ts";
import type { Watch } from "./watch.ts";

export interface ItemGiven {
  /** Identifier key that it is kept under what was told. */
  subject: string;
  version: number;
  consent: ConsentDecision;
  keys: Keyring;
  /** Epoch ms. */
  now: number;
}

/** Its id follows from the version and the state that is told: told again after a crash, it is the same. */
export async function itemOf(
  watch: Watch,
  look: Look,
  { change, told }: Difference,
  { subject, version, consent, keys, now }: ItemGiven,
): Promise<Routed["items"][number]> {
  const eventId = `change:${await itemIdOf(JSON.stringify([version, told]), watch.key, subject)}`;
  const id = await itemIdOf(eventId, watch.key, subject);
  const traits = await look.carried(watch);
  const properties: ProfileChange = { version, ...change };
  return {
    destination: watch.key,
    queue: watch.queue,
    item: {
      id,
      attempt: 1,
      subjects: subjectsOf(look.profile, subject),
      purposes: [...watch.purposes],
      event: {
        ...seenBy(watch, look.profile),
        id: eventId,
        occurredAt: now,
        properties,
        consent,
        receivedAt: now,
        profile: told.profile,
        verified: told.verified,
        ...(traits && {
          sealed: await sealIngress(keys.ingress, JSON.stringify(traits), deliveryPlace(id), now),
        }),
      },
    },
  };
}
