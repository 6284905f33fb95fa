/**
 * What HubSpot's batch answers mean, item by item. Only what an answer confirms is delivered; a 207 is a partial
 * success. All fields of an error are optional, as HubSpot's documentation says; its messages may hold values of
 * fields, so only codes, property names and the correlation id are kept, and of those only what looks like one.
 * https://developers.hubspot.com/docs/api-reference/error-handling
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";

/** A word of HubSpot's own; anything else may be a person's, and is as good as absent. */
const code = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,59}$/)
  .optional()
  .catch(undefined);

const contextSchema = z.record(z.string(), z.unknown()).catch({});

const errorSchema = z.object({
  category: code,
  context: contextSchema.optional(),
  errors: z
    .array(z.object({ code, context: contextSchema.optional() }))
    .optional()
    .catch(undefined),
});

export const batchAnswerSchema = z.object({
  results: z.array(
    z.object({
      id: z.string(),
      properties: z.record(z.string(), z.unknown()).catch({}),
      objectWriteTraceId: z.string().optional().catch(undefined),
    }),
  ),
  errors: z.array(errorSchema).optional(),
});
export type BatchAnswer = z.infer<typeof batchAnswerSchema>;

/** Of a batch of associations: pairs, in either direction. */
const endSchema = z.object({ id: z.coerce.string() });
export const pairsAnswerSchema = z.object({
  results: z.array(z.object({ from: endSchema, to: endSchema })),
  errors: z.array(errorSchema).optional(),
});
export type PairsAnswer = z.infer<typeof pairsAnswerSchema>;

/** The body of a refused request. */
export const refusedSchema = errorSchema.extend({
  policyName: code,
  correlationId: z
    .string()
    .regex(/^[A-Za-z0-9-]{1,64}$/)
    .optional()
    .catch(undefined),
});
export type Refused = z.infer<typeof refusedSchema>;
type BatchError = z.infer<typeof errorSchema>;

const PROPERTY_NAME = /^[a-z][a-z0-9_]{0,99}$/;
/** HubSpot numbers its records. */
export const RECORD_ID = /^\d{1,20}$/;

/** Categories that say "not now"; a CONFLICT is two writers meeting, which the next attempt resolves. */
const PASSING = ["INTERNAL_ERROR", "SERVICE_UNAVAILABLE", "RATE_LIMIT", "RATE_LIMITS", "TIMEOUT", "CONFLICT"];

/** One input of an upsert: its unique value, and the trace id by which HubSpot names it in its answer. */
export interface Traced {
  id: string;
  objectWriteTraceId: string;
}

/** One outcome for each input of an upsert; `detail` is the record's id. @param idOf the unique value of a record */
export function confirmUpsert(
  inputs: readonly Traced[],
  answer: BatchAnswer,
  idOf: (properties: Record<string, unknown>) => unknown = emailOf,
): DeliveryOutcome[] {
  const errors = answer.errors ?? [];
  const isBare = answer.results.every(
    (r) => r.objectWriteTraceId === undefined && idOf(r.properties) === undefined,
  );
  const allConfirmed = errors.length === 0 && isBare && answer.results.length === inputs.length;
  return inputs.map((input): DeliveryOutcome => {
    const error =
      errors.find((e) => names(e.context, input)) ?? (inputs.length === 1 ? errors[0] : undefined);
    if (error) return errorOutcome(error);
    const result = answer.results.find(
      (r) => r.objectWriteTraceId === input.objectWriteTraceId || idOf(r.properties) === input.id,
    );
    if (result) return { status: "delivered", ...(RECORD_ID.test(result.id) && { detail: result.id }) };
    // HubSpot may leave out what would name an item; a full count without an error still confirms each.
    return allConfirmed ? { status: "delivered" } : { status: "retry", code: "unconfirmed" };
  });
}

/** What becomes of one item that an error names. */
export function errorOutcome(error: Refused | BatchError): DeliveryOutcome {
  const code = error.category ?? "VENDOR_ERROR";
  if (PASSING.includes(code)) return { status: "retry", code };
  const detail = detailOf(error);
  return { status: "failed", code, ...(detail && { detail }) };
}

function detailOf(error: Refused | BatchError): string | undefined {
  const named = (error.errors ?? []).slice(0, 5).map(({ code, context }) => {
    const property = strings(context?.propertyName)
      .filter((name) => PROPERTY_NAME.test(name))
      .join(",");
    return [code, property].filter(Boolean).join(":");
  });
  const correlation =
    "correlationId" in error && error.correlationId ? `correlation ${error.correlationId}` : "";
  const parts = [...named.filter(Boolean), correlation].filter(Boolean);
  return parts.length > 0 ? parts.join(" ").slice(0, 300) : undefined;
}

function names(context: Record<string, unknown> | undefined, input: Traced): boolean {
  if (!context) return false;
  if (strings(context.objectWriteTraceId).includes(input.objectWriteTraceId)) return true;
  return idsOf(context).includes(input.id.toLowerCase());
}

/** The unique values that an error's context names, in lower case. */
export const idsOf = (context: Record<string, unknown> | undefined): string[] =>
  ["ids", "id", "email", "emails"]
    .flatMap((name) => strings(context?.[name]))
    .map((id) => id.trim().toLowerCase());

/** A contact's address as an answer gives it, in lower case. */
export const emailOf = (properties: Record<string, unknown>): string | undefined =>
  typeof properties.email === "string" ? properties.email.trim().toLowerCase() : undefined;

const strings = (value: unknown): string[] =>
  typeof value === "string"
    ? [value]
    : Array.isArray(value)
      ? value.filter((v) => typeof v === "string")
      : [];
