/**
 * One message of a queue of the customer's own, which their consumer reads: an event, a change of a profile, or the
 * erasure of a person. Written by src/forward/destinations/queue/. A queue delivers at least once: `id` is the same for
 * every copy of a message, and tells a repetition. A consumer should take fields and kinds that it does not know.
 */
import * as z from "zod";
import { IDENTITY_STATES, PURPOSES } from "../taxonomy.ts";
import { PROFILE_CHANGE, profileChangeSchema } from "./profile_change.ts";

const moment = z.iso.datetime();

/** The whole decision that an event travels on: the limit of what may be done with it. */
const consentSchema = z.object({
  receipt: z.string(),
  regime: z.string(),
  /** Country or region that decided on the regime, `DE` or `US-CA`. */
  place: z.string().optional(),
  granted: z.array(z.enum(PURPOSES)),
  /** What said so, per purpose: `cookie`, `default`, `gpc`, `tcf` … */
  grounds: z.record(z.string(), z.string()),
  decided_at: moment.optional(),
  expires_at: moment.optional(),
  gpc: z.literal(true).optional(),
});

/** As much of an event as the destination's purposes allow. */
const dataSchema = z.object({
  event_id: z.string(),
  source: z.string(),
  received_at: moment,
  /** A stable pseudonymous id of the profile; an erasure names it among its `subjects`. */
  profile: z.string(),
  identity_state: z.enum(IDENTITY_STATES),
  segments: z.array(z.string()),
  features: z.record(z.string(), z.unknown()),
  properties: z.record(z.string(), z.unknown()),
  context: z.record(z.string(), z.unknown()),
  consent: consentSchema,
  /** The consent in vendors' own forms, where the settings ask for it. */
  vendor_consent: z.record(z.string(), z.unknown()).optional(),
  /** Only where the destination serves marketing and it was granted. */
  traits: z.record(z.string(), z.string()).optional(),
  /** Whether the traits are proved to be this person's, or only claimed. */
  traits_verified: z.boolean().optional(),
});

const envelope = { v: z.literal(1), id: z.string() };

export const customerMessageSchema = z.discriminatedUnion("kind", [
  z.object({
    ...envelope,
    kind: z.literal("event"),
    /** Name of the event. */
    type: z.string(),
    /** When it happened. */
    timestamp: moment,
    data: dataSchema,
  }),
  z.object({
    ...envelope,
    kind: z.literal("profile_change"),
    type: z.literal(PROFILE_CHANGE),
    timestamp: moment,
    data: dataSchema.extend({ properties: profileChangeSchema }),
  }),
  z.object({
    ...envelope,
    kind: z.literal("erasure"),
    /** Of this attempt. */
    timestamp: moment,
    /** Whatever was `profile` in an event of this person is among them. */
    subjects: z.array(z.string()),
    /** Only where the destination serves marketing. */
    emails: z.array(z.string()).optional(),
  }),
]);
export type CustomerMessage = z.infer<typeof customerMessageSchema>;
