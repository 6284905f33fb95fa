/**
 * One message of the events queue: the events of one request that passed the door, and a receipt for each that did
 * not. Made by src/door/envelope.ts, read by src/ingest/ingest.ts. At most 60 KB; a larger request becomes several.
 */
import * as z from "zod";
import { AGENT_KINDS, CONTEXT_FLAGS, DEVICE_TYPES, PURPOSES, REFERRER_CLASSES } from "../taxonomy.ts";

const purposes = z.array(z.enum(PURPOSES));

/** A field that was taken out or coarsened, and why. */
export const removalSchema = z.object({
  path: z.string(),
  action: z.enum(["dropped", "hashed", "scrubbed"]),
  reason: z.enum([
    "not_in_contract",
    "purpose_not_granted",
    "personal_data_in_text",
    "query_not_allowed",
    "invalid_identifier",
  ]),
});

/** The consent that an event was accepted on. */
export const consentDecisionSchema = z.object({
  /** Id of the decision in the ledger, or `default:<regime>` where nobody has decided. */
  receipt: z.string(),
  regime: z.string(),
  granted: purposes,
  /** What said so, per purpose: for example `cookie`, `default`, `gpc`, `event`, `expired`. */
  grounds: z.record(z.string(), z.string()),
  /** Epoch ms of the visitor's decision in the ledger; 0 where there is none: any later one then stands before it. */
  decidedAt: z.number(),
  /** What that decision grants by itself, before an event's statement or GPC narrowed it. */
  ledger: purposes.optional(),
});

/** One identifier of an event: `namespace:version.hash`, and what proves that the sender may speak for it. */
export const identifierSchema = z.object({
  key: z.string(),
  /** `cookie` our signed cookie; `token` a signed token; `source` a secret-key source; `claim` nothing. */
  proof: z.enum(["cookie", "token", "source", "claim"]),
});

/** A bot or AI agent: what it is for, and its product's name as far as it gives one. */
export const agentSchema = z.object({ kind: z.enum(AGENT_KINDS), name: z.string().optional() });

/** What an event names that the release's catalogue does not have. */
export const flagsSchema = z.array(z.enum(CONTEXT_FLAGS));

/**
 * Server-side context, as enriched at the door (docs/enrichment.md). Client fields are those of contracts/event.ts. What
 * the door adds is coarse already: device, agent and flags are technical, the referrer's class is behavioural.
 */
export const enrichedContextSchema = z.looseObject({
  device: z
    .object({ type: z.enum(DEVICE_TYPES), os: z.string().optional(), browser: z.string().optional() })
    .optional(),
  geo: z.object({ country: z.string().optional(), region: z.string().optional() }).optional(),
  session: z.object({ id: z.string(), number: z.int(), startedAt: z.number() }).optional(),
  /** `name` only of hosts that are on the list (src/collect/enrich/referrers.ts). */
  referrer: z.object({ class: z.enum(REFERRER_CLASSES), name: z.string().optional() }).optional(),
  bot: z.boolean().optional(),
  agent: agentSchema.optional(),
  flags: flagsSchema.optional(),
});

export const acceptedEventSchema = z.object({
  id: z.string(),
  name: z.string(),
  version: z.string(),
  /** Epoch ms, corrected for the sender's clock by `sent_at`. */
  occurredAt: z.number(),
  protocol: z.string(),
  consent: consentDecisionSchema,
  identifiers: z.array(identifierSchema),
  properties: z.record(z.string(), z.unknown()),
  context: enrichedContextSchema,
  /** Personal fields, sealed under the ingress key: `keyVersion.iv.ciphertext` of a JSON of traits. */
  sealed: z.string().optional(),
  removed: z.array(removalSchema),
});

/** An event that did not pass, without any of its values in the clear. */
export const refusalSchema = z.object({
  id: z.string(),
  name: z.string(),
  status: z.enum(["dropped", "rejected"]),
  code: z.string(),
  issues: z.array(z.object({ path: z.string(), message: z.string() })),
  /** What consent allows to keep of a rejected event, sealed under the ingress key: src/collect/quarantine/kept.ts. */
  kept: z.string().optional(),
});

export const eventEnvelopeSchema = z.object({
  v: z.literal(1),
  kind: z.literal("events"),
  /** Stamped by the door; the claim of each event names it. */
  id: z.string(),
  source: z.string(),
  /** Epoch ms; decides the hour of the lake. */
  receivedAt: z.number(),
  events: z.array(acceptedEventSchema),
  refused: z.array(refusalSchema),
});

export type Removal = z.infer<typeof removalSchema>;
export type ConsentDecision = z.infer<typeof consentDecisionSchema>;
export type IdentifierRef = z.infer<typeof identifierSchema>;
export type AcceptedEvent = z.infer<typeof acceptedEventSchema>;
export type Refusal = z.infer<typeof refusalSchema>;
export type EventEnvelope = z.infer<typeof eventEnvelopeSchema>;
