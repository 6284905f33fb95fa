/**
 * `POST …/{contacts,companies,deals}/batch/read`: records by record id, or by a unique property.
 * Those that are missing come as one OBJECT_NOT_FOUND error in a 207, as HubSpot answers.
 */
import type { Reply } from "../../http.ts";
import type { Contacts } from "./contacts.ts";
import { invalid } from "./errors.ts";
import { isUnique } from "./properties.ts";
import type { BatchError, ContactResult } from "./schemas.ts";
import { BATCH_LIMIT, readRequest } from "./schemas.ts";
import { batchReply } from "./upsert.ts";

const ALWAYS = {
  contacts: ["createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"],
  companies: ["createdate", "domain", "hs_object_id", "lastmodifieddate", "name"],
  deals: [
    "amount",
    "closedate",
    "createdate",
    "dealname",
    "dealstage",
    "hs_object_id",
    "lastmodifieddate",
    "pipeline",
  ],
} as const;
const LABELS = { contacts: "CONTACT", companies: "COMPANY", deals: "DEAL" } as const;

/** Answers one batch read. Only the asked-for properties and HubSpot's default ones are returned. */
export function readBatch(body: unknown, contacts: Contacts, now: Date): Reply {
  const parsed = readRequest.safeParse(body);
  if (!parsed.success)
    return invalid(
      `Invalid input JSON on line 1, column 1: ${parsed.error.issues[0]?.message ?? "unreadable"}`,
    );
  const { inputs, idProperty = "hs_object_id", properties } = parsed.data;
  if (inputs.length > BATCH_LIMIT) {
    return invalid(
      `The maximum number of inputs supported in a batch request for ${contacts.type} reads is ${BATCH_LIMIT}, but was ${inputs.length}`,
    );
  }
  if (idProperty !== "hs_object_id" && !isUnique(contacts.type, idProperty))
    return invalid("Unable to perform read by non-unique 0-1 property");

  const wanted = [...new Set([...ALWAYS[contacts.type], ...properties])].sort();
  const missing: string[] = [];
  const results: ContactResult[] = [];
  for (const { id } of inputs) {
    const contact = contacts.find(idProperty, id);
    if (contact === undefined) missing.push(id);
    else {
      const values = wanted.map((name) => [name, contact.properties[name] ?? null] as const);
      results.push({ ...contact, properties: Object.fromEntries(values) });
    }
  }
  const notFound: BatchError = {
    status: "error",
    category: "OBJECT_NOT_FOUND",
    message: `Could not get some ${LABELS[contacts.type]} objects, they may be deleted or not exist. Check that ids are valid.`,
    context: { ids: missing },
  };
  return batchReply(results, missing.length > 0 ? [notFound] : [], now);
}
