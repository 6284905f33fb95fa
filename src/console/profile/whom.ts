/**
 * Whose profile is asked for: a value, which is hashed here under all versions of the look-up key and goes no further; an
 * identifier's key; or an event, by its trace. Called by find.ts.
 */
import * as z from "zod";
import { eventIdOf } from "#collect/event-id";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Receipt } from "#contracts/messages/receipt";
import { namespaceSchema } from "#contracts/namespace_schema";
import { Problem } from "#core/problem";
import { normaliseIdentifier } from "#identity/normalise";
import type { LiveTail } from "#lake/live-tail";
import type { Keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import { findLanded, mergeReceipts } from "../store.ts";

/** An identifier's key, or one under a claim: `visitor_id:1.…|email:1.…`. */
const KEY = /^[a-z0-9_-]{1,48}:[0-9A-Za-z]{1,16}\.[\w-]{1,64}$/;
export const keySchema = z
  .string()
  .max(256)
  .refine((key) => key.split("|").length <= 2 && key.split("|").every((part) => KEY.test(part)));

/** One of the three. */
export const whomSchema = z.union([
  z.strictObject({ namespace: namespaceSchema, value: z.string().min(1).max(512) }),
  z.strictObject({ key: keySchema }),
  z.strictObject({
    event_id: z.string().min(1).max(256),
    at: z.union([z.iso.datetime({ offset: true }), z.iso.datetime()]).optional(),
  }),
]);
export type Whom = z.infer<typeof whomSchema>;

export interface WhomStores {
  lake: R2Bucket;
  liveTail: DurableObjectNamespace<LiveTail>;
  keys: Keyring;
  /** Of the active release: its rules say how a value is read. */
  document: ReleaseDocument;
}

/**
 * Keys by which they are named, the current version first.
 * @throws Problem 400 `invalid_identifier`; 404 `unknown_event`, `unknown_person`
 */
export async function keysOf(whom: Whom, stores: WhomStores): Promise<string[]> {
  if ("key" in whom) return [whom.key];
  if ("event_id" in whom) return [await subjectOfEvent(whom.event_id, whom.at, stores)];
  const normal = await normaliseIdentifier(whom.namespace, whom.value, stores.document);
  if (normal === undefined) {
    throw new Problem(
      400,
      "invalid_identifier",
      `\`value\` is no usable ${whom.namespace}: nobody is known by it, whatever is stored.`,
    );
  }
  return knownKeys(stores.keys, whom.namespace, normal);
}

/** The row that got the event's facts, from the live ring or, with a time, from the files of that hour and those beside it. */
async function subjectOfEvent(
  given: string,
  at: string | undefined,
  { liveTail, lake, keys }: WhomStores,
): Promise<string> {
  const eventId = await eventIdOf(keys, given);
  const recent = (await liveTail.get(liveTail.idFromName("tail")).traceOf(eventId))?.receipts ?? [];
  const landed = at === undefined ? [] : (await findLanded(lake, eventId, Date.parse(at))).receipts;
  const receipts = mergeReceipts(recent, landed);
  if (receipts.length === 0) {
    throw new Problem(
      404,
      "unknown_event",
      "No receipt of this event is in the live ring; with `at`, about when it came in, the hours around it are searched in R2.",
    );
  }
  const subject = receipts.map(subjectIn).find((key) => key !== undefined);
  if (subject !== undefined) return subject;
  throw new Problem(
    404,
    "unknown_person",
    "The event belongs to nobody who is known: it was not accepted, or took no effect.",
  );
}

function subjectIn(receipt: Receipt): string | undefined {
  if (receipt.stage === "ingest") return receipt.subject ?? receipt.profile;
  return receipt.stage === "slot" ? receipt.visitor : undefined;
}
