/** One event, or one change of a profile, as a message of contracts/messages/customer_message.ts without its id. */
import * as z from "zod";
import type { Traits } from "#contracts/event";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { PROFILE_CHANGE } from "#contracts/messages/profile_change";
import type { MapResult } from "../contract.ts";
import { payloadOf, webhookBody } from "../webhook/map.ts";
import type { QueueSettings } from "./settings.ts";

export const queueBody = webhookBody.extend({
  v: z.literal(1),
  kind: z.enum(["event", "profile_change"]),
});
export type QueueBody = z.infer<typeof queueBody>;

/** Every event is mapped. */
export function mapQueue(
  event: DeliveryEvent,
  traits: Traits,
  { vendor_consent }: QueueSettings,
): MapResult<QueueBody> {
  const kind = event.name === PROFILE_CHANGE ? "profile_change" : "event";
  return { status: "mapped", body: { v: 1, kind, ...payloadOf(event, traits, vendor_consent) } };
}
