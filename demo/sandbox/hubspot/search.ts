/**
 * `POST …/contacts/search` with one `IN` filter. HubSpot refuses more than 3,000 characters, and values of
 * a text property that are not in lower case find nothing.
 */
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { Contacts } from "./contacts.ts";
import { invalid } from "./errors.ts";
import { invalidValuesMessage, issueErrors, propertyIssues } from "./properties.ts";
import { searchRequest } from "./schemas.ts";

const MAX_CHARACTERS = 3_000;

/** Answers one search over the contacts. */
export function searchContacts(body: unknown, characters: number, contacts: Contacts): Reply {
  if (characters > MAX_CHARACTERS) return invalid(`The request is over ${MAX_CHARACTERS} characters`);
  const parsed = searchRequest.safeParse(body);
  if (!parsed.success)
    return invalid(
      `There was a problem with the request: ${parsed.error.issues[0]?.message ?? "unreadable"} at ${parsed.error.issues[0]?.path.join(".") || "the body"}`,
    );
  const { filterGroups, properties, limit } = parsed.data;
  const [
    {
      filters: [filter],
    },
  ] = filterGroups;
  const issues = propertyIssues(contacts.type, { [filter.propertyName]: "" });
  if (issues.length > 0) return invalid(invalidValuesMessage(issues), { errors: issueErrors(issues) });
  const lower = filter.values.filter((value) => value === value.toLowerCase());
  const found = contacts.search(filter.propertyName, lower);
  const results = found.slice(0, limit).map((contact) => ({
    ...contact,
    properties: Object.fromEntries(
      [...properties, "hs_object_id", "createdate", "lastmodifieddate"].map((name) => [
        name,
        contact.properties[name] ?? null,
      ]),
    ),
  }));
  return json(200, {
    total: found.length,
    results,
    ...(found.length > limit ? { paging: { next: { after: String(limit) } } } : {}),
  });
}
