/**
 * The durable record of one decision on one event: at the door, at ingest, at delivery. Landed in the lake as one JSON
 * line each, and shown by the console's trace. It never holds a value of a field.
 */
import * as z from "zod";
import {
  agentSchema,
  consentDecisionSchema,
  consentGroundsSchema,
  flagsSchema,
  removalSchema,
} from "./event_envelope.ts";

export const receiptSchema = z.discriminatedUnion("stage", [
  z.object({
    stage: z.literal("door"),
    eventId: z.string(),
    at: z.number(),
    name: z.string(),
    source: z.string(),
    protocol: z.string().optional(),
    outcome: z.enum(["accepted", "dropped", "rejected"]),
    code: z.string().optional(),
    issues: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    consent: consentDecisionSchema.optional(),
    /** Of an event that was not accepted. */
    refusedOn: consentGroundsSchema.optional(),
    removed: z.array(removalSchema).optional(),
    agent: agentSchema.optional(),
    flags: flagsSchema.optional(),
  }),
  z.object({
    stage: z.literal("ingest"),
    eventId: z.string(),
    at: z.number(),
    outcome: z.enum(["folded", "duplicate", "dropped"]),
    code: z.string().optional(),
    /** Identifier key of the row that got the event's facts. It stays, whatever the profile becomes. */
    subject: z.string().optional(),
    /** Root of the profile at that time. */
    profile: z.string().optional(),
    identityState: z.string().optional(),
    /** Why these identifiers are, or are not, one profile. */
    resolution: z.array(z.string()).optional(),
    segments: z.array(z.string()).optional(),
    entered: z.array(z.string()).optional(),
    left: z.array(z.string()).optional(),
    /** Destinations that the event goes to, and why it does not go to the others. */
    routed: z.record(z.string(), z.string()).optional(),
  }),
  z.object({
    /**
     * A change of a profile. `told`: destinations are told of it (contracts/messages/profile_change.ts); `moved`: it entered
     * or left segments without an event, and `routed` is empty, since what destinations are told of it comes by itself.
     */
    stage: z.literal("change"),
    /** The change's own id, `change:…`. */
    eventId: z.string(),
    at: z.number(),
    outcome: z.enum(["told", "moved"]),
    /** Identifier key that the state is kept under. */
    subject: z.string(),
    /** Root of the profile at that time. */
    profile: z.string(),
    changed: z.array(z.string()),
    entered: z.array(z.string()).optional(),
    left: z.array(z.string()).optional(),
    routed: z.record(z.string(), z.string()),
  }),
  z.object({
    stage: z.literal("delivery"),
    eventId: z.string(),
    at: z.number(),
    destination: z.string(),
    itemId: z.string(),
    attempt: z.int(),
    outcome: z.enum(["delivered", "skipped", "retry", "failed", "parked"]),
    /** Version of the release whose mapping made what was sent. */
    release: z.int().optional(),
    via: z.enum(["replay", "backfill"]).optional(),
    code: z.string().optional(),
    /** Epoch seconds or a vendor's id or reason, as far as it helps a person to find the record; never a field's value. */
    detail: z.string().optional(),
    consentReceipt: z.string().optional(),
    mayRepeat: z.boolean().optional(),
  }),
  z.object({
    stage: z.literal("slot"),
    /** The decision's own id: a slot decision belongs to no event. */
    eventId: z.string(),
    at: z.number(),
    slot: z.string(),
    visitor: z.string().optional(),
    release: z.int(),
    outcome: z.enum(["offer", "fallback"]),
    offer: z.string().optional(),
    segments: z.array(z.string()),
    /** Why each losing offer lost. */
    losers: z.array(z.object({ offer: z.string(), reason: z.string() })),
  }),
]);

export type Receipt = z.infer<typeof receiptSchema>;
