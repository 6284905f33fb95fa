/**
 * The contacts of a batch: what is only claimed is compared with the CRM first, all items of one address become one input
 * (HubSpot refuses an address that comes twice), and every item gets its own outcome. First step of send.ts.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/upsert-contacts
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/contacts/batch/get-contacts
 */
import type { DeliveryOutcome } from "#core/outcome";
import type { Mapped } from "../contract.ts";
import { type BatchAnswer, batchAnswerSchema, confirmUpsert, emailOf, idsOf } from "./answers.ts";
import { callBatch, json, objectPath, type Session } from "./api.ts";
import { type Admission, foldClaims, type KnownContact } from "./claims.ts";
import type { HubspotBody } from "./map.ts";
import { modeOf, PROPERTIES, type Properties } from "./properties.ts";
import { type HubspotSettings, portalName } from "./settings.ts";

/** The items of one address, in the order of their events. */
interface Person {
  email: string;
  traceId: string;
  indexes: number[];
  items: HubspotBody[];
}

/** One of each for each body. `detail` of what is delivered is the contact's id. */
export interface Contacts {
  outcomes: DeliveryOutcome[];
  admitted: (Admission | undefined)[];
}

/** Upsert contacts. */
export async function upsertContacts(
  session: Session,
  bodies: readonly Mapped<HubspotBody>[],
): Promise<Contacts> {
  const { settings } = session.context;
  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: "unconfirmed" }));
  const admitted: Contacts["admitted"] = bodies.map(() => undefined);
  const settle = (person: Person, outcome: DeliveryOutcome) => {
    for (const index of person.indexes) outcomes[index] = outcome;
  };

  const people = byAddress(bodies);
  const { known, undecided } = await readKnown(session, people);
  for (const [person, outcome] of undecided) settle(person, outcome);

  const inputs = [...known].flatMap(([person, contact]) => {
    const folded = foldClaims(contact, person.items);
    settle(person, { status: "delivered" });
    const indexes = person.indexes.filter((index, n) => {
      const admission = folded.admitted[n];
      admitted[index] = admission;
      if (admission !== "claim_not_proven") return true;
      outcomes[index] = { status: "skipped", reason: admission };
      return false;
    });
    // Where nothing changes, nothing is sent: the contact says it already. Records beside it need its id all the same.
    const isNamed = person.items.some(({ company, deal }) => company ?? deal);
    if (Object.keys(folded.write).length === 0 && !(isNamed && indexes.length > 0)) return [];
    return [{ person: { ...person, indexes }, properties: toPortal(folded.write, settings) }];
  });
  const path = objectPath("contacts", "/batch/upsert");
  const parts = await callBatch(session, path, json(batchAnswerSchema), inputs, (batch) => ({
    inputs: batch.map(({ person, properties }) => ({
      idProperty: "email",
      id: person.email,
      // Asks for an answer per item: https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors
      objectWriteTraceId: person.traceId,
      properties: { ...properties, email: person.email },
    })),
  }));
  for (const part of parts) {
    const traced = part.inputs.map(({ person }) => ({
      id: person.email,
      objectWriteTraceId: person.traceId,
    }));
    const decided =
      "outcome" in part ? part.inputs.map(() => part.outcome) : confirmUpsert(traced, part.answer);
    for (const [n, outcome] of decided.entries()) {
      const input = part.inputs[n];
      if (input) settle(input.person, outcome);
    }
  }
  return { outcomes, admitted };
}

function byAddress(bodies: readonly Mapped<HubspotBody>[]): Person[] {
  const people = new Map<string, Person>();
  const ordered = [...bodies.entries()].sort(
    ([i, a], [j, b]) => a.body.occurredAt - b.body.occurredAt || i - j,
  );
  for (const [index, { itemId, body }] of ordered) {
    const person = people.get(body.email) ?? { email: body.email, traceId: itemId, indexes: [], items: [] };
    person.indexes.push(index);
    person.items.push(body);
    people.set(body.email, person);
  }
  return [...people.values()];
}

/** Whether what is written depends on what is there: of claims always, else by the modes of what is written. */
const needsKnown = ({ verified, properties, modes }: HubspotBody): boolean =>
  !verified || Object.keys(properties).some((name) => modeOf(name, modes) !== "overwrite");

interface Read {
  known: Map<Person, KnownContact>;
  undecided: Map<Person, DeliveryOutcome>;
}

/** Ask for the contacts whose present values decide what may be written. */
async function readKnown(session: Session, people: readonly Person[]): Promise<Read> {
  const { settings } = session.context;
  const known: Read["known"] = new Map();
  const undecided: Read["undecided"] = new Map();
  const asked = people.filter(({ items }) => items.some(needsKnown));
  const names = new Set<string>([
    ...PROPERTIES,
    ...asked.flatMap(({ items }) => items.flatMap(({ properties }) => Object.keys(properties))),
  ]);
  const portal = new Map([...names].map((name) => [name, portalName(name, settings)]));
  const path = objectPath("contacts", "/batch/read");
  const parts = await callBatch(session, path, json(batchAnswerSchema), asked, (batch) => ({
    idProperty: "email",
    properties: [
      "email",
      "hs_additional_emails",
      ...[...portal.values()].filter((name) => name !== undefined),
    ],
    inputs: batch.map(({ email }) => ({ id: email })),
  }));
  for (const person of people) if (!asked.includes(person)) known.set(person, { status: "unread" });
  for (const part of parts) {
    if ("outcome" in part) for (const person of part.inputs) undecided.set(person, part.outcome);
    else
      for (const [person, contact] of knownFrom(part.answer, part.inputs, portal)) known.set(person, contact);
  }
  return { known, undecided };
}

function knownFrom(
  answer: BatchAnswer,
  people: readonly Person[],
  portal: ReadonlyMap<string, string | undefined>,
): Map<Person, KnownContact> {
  const missing = new Set(
    (answer.errors ?? []).filter((e) => e.category === "OBJECT_NOT_FOUND").flatMap((e) => idsOf(e.context)),
  );
  const asked = new Set(people.map(({ email }) => email));
  const found = new Map<string, Record<string, unknown>>();
  // A contact that matches none of the addresses asked for could be any that is not found: nothing is known of those.
  let isAccounted = true;
  for (const { properties } of answer.results) {
    const own = addresses(properties).filter((address) => asked.has(address));
    for (const address of own) found.set(address, properties);
    if (own.length === 0) isAccounted = false;
  }
  return new Map(
    people.map((person): [Person, KnownContact] => {
      const properties = found.get(person.email);
      if (properties) return [person, { status: "present", values: fromPortal(properties, portal) }];
      return [person, { status: missing.has(person.email) || isAccounted ? "absent" : "unknown" }];
    }),
  );
}

/** A contact's main address and its others, which HubSpot also finds it by. */
function addresses(properties: Record<string, unknown>): string[] {
  const others = typeof properties.hs_additional_emails === "string" ? properties.hs_additional_emails : "";
  return [emailOf(properties) ?? "", ...others.split(";").map((e) => e.trim().toLowerCase())].filter(Boolean);
}

function toPortal(properties: Properties, settings: HubspotSettings): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, value] of Object.entries(properties)) {
    const portal = portalName(name, settings);
    if (portal !== undefined) out[portal] = value;
  }
  return out;
}

function fromPortal(
  values: Record<string, unknown>,
  portal: ReadonlyMap<string, string | undefined>,
): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [name, own] of portal) {
    const value = own === undefined ? undefined : values[own];
    if (typeof value === "string") out[name] = value;
  }
  return out;
}
