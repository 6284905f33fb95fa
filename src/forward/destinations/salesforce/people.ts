/**
 * The people of a batch: their items together, what the org knows of them, and what is to be written. Salesforce refuses
 * an external id that comes twice in a request, so that all items of one person become one record.
 */
import * as z from "zod";
import type { WriteMode } from "#contracts/definitions/mapping";
import type { DeliveryOutcome } from "#core/outcome";
import type { Mapped } from "../contract.ts";
import type { Called } from "../isolate.ts";
import { RECORD_ID } from "./answers.ts";
import { type Found, query, quoted, type Session, valueNamed, valuesOf } from "./api.ts";
import { PERSON_FIELDS, type PersonField } from "./fields.ts";
import type { FoldRules, KnownRecord } from "./fold.ts";
import type { SalesforceBody } from "./map.ts";
import { personField, type SalesforceSettings, stagesOf } from "./settings.ts";

/** The items of one external id, in the order of their events. */
export interface Person {
  key: string;
  indexes: number[];
  items: SalesforceBody[];
}

/**
 * Keys that differ by case alone are one record or several, as the field was made. Nobody can tell, so only the first of
 * them is in a batch; the others are tried again, and are then compared with what is there.
 */
export function byKey(bodies: readonly Mapped<SalesforceBody>[]): Person[] {
  const people = new Map<string, Person>();
  const ordered = [...bodies.entries()].sort(
    ([i, { body: a }], [j, { body: b }]) => a.occurredAt - b.occurredAt || i - j,
  );
  for (const [index, { body }] of ordered) {
    const name = body.key.toLowerCase();
    const person = people.get(name) ?? { key: body.key, indexes: [], items: [] };
    people.set(name, person);
    if (person.key !== body.key) continue;
    person.indexes.push(index);
    person.items.push(body);
  }
  return [...people.values()];
}

export function rulesOf(settings: SalesforceSettings): FoldRules {
  const field = (name: PersonField) => personField(name, settings);
  const profile = field("profile");
  const own = Object.keys(PERSON_FIELDS)
    .filter((name) => "own" in PERSON_FIELDS[name as PersonField])
    .flatMap((name) => field(name as PersonField) ?? []);
  return {
    key: new Set([settings.external_id, profile ?? settings.external_id]),
    own: new Set(own.filter((name) => name !== profile)),
    profile,
    stage: field("stage"),
    modes: new Map(
      Object.entries(PERSON_FIELDS).flatMap(([key, given]): [string, WriteMode][] => {
        const name = field(key as PersonField);
        return name !== undefined && "mode" in given ? [[name, given.mode]] : [];
      }),
    ),
    required: settings.object === "Lead" ? ["LastName", "Company"] : ["LastName"],
    placeholder: settings.placeholder,
    stages: stagesOf(settings),
  };
}

/** What the org knows of a person, or what becomes of their items without anything being written. */
export type Known = KnownRecord | { status: "decided"; outcome: DeliveryOutcome };

/** Ask for the records of people, with the fields that are about to be written. */
export async function readPeople(
  session: Session,
  people: readonly Person[],
): Promise<Called<Map<Person, Known>>> {
  const { object, external_id, create } = session.context.settings;
  const names = fieldsOf(people, session.context.settings);
  // A field may be asked for once, in whatever case.
  const columns = new Map(names.map((name) => [name.toLowerCase(), name]));
  const soql = `SELECT Id,${[...columns.values()].join(",")} FROM ${object} WHERE ${external_id} IN ${quoted(people.map(({ key }) => key))}`;
  const found = await query(session, soql, names);
  if (found.status === "refused") return found;
  if (!found.answer.done)
    return { status: "refused", outcome: { status: "failed", code: "too_many_records" } };
  const byPerson = recordsOf(found.answer, people, external_id);
  const known = new Map<Person, Known>();
  for (const person of people) {
    const records = byPerson.get(person) ?? [];
    const [record] = records;
    const decide = (outcome: DeliveryOutcome) => known.set(person, { status: "decided", outcome });
    if (!record) {
      if (create) known.set(person, { status: "absent" });
      else decide({ status: "skipped", reason: "no_record" });
    } else if (records.length > 1) decide({ status: "failed", code: "several_records" });
    else if (record.IsConverted === true) decide({ status: "skipped", reason: "lead_converted" });
    else known.set(person, { status: "present", id: record.Id, values: valuesOf(record, names) });
  }
  return { status: "answered", answer: known };
}

/** Fields that the fold looks at. */
function fieldsOf(people: readonly Person[], settings: SalesforceSettings): string[] {
  const { profile, required } = rulesOf(settings);
  const names = new Set([settings.external_id, ...required]);
  if (settings.object === "Lead") names.add("IsConverted");
  if (profile !== undefined) names.add(profile);
  for (const { items } of people)
    for (const { fields } of items) for (const name of Object.keys(fields)) names.add(name);
  return [...names];
}

const recordSchema = z.looseObject({ Id: z.string().regex(RECORD_ID) });
type Row = z.infer<typeof recordSchema>;

/** Salesforce compares texts without case, unless the field says otherwise; then it does not give other cases. */
function recordsOf({ records }: Found, people: readonly Person[], externalId: string): Map<Person, Row[]> {
  const byKey = new Map(people.map((person) => [person.key.toLowerCase(), person]));
  const out = new Map<Person, Row[]>();
  for (const raw of records) {
    const record = recordSchema.safeParse(raw);
    const key = valueNamed(raw, externalId);
    if (!record.success || typeof key !== "string") continue;
    const person = byKey.get(key.toLowerCase());
    if (person) out.set(person, [...(out.get(person) ?? []), record.data]);
  }
  return out;
}
