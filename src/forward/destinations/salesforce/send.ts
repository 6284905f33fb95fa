/**
 * A batch on its way to Salesforce: people are read, then written as one collection, then the records of their events.
 * Every item gets its own outcome; one of an item that has an event of its own is that of the later write.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-sobjects-collections-upsert.html
 */
import type { DeliveryOutcome } from "#core/outcome";
import { type Mapped, NOT_TRIED, type SendContext } from "../contract.ts";
import { type Called, isolate, isolateEach } from "../isolate.ts";
import { outcomesOf, resultsSchema } from "./answers.ts";
import { ask, openSession, type Session } from "./api.ts";
import type { Fields } from "./fields.ts";
import { type Admission, foldRecord } from "./fold.ts";
import type { SalesforceBody } from "./map.ts";
import { byKey, type Known, type Person, readPeople, rulesOf } from "./people.ts";
import type { SalesforceSettings } from "./settings.ts";

/** One outcome for each body. */
export async function sendRecords(
  bodies: readonly Mapped<SalesforceBody>[],
  context: SendContext<SalesforceSettings>,
): Promise<DeliveryOutcome[]> {
  const session = openSession(context);
  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: NOT_TRIED }));
  const admissions = await writePeople(session, byKey(bodies), outcomes);
  await writeEvents(session, bodies, admissions, outcomes);
  return outcomes;
}

/** Write people; says what became of each item's claim. */
async function writePeople(
  session: Session,
  people: readonly Person[],
  outcomes: DeliveryOutcome[],
): Promise<Map<number, Admission>> {
  const { object, external_id } = session.context.settings;
  const rules = rulesOf(session.context.settings);
  const admitted = new Map<number, Admission>();
  const inputs: { indexes: number[]; record: Fields }[] = [];

  for (const [person, known] of await readAll(session, people)) {
    if (known.status === "decided") {
      for (const index of person.indexes) outcomes[index] = known.outcome;
      continue;
    }
    const { write, admissions } = foldRecord(known, person.items, rules);
    for (const [n, index] of person.indexes.entries()) {
      const admission = admissions[n] ?? "refused";
      admitted.set(index, admission);
      outcomes[index] = admittedAs(admission, known.status === "present" ? known.id : undefined);
    }
    // Where nothing changes, nothing is sent: the record says it already.
    if (Object.keys(write).length === 0) continue;
    const indexes = person.indexes.filter((index) => outcomes[index]?.status === "delivered");
    inputs.push({ indexes, record: { ...write, [external_id]: person.key } });
  }
  const written = await isolateEach(
    inputs,
    (batch) =>
      upsert(
        session,
        object,
        external_id,
        batch.map(({ record }) => record),
      ),
    session.budget,
  );
  for (const [n, { indexes }] of inputs.entries())
    for (const index of indexes) outcomes[index] = written[n] ?? { status: "retry", code: "no_outcome" };
  return admitted;
}

function admittedAs(admission: Admission, id: string | undefined): DeliveryOutcome {
  if (admission === "refused") return { status: "skipped", reason: "claim_not_proven" };
  return { status: "delivered", ...(id !== undefined && { detail: id }) };
}

async function readAll(session: Session, people: readonly Person[]): Promise<Map<Person, Known>> {
  const all = new Map<Person, Known>();
  for (const part of await isolate(people, (batch) => readPeople(session, batch), session.budget)) {
    for (const person of part.inputs) {
      const outcome: DeliveryOutcome =
        "outcome" in part ? part.outcome : { status: "retry", code: "unconfirmed" };
      const known = "answer" in part ? part.answer.get(person) : undefined;
      all.set(person, known ?? { status: "decided", outcome });
    }
  }
  return all;
}

/**
 * Write the records of events whose person is settled. A claim that had no right to the person's record leaves an event
 * that stands alone: it says what was done under which profile, and nothing about the person.
 */
async function writeEvents(
  session: Session,
  bodies: readonly Mapped<SalesforceBody>[],
  admissions: ReadonlyMap<number, Admission>,
  outcomes: DeliveryOutcome[],
): Promise<void> {
  const groups = new Map<
    string,
    { index: number; record: Record<string, unknown>; object: string; externalId: string }[]
  >();
  for (const [index, { itemId, body }] of bodies.entries()) {
    const { event, key } = body;
    const admission = admissions.get(index);
    const isSettled = outcomes[index]?.status === "delivered" || admission === "refused";
    if (!event || !isSettled) continue;
    const { object, external_id: externalId, person, fields } = event;
    const link =
      person !== undefined && admission === "linked"
        ? { [person]: { [session.context.settings.external_id]: key } }
        : {};
    const group = groups.get(`${object} ${externalId}`) ?? [];
    group.push({ index, object, externalId, record: { ...fields, ...link, [externalId]: itemId } });
    groups.set(`${object} ${externalId}`, group);
  }
  for (const group of groups.values()) {
    const [first] = group;
    if (!first) continue;
    const { object, externalId } = first;
    // An object that the org does not have is no reason to give up the others.
    const budget = { ...session.budget };
    const written = await isolateEach(
      group,
      (batch) =>
        upsert(
          session,
          object,
          externalId,
          batch.map(({ record }) => record),
        ),
      budget,
    );
    session.budget.requests = budget.requests;
    if (budget.ended && budget.ended.status !== "failed") session.budget.ended = budget.ended;
    for (const [n, { index }] of group.entries())
      outcomes[index] = written[n] ?? { status: "retry", code: "no_outcome" };
  }
}

async function upsert(
  session: Session,
  object: string,
  externalId: string,
  records: readonly Record<string, unknown>[],
): Promise<Called<DeliveryOutcome[]>> {
  const asked = await ask(session, {
    method: "PATCH",
    path: `/composite/sobjects/${object}/${externalId}`,
    body: {
      allOrNone: false,
      records: records.map((record) => ({ attributes: { type: object }, ...record })),
    },
    fields: [...new Set(records.flatMap((record) => Object.keys(record)))],
  });
  if (asked.status === "refused") return asked;
  const results = resultsSchema.safeParse(asked.answer);
  if (!results.success) return { status: "refused", outcome: { status: "retry", code: "answer_unexpected" } };
  return { status: "answered", answer: outcomesOf(results.data, records.length, externalId) };
}
