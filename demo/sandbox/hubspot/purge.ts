/**
 * `POST …/contacts/gdpr-delete`: deletes one contact for good. 204 also for an address that no contact has,
 * which goes on the blocklist; a record id that there is not is answered 404.
 */
import type { Reply } from "../../http.ts";
import type { AnswerContext } from "../vendor.ts";
import type { Contacts } from "./contacts.ts";
import { hubspotError, invalid } from "./errors.ts";
import { propertyIssues } from "./properties.ts";
import { purgeRequest } from "./schemas.ts";

/** Answers one permanent deletion. HubSpot's messages repeat what they were sent, and so do these. */
export function purgeContact(body: unknown, contacts: Contacts, { now, partial }: AnswerContext): Reply {
  const parsed = purgeRequest.safeParse(body);
  if (!parsed.success)
    return invalid("Invalid input (details will vary based on the error)", {
      context: { objectId: ["must not be empty"] },
    });
  const { objectId, idProperty } = parsed.data;
  if (partial !== undefined)
    return hubspotError(400, {
      message: `Could not delete ${objectId}`,
      category: partial.category,
      context: { ids: [objectId] },
    });
  if (idProperty === undefined) {
    if (contacts.purge("hs_object_id", objectId, now)) return noContent();
    return hubspotError(404, {
      message: `Object not found. objectId are usually numeric: ${objectId}`,
      category: "OBJECT_NOT_FOUND",
    });
  }
  if (idProperty !== "email") return invalid(`Unable to delete by property ${idProperty}`);
  if (propertyIssues(contacts.type, { email: objectId }).length > 0)
    return invalid(`Email address ${objectId} is invalid`);
  contacts.purge("email", objectId, now);
  return noContent();
}

const noContent = (): Reply => ({ status: 204, headers: { "cache-control": "no-store" }, body: "" });
