/**
 * What Salesforce's answers mean. A collection is answered with one result for each record, in their order, and only
 * what one of them confirms is delivered. Messages may hold values of fields, so only codes and field names are kept, and
 * of those only what looks like one.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/errorcodes.html
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm#statuscode
 */
import * as z from "zod";
import type { DeliveryOutcome } from "#core/outcome";

const CODE = /^[A-Z][A-Z0-9_]{2,79}$/;
const FIELD = /^[A-Za-z][A-Za-z0-9_]{0,79}$/;
/** Salesforce's ids are 15 or 18 characters. */
export const RECORD_ID = /^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$/;

const code = z.string().regex(CODE).optional().catch(undefined);
const text = z.string().optional().catch(undefined);

const resultSchema = z.object({
  id: z.string().regex(RECORD_ID).nullish().catch(undefined),
  success: z.boolean(),
  errors: z.array(
    z.object({ statusCode: code, message: text, fields: z.array(z.unknown()).optional().catch([]) }),
  ),
});
export const resultsSchema = z.array(resultSchema);
export type Result = z.infer<typeof resultSchema>;

/** The body of a refused request: a list of errors. */
const refusedSchema = z.array(z.object({ errorCode: code, message: text }));

/** A refusal's code, where Salesforce says one; and the first of our fields that its message names. */
export function refusedBy(body: unknown, fields: readonly string[] = []): { code?: string; field?: string } {
  const parsed = refusedSchema.safeParse(body);
  const [first] = parsed.success ? parsed.data : [];
  const words = new Set(first?.message?.match(/\w+/g) ?? []);
  const field = fields.find((name) => words.has(name));
  return { ...(first?.errorCode && { code: first.errorCode }), ...(field && { field }) };
}

/** The allocation is counted over the last 24 hours, so that it comes back bit by bit. */
const ALLOCATION_RETRY_SECONDS = 3_600;
/** Somebody must make room, or wait for a maintenance to end. */
const MEND_RETRY_SECONDS = 4 * 3_600;
const LOCK_RETRY_SECONDS = 5;

/** Codes that say "not now" → seconds to wait; undefined: as the backoff decides. */
const PASSING: ReadonlyMap<string, number | undefined> = new Map([
  ["UNABLE_TO_LOCK_ROW", LOCK_RETRY_SECONDS],
  ["REQUEST_LIMIT_EXCEEDED", ALLOCATION_RETRY_SECONDS],
  ["TOO_MANY_APEX_REQUESTS", ALLOCATION_RETRY_SECONDS],
  ["STORAGE_LIMIT_EXCEEDED", MEND_RETRY_SECONDS],
  ["INSERT_UPDATE_DELETE_NOT_ALLOWED_DURING_MAINTENANCE", MEND_RETRY_SECONDS],
  ["SERVER_UNAVAILABLE", undefined],
  ["REQUEST_RUNNING_TOO_LONG", undefined],
  ["QUERY_TIMEOUT", undefined],
  ["API_CURRENTLY_DISABLED", MEND_RETRY_SECONDS],
  ["ALREADY_IN_PROCESS", undefined],
  ["ENTITY_IS_LOCKED", undefined],
  ["UNKNOWN_EXCEPTION", undefined],
]);

/** A retry, where the code says that it may work later. */
export function passing(named: string | undefined): DeliveryOutcome | undefined {
  if (named === undefined || !PASSING.has(named)) return undefined;
  const afterSeconds = PASSING.get(named);
  return { status: "retry", code: named, ...(afterSeconds !== undefined && { afterSeconds }) };
}

/** Codes that all further requests to the same place would meet, too: halving would find nobody to blame. */
export const ENDS: ReadonlySet<string> = new Set([
  ...["REQUEST_LIMIT_EXCEEDED", "STORAGE_LIMIT_EXCEEDED", "API_CURRENTLY_DISABLED"],
  ...["NOT_FOUND", "INVALID_TYPE"],
]);

/**
 * One outcome for each record of a collection.
 * @param count of records that were sent; another count of results confirms none of them
 * @param key the external id field
 */
export function outcomesOf(results: readonly Result[], count: number, key: string): DeliveryOutcome[] {
  if (results.length !== count)
    return Array.from({ length: count }, () => ({ status: "retry", code: "unconfirmed" }));
  return results.map((result) => outcomeOf(result, key));
}

function outcomeOf({ id, success, errors }: Result, key: string): DeliveryOutcome {
  if (success) return { status: "delivered", ...(id && { detail: id }) };
  const [error] = errors;
  if (!error) return { status: "retry", code: "unconfirmed" };
  const statusCode = error.statusCode ?? "VENDOR_ERROR";
  const later = passing(statusCode);
  if (later) return later;
  // Two writers that made the same new record at once: the next attempt finds it.
  // https://salesforce.stackexchange.com/questions/197382
  if (statusCode === "DUPLICATE_VALUE" && isAbout(error, key)) return { status: "retry", code: statusCode };
  if (statusCode === "CANNOT_UPDATE_CONVERTED_LEAD") return { status: "skipped", reason: "lead_converted" };
  const fields = (error.fields ?? [])
    .filter((name) => typeof name === "string" && FIELD.test(name))
    .slice(0, 5);
  return { status: "failed", code: statusCode, ...(fields.length > 0 && { detail: fields.join(",") }) };
}

const isAbout = ({ message = "", fields = [] }: Result["errors"][number], key: string): boolean =>
  fields.includes(key) || new Set<string>(message.match(/\w+/g)).has(key);
