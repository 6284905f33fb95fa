/**
 * `POST …/{contacts,companies,deals}/batch/upsert`. Duplicate ids refuse the whole batch. An invalid item
 * refuses the whole batch too, unless every input carries an `objectWriteTraceId`: that is how HubSpot's
 * multi-status answers are asked for (https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors).
 */
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { AnswerContext } from "../vendor.ts";
import type { Contacts } from "./contacts.ts";
import { hubspotError, invalid } from "./errors.ts";
import { invalidValuesMessage, issueErrors, isUnique, propertyIssues } from "./properties.ts";
import type { BatchError, BatchResponse, ContactResult, UpsertInput } from "./schemas.ts";
import { BATCH_LIMIT, upsertRequest } from "./schemas.ts";

const LABELS = { contacts: "Contact", companies: "Company", deals: "Deal" } as const;

/** Answers one upsert; writes what it accepts into `contacts`. */
export function upsertBatch(body: unknown, contacts: Contacts, { now, partial }: AnswerContext): Reply {
  const parsed = upsertRequest.safeParse(body);
  if (!parsed.success) {
    const at = parsed.error.issues[0];
    return invalid(
      `Invalid input JSON on line 1, column 1: ${at?.message ?? "unreadable"} at ${at?.path.join(".") || "the body"}`,
    );
  }
  const { inputs } = parsed.data;
  if (inputs.length === 0) return invalid("inputs must not be empty");
  if (inputs.length > BATCH_LIMIT) {
    return invalid(
      `The maximum number of inputs supported in a batch request for ${contacts.type} upserts is ${BATCH_LIMIT}, but was ${inputs.length}`,
    );
  }
  const defaultId = contacts.type === "contacts" ? "email" : "hs_object_id";
  const nonUnique = inputs.find(
    (input) => input.idProperty !== undefined && !isUnique(contacts.type, input.idProperty),
  );
  if (nonUnique !== undefined) return invalid("Unable to perform update/upsert by non-unique 0-1 property");

  const duplicates = repeated(
    inputs.map(({ id, idProperty = defaultId }) => (idProperty === "email" ? id.trim().toLowerCase() : id)),
  );
  if (duplicates.length > 0) {
    return invalid(`Duplicate IDs found in batch input: [${duplicates.join(", ")}]. IDs must be unique`, {
      context: { ids: duplicates },
    });
  }

  const multiStatus = inputs.every((input) => input.objectWriteTraceId !== undefined);
  const issues = inputs.map((input) =>
    propertyIssues(contacts.type, {
      ...((input.idProperty ?? defaultId) !== "hs_object_id" && {
        [input.idProperty ?? defaultId]: input.id,
      }),
      ...input.properties,
    }),
  );
  if (!multiStatus && issues.some((list) => list.length > 0)) {
    const all = issues.flat();
    return invalid(invalidValuesMessage(all), { errors: issueErrors(all) });
  }

  const results: ContactResult[] = [];
  const errors: BatchError[] = [];
  for (const [position, input] of inputs.entries()) {
    const found = issues[position] ?? [];
    if (found.length > 0) {
      errors.push(itemError(input, "VALIDATION_ERROR", invalidValuesMessage(found), issueErrors(found)));
    } else if (partial !== undefined && (position % 2 === 1 || inputs.length === 1)) {
      errors.push(itemError(input, partial.category, "internal error"));
    } else {
      const written = contacts.upsert(input.idProperty ?? defaultId, input.id, input.properties, now);
      if (written.status === "conflict") {
        const message = `${LABELS[contacts.type]} already exists. Existing ID: ${written.existingId}`;
        if (!multiStatus) return hubspotError(409, { message, category: "CONFLICT" });
        errors.push(itemError(input, "CONFLICT", message));
      } else {
        results.push({
          ...written.contact,
          new: written.created,
          ...(input.objectWriteTraceId === undefined ? {} : { objectWriteTraceId: input.objectWriteTraceId }),
        });
      }
    }
  }
  return batchReply(results, errors, now);
}

/** 200, or 207 where something failed. */
export function batchReply(results: ContactResult[], errors: BatchError[], now: Date): Reply {
  const body: BatchResponse = {
    status: "COMPLETE",
    results,
    ...(errors.length > 0 ? { numErrors: errors.length, errors } : {}),
    startedAt: now.toISOString(),
    completedAt: now.toISOString(),
  };
  return json(errors.length > 0 ? 207 : 200, body);
}

function itemError(
  input: UpsertInput,
  category: string,
  message: string,
  errors?: BatchError["errors"],
): BatchError {
  const trace = input.objectWriteTraceId;
  return {
    status: "error",
    category,
    message,
    context: { ids: [input.id], ...(trace === undefined ? {} : { objectWriteTraceId: [trace] }) },
    ...(errors === undefined ? {} : { errors }),
  };
}

function repeated(ids: string[]): string[] {
  const seen = new Set<string>();
  const twice = new Set<string>();
  for (const id of ids) (seen.has(id) ? twice : seen).add(id);
  return [...twice];
}
