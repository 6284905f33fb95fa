/**
 * `PATCH /composite/sobjects/{object}/{external id field}`: up to 200 records, in order, with one result for each. What a
 * field cannot be parsed as, and a field that there is not, refuses the whole request; what a rule forbids, that record.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
 * https://developer.salesforce.com/docs/atlas.en-us.api.meta/api/sforce_api_calls_concepts_core_data_objects.htm#statuscode
 */
import { z } from "zod";
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { AnswerContext } from "../vendor.ts";
import type { RowError } from "./errors.ts";
import { refuse } from "./errors.ts";
import type { Field, SObject } from "./org.ts";
import { fieldNamed, OBJECTS } from "./org.ts";
import type { Store } from "./store.ts";

export const RECORD_LIMIT = 200;
/** A number has 18 digits at most. */
const NUMBER_LIMIT = 1e18;

const record = z.looseObject({ attributes: z.looseObject({ type: z.string() }) });
const upsertRequest = z.object({ allOrNone: z.boolean().default(false), records: z.array(record) });

/** One `UpsertResult`. */
export const upsertResult = z.object({
  id: z.string().optional(),
  success: z.boolean(),
  created: z.boolean().optional(),
  errors: z.array(z.object({ statusCode: z.string(), message: z.string(), fields: z.array(z.string()) })),
});
type UpsertResult = z.infer<typeof upsertResult>;

export function upsertRecords(
  name: string,
  keyField: string,
  body: unknown,
  store: Store,
  { partial }: AnswerContext,
): Reply {
  const object = OBJECTS[name];
  if (object === undefined) return refuse(404, "NOT_FOUND", "The requested resource does not exist");
  const key = object.fields[keyField];
  if (key === undefined || !("isKey" in key))
    return refuse(
      404,
      "NOT_FOUND",
      `Provided external ID field does not exist or is not accessible: ${keyField}`,
    );
  const parsed = upsertRequest.safeParse(body);
  if (!parsed.success) return refuse(400, "JSON_PARSER_ERROR", "Unexpected input at [line:1, column:1]");
  const records = parsed.data.records.map(
    (row) =>
      Object.fromEntries(
        Object.entries(row).map(([field, value]) => [fieldNamed(object, field) ?? field, value]),
      ) as z.infer<typeof record>,
  );
  if (records.length > RECORD_LIMIT)
    return refuse(
      400,
      "EXCEEDED_ID_LIMIT",
      `record limit reached. cannot submit more than ${RECORD_LIMIT} records into this call`,
    );
  for (const row of records) {
    const malformed = malformedRow(name, object, row);
    if (malformed !== undefined) return malformed;
  }

  const seen = new Set<string>();
  const results = records.map(({ attributes: _, ...row }, position): UpsertResult => {
    const failed = (error: RowError): UpsertResult => ({ success: false, errors: [error] });
    const id = row[keyField];
    if (typeof id !== "string" || id === "")
      return failed({ statusCode: "MISSING_ARGUMENT", message: `${keyField} not specified`, fields: [] });
    if (seen.has(id.toLowerCase()))
      return failed({
        statusCode: "DUPLICATE_VALUE",
        message: `Duplicate external id specified: ${id}`,
        fields: [keyField],
      });
    seen.add(id.toLowerCase());
    if (partial !== undefined && position % 2 === 0)
      return failed({
        statusCode: partial.category,
        message: `unable to obtain exclusive access to ${id}`,
        fields: [],
      });
    return writeRow(name, object, keyField, id, row, store);
  });
  return json(200, results);
}

function malformedRow(name: string, object: SObject, row: z.infer<typeof record>): Reply | undefined {
  const { attributes, ...values } = row;
  if (attributes.type !== name) return refuse(400, "INVALID_TYPE", `${attributes.type} is not ${name}`);
  for (const [field, value] of Object.entries(values)) {
    if (field.toLowerCase() === "id")
      return refuse(400, "INVALID_FIELD", "The Id field should not be specified in the sobject data.");
    const known = object.fields[field];
    if (known === undefined)
      return refuse(400, "INVALID_FIELD", `No such column '${field}' on sobject of type ${name}`);
    if (!isParsed(known, value))
      return refuse(
        400,
        "JSON_PARSER_ERROR",
        `Cannot deserialize instance of ${known.type} from ${String(value)} or request may be missing a required field at [line:1, column:1]`,
      );
  }
  return undefined;
}

function isParsed(field: Field, value: unknown): boolean {
  if (value === null) return true;
  switch (field.type) {
    case "number":
      return typeof value === "number";
    case "boolean":
      return typeof value === "boolean";
    case "datetime":
      return typeof value === "string" && !Number.isNaN(Date.parse(value));
    case "reference":
      return typeof value === "object";
    default:
      return typeof value === "string";
  }
}

function writeRow(
  name: string,
  object: SObject,
  keyField: string,
  id: string,
  row: Record<string, unknown>,
  store: Store,
): UpsertResult {
  const failed = (error: RowError): UpsertResult => ({ success: false, errors: [error] });
  const [existing, ...others] = store.find(name, keyField, id);
  if (others.length > 0)
    return failed({
      statusCode: "DUPLICATE_EXTERNAL_ID",
      message: `${keyField}: more than one record found for external id field: [${[existing, ...others].map((found) => found?.id).join(", ")}]`,
      fields: [keyField],
    });
  if (existing?.values.IsConverted === true)
    return failed({
      statusCode: "CANNOT_UPDATE_CONVERTED_LEAD",
      message: "cannot reference converted lead",
      fields: [],
    });

  const values: Record<string, unknown> = { ...existing?.values };
  for (const [field, value] of Object.entries(row)) {
    const known = object.fields[field];
    if (known === undefined) continue;
    const error = issueOf(field, known, value, existing?.id, name, store);
    if (error !== undefined) return failed(error);
    values[field] =
      known.type === "reference" ? referenced(known.to, value, store) : value === "" ? null : value;
  }
  const missing = object.required.filter((field) => (values[field] ?? "") === "");
  if (missing.length > 0)
    return failed({
      statusCode: "REQUIRED_FIELD_MISSING",
      message: `Required fields are missing: [${missing.join(", ")}]`,
      fields: missing,
    });
  if (existing !== undefined) {
    existing.values = values;
    return { id: existing.id, success: true, created: false, errors: [] };
  }
  return { id: store.insert(name, values).id, success: true, created: true, errors: [] };
}

function referenced(to: string, value: unknown, store: Store): string | undefined {
  const [entry] = Object.entries(z.record(z.string(), z.string()).catch({}).parse(value));
  return entry && store.find(to, entry[0], entry[1])[0]?.id;
}

/** What a rule of the field has against a value. */
function issueOf(
  name: string,
  field: Field,
  value: unknown,
  id: string | undefined,
  object: string,
  store: Store,
): RowError | undefined {
  if (field.type === "reference" && referenced(field.to, value, store) === undefined)
    return {
      statusCode: "INVALID_FIELD",
      message: `Foreign key external ID: ${Object.values(Object(value)).join()} not found for field ${Object.keys(Object(value)).join()} in entity ${field.to}`,
      fields: [],
    };
  if (typeof value === "number" && Math.abs(value) >= NUMBER_LIMIT)
    return {
      statusCode: "NUMBER_OUTSIDE_VALID_RANGE",
      message: `${name}: value outside of valid range`,
      fields: [name],
    };
  if (typeof value !== "string" || value === "") return undefined;
  if (field.type === "picklist" && !field.values.includes(value))
    return {
      statusCode: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST",
      message: `${name}: bad value for restricted picklist field: ${value}`,
      fields: [name],
    };
  if (field.type !== "text" && field.type !== "email") return undefined;
  if (value.length > field.length)
    return {
      statusCode: "STRING_TOO_LONG",
      message: `${name}: data value too large: ${value} (max length=${field.length})`,
      fields: [name],
    };
  if (field.type === "email" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value))
    return {
      statusCode: "INVALID_EMAIL_ADDRESS",
      message: `${name}: invalid email address: ${value}`,
      fields: [name],
    };
  const taken = field.isUnique ? store.find(object, name, value).find((other) => other.id !== id) : undefined;
  if (taken !== undefined)
    return {
      statusCode: "DUPLICATE_VALUE",
      message: `duplicate value found: ${name} duplicates value on record with id: ${taken.id}`,
      fields: [],
    };
  return undefined;
}
