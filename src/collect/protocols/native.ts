/** Doorstep's own protocol: `POST /events`. Each event is read by itself, so that a bad one harms only itself. */
import * as z from "zod";
import { nativeEventSchema } from "#contracts/event";
import { once } from "#contracts/once";
import { Problem } from "#core/problem";
import { fitsOf } from "../fits.ts";
import { issuesOf } from "../issues.ts";
import { asId, asRecord, asText } from "../shape.ts";
import { recordedIdentifiers } from "./further-identifiers.ts";
import { type NativeConsent, readConsent } from "./native-consent.ts";
import {
  emptyBody,
  type IncomingEvent,
  jsonAnswer,
  type Protocol,
  type Route,
  type UnreadableEvent,
} from "./protocol.ts";

const MAX_EVENTS = 500;
export const EVENTS: Route = { method: "POST", path: "/events", body: "json" };

export const native = {
  name: "native",
  routes: [EVENTS],
  keyIn: ({ body }) => asText(asRecord(body)?.write_key),
  parse({ body }) {
    const record = asRecord(body);
    if (!record || !Array.isArray(record.events)) {
      throw new Problem(400, "invalid_body", 'The body must be an object with an array "events".');
    }
    if (record.events.length > MAX_EVENTS) {
      throw new Problem(413, "too_many_events", `A request carries at most ${MAX_EVENTS} events.`);
    }
    const parsed = emptyBody();
    const shared = readConsent(record.consent);
    for (let index = 0; index < record.events.length; index++) {
      const read = readEvent(record.events[index], index, shared, record.token);
      if ("code" in read) parsed.unreadable.push(read);
      else parsed.events.push(read);
    }
    const sentAt = Date.parse(asText(record.sent_at) ?? "");
    if (Number.isFinite(sentAt)) parsed.sentAt = sentAt;
    return parsed;
  },
  respond: (result) =>
    result.dropped.length === 0 && result.rejected.length === 0 && !result.unproven
      ? { status: 202, contentType: "application/json", body: allTaken(result.accepted) }
      : jsonAnswer(202, result),
} satisfies Protocol;

/** What nearly every request is answered, as JSON. */
const allTaken = (accepted: number): string => `{"accepted":${accepted},"dropped":[],"rejected":[]}`;

/** Made once: to make a schema costs several times what it costs to use it. */
const fitsNative = once(() => fitsOf(nativeEventSchema()));
/** A time that is none is left to the check, which keeps the event for a repair. */
const timelessSchema = once(() => nativeEventSchema().extend({ occurred_at: z.unknown().optional() }));

const IDS = ["id", "anonymous_id", "user_id"] as const;
const OPTIONAL = ["version", "anonymous_id", "user_id"] as const;

/** An event as its sender meant it, though not to the letter: `null` is nothing, and an id may be a number. */
function forgiven(record: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const event = { ...record };
  for (const key of OPTIONAL) if (event[key] === null) delete event[key];
  for (const key of IDS) if (typeof event[key] === "number") event[key] = String(event[key]);
  return event;
}

/**
 * @param shared what the body says of consent for events that say nothing
 * @param token the body's identity token, for events that have none
 */
function readEvent(
  item: unknown,
  index: number,
  shared: NativeConsent,
  token: unknown,
): IncomingEvent | UnreadableEvent {
  const record = asRecord(item);
  const id = asId(record?.id)?.slice(0, 100) ?? "";
  const name = asText(record?.name)?.slice(0, 64) ?? "";
  const isPlain = fitsNative()(item);
  const parsed = isPlain
    ? { success: true as const, data: item as z.infer<ReturnType<typeof nativeEventSchema>> }
    : timelessSchema().safeParse(record ? forgiven(record) : item);
  if (!parsed.success) return { index, id, name, code: "invalid_event", issues: issuesOf(parsed.error) };
  const event = parsed.data;
  const consent = event.consent === undefined ? shared : readConsent(event.consent);
  if (!consent.ok) return { index, id, name, code: "invalid_consent", issues: consent.issues };
  return {
    index,
    id: event.id,
    name: event.name,
    version: event.version,
    occurredAt: isPlain ? Date.parse(event.occurred_at as string) : momentOf(event.occurred_at), // just seen to be a text
    anonymousId: event.anonymous_id,
    userId: event.user_id,
    identifiers: recordedIdentifiers(event.identifiers),
    properties: event.properties ?? {},
    context: event.context ?? {},
    address: asText(asRecord(event.context)?.ip),
    traits: event.traits,
    token: record?.token ?? token,
    ...consent.says,
  };
}

/** Epoch ms; NaN where it is no time. */
const momentOf = (given: unknown): number =>
  typeof given === "string" && nativeEventSchema().shape.occurred_at.safeParse(given).success
    ? Date.parse(given)
    : Number.NaN;
