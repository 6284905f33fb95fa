/**
 * Deletion of a person: records of their events first, since a lookup may forbid that what it points to is deleted, then
 * their records by address, by external id and by the profiles that our deliveries made. What is gone already counts as
 * deleted, so a repetition does no harm.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-delete.html
 */
import type { EraseContext, ErasureOutcome, ErasurePerson } from "../contract.ts";
import { erasureRefused, together } from "../erasure.ts";
import { outcomesOf, RECORD_ID, resultsSchema } from "./answers.ts";
import { ask, BATCH_LIMIT, openSession, query, quoted, type Session } from "./api.ts";
import { EVENT_FIELDS } from "./fields.ts";
import { personField, type SalesforceSettings } from "./settings.ts";

/** What is deleted lies in the org's recycle bin for so long, out of every list and query. */
const DELETED: ErasureOutcome = { status: "requested", detail: "recycle_bin_15_days" };
/** Values of one query: a SOQL statement has room for 100,000 characters. */
const VALUES = 200;
const AGAIN_SECONDS = 30;

/** Records of `object` where `field` is one of the values. `isExact`: their case counts. */
interface Search {
  object: string;
  field: string;
  values: readonly string[];
  isExact: boolean;
}

export async function eraseRecords(
  person: ErasurePerson,
  context: EraseContext<SalesforceSettings>,
): Promise<ErasureOutcome> {
  const session = openSession(context);
  const searches = searchesOf(person, context.settings);
  const outcomes: ErasureOutcome[] = [];
  for (const search of searches) {
    for (let at = 0; at < search.values.length; at += VALUES) {
      const outcome = await deleteFound(session, { ...search, values: search.values.slice(at, at + VALUES) });
      // Our token, our rate or the connection: whatever is sent now would end alike.
      if (outcome.status === "retry") return outcome;
      if (outcome.status !== "none") outcomes.push(outcome);
    }
  }
  return together(outcomes, searches.length > 0 ? "no_record_found" : "no_identifier_of_theirs");
}

function searchesOf({ emails, subjects }: ErasurePerson, settings: SalesforceSettings): Search[] {
  const addresses = [...new Set(emails.map((email) => email.trim().toLowerCase()).filter(Boolean))];
  const { object, external_id, key } = settings;
  const searches: Search[] = [];
  const seen = new Set<string>();
  const add = (search: Search) => {
    const name = `${search.object} ${search.field}`;
    if (search.values.length === 0 || seen.has(name)) return;
    seen.add(name);
    searches.push(search);
  };
  for (const event of Object.values(settings.events)) {
    const profile = event.fields.profile ?? EVENT_FIELDS.profile.name;
    if (profile !== false) add({ object: event.object, field: profile, values: subjects, isExact: true });
    if (event.person !== undefined && key === "email")
      add({
        object: event.object,
        field: `${event.person}.${external_id}`,
        values: addresses,
        isExact: false,
      });
  }
  if (key === "email") add({ object, field: external_id, values: addresses, isExact: false });
  const email = personField("email", settings);
  if (email !== undefined) add({ object, field: email, values: addresses, isExact: false });
  const profile = personField("profile", settings);
  if (profile !== undefined) add({ object, field: profile, values: subjects, isExact: true });
  return searches;
}

async function deleteFound(
  session: Session,
  { object, field, values, isExact }: Search,
): Promise<ErasureOutcome> {
  const found = await query(
    session,
    `SELECT Id${isExact ? `,${field}` : ""} FROM ${object} WHERE ${field} IN ${quoted(values)}`,
    [],
  );
  if (found.status === "refused") {
    // An org without the object, or without the field, has no record with it.
    if (found.code === "INVALID_TYPE" || found.code === "INVALID_FIELD") return { status: "none" };
    return erasureRefused(found.outcome);
  }
  const own = new Set(values);
  const ids = found.answer.records
    .filter((record) => !isExact || own.has(String(record[field])))
    .map(({ Id }) => String(Id))
    .filter((id) => RECORD_ID.test(id));
  const outcomes: ErasureOutcome[] = [];
  for (let at = 0; at < ids.length; at += BATCH_LIMIT)
    outcomes.push(...(await deleteRecords(session, ids.slice(at, at + BATCH_LIMIT))));
  if (!found.answer.done)
    outcomes.push({ status: "retry", code: "more_records", afterSeconds: AGAIN_SECONDS });
  return together(outcomes, "no_record_found");
}

async function deleteRecords(session: Session, ids: readonly string[]): Promise<ErasureOutcome[]> {
  const asked = await ask(session, {
    method: "DELETE",
    path: `/composite/sobjects?ids=${ids.join(",")}&allOrNone=false`,
  });
  if (asked.status === "refused") return [erasureRefused(asked.outcome)];
  const results = resultsSchema.safeParse(asked.answer);
  if (!results.success) return [{ status: "retry", code: "answer_unexpected" }];
  return outcomesOf(results.data, ids.length, "Id").map((outcome) => {
    const isGone = outcome.status === "failed" && outcome.code === "ENTITY_IS_DELETED";
    return outcome.status === "delivered" || isGone ? DELETED : erasureRefused(outcome);
  });
}
