/**
 * HubSpot's permanent deletion. First by each address, then of every contact that carries one of the person's profiles:
 * those that our deliveries made under an address that nobody knows any more. An address without a contact is answered
 * like one that has one (HubSpot puts it on its blocklist), so a repetition does no harm.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/gdpr/gdpr-delete-contact
 * https://knowledge.hubspot.com/privacy-and-consent/how-do-i-perform-a-gdpr-delete-in-hubspot (30 days)
 * https://developers.hubspot.com/docs/api-reference/latest/crm/search-the-crm (IN, 3,000 characters)
 */
import * as z from "zod";
import { unsafeEndpoint } from "#core/safe-url";
import type { EraseContext, ErasureOutcome, ErasurePerson } from "../contract.ts";
import { erasureRefused, together } from "../erasure.ts";
import { RECORD_ID } from "./answers.ts";
import { objectPath, post } from "./api.ts";
import { HUBSPOT_HOSTS, type HubspotSettings, portalName } from "./settings.ts";

type Context = EraseContext<HubspotSettings>;

/** A search of more than 3,000 characters is refused; this leaves room for the rest of it. */
const SEARCH_CHARACTERS = 2_500;
/** Contacts of one search; what is left over is found by the next attempt. */
const FOUND_LIMIT = 100;
/** HubSpot's search sees a change some seconds late. */
const AGAIN_SECONDS = 30;

/** Delete the contacts of a person. `none` where there is no address, and no contact has one of the profiles. */
export async function eraseContacts(person: ErasurePerson, context: Context): Promise<ErasureOutcome> {
  const unsafe = unsafeEndpoint(context.settings.endpoint, HUBSPOT_HOSTS, context.allowInsecure);
  if (unsafe) return { status: "failed", code: "unsafe_url", detail: unsafe };

  const outcomes: ErasureOutcome[] = [];
  const emails = new Set(person.emails.map((email) => email.trim().toLowerCase()).filter(Boolean));
  for (const email of emails) {
    const outcome = await purge({ objectId: email, idProperty: "email" }, context);
    // Our token, our rate or the connection: whatever is sent now would end alike.
    if (outcome.status === "retry") return outcome;
    outcomes.push(outcome);
  }

  const property = portalName("doorstep_profile", context.settings);
  if (property === undefined) return together(outcomes, "no_identifier_of_theirs");
  for (const values of portions(person.subjects)) {
    const found = await contactsWith(property, values, context);
    if ("outcome" in found) return found.outcome;
    for (const id of found.ids) {
      const outcome = await purge({ objectId: id }, context);
      if (outcome.status === "retry") return outcome;
      outcomes.push(outcome);
    }
    if (found.more) return { status: "retry", code: "more_contacts", afterSeconds: AGAIN_SECONDS };
  }
  return together(outcomes, emails.size > 0 ? "no_contact_found" : "no_identifier_of_theirs");
}

/** One permanent deletion; a contact that is gone already counts as one. */
async function purge(
  input: { objectId: string; idProperty?: "email" },
  context: Context,
): Promise<ErasureOutcome> {
  const posted = await post(context, objectPath("contacts", "/gdpr-delete"), input);
  if (posted.status === "answered") return { status: "requested", detail: "within_30_days" };
  if (posted.outcome.status === "failed" && posted.error.category === "OBJECT_NOT_FOUND")
    return { status: "requested", detail: "within_30_days" };
  return erasureRefused(posted.outcome);
}

const foundSchema = z.object({
  results: z.array(
    z.object({ id: z.string().regex(RECORD_ID), properties: z.record(z.string(), z.unknown()) }),
  ),
  paging: z.unknown().optional(),
});

type Found = { ids: string[]; more: boolean } | { outcome: ErasureOutcome };

/** Contacts that carry one of these profiles. HubSpot compares in lower case; we compare what it finds as it is. */
async function contactsWith(property: string, values: readonly string[], context: Context): Promise<Found> {
  const posted = await post(context, objectPath("contacts", "/search"), {
    filterGroups: [
      {
        filters: [
          { propertyName: property, operator: "IN", values: values.map((value) => value.toLowerCase()) },
        ],
      },
    ],
    properties: [property],
    limit: FOUND_LIMIT,
  });
  if (posted.status === "refused") {
    // A portal without the property has no contact with it.
    const isUnknown = posted.error.errors?.some(({ code }) => code === "PROPERTY_DOESNT_EXIST") ?? false;
    return isUnknown ? { ids: [], more: false } : { outcome: erasureRefused(posted.outcome) };
  }
  if (posted.answer.kind !== "json") return { outcome: { status: "retry", code: posted.answer.code } };
  const parsed = foundSchema.safeParse(posted.answer.value);
  if (!parsed.success) return { outcome: { status: "retry", code: "answer_unexpected" } };
  const own = new Set(values);
  const ids = parsed.data.results
    .filter(({ properties }) => own.has(String(properties[property])))
    .map(({ id }) => id);
  return { ids, more: ids.length > 0 && parsed.data.paging !== undefined };
}

/** The values in portions that a search has room for. */
function portions(values: readonly string[]): string[][] {
  const made: string[][] = [];
  let room = 0;
  for (const value of values) {
    const size = value.length + 3;
    const last = made.at(-1);
    if (last && size <= room) {
      last.push(value);
      room -= size;
    } else {
      made.push([value]);
      room = SEARCH_CHARACTERS - size;
    }
  }
  return made;
}
