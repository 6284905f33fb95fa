/**
 * The Measurement Protocol's payload and the validation server's answer, written from Google's reference:
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/validating-events
 * Only types are here; limits and names are in `rules.ts`, because the vendor accepts a request that breaks them.
 */
import { z } from "zod";

const consentValue = z.enum(["GRANTED", "DENIED"]);

/** One event. Parameters are checked by the rules. */
const mpEvent = z.object({
  name: z.string().min(1),
  params: z.record(z.string(), z.unknown()).default({}),
  timestamp_micros: z.number().optional(),
});

/** The body of `POST /mp/collect` for a web stream. */
export const mpPayload = z.object({
  client_id: z.string().min(1),
  // https://support.google.com/analytics/answer/9267744
  user_id: z.string().max(256).optional(),
  timestamp_micros: z.number().optional(),
  user_properties: z.record(z.string(), z.object({ value: z.unknown() })).default({}),
  user_data: z.record(z.string(), z.unknown()).optional(),
  consent: z
    .strictObject({ ad_user_data: consentValue.optional(), ad_personalization: consentValue.optional() })
    .optional(),
  non_personalized_ads: z.boolean().optional(),
  validation_behavior: z.enum(["RELAXED", "ENFORCE_RECOMMENDATIONS"]).optional(),
  events: z.array(mpEvent).min(1),
});

/** One finding of the validation server. */
const validationMessage = z.object({
  fieldPath: z.string(),
  description: z.string(),
  validationCode: z.enum([
    "VALUE_INVALID",
    "VALUE_REQUIRED",
    "NAME_INVALID",
    "NAME_RESERVED",
    "VALUE_OUT_OF_BOUNDS",
    "EXCEEDED_MAX_ENTITIES",
    "NAME_DUPLICATED",
  ]),
});

/** The answer of `/debug/mp/collect`; an empty list means that the payload is valid. */
export const validationResponse = z.object({ validationMessages: z.array(validationMessage) });

export type MpEvent = z.infer<typeof mpEvent>;
export type ValidationMessage = z.infer<typeof validationMessage>;
