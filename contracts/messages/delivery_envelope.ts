/**
 * One message of the analytics or the crm queue: items for one destination. Made by ingest, read by
 * src/forward/deliver.ts, which also makes new ones for the items to be tried again.
 */
import * as z from "zod";
import { PURPOSES } from "../taxonomy.ts";
import { acceptedEventSchema } from "./event_envelope.ts";

/** An event as one destination may see it: minimised to the destination's purposes. */
export const deliveryEventSchema = acceptedEventSchema
  .pick({ id: true, name: true, occurredAt: true, properties: true, context: true, consent: true })
  .extend({
    source: z.string(),
    receivedAt: z.number(),
    /** A stable pseudonymous id of the profile at the moment of ingest (its root identifier's key). */
    profile: z.string(),
    identityState: z.enum(["anonymous", "pseudonymous", "authenticated"]),
    /** Names of the segments the profile was in, as far as the destination's purposes allow. */
    segments: z.array(z.string()),
    /** Features by name, as far as the destination's purposes allow. */
    features: z.record(z.string(), z.unknown()),
    /** Personal traits (email, first_name …), sealed for transit: only where marketing is granted and needed. */
    sealed: z.string().optional(),
    /** Whether the traits are proved to be this person's; if not, they may only fill what is empty. */
    verified: z.boolean(),
  });

export const deliveryItemSchema = z.object({
  /** `hash(event id, destination)`: the same however often it is sent. */
  id: z.string(),
  /** 1 at the first try. */
  attempt: z.int(),
  /** Identifier keys whose current consent and suppression are read before the item leaves. */
  subjects: z.array(z.string()),
  /** The destination's purposes when the event was cut down for it: a release may have taken one away since. */
  purposes: z.array(z.enum(PURPOSES)).optional(),
  /** Why it is in the queue, where it is not the event itself that has brought it there. */
  via: z.enum(["replay", "backfill"]).optional(),
  /** How often it was replayed after it had failed. */
  round: z.int().min(1).optional(),
  event: deliveryEventSchema,
});

export const deliveryEnvelopeSchema = z.object({
  v: z.literal(1),
  kind: z.literal("delivery"),
  id: z.string(),
  /** The destination's key in the release. */
  destination: z.string(),
  items: z.array(deliveryItemSchema),
});

export type DeliveryEvent = z.infer<typeof deliveryEventSchema>;
export type DeliveryItem = z.infer<typeof deliveryItemSchema>;
export type DeliveryEnvelope = z.infer<typeof deliveryEnvelopeSchema>;
