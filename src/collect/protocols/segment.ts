/**
 * Segment's HTTP tracking API, for its unmodified clients.
 * Source: https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/ and the npm clients
 * `@segment/analytics-next` and `@segment/analytics-node`, whose requests the tests record.
 */
import type { ConsentStatement } from "#contracts/event";
import { Problem } from "#core/problem";
import { asId, asRecord, asText } from "../shape.ts";
import {
  type IncomingEvent,
  jsonAnswer,
  type ParsedBody,
  type Protocol,
  postJson,
  type UnreadableEvent,
} from "./protocol.ts";
import { contextOf, identityTraits, nameAndProperties } from "./segment-mapping.ts";

const MAX_EVENTS = 2_500;
const TYPE_OF_PATH: Record<string, string> = {
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

export const segment = {
  name: "segment",
  routes: postJson(
    "/v1/t",
    "/v1/track",
    "/v1/p",
    "/v1/page",
    "/v1/i",
    "/v1/identify",
    "/v1/g",
    "/v1/group",
    "/v1/a",
    "/v1/alias",
    "/v1/s",
    "/v1/screen",
    "/v1/b",
    "/v1/batch",
    "/v1/import",
  ),
  keyIn: ({ body }) => asText(asRecord(body)?.writeKey),
  parse({ body, route: { path } }, { source, newId, now }) {
    const record = asRecord(body);
    if (!record) throw new Problem(400, "invalid_body", "The body must be a JSON object.");
    const type = TYPE_OF_PATH[path.slice(path.lastIndexOf("/") + 1)];
    const items = type ? [record] : record.batch;
    if (!Array.isArray(items)) throw new Problem(400, "invalid_body", 'The body must have an array "batch".');
    if (items.length > MAX_EVENTS)
      throw new Problem(413, "too_many_events", `A batch carries at most ${MAX_EVENTS} events.`);
    const parsed: ParsedBody = { events: [], unreadable: [] };
    const sentAt = Date.parse(asText(record.sentAt) ?? "");
    if (Number.isFinite(sentAt)) parsed.sentAt = sentAt;
    const shared = type ? undefined : asRecord(record.context);
    for (const [index, item] of items.entries()) {
      const event = readItem(item, index, type, shared, source.consentCategories, newId, now);
      if ("code" in event) parsed.unreadable.push(event);
      else parsed.events.push(event);
    }
    return parsed;
  },
  respond: () => jsonAnswer(200, { success: true }),
  examples: [
    {
      title: "track: an order",
      route: { method: "POST", path: "/v1/track", body: "json" },
      body: {
        type: "track",
        event: "Order Completed",
        anonymousId: "a-507f191e810c19729de860ea",
        messageId: "seg-1",
        timestamp: "2026-11-22T10:00:00.000Z",
        properties: {
          order_id: "A-1002",
          total: 78,
          currency: "EUR",
          products: [{ product_id: "wool-gloves", price: 39, quantity: 2 }],
        },
      },
      accepted: 1,
      names: ["purchase"],
    },
    {
      title: "batch: a page and an identify",
      route: { method: "POST", path: "/v1/batch", body: "json" },
      body: {
        context: { library: { name: "analytics-node", version: "3.1.0" } },
        batch: [
          {
            type: "page",
            anonymousId: "a-1",
            messageId: "seg-2",
            timestamp: "2026-11-22T10:00:00.000Z",
            properties: { url: "https://shop.example/" },
          },
          {
            type: "identify",
            userId: "u-1",
            messageId: "seg-3",
            timestamp: "2026-11-22T10:00:00.000Z",
            traits: { email: "ida@example.com", firstName: "Ida" },
          },
        ],
      },
      accepted: 2,
      names: ["page_view", "identify"],
    },
  ],
} satisfies Protocol;

function readItem(
  item: unknown,
  index: number,
  pathType: string | undefined,
  shared: Record<string, unknown> | undefined,
  categories: Record<string, string>,
  newId: () => string,
  now: number,
): IncomingEvent | UnreadableEvent {
  const record = asRecord(item);
  if (!record) return unreadable(index, "", "", "", "must be an object");
  const type = pathType ?? asText(record.type) ?? "";
  const id = asId(record.messageId, 100) ?? newId();
  const mapped = nameAndProperties(type, record);
  if (!mapped)
    return unreadable(index, id, type, "type", `"${type.slice(0, 32)}" is not a call that Doorstep collects`);
  const userId = asId(record.userId);
  const anonymousId = asId(record.anonymousId);
  if (!userId && !anonymousId)
    return unreadable(index, id, mapped.name, "anonymousId", "either userId or anonymousId is required");
  const when = asText(record.timestamp) ?? asText(record.originalTimestamp);
  const occurredAt = when === undefined ? now : Date.parse(when);
  if (!Number.isFinite(occurredAt))
    return unreadable(index, id, mapped.name, "timestamp", "must be an ISO 8601 date");
  const context = { ...shared, ...asRecord(record.context) };
  return {
    index,
    id,
    name: mapped.name,
    occurredAt,
    userId,
    anonymousId,
    properties: mapped.properties,
    context: contextOf(context, record),
    traits: identityTraits(asRecord(type === "identify" ? record.traits : context.traits)),
    statement: statementOf(context, categories),
  };
}

/**
 * The client's consent preferences by the source's table of categories. A category that is not in the table grants
 * nothing; several categories of one purpose must all be true.
 */
function statementOf(
  context: Record<string, unknown>,
  categories: Record<string, string>,
): ConsentStatement | undefined {
  const preferences = asRecord(asRecord(context.consent)?.categoryPreferences);
  if (!preferences) return undefined;
  const statement: Record<string, "granted" | "denied"> = {
    analytics: "denied",
    marketing: "denied",
    personalization: "denied",
  };
  const denied = new Set<string>();
  for (const [category, value] of Object.entries(preferences)) {
    const purpose = Object.hasOwn(categories, category) ? categories[category] : undefined;
    if (!purpose) continue;
    if (value === true && !denied.has(purpose)) statement[purpose] = "granted";
    else {
      denied.add(purpose);
      statement[purpose] = "denied";
    }
  }
  return statement;
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
