/**
 * `POST /events/{version}/send/batch`: occurrences of custom events. 204 without a body. A batch with one that breaks a
 * limit is refused as a whole. Of several with one `uuid` HubSpot takes the first.
 * Limits: https://developers.hubspot.com/docs/api-reference/latest/events/send-event-data/guide#limits
 */
import type { AnswerContext, VendorReply } from "../vendor.ts";
import { hubspotError, invalid } from "./errors.ts";
import { eventsRequest } from "./schemas.ts";

/** An occurrence that was taken, as the sandbox shows it. */
export type Occurrence = {
  eventName: string;
  email: string | null;
  occurredAt: string | null;
  properties: Record<string, string>;
};

const LIMITS = { batch: 500, properties: 50, characters: 256, addressCharacters: 1_024 } as const;
/** The portal has defined these events, and HubSpot puts its account's id before their names. */
const DEFINED = /^pe1234567_[a-z0-9_-]{1,50}$/;

/** Answers one batch; writes into `taken`, by event and uuid. */
export function sendEvents(
  body: unknown,
  taken: Map<string, Occurrence>,
  { partial }: AnswerContext,
): VendorReply {
  // There is no partial success here.
  if (partial !== undefined)
    return hubspotError(500, { message: "internal error", category: partial.category });
  const parsed = eventsRequest.safeParse(body);
  if (!parsed.success) {
    const [at] = parsed.error.issues;
    return invalid(`Invalid input JSON on line 1, column 1: ${at?.message} at ${at?.path.join(".")}`);
  }
  const { inputs } = parsed.data;
  if (inputs.length === 0) return invalid("inputs must not be empty");
  if (inputs.length > LIMITS.batch) return invalid(`At most ${LIMITS.batch} events are supported per batch`);
  for (const input of inputs) {
    const wrong = wrongWith(input);
    if (wrong !== undefined) return invalid(wrong.message, { context: { [wrong.field]: [wrong.value] } });
  }
  let duplicates = 0;
  for (const { eventName, uuid, email, occurredAt, properties } of inputs) {
    const key = `${eventName} ${uuid ?? `none-${taken.size}`}`;
    if (taken.has(key)) duplicates += 1;
    else taken.set(key, { eventName, email: email ?? null, occurredAt: occurredAt ?? null, properties });
  }
  const reply = { status: 204, headers: { "cache-control": "no-store" }, body: "" };
  return { ...reply, note: { duplicates } };
}

type Input = ReturnType<typeof eventsRequest.parse>["inputs"][number];

function wrongWith(input: Input): { field: string; value: string; message: string } | undefined {
  const { eventName, email, objectId, utk, properties } = input;
  if (!DEFINED.test(eventName))
    return { field: "eventName", value: eventName, message: `No event definition found for ${eventName}` };
  if (!email && !objectId && !utk)
    return { field: "objectId", value: "", message: "One of objectId, email or utk is required" };
  const entries = Object.entries(properties);
  if (entries.length > LIMITS.properties)
    return { field: "properties", value: String(entries.length), message: "Too many properties: 50 at most" };
  for (const [name, value] of entries) {
    if (!/^[a-z][a-z0-9_]{0,49}$/.test(name))
      return { field: "properties", value: name, message: `The property name ${name} is not valid` };
    const most = ["hs_url", "hs_referrer"].includes(name) ? LIMITS.addressCharacters : LIMITS.characters;
    if (value.length > most)
      return {
        field: "properties",
        value: name,
        message: `The value of ${name} has over ${most} characters`,
      };
  }
  return undefined;
}
