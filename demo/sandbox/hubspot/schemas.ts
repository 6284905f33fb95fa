/**
 * HubSpot's wire format, written from its reference:
 * upsert  https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/upsert-contacts
 * read    https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/get-contacts
 * delete  https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/gdpr/gdpr-delete-contact
 * search  https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm
 * companies, deals  …/crm/objects/companies/batch/upsert-companies, …/crm/objects/deals/batch/upsert-deals
 * pairs   https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/batch/create-associations
 * events  https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/batch-send-occurrences
 * errors  https://developers.hubspot.com/docs/api-reference/error-handling
 */
import { z } from "zod";

/** "You can upsert up to 100 records per batch." */
export const BATCH_LIMIT = 100;

/** One record to create or update. Property values are strings, also for numbers, dates and booleans. */
const upsertInput = z.object({
  id: z.string().min(1),
  idProperty: z.string().min(1).optional(),
  properties: z.record(z.string(), z.string()),
  objectWriteTraceId: z.string().min(1).optional(),
});

/** The body of `POST …/contacts/batch/upsert`. */
export const upsertRequest = z.object({ inputs: z.array(upsertInput) });

const end = z.object({ id: z.union([z.string().min(1), z.number()]).transform(String) });

/** The body of `POST …/batch/associate/default`. */
export const associateRequest = z.object({ inputs: z.array(z.object({ from: end, to: end })) });

/** The body of `POST /events/{version}/send/batch`. */
export const eventsRequest = z.object({
  inputs: z.array(
    z.object({
      eventName: z.string().min(1),
      properties: z.record(z.string(), z.string()),
      email: z.string().optional(),
      objectId: z.string().optional(),
      utk: z.string().optional(),
      occurredAt: z.iso.datetime({ offset: true }).optional(),
      uuid: z.string().optional(),
    }),
  ),
});

/** The body of `POST …/contacts/batch/read`. */
export const readRequest = z.object({
  idProperty: z.string().min(1).optional(),
  properties: z.array(z.string()).default([]),
  propertiesWithHistory: z.array(z.string()).default([]),
  inputs: z.array(z.object({ id: z.string().min(1) })),
});

/** The body of `POST …/contacts/gdpr-delete`. */
export const purgeRequest = z.object({
  objectId: z.string().min(1),
  idProperty: z.string().min(1).optional(),
});

/** The body of `POST …/contacts/search`, as far as the sandbox searches: one group with one filter. */
export const searchRequest = z.object({
  filterGroups: z
    .tuple([
      z.object({
        filters: z.tuple([
          z.object({
            propertyName: z.string().min(1),
            operator: z.literal("IN"),
            values: z.array(z.string()).min(1),
          }),
        ]),
      }),
    ])
    .readonly(),
  properties: z.array(z.string()).default([]),
  limit: z.int().min(1).max(200).default(10),
});

/** One contact in an answer. `new` says whether this upsert created it. */
const contactResult = z.object({
  id: z.string(),
  properties: z.record(z.string(), z.string().nullable()),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
  archived: z.boolean(),
  new: z.boolean().optional(),
  objectWriteTraceId: z.string().optional(),
});

/** One failed item of a batch; `context` names the inputs it is about. */
const batchError = z.object({
  status: z.literal("error"),
  category: z.string(),
  message: z.string(),
  context: z.record(z.string(), z.array(z.string())),
  errors: z
    .array(
      z.object({
        message: z.string(),
        code: z.string().optional(),
        context: z.record(z.string(), z.array(z.string())).optional(),
      }),
    )
    .optional(),
});

/** 200, or 207 with `numErrors` and `errors`, which is a partial success. */
export const batchResponse = z.object({
  status: z.enum(["PENDING", "PROCESSING", "CANCELED", "COMPLETE"]),
  results: z.array(contactResult),
  numErrors: z.number().int().optional(),
  errors: z.array(batchError).optional(),
  startedAt: z.iso.datetime(),
  completedAt: z.iso.datetime(),
});

/** A refused request. 429 has `errorType` and `policyName` in place of a category. */
export const errorResponse = z.object({
  status: z.literal("error"),
  message: z.string(),
  correlationId: z.string(),
  category: z.string().optional(),
  errors: batchError.shape.errors,
  context: z.record(z.string(), z.array(z.string())).optional(),
  errorType: z.string().optional(),
  policyName: z.enum(["TEN_SECONDLY_ROLLING", "DAILY"]).optional(),
});

export type UpsertInput = z.infer<typeof upsertInput>;
export type ContactResult = z.infer<typeof contactResult>;
export type BatchError = z.infer<typeof batchError>;
export type BatchResponse = z.infer<typeof batchResponse>;
export type ErrorResponse = z.infer<typeof errorResponse>;
