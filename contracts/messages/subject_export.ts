/**
 * What a person is given of their own data. `access` is all that is kept of them, with why and who got it; `portability`
 * is what they gave or made by use, in a form that another service can read. Keys are keyed hashes: they tell parts of the
 * document from one another and lead nowhere else. Made and read by src/subjects; docs/subject-requests.md describes it.
 */
import * as z from "zod";
import { PURPOSES, REGULATIONS } from "../taxonomy.ts";

const time = z.iso.datetime();

const aboutSchema = z.object({
  subject_request_id: z.string(),
  regulation: z.enum(REGULATIONS),
  received_time: time,
  made_time: time,
  /** `device`: nobody proved who they are, so that it is about one browser and has no personal trait. */
  about: z.enum(["person", "device"]),
  controller_id: z.string(),
});

const traitSchema = z.object({
  field: z.string(),
  value: z.string(),
  /** False: somebody said so on a device. */
  proved: z.boolean(),
  /** Key of the identifier that it is kept with. */
  identifier: z.string(),
  /** Site, app or server that told it; absent: it was stored before that was. */
  source: z.string().optional(),
  /** When it was told. */
  at: time,
});

const eventSchema = z.object({
  id: z.string(),
  name: z.string(),
  occurred_at: time,
  received_at: time,
  /** Site, app or server that sent it. */
  source: z.string(),
  properties: z.unknown(),
  context: z.unknown(),
});

export const accessEventSchema = eventSchema.extend({
  /** The consent that it was taken on. */
  consent: z.unknown(),
  /** By destination: `queued`, or why it did not go there. */
  routed: z.record(z.string(), z.string()),
});

export const deliverySchema = z.object({
  event_id: z.string(),
  destination: z.string(),
  at: time,
  outcome: z.string(),
  code: z.string().optional(),
});

/** An event that could not be taken as it came, kept for repair. */
export const quarantinedSchema = z.object({
  id: z.string(),
  name: z.string(),
  received_at: time,
  source: z.string(),
  /** `kept` where it waits. */
  status: z.string(),
  /** What is kept of it; null: it is not shown to a browser. */
  kept: z.unknown(),
});

/** What could not be worked off, or waits. */
const heldSchema = z.object({
  /** Items that a service did not take, kept for another try. */
  failed_deliveries: z.int(),
  /** Items that wait until a service may be asked again. */
  waiting_deliveries: z.int(),
  /** Events, refused events and decisions in messages that could not be read or worked off. */
  failed_events: z.int(),
});

export const accessSchema = z.object({
  format: z.literal("doorstep-access"),
  version: z.literal(1),
  request: aboutSchema,
  identifiers: z.array(
    z.object({
      key: z.string(),
      namespace: z.string(),
      /** It was only said on a device to be theirs, and is kept with that device. */
      claimed: z.boolean(),
      last_seen: time.nullable(),
    }),
  ),
  traits: z.array(traitSchema),
  features: z.array(z.object({ name: z.string(), purpose: z.enum(PURPOSES), value: z.unknown() })),
  segments: z.array(z.object({ name: z.string(), purpose: z.enum(PURPOSES), description: z.string() })),
  /** When groups were entered and left, as far as it is remembered, newest first. */
  segment_history: z.array(z.object({ at: time, name: z.string(), change: z.enum(["entered", "left"]) })),
  /** Lists that somebody has put them on, with the identifier that is on the list. */
  lists: z.array(z.object({ name: z.string(), identifier: z.string(), description: z.string() })),
  consents: z.array(
    z.object({
      identifier: z.string(),
      at: time,
      receipt: z.string(),
      purposes: z.record(z.string(), z.string()),
      regime: z.string(),
      source: z.string(),
      evidence: z.string(),
      expires_at: time.nullable(),
    }),
  ),
  /** Why identifiers are taken for one person's. */
  links: z.array(
    z.object({
      between: z.array(z.string()),
      why: z.string(),
      /** Null: it follows from the identifiers themselves. */
      at: time.nullable(),
      source: z.string(),
      state: z.string(),
    }),
  ),
  /** Who may get what; `deliveries` says what was sent. */
  recipients: z.array(
    z.object({
      name: z.string(),
      what: z.string(),
      purposes: z.array(z.enum(PURPOSES)),
      events: z.array(z.string()),
    }),
  ),
  /** What services were told last of the stage, the score and the groups; of traits only which. */
  told: z.array(
    z.object({
      recipient: z.string(),
      segments: z.array(z.string()),
      stage: z.string().nullable(),
      score: z.number().nullable(),
      traits: z.array(z.string()),
    }),
  ),
  /** How much is held that has not gone where it was meant to: sealed, and told by numbers alone. */
  held: heldSchema,
  events: z.array(accessEventSchema),
  deliveries: z.array(deliverySchema),
  quarantined: z.array(quarantinedSchema),
});

export const portabilitySchema = z.object({
  format: z.literal("doorstep-portability"),
  version: z.literal(1),
  request: aboutSchema,
  traits: z.array(traitSchema.omit({ identifier: true, source: true, at: true })),
  events: z.array(eventSchema),
});

export type AccessExport = z.infer<typeof accessSchema>;
export type PortabilityExport = z.infer<typeof portabilitySchema>;
export type AccessEvent = z.infer<typeof accessEventSchema>;
export type ExportDelivery = z.infer<typeof deliverySchema>;
export type HeldCounts = z.infer<typeof heldSchema>;
export type QuarantinedEvent = z.infer<typeof quarantinedSchema>;

/** What is known without the lake. */
export type ExportHead = Omit<AccessExport, "events" | "deliveries" | "quarantined">;
