/**
 * A request of a person about their own data, in the shape of OpenDSR 2.0 (https://github.com/opengdpr/opengdpr): what
 * is sent, what is answered, and what its steps came to. Made and read by src/subjects and the console.
 */
import * as z from "zod";
import { customNamespaceSchema } from "../namespace_schema.ts";
import { type CustomNamespace, REGULATIONS, SUBJECT_REQUEST_TYPES } from "../taxonomy.ts";

/** How OpenDSR calls identities, and what each is here. Hashes are refused: ours are keyed, so no hash leads to a person. */
export const IDENTITY_TYPES = {
  email: "email",
  controller_customer_id: "user_id",
  user_id: "user_id",
  customer_id: "customer_id",
  phone: "phone",
  anonymous_id: "anonymous_id",
  device_id: "device_id",
  crm_id: "crm_id",
  login_id: "login_id",
} as const;
export type ListedType = keyof typeof IDENTITY_TYPES;
/** Also a namespace of the release's own, by its name. */
export type IdentityType = ListedType | CustomNamespace;

/** So many identities in one request; a person has a handful. */
export const MAX_IDENTITIES = 20;
export const MAX_CALLBACKS = 5;

const typeSchema = z.enum(Object.keys(IDENTITY_TYPES) as [ListedType, ...ListedType[]]); // the keys of the object above

export const subjectIdentitySchema = z.strictObject({
  identity_type: z.union([typeSchema, customNamespaceSchema]),
  identity_value: z.string().trim().min(1).max(320),
  identity_format: z.literal("raw", "must be raw: a hash leads to nobody here").default("raw"),
});
export type SubjectIdentity = z.infer<typeof subjectIdentitySchema>;

export const subjectRequestSchema = z.object({
  regulation: z.enum(REGULATIONS),
  subject_request_id: z.uuid({ version: "v4", error: "must be a UUID of version 4" }).toLowerCase(),
  subject_request_type: z.enum(SUBJECT_REQUEST_TYPES),
  submitted_time: z.iso.datetime({ offset: true }),
  /** May be empty for a browser, which then asks about itself. */
  subject_identities: z.array(subjectIdentitySchema).max(MAX_IDENTITIES).default([]),
  /** Signed token that proves who asks, where a browser does. */
  identity_token: z.string().max(8_192).optional(),
  status_callback_urls: z
    .array(z.url({ protocol: /^https?$/ }).max(500))
    .max(MAX_CALLBACKS)
    .default([]),
  api_version: z.string().max(20).optional(),
});
export type SubjectRequestBody = z.infer<typeof subjectRequestSchema>;

/** `pending`: whoever asks is not verified yet. */
export const REQUEST_STATUSES = ["pending", "in_progress", "completed", "cancelled"] as const;
export type RequestStatus = (typeof REQUEST_STATUSES)[number];

/** How it was made sure that the person asks. */
export const VERIFICATIONS = ["secret_key", "identity_token", "browser", "operator", "none"] as const;
export type Verification = (typeof VERIFICATIONS)[number];

/**
 * What became of one part of a request. `confirmed`: it is done, and we know. `requested`: a vendor has been told, and
 * does it in its own time. `none`: there is nothing to do it with (a vendor offers no deletion). No personal data.
 */
export const stepResultSchema = z.object({
  /** `find`, `suppress`, `profile`, `edge`, `live`, `quarantine`, `waiting`, `lake`, `cms`, `destination:<key>`, `sweep`, `prove` … */
  step: z.string(),
  status: z.enum(["running", "confirmed", "requested", "none", "failed"]),
  /** Epoch ms. */
  at: z.number(),
  /** How many rows, events, receipts, objects … it touched. */
  counts: z.record(z.string(), z.number()).optional(),
  /** A code, or a vendor's answer without any value of a person. */
  detail: z.string().optional(),
});
export type StepResult = z.infer<typeof stepResultSchema>;

/** A request as whoever made it, and the console, sees it. Times are ISO. */
export const subjectRequestStatusSchema = z.object({
  api_version: z.literal("2.0"),
  controller_id: z.string(),
  subject_request_id: z.string(),
  subject_request_type: z.enum(SUBJECT_REQUEST_TYPES),
  regulation: z.enum(REGULATIONS),
  request_status: z.enum(REQUEST_STATUSES),
  verification: z.enum(VERIFICATIONS),
  received_time: z.string(),
  expected_completion_time: z.string(),
  completed_time: z.string().optional(),
  /** Where the answer to an access or portability request is, under the same proof as this. */
  results_url: z.string().optional(),
  results_expire_time: z.string().optional(),
  cancelled_reason: z.string().optional(),
});
export type SubjectRequestStatus = z.infer<typeof subjectRequestStatusSchema>;

/** What the console sees besides. */
export const subjectRequestDetailSchema = subjectRequestStatusSchema.extend({
  /** Kinds of the identities that it names, never their values. */
  identity_types: z.array(z.string()),
  /** How many identifiers the person turned out to have; undefined before that is known. */
  identifiers: z.int().optional(),
  steps: z.array(stepResultSchema),
  /** `on_time`, `soon` (7 days or less are left), `late`, or `done`. */
  deadline: z.enum(["on_time", "soon", "late", "done"]),
  extended: z.boolean(),
  /** The actor who made it, or the source. */
  made_by: z.string(),
  verified_by: z.string().optional(),
});
export type SubjectRequestDetail = z.infer<typeof subjectRequestDetailSchema>;

/** What can be shown of a completed erasure: no personal data, signed by the audit key. */
export const erasureProofSchema = z.object({
  v: z.literal(1),
  tenant: z.string(),
  subject_request_id: z.string(),
  regulation: z.enum(REGULATIONS),
  received_time: z.string(),
  completed_time: z.string(),
  /** Number of the entry in the erasure log. */
  erasure: z.int(),
  /** SHA-256 over the sorted suppressed identifier keys: shows later which set it was, and names nobody. */
  suppressed: z.object({ count: z.int(), digest: z.string() }),
  steps: z.array(stepResultSchema),
});
export type ErasureProof = z.infer<typeof erasureProofSchema>;
