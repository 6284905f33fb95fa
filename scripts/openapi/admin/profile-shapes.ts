/** What the operator's API says of one profile: src/console/profile/view.ts. Named schemas for profiles.ts. */
import * as z from "zod";
import { IDENTITY_STATES, LIFECYCLE_STAGES, PURPOSES } from "../../../contracts/taxonomy.ts";
import type {
  Candidates,
  EdgeView,
  GoldenField,
  HistoryEntry,
  ProfileLink,
  ProfileMember,
  ProfileSegment,
  ProfileTimeline,
  ProfileView,
} from "../../../src/console/profile/view.ts";
import type { Explained } from "../../../src/core/condition/explain.ts";
import { ledgerSchema } from "./consent.ts";
import { keySchema, linkKindSchema, linkStateSchema, rootsSchema } from "./identity-shapes.ts";
import { eventEntrySchema, slotEntrySchema } from "./receipts.ts";

const time = z.iso.datetime();
const state = z.enum(IDENTITY_STATES);
const purpose = z.enum(PURPOSES);
const explained = z.string().meta({ description: "The same in words." });

const memberSchema = z.object({
  key: keySchema,
  namespace: z.string(),
  proof: z
    .enum(["cookie", "token", "source", "operator", "rule", "version", "device", "claim"])
    .meta({ description: "How it came to be known." }),
  explained,
  device: keySchema.nullable().meta({ description: "Of a claim, the device that it was made on." }),
  first_at: time.nullable(),
  seen_at: time.nullable(),
  suppressed: z.boolean(),
  shared: z.boolean().meta({ description: "A device that several people were proved in." }),
  conflicts: z.int().min(0).meta({ description: "Links of it that join nothing." }),
}) satisfies z.ZodType<ProfileMember>;

const linkSchema = z.object({
  a: keySchema,
  b: keySchema,
  kind: linkKindSchema,
  strength: z.int(),
  state: linkStateSchema,
  at: time.nullable(),
  source: z.string(),
  event_id: z.string(),
  conflict: z.string().nullable().meta({ description: "Why it joins nothing though it is live." }),
  other: keySchema.nullable().meta({ description: "Root of another profile that it leads to." }),
  explained,
}) satisfies z.ZodType<ProfileLink>;

const traitValueSchema = z.object({
  value: z.string(),
  source: z.string().nullable(),
  event_id: z.string().nullable(),
  at: time.nullable(),
  verified: z.boolean().meta({ description: "A secret-key source or a token told it." }),
  key: keySchema.meta({ description: "Identifier whose fact it is." }),
});
const goldenSchema = traitValueSchema.extend({
  field: z.string(),
  why: z.string().meta({ description: "By which rule it was chosen." }),
  used: z.boolean().meta({ description: "Whether a purpose that is not denied may have it." }),
  others: z.array(traitValueSchema.extend({ why: z.string().meta({ description: "What it lost by." }) })),
}) satisfies z.ZodType<GoldenField>;

const explainedSchema: z.ZodType<Explained> = z.lazy(() =>
  z.discriminatedUnion("kind", [
    z.object({
      kind: z.enum(["all", "any", "none"]).meta({ description: "How many of these must hold." }),
      holds: z.boolean(),
      of: z.array(explainedSchema),
    }),
    z.object({
      kind: z.literal("clause"),
      field: z.string(),
      operator: z.string(),
      expected: z.unknown(),
      actual: z.unknown(),
      holds: z.boolean(),
    }),
  ]),
);

const segmentSchema = z.object({
  name: z.string(),
  purpose,
  description: z.string(),
  in: z.boolean(),
  used: z.boolean().meta({ description: "Whether its purpose is not denied now." }),
  why: explainedSchema,
}) satisfies z.ZodType<ProfileSegment>;

const edgeSchema = z.object({
  key: keySchema,
  snapshot: z
    .object({
      version: z.int(),
      as_of: time,
      release: z.int(),
      state,
      segments: z.array(z.string()),
      granted: z.array(z.string()),
    })
    .nullable(),
}) satisfies z.ZodType<EdgeView>;

const historySchema = z.object({
  at: time,
  what: z.string().meta({ description: "`merged`, `split`, or an operator's action." }),
  by: z.string().nullable().meta({ description: "Null: a batch of events." }),
  note: z.string(),
  change: z.string().nullable().meta({ description: "Id of a change that can be undone." }),
  undone_at: time.nullable(),
  before: rootsSchema,
  after: rootsSchema,
}) satisfies z.ZodType<HistoryEntry>;

const profileSchema = z.object({
  root: keySchema,
  named: z.array(keySchema).meta({ description: "The keys that were asked for." }),
  state,
  why: z.array(z.string()).meta({ description: "Why it is in this state." }),
  suppressed: z.boolean(),
  first_at: time.nullable(),
  seen_at: time.nullable(),
  members: z.array(memberSchema),
  links: z.array(linkSchema).meta({ description: "The strongest first." }),
  more_claims: z.boolean().meta({ description: "There are more claims than are listed." }),
  golden: z.array(goldenSchema),
  features: z.array(
    z.object({
      name: z.string(),
      purpose,
      value: z
        .union([
          z.string(),
          z.number(),
          z.literal(true),
          z.record(z.string(), z.union([z.string(), z.number()])),
        ])
        .meta({ description: "True: a sequence holds. Objects: an affinity's shares, an RFM's scores." }),
      cuts: z
        .object({
          recency: z.array(z.number()),
          frequency: z.array(z.number()),
          monetary: z.array(z.number()),
        })
        .nullable()
        .meta({ description: "Of an RFM: what lies between its quantiles." }),
      changes_at: time
        .nullable()
        .meta({ description: "When the value changes next if nothing happens. Null: it stays." }),
    }),
  ),
  changes_at: time
    .nullable()
    .meta({ description: "When something changes next if nothing happens. Null: never." }),
  segments: z.array(segmentSchema),
  segment_history: z
    .array(
      z.object({
        at: time,
        segment: z.string(),
        change: z.enum(["entered", "left"]),
        by: z.enum(["event", "time"]).meta({ description: "`time`: without an event of the profile." }),
      }),
    )
    .meta({ description: "What it entered and left lately, newest first." }),
  lists: z.array(z.string()).meta({ description: "Imported lists that name one of its identifiers." }),
  lifecycle: z
    .object({
      stage: z.enum(LIFECYCLE_STAGES).nullable().meta({ description: "The furthest whose condition holds." }),
      score: z.number().nullable().meta({ description: "Null: the release has none." }),
      purpose,
      used: z.boolean().meta({ description: "Whether the purpose is not denied now." }),
    })
    .nullable()
    .meta({ description: "Null: the release says neither stages nor a score." }),
  consents: ledgerSchema.omit({ profile: true, audit_targets: true }),
  edge: z.array(edgeSchema).meta({ description: "What the edge knows of each of its browsers." }),
  history: z.array(historySchema).meta({ description: "Newest first." }),
  audit_targets: z
    .array(z.string())
    .meta({ description: "How the audit log names the person, by each identifier." }),
}) satisfies z.ZodType<ProfileView>;

const candidatesSchema = z.object({
  candidates: z.array(
    z.object({
      key: keySchema.meta({ description: "To ask for it by." }),
      root: keySchema,
      standing: z
        .enum(["known", "claimed"])
        .meta({ description: "`claimed`: a device only says so, and nothing proves it." }),
      namespaces: z.array(z.string()),
      members: z.int().min(1),
      seen_at: time.nullable(),
    }),
  ),
  more: z.boolean().meta({ description: "There are more than are listed." }),
}) satisfies z.ZodType<Candidates>;

const cameAt = time.meta({ description: "Of the oldest receipt." });
const names = z.array(z.string());
const timelineSchema = z.object({
  entries: z
    .array(
      z.discriminatedUnion("kind", [
        eventEntrySchema.extend({
          at: cameAt,
          properties: z.record(z.string(), z.unknown()).nullable(),
          entered: names.meta({ description: "Segments that it brought the person into." }),
          left: names,
        }),
        slotEntrySchema.extend({ at: cameAt }),
      ]),
    )
    .meta({ description: "Newest first." }),
  looked_back_to: time.meta({ description: "All hours from here on have been looked at." }),
  before: z.string().nullable().meta({
    description: "`before` of the next call, where there may be older ones.",
  }),
  first_at: time.nullable().meta({ description: "First event of the profile; null: not known." }),
  objects: z.int().min(0).meta({ description: "Objects of R2 that this call read." }),
}) satisfies z.ZodType<ProfileTimeline>;

/** By name, as answers of profiles.ts. */
export const PROFILE_SCHEMAS = {
  Profile: profileSchema,
  ProfileCandidates: candidatesSchema,
  ProfileOrCandidates: z.union([profileSchema, candidatesSchema]),
  ProfileMember: memberSchema,
  ProfileLink: linkSchema,
  ProfileSegment: segmentSchema,
  ConditionExplained: explainedSchema,
  ProfileTimeline: timelineSchema,
};
