/**
 * A batch of contacts on its way to HubSpot: what is only claimed is compared with the CRM first, all items of one
 * address become one input (HubSpot refuses an address that comes twice), and every item gets its own outcome.
 */
import type { DeliveryOutcome } from "#core/outcome";
import { unsafeEndpoint } from "#core/safe-url";
import type { Mapped, SendContext } from "../contract.ts";
import { type BatchAnswer, confirmUpsert, emailOf, idsOf } from "./answers.ts";
import { callBatch, type Session } from "./api.ts";
import { foldClaims, type KnownContact } from "./claims.ts";
import type { HubspotBody } from "./map.ts";
import { HUBSPOT_HOSTS, type HubspotSettings, PROPERTIES, type Properties, portalName } from "./settings.ts";

/** The items of one address, in the order of their events. */
interface Person {
  email: string;
  traceId: string;
  indexes: number[];
  items: HubspotBody[];
}

/** Upsert contacts; one outcome for each body. */
export async function sendContacts(
  bodies: readonly Mapped<HubspotBody>[],
  context: SendContext<HubspotSettings>,
): Promise<DeliveryOutcome[]> {
  const unsafe = unsafeEndpoint(context.settings.endpoint, HUBSPOT_HOSTS, context.allowInsecure);
  if (unsafe) return bodies.map(() => ({ status: "failed", code: "unsafe_url", detail: unsafe }));

  const session: Session = { context, requests: 0 };
  const outcomes: DeliveryOutcome[] = bodies.map(() => ({ status: "retry", code: "unconfirmed" }));
  const settle = (person: Person, outcome: DeliveryOutcome) => {
    for (const index of person.indexes) outcomes[index] = outcome;
  };

  const people = byAddress(bodies);
  const { known, undecided } = await readKnown(session, people);
  for (const [person, outcome] of undecided) settle(person, outcome);

  const inputs = [...known].flatMap(([person, contact]) => {
    const { write, admitted } = foldClaims(contact, person.items);
    settle(person, { status: "delivered" });
    for (const [n, index] of person.indexes.entries()) {
      if (!admitted[n]) outcomes[index] = { status: "skipped", reason: "claim_not_proven" };
    }
    // Where nothing changes, nothing is sent: the contact says it already.
    if (Object.keys(write).length === 0) return [];
    const admittedIndexes = person.indexes.filter((_, n) => admitted[n]);
    return [
      { person: { ...person, indexes: admittedIndexes }, properties: toPortal(write, context.settings) },
    ];
  });
  const parts = await callBatch(session, "upsert", inputs, (batch) => ({
    inputs: batch.map(({ person, properties }) => ({
      idProperty: "email",
      id: person.email,
      // Asks for an answer per item: https://developers.hubspot.com/docs/api-reference/error-handling#multi-status-errors
      objectWriteTraceId: person.traceId,
      properties: { email: person.email, ...properties },
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
  return outcomes;
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

interface Read {
  known: Map<Person, KnownContact>;
  undecided: Map<Person, DeliveryOutcome>;
}

/** Ask for the contacts of which something is only claimed, whose stage might move back, or that may have a legal basis. */
async function readKnown(session: Session, people: readonly Person[]): Promise<Read> {
  const { settings } = session.context;
  const known: Read["known"] = new Map();
  const undecided: Read["undecided"] = new Map();
  const asked = people.filter((p) =>
    p.items.some(({ verified, properties: { lifecyclestage, hs_legal_basis } }) =>
      [!verified, lifecyclestage, hs_legal_basis].some(Boolean),
    ),
  );
  const properties = PROPERTIES.flatMap((name) => portalName(name, settings) ?? []);
  const parts = await callBatch(session, "read", asked, (batch) => ({
    idProperty: "email",
    properties: ["email", "hs_additional_emails", ...properties],
    inputs: batch.map(({ email }) => ({ id: email })),
  }));
  for (const person of people) if (!asked.includes(person)) known.set(person, { status: "unread" });
  for (const part of parts) {
    if ("outcome" in part) for (const person of part.inputs) undecided.set(person, part.outcome);
    else
      for (const [person, contact] of knownFrom(part.answer, part.inputs, settings))
        known.set(person, contact);
  }
  return { known, undecided };
}

function knownFrom(
  answer: BatchAnswer,
  people: readonly Person[],
  settings: HubspotSettings,
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
      if (properties) return [person, { status: "present", values: fromPortal(properties, settings) }];
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
  for (const name of PROPERTIES) {
    const value = properties[name];
    const portal = portalName(name, settings);
    if (value !== undefined && portal !== undefined) out[portal] = value;
  }
  return out;
}

function fromPortal(values: Record<string, unknown>, settings: HubspotSettings): Properties {
  const out: Properties = {};
  for (const name of PROPERTIES) {
    const portal = portalName(name, settings);
    const value = portal === undefined ? undefined : values[portal];
    if (typeof value === "string") out[name] = value;
  }
  return out;
}
