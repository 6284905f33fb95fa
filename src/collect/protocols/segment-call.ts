/**
 * Calls of Segment's specification, read into incoming events: for segment.ts, rudderstack.ts and jitsu.ts, whose clients
 * all send them. Each call is read by itself, so that a bad one harms only itself.
 */
import { Problem } from "#core/problem";
import { contentId } from "#door/content-id";
import { asId, asRecord, asText } from "../shape.ts";
import { segmentIdentifiers } from "./further-identifiers.ts";
import {
  emptyBody,
  type IncomingEvent,
  type ParsedBody,
  type ProtocolRequest,
  type Stamp,
  type UnreadableEvent,
} from "./protocol.ts";
import { statementOf } from "./segment-consent.ts";
import type { Fields } from "./segment-fields.ts";
import { contextOf, meaningOf } from "./segment-mapping.ts";
import { boundedId } from "./told-id.ts";

/** As Segment's API: 2,500 calls of a batch. */
const MAX_CALLS = 2_500;
/** As Segment's API: 32 KB of a call. */
const MAX_CALL_BYTES = 32_768;

/** The call of each last part of a path. */
export const CALL_OF_PATH: Readonly<Record<string, string>> = {
  t: "track",
  track: "track",
  p: "page",
  page: "page",
  i: "identify",
  identify: "identify",
  s: "screen",
  screen: "screen",
  g: "group",
  group: "group",
  a: "alias",
  alias: "alias",
};

/** What a batch's shared context may become when each of its events gets it. */
const MAX_SHARED_CHARS = 4_000_000;

export interface CallRules {
  /** The call that the path names; else each item's own `type` does. */
  type?: string | undefined;
  /** An event may come without any id: the client was told to send none. */
  mayBeNobody?: boolean;
  /** Events of any age: the sender's clock is not corrected, and the times stay as they are given. */
  historical?: boolean;
}

/**
 * Read a single call, or `{"batch": […], "context"?, "sentAt"?}`.
 * @throws Problem 400 `invalid_body`, 413 `too_many_events`
 */
export function readCalls(request: ProtocolRequest, rules: CallRules, stamp: Stamp): ParsedBody {
  const record = asRecord(request.body);
  if (!record) throw new Problem(400, "invalid_body", "The body must be a JSON object.");
  const items: unknown = rules.type === undefined ? record.batch : [record];
  if (!Array.isArray(items)) throw new Problem(400, "invalid_body", 'The body must have an array "batch".');
  if (items.length > MAX_CALLS)
    throw new Problem(413, "too_many_events", `A batch carries at most ${MAX_CALLS} events.`);
  const shared = rules.type === undefined ? asRecord(record.context) : undefined;
  if (shared && JSON.stringify(shared).length * items.length > MAX_SHARED_CHARS)
    throw new Problem(
      413,
      "body_too_large",
      "The batch's context is too large to go with each of its events.",
    );
  const parsed = emptyBody();
  if (rules.historical) parsed.historical = true;
  else {
    const sentAt = Date.parse(asText(record.sentAt) ?? asText(asRecord(items[0])?.sentAt) ?? "");
    if (Number.isFinite(sentAt)) parsed.sentAt = sentAt;
  }
  const isLarge = mayBeLarge(request.headers);
  for (const [index, item] of items.entries()) {
    const event = readCall(item, index, rules, shared, isLarge, request.headers, stamp);
    if ("code" in event) parsed.unreadable.push(event);
    else parsed.events.push(event);
  }
  return parsed;
}

function readCall(
  item: unknown,
  index: number,
  rules: CallRules,
  shared: Fields | undefined,
  isLarge: boolean,
  headers: Headers,
  { source, newId, now }: Stamp,
): IncomingEvent | UnreadableEvent {
  const record = asRecord(item);
  if (!record) return unreadable(index, "", "", "", "must be an object");
  const type = rules.type ?? asText(record.type) ?? "";
  const id = boundedId(record.messageId) ?? (rules.historical ? contentId(source.id, record) : newId());
  const context = merged(shared, asRecord(record.context));
  const meaning = meaningOf(type, record, context);
  if (!meaning)
    return unreadable(index, id, type, "type", `"${type.slice(0, 32)}" is not a call that Doorstep collects`);
  const { name, properties, traits } = meaning;
  if (isLarge && bytesOf(item) > MAX_CALL_BYTES)
    return {
      ...unreadable(index, id, name, "", `is larger than ${MAX_CALL_BYTES} bytes`),
      code: "event_too_large",
    };
  // One that is too long for an id is left out by identify.ts, and named on the receipt.
  const userId = asId(record.userId, MAX_CALL_BYTES);
  const own = asId(record.anonymousId, MAX_CALL_BYTES);
  const anonymousId = type === "alias" ? (asId(record.previousId, MAX_CALL_BYTES) ?? own) : own;
  if (!rules.mayBeNobody && !userId && !anonymousId)
    return unreadable(index, id, name, "anonymousId", "either userId or anonymousId is required");
  if (type === "alias" && (!userId || !anonymousId))
    return unreadable(index, id, name, "previousId", "an alias needs userId and previousId");
  return {
    index,
    id,
    name,
    occurredAt: momentOf(record.timestamp ?? record.originalTimestamp, now),
    userId,
    anonymousId,
    identifiers: segmentIdentifiers(context, anonymousId, own),
    properties,
    context: contextOf(context, type, record),
    traits,
    statement: statementOf(context, source.consentCategories),
    // In the context, since traits are kept, and an unmodified client can be told to send something there.
    token: context.identity_token,
    userAgent: userAgentOf(context.userAgent, headers),
    address: asText(context.ip),
  };
}

/**
 * Epoch ms of an ISO 8601 date, or of a number of seconds or milliseconds since 1970; without any, now. NaN where it is
 * no time: the check says so, and keeps the event for a repair.
 */
function momentOf(given: unknown, now: number): number {
  if (given === undefined || given === null) return now;
  if (typeof given === "number") {
    const ms = Math.floor(Math.abs(given) < LEAST_MS ? given * 1_000 : given);
    return Math.abs(ms) <= MAX_DATE_MS ? ms : Number.NaN;
  }
  return typeof given === "string" ? Date.parse(given) : Number.NaN;
}

/** As seconds this is the year 5138, as milliseconds 1973. */
const LEAST_MS = 1e11;
/** What a Date can hold. */
const MAX_DATE_MS = 8.64e15;

/** The person's own user agent, where it is another than that of who sends: a server's library, an app. */
function userAgentOf(given: unknown, headers: Headers): string | undefined {
  const userAgent = asText(given);
  if (userAgent === undefined || userAgent === "" || userAgent.length > 1_024) return undefined;
  return userAgent === headers.get("user-agent") ? undefined : userAgent;
}

/** A batch's context with an item's own in it, which counts more. The body's nesting is bounded by the door. */
function merged(shared: Fields | undefined, own: Fields | undefined): Fields {
  if (!shared) return own ?? {};
  if (!own) return shared;
  const out: Record<string, unknown> = { ...shared, ...own };
  for (const key of Object.keys(own)) {
    const below = asRecord(shared[key]);
    const above = asRecord(own[key]);
    if (below && above && key !== "__proto__") out[key] = merged(below, above);
  }
  return out;
}

/** Whether one of the calls may be too large: asked before each is measured. */
function mayBeLarge(headers: Headers): boolean {
  const length = Number(headers.get("content-length") ?? Number.NaN);
  return !(length <= MAX_CALL_BYTES) || headers.has("content-encoding");
}

const encoder = new TextEncoder();

function bytesOf(item: unknown): number {
  const text = JSON.stringify(item);
  return text.length * 3 <= MAX_CALL_BYTES ? text.length : encoder.encode(text).length;
}

const unreadable = (
  index: number,
  id: string,
  name: string,
  path: string,
  message: string,
): UnreadableEvent => ({
  index,
  id,
  name: name.slice(0, 64),
  code: "invalid_event",
  issues: [{ path, message }],
});
