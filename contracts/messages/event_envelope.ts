/**
 * One message of the events queue: the events of one request that passed the door, and a receipt for each that did
 * not. Made by src/door/envelope.ts, read by src/ingest/ingest.ts. At most 60 KB; a larger request becomes several.
 */
import * as z from "zod";
import {
  AGENT_KINDS,
  CONTEXT_FLAGS,
  DEVICE_TYPES,
  PURPOSES,
  REFERRER_CLASSES,
  TOKEN_PROBLEMS,
} from "../taxonomy.ts";

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
    // Of an identifier that names nobody (docs/identity.md).
    "invalid_identifier",
    "unknown_namespace",
    "placeholder_identifier",
    "identifier_length",
    "blocked_identifier",
    "disposable_address",
    "too_many_identifiers",
    // Of an identity token: why it proves nothing; and what an event says beside one that does.
    ...TOKEN_PROBLEMS,
    "token_names_another",
    "token_claim_not_verified",
    "not_in_token",
  ]),
});

/** On what ground something was allowed or not: which regime holds where the visitor is, and what said so. */
export const consentGroundsSchema = z.object({
  regime: z.string(),
  /** Country or region that decided on the regime, `DE` or `US-CA`; absent: not known, or a server's event. */
  place: z.string().optional(),
  /** What said so, per purpose: for example `cookie`, `default`, `gpc`, `event`, `expired`, `tcf`, `banner:onetrust`. */
  grounds: z.record(z.string(), z.string()),
});

/** The consent that an event was accepted on. */
export const consentDecisionSchema = consentGroundsSchema.extend({
  /** Ids of the decisions that it rests on, joined by `+`, or `default:<regime>` where nobody has decided. */
  receipt: z.string(),
  granted: purposes,
  /**
   * Epoch ms before which it was surely not made: of several decisions the oldest; 0 where it is not known, so that any
   * decision of the ledger stands before it.
   */
  decidedAt: z.number(),
  /** Epoch ms from which what was granted is denied again. */
  expiresAt: z.number().optional(),
  /** The browser sent Global Privacy Control, and nothing overrides it: an opt-out of the whole profile. */
  gpc: z.boolean().optional(),
});

/**
 * What a known visitor has decided, as the door saw it with a request: for the visitor's row and, unless it came
 * through `PUT /consent`, for the ledger. Also the only thing that is told of a visitor who withdrew in a banner.
 */
export const consentRecordSchema = z.object({
  /** The same for the same decisions: what `receipt` of an event that rests on them says. */
  id: z.string(),
  /** Identifier key of the visitor. */
  subject: z.string(),
  granted: purposes,
  /** Purposes that nobody spoke of: the regime's default decided. */
  unsaid: purposes.optional(),
  regime: z.string(),
  /** Which signals: `choice` (our own cookie), `tcf`, `banner:onetrust` …, joined by `+`. */
  source: z.string(),
  /** What proves them: fingerprints or versions, joined by `+`. */
  evidence: z.string(),
  /** As `decidedAt` of a decision. */
  givenAt: z.number(),
  expiresAt: z.number().optional(),
});

/** One identifier of an event: `namespace:version.hash`, and what proves that the sender may speak for it. */
export const identifierSchema = z.object({
  key: z.string(),
  /** The same identifier under other versions of the look-up key, newest first; absent before the first rotation. */
  older: z.array(z.string()).optional(),
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
  /** Truncated to 24 (IPv4) or 48 bits (IPv6); only where the release's policy asks for it. */
  ip: z.string().optional(),
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
  /**
   * Of the event that counts as a conversion: the offers that its session had seen, as the door's own sealed cookie says.
   * Only with consent to personalization, and for nothing but how offers perform: no destination and no reader gets it.
   */
  seen: z.array(z.string()).optional(),
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
  /** Identifier keys that it names, of all versions: by these what is kept is found again where a person is erased. */
  subjects: z.array(z.string()).optional(),
  /** Why, of one that consent kept out; never which decision it was: that would make a trail of someone who declined. */
  consent: consentGroundsSchema.optional(),
});

/** Events of one kind that came without consent for analytics: a number, and nothing that could tell one from another. */
export const anonymousCountSchema = z.object({
  name: z.string(),
  country: z.string(),
  /** A content id that the release's catalogue lists, or empty. */
  content: z.string(),
  events: z.int().min(1),
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
  /** What the request's visitor has decided. */
  record: consentRecordSchema.optional(),
  counts: z.array(anonymousCountSchema).optional(),
});

export type Removal = z.infer<typeof removalSchema>;
export type ConsentGrounds = z.infer<typeof consentGroundsSchema>;
export type ConsentDecision = z.infer<typeof consentDecisionSchema>;
export type ConsentRecord = z.infer<typeof consentRecordSchema>;
export type AnonymousCount = z.infer<typeof anonymousCountSchema>;
export type IdentifierRef = z.infer<typeof identifierSchema>;
export type AcceptedEvent = z.infer<typeof acceptedEventSchema>;
export type Refusal = z.infer<typeof refusalSchema>;
export type EventEnvelope = z.infer<typeof eventEnvelopeSchema>;
