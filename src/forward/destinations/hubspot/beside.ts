/**
 * Records beside a contact: companies and deals, upserted by a property whose values are unique, and associated with it.
 * What is there is read first, since what is written depends on it. Every step may be repeated. Called by send.ts.
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/companies/batch/upsert-companies
 * https://developers.hubspot.com/docs/api-reference/latest/crm/objects/deals/batch/upsert-deals
 * https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/batch/create-associations
 */
import type { DeliveryOutcome } from "#core/outcome";
import {
  batchAnswerSchema,
  confirmUpsert,
  errorOutcome,
  idsOf,
  type PairsAnswer,
  pairsAnswerSchema,
} from "./answers.ts";
import { associatePath, callBatch, json, type ObjectType, objectPath, type Session } from "./api.ts";
import type { Properties } from "./properties.ts";

/** One record that items of the batch are about. */
export interface Wanted {
  /** Value of the unique property. */
  id: string;
  traceId: string;
  /** Contacts that it belongs to, by HubSpot's ids. */
  contacts: readonly string[];
  /** Properties that are read for `fold`. */
  names: readonly string[];
  /** What to write, by what is there; empty: there is no such record, or nothing to write. */
  fold: (known: Properties) => Properties;
}

/** What is there of a record. */
type Known = { values: Properties; recordId: string | undefined };

/** Write records of a type and associate them: one outcome for each. */
export async function writeBeside(
  session: Session,
  type: Exclude<ObjectType, "contacts">,
  idProperty: string,
  wanted: readonly Wanted[],
): Promise<Map<Wanted, DeliveryOutcome>> {
  const outcomes = new Map<Wanted, DeliveryOutcome>();
  const recordIds = new Map<Wanted, string>();
  const refuse = (some: readonly Wanted[], outcome: DeliveryOutcome) => {
    for (const one of some) outcomes.set(one, named(type, outcome));
  };

  const inputs: { one: Wanted; properties: Properties }[] = [];
  for (const [one, known] of await readKnown(session, type, idProperty, wanted)) {
    if ("status" in known) {
      refuse([one], known);
      continue;
    }
    const properties = one.fold(known.values);
    if (known.recordId !== undefined) recordIds.set(one, known.recordId);
    if (Object.keys(properties).length > 0 || known.recordId === undefined) inputs.push({ one, properties });
  }
  const path = objectPath(type, "/batch/upsert");
  const parts = await callBatch(session, path, json(batchAnswerSchema), inputs, (batch) => ({
    inputs: batch.map(({ one, properties }) => ({
      idProperty,
      id: one.id,
      objectWriteTraceId: one.traceId,
      properties: { ...properties, [idProperty]: one.id },
    })),
  }));
  for (const part of parts) {
    const traced = part.inputs.map(({ one }) => ({ id: one.id, objectWriteTraceId: one.traceId }));
    const decided =
      "outcome" in part
        ? part.inputs.map(() => part.outcome)
        : confirmUpsert(traced, part.answer, (values) => values[idProperty]);
    for (const [n, { one }] of part.inputs.entries()) {
      const outcome = decided[n] ?? { status: "retry", code: "unconfirmed" };
      if (outcome.status !== "delivered") refuse([one], outcome);
      else if (outcome.detail !== undefined) recordIds.set(one, outcome.detail);
    }
  }

  const pairs = wanted.flatMap((one) => {
    const from = recordIds.get(one);
    if (outcomes.has(one)) return [];
    if (from === undefined) refuse([one], { status: "retry", code: "unconfirmed" });
    else outcomes.set(one, { status: "delivered", detail: from });
    return from === undefined ? [] : [...new Set(one.contacts)].map((to) => ({ one, from, to }));
  });
  const associated = await callBatch(
    session,
    associatePath(type, "contacts"),
    json(pairsAnswerSchema),
    pairs,
    (batch) => ({ inputs: batch.map(({ from, to }) => ({ from: { id: from }, to: { id: to } })) }),
  );
  for (const part of associated)
    for (const pair of part.inputs) {
      const outcome = "outcome" in part ? part.outcome : confirmPair(pair, part.answer, part.inputs.length);
      if (outcome.status !== "delivered") refuse([pair.one], outcome);
    }
  return outcomes;
}

/** Which kind of record an outcome is about: all of them can go wrong for one item. */
const named = (type: string, outcome: DeliveryOutcome): DeliveryOutcome =>
  outcome.status === "failed"
    ? { ...outcome, detail: [type, outcome.detail].filter(Boolean).join(" ") }
    : outcome;

async function readKnown(
  session: Session,
  type: ObjectType,
  idProperty: string,
  wanted: readonly Wanted[],
): Promise<Map<Wanted, Known | Exclude<DeliveryOutcome, { status: "delivered" }>>> {
  const known: Awaited<ReturnType<typeof readKnown>> = new Map();
  const path = objectPath(type, "/batch/read");
  const parts = await callBatch(session, path, json(batchAnswerSchema), wanted, (batch) => ({
    idProperty,
    properties: [...new Set([idProperty, ...batch.flatMap(({ names }) => names)])],
    inputs: batch.map(({ id }) => ({ id })),
  }));
  for (const part of parts) {
    if ("outcome" in part) {
      const { outcome } = part;
      if (outcome.status !== "delivered") for (const one of part.inputs) known.set(one, outcome);
      continue;
    }
    const { results, errors = [] } = part.answer;
    const missing = new Set(
      errors
        .filter(({ category }) => category === "OBJECT_NOT_FOUND")
        .flatMap(({ context }) => idsOf(context)),
    );
    for (const one of part.inputs) {
      const found = results.find(({ properties }) => properties[idProperty] === one.id);
      if (found) known.set(one, { values: texts(found.properties), recordId: found.id });
      // What is neither found nor said to be missing could be there: to write over it might lose a refund.
      else if (missing.has(one.id.toLowerCase())) known.set(one, { values: {}, recordId: undefined });
      else known.set(one, { status: "retry", code: "unconfirmed" });
    }
  }
  return known;
}

const texts = (values: Record<string, unknown>): Properties =>
  Object.fromEntries(
    Object.entries(values).flatMap(([name, v]) => (typeof v === "string" ? [[name, v]] : [])),
  );

function confirmPair(
  { from, to }: { from: string; to: string },
  { results, errors = [] }: PairsAnswer,
  count: number,
): DeliveryOutcome {
  const isThere = results.some((one) =>
    [`${one.from.id} ${one.to.id}`, `${one.to.id} ${one.from.id}`].includes(`${from} ${to}`),
  );
  if (isThere) return { status: "delivered" };
  const [error] = errors;
  return count === 1 && error ? errorOutcome(error) : { status: "retry", code: "unconfirmed" };
}
