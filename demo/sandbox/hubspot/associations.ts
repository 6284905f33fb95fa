/**
 * `POST …/associations/…/{from}/{to}/batch/associate/default`: the most general association of two types, kept in both
 * directions. Repeating one changes nothing. Pairs of which a record is missing come as errors in a 207.
 * Ids of the kinds: https://developers.hubspot.com/docs/api-reference/latest/crm/associations/associate-records/guide
 */
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import type { AnswerContext } from "../vendor.ts";
import type { Contacts } from "./contacts.ts";
import { invalid } from "./errors.ts";
import type { ObjectType } from "./properties.ts";
import { associateRequest, type BatchError } from "./schemas.ts";

const LIMIT = 2_000;

/** One association, as the sandbox shows it. */
export type Association = { from: ObjectType; fromId: string; to: ObjectType; toId: string };

const KINDS: Readonly<Record<string, number>> = {
  "contacts companies": 279,
  "companies contacts": 280,
  "deals contacts": 3,
  "contacts deals": 4,
  "deals companies": 341,
  "companies deals": 342,
};

/** Answers one batch; writes into `made`. */
export function associate(
  body: unknown,
  [from, to]: readonly [ObjectType, ObjectType],
  stores: Readonly<Record<ObjectType, Contacts>>,
  made: Map<string, Association>,
  { now, partial }: AnswerContext,
): Reply {
  const kind = KINDS[`${from} ${to}`];
  const back = KINDS[`${to} ${from}`];
  if (kind === undefined || back === undefined)
    return invalid(`No default association between ${from} and ${to}`);
  const parsed = associateRequest.safeParse(body);
  if (!parsed.success) return invalid(`Invalid input JSON on line 1, column 1: ${parsed.error.message}`);
  const { inputs } = parsed.data;
  if (inputs.length === 0) return invalid("inputs must not be empty");
  if (inputs.length > LIMIT)
    return invalid(`The maximum number of inputs is ${LIMIT}, but was ${inputs.length}`);

  const results: unknown[] = [];
  const errors: BatchError[] = [];
  for (const [position, pair] of inputs.entries()) {
    const context = { fromObjectId: [pair.from.id], toObjectId: [pair.to.id] };
    const missing = [
      ...(stores[from].find("hs_object_id", pair.from.id) ? [] : [pair.from.id]),
      ...(stores[to].find("hs_object_id", pair.to.id) ? [] : [pair.to.id]),
    ];
    if (missing.length > 0) {
      const message = `No object exists for ids: ${missing.join(", ")}`;
      errors.push({ status: "error", category: "OBJECT_NOT_FOUND", message, context });
    } else if (partial !== undefined && (position % 2 === 1 || inputs.length === 1)) {
      errors.push({ status: "error", category: partial.category, message: "internal error", context });
    } else {
      const [fromId, toId] = [pair.from.id, pair.to.id];
      made.set(`${from} ${fromId} ${to} ${toId}`, { from, fromId, to, toId });
      made.set(`${to} ${toId} ${from} ${fromId}`, { from: to, fromId: toId, to: from, toId: fromId });
      const spec = (associationTypeId: number) => ({
        associationCategory: "HUBSPOT_DEFINED",
        associationTypeId,
      });
      results.push({ from: { id: fromId }, to: { id: toId }, associationSpec: spec(kind) });
      results.push({ from: { id: toId }, to: { id: fromId }, associationSpec: spec(back) });
    }
  }
  return json(errors.length > 0 ? 207 : 200, {
    status: "COMPLETE",
    results,
    ...(errors.length > 0 && { numErrors: errors.length, errors }),
    startedAt: now.toISOString(),
    completedAt: now.toISOString(),
  });
}
