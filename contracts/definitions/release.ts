/** A release: all marketer-editable definitions as one document, validated whole (src/release/validate.ts). */
import * as z from "zod";
import { catalogueSchema } from "./catalogue.ts";
import { cmsSourceSchema } from "./cms.ts";
import { contentDefinitionSchema } from "./content.ts";
import { destinationSchema } from "./destination.ts";
import { featureSchema } from "./feature.ts";
import { identitySchema } from "./identity.ts";
import { offerSchema } from "./offer.ts";
import { policySchema } from "./policy.ts";
import { profileSchema } from "./profile.ts";
import { repairSchema } from "./repair.ts";
import { listSchema, segmentSchema } from "./segment.ts";
import { decisioningSchema, slotSchema } from "./slot.ts";

const key = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, "must be lower case letters, digits, - or _")
  // Every object has something of that name.
  .refine((name) => name !== "constructor", "must be another word");

export const releaseSchema = z.strictObject({
  features: z.record(key, featureSchema).default({}),
  segments: z.record(key, segmentSchema).default({}),
  lists: z.record(key, listSchema).default({}),
  slots: z.record(key, slotSchema).default({}),
  decisioning: decisioningSchema.prefault({}),
  offers: z.record(key, offerSchema).default({}),
  content: z.record(key, contentDefinitionSchema).default({}),
  cms: z.record(key, cmsSourceSchema).default({}),
  destinations: z.record(key, destinationSchema).default({}),
  repairs: z.record(key, repairSchema).default({}),
  policy: policySchema,
  identity: identitySchema.optional(),
  profile: profileSchema.optional(),
  catalogue: catalogueSchema.optional(),
});

/** The document as written by people, before defaults. */
export type ReleaseInput = z.input<typeof releaseSchema>;
/** The document with all defaults filled in. */
export type ReleaseDocument = z.infer<typeof releaseSchema>;
