/**
 * GA4's Measurement Protocol, for servers and apps: `POST /mp/collect` with JSON. Google answers 2xx to whatever it is
 * sent; here what cannot be read is said. ga4-validate.ts is its validation server.
 * Source: https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
import { fromConsentMode } from "#consent/signals/consent-mode";
import type { Signal } from "#consent/signals/signal";
import { Problem } from "#core/problem";
import { parseJson } from "#door/body";
import { asId, asNumber, asRecord, asText } from "../shape.ts";
import { contextOf, type Fields } from "./ga4-event.ts";
import { nameAndProperties } from "./ga4-mapping.ts";
import {
  emptyBody,
  type IncomingEvent,
  type ParsedBody,
  type Stamp,
  type UnreadableEvent,
} from "./protocol.ts";
import { idOfTexts } from "./told-id.ts";

export const MAX_EVENTS = 25;
/** What Google takes; validation tells. Here more are no reason to lose an event: its contract picks those that it names. */
export const MAX_PARAMS = 25;
const MAX_BODY_BYTES = 130_000;
const MAX_AGE_MS = 72 * 3_600_000;
const encoder = new TextEncoder();

/**
 * Read the events of a request.
 * @throws Problem 400 `invalid_json`, `too_deep`, `invalid_body`; 413 `body_too_large`, `too_many_events`
 */
export function readMeasurement(text: string, stamp: Stamp): ParsedBody {
  if (text.length > MAX_BODY_BYTES || encoder.encode(text).length > MAX_BODY_BYTES)
    throw new Problem(413, "body_too_large", `The Measurement Protocol takes ${MAX_BODY_BYTES} bytes.`);
  const body = asRecord(parseJson(text));
  if (!body || !Array.isArray(body.events))
    throw new Problem(400, "invalid_body", 'The body must be an object with an array "events".');
  if (body.events.length > MAX_EVENTS)
    throw new Problem(413, "too_many_events", `The Measurement Protocol takes ${MAX_EVENTS} events.`);
  const sender = senderOf(body);
  const parsed = emptyBody();
  for (const [index, item] of (body.events as unknown[]).entries()) {
    const event = readEvent(index, asRecord(item), sender, stamp);
    if (event === undefined) continue;
    if ("code" in event) parsed.unreadable.push(event);
    else parsed.events.push(event);
  }
  return parsed;
}

/** What all events of a request share. */
interface Sender {
  anonymousId: string | undefined;
  userId: string | undefined;
  traits: Record<string, string> | undefined;
  signals: readonly Signal[] | undefined;
  userAgent: string | undefined;
  address: string | undefined;
  timestamp: unknown;
}

function senderOf(body: Fields): Sender {
  const customer = asId(asRecord(asRecord(body.user_properties)?.customer_id)?.value);
  const mode = consentModeOf(body);
  return {
    anonymousId: asId(body.client_id) ?? asId(body.app_instance_id),
    userId: asId(body.user_id),
    traits: customer === undefined ? undefined : { customer_id: customer },
    signals: mode && [mode],
    userAgent: asText(body.user_agent),
    address: asText(body.ip_override),
    timestamp: body.timestamp_micros,
  };
}

function readEvent(
  index: number,
  record: Fields | undefined,
  sender: Sender,
  { source, newId, now }: Stamp,
): IncomingEvent | UnreadableEvent | undefined {
  const given = asId(record?.name, 64) ?? "";
  const params = asRecord(record?.params) ?? {};
  const timestamp = record?.timestamp_micros ?? params.timestamp_micros ?? sender.timestamp;
  const id = idOfEvent(source.id, index, record, params, sender, timestamp) ?? newId();
  const wrong = (path: string, message: string, code = "invalid_event"): UnreadableEvent => ({
    index,
    id,
    name: given,
    code,
    issues: [{ path, message }],
  });
  if (!record) return wrong("", "must be an object");
  if (given === "") return wrong("name", "is required: the event's name");
  // No time is what the check says of it, which then keeps the event for a repair.
  const micros = timestamp === undefined ? now * 1_000 : (asNumber(timestamp) ?? Number.NaN);
  const occurredAt = Math.floor(micros / 1_000);
  if (occurredAt < now - MAX_AGE_MS)
    return wrong("timestamp_micros", "is more than 72 hours ago", "timestamp_too_old");
  const items = Array.isArray(params.items) ? params.items.map((item) => asRecord(item) ?? {}) : [];
  const mapped = nameAndProperties({ name: given, params, items });
  if (!mapped) return undefined;
  return {
    index,
    id,
    name: mapped.name,
    properties: mapped.properties,
    occurredAt,
    anonymousId: sender.anonymousId,
    userId: sender.userId,
    context: contextOf(params, "ga4-measurement-protocol"),
    traits: sender.traits,
    signals: sender.signals,
    userAgent: sender.userAgent,
    address: sender.address,
  };
}

/**
 * The protocol has no id of an event. A sender can give one as the parameter `event_id`; else an event with a time is
 * told by its content and its time. One without either cannot be told from a second one alike, and so is a new one.
 */
function idOfEvent(
  source: string,
  index: number,
  record: Fields | undefined,
  params: Fields,
  { anonymousId, userId }: Sender,
  timestamp: unknown,
): string | undefined {
  const own = asId(params.event_id);
  // Two shops may number their events alike.
  if (own !== undefined) return idOfTexts([source, asText(record?.name) ?? "", own], "ga4-");
  if (timestamp === undefined) return undefined;
  return idOfTexts([JSON.stringify([anonymousId, userId, timestamp, index, record])], "ga4-");
}

/**
 * Consent Mode's names, of which the protocol has `ad_user_data` and `ad_personalization`: who granted both has granted
 * what it calls `ad_storage` elsewhere, since a server stores nothing on a device. That one and the other two are ours to
 * read; GA4 ignores them. `granted` in lower case, which is the tag's word and not this protocol's, grants nothing; what
 * cannot be read is a refusal.
 */
function consentModeOf(body: Fields): Signal | undefined {
  const consent = asRecord(body.consent ?? {});
  if (!consent) return fromConsentMode(REFUSED);
  const state = Object.fromEntries(Object.entries(consent).filter(([, value]) => value !== "granted"));
  if (NOT_PERSONALISED.has(body.non_personalized_ads)) state.ad_personalization = "DENIED";
  if (state.ad_user_data === "GRANTED" && state.ad_personalization === "GRANTED")
    state.ad_storage ??= "GRANTED";
  return fromConsentMode(state);
}

const REFUSED = { ad_storage: "DENIED", analytics_storage: "DENIED", personalization_storage: "DENIED" };
const NOT_PERSONALISED = new Set<unknown>([true, "true", 1, "1"]);
