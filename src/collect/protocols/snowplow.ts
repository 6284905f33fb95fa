/**
 * Snowplow's tracker protocol v2, for its unmodified trackers: `GET /i` and `POST /<vendor>/<version>`.
 * Source: https://docs.snowplow.io/docs/events/going-deeper/http-requests/ and the npm clients
 * `@snowplow/browser-tracker` and `@snowplow/node-tracker`, which the tests run.
 */
import { Problem } from "#core/problem";
import { asId, asNumber, asRecord, asText, defined } from "../shape.ts";
import { withStringsOf } from "./consent-parameters.ts";
import {
  emptyBody,
  type IncomingEvent,
  type ParsedBody,
  type Protocol,
  type ProtocolRequest,
  type Stamp,
} from "./protocol.ts";
import { type Mapped, orderLine, orderOf, userOf } from "./snowplow-commerce.ts";
import { SNOWPLOW, statementOf } from "./snowplow-consent.ts";
import { nameAndProperties } from "./snowplow-mapping.ts";
import { entitiesNamed, type Fields, type Payload, readPayload, textOf } from "./snowplow-payload.ts";
import { COLLECTOR, PIXEL } from "./snowplow-routes.ts";
import { boundedId } from "./told-id.ts";

const MAX_EVENTS = 1_000;
const TRANSPARENT_GIF = Uint8Array.from(
  atob("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"),
  (character) => character.charCodeAt(0),
);

export const snowplow = {
  name: "snowplow",
  routes: [PIXEL, COLLECTOR],
  allowHeaders: ["sp-anonymous"],
  // There is no key in the protocol: the app id is the source's write key.
  keyIn: (request) =>
    request.route.method === "GET"
      ? (request.query().get("aid") ?? undefined)
      : textOf(asRecord(listOf(request.body)?.[0]) ?? {}, "aid"),
  isAnonymous,
  parse(request, stamp) {
    const isPixel = request.route.method === "GET";
    const list = isPixel ? [Object.fromEntries(request.query())] : listOf(request.body);
    if (!list) throw new Problem(400, "invalid_body", 'The body must be an object with an array "data".');
    if (list.length > MAX_EVENTS)
      throw new Problem(413, "too_many_events", `A request carries at most ${MAX_EVENTS} events.`);
    const parsed = readAll(list, isAnonymous(request), stamp);
    return isPixel ? withStringsOf(request.query(), parsed) : parsed;
  },
  respond: (_, { route }) =>
    route.method === "GET"
      ? { status: 200, contentType: "image/gif", body: TRANSPARENT_GIF }
      : { status: 200, contentType: "text/plain", body: "ok" },
} satisfies Protocol;

function isAnonymous({ headers }: ProtocolRequest): boolean {
  return headers.get("sp-anonymous") === "*";
}

/** The payloads of an envelope (`payload_data`). */
function listOf(body: unknown): readonly unknown[] | undefined {
  const data = asRecord(body)?.data;
  return Array.isArray(data) ? data : undefined;
}

/** Everything of one request: a transaction takes its items along, and one without its transaction stands alone. */
function readAll(list: readonly unknown[], anonymous: boolean, stamp: Stamp): ParsedBody {
  const parsed = emptyBody();
  const read: { index: number; payload: Payload }[] = [];
  for (const [index, item] of list.entries()) {
    const fields = asRecord(item);
    const payload = fields ? readPayload(fields) : { path: "", message: "must be an object" };
    if ("type" in payload) read.push({ index, payload });
    else {
      const id = boundedId(fields?.eid) ?? stamp.newId();
      const name = asText(fields?.e)?.slice(0, 64) ?? "";
      parsed.unreadable.push({ index, id, name, code: "invalid_event", issues: [payload] });
    }
  }
  const orders = itemsByOrder(read.map(({ payload }) => payload));
  const sentAt = read.map(({ payload }) => asNumber(payload.fields.stm)).find((at) => at !== undefined);
  if (sentAt !== undefined) parsed.sentAt = sentAt;
  for (const { index, payload } of read) {
    const mapped = mapPayload(payload, orders);
    if (mapped) parsed.events.push(toEvent(index, payload, mapped, { anonymous, sentAt, stamp }));
  }
  return parsed;
}

/** Items of the transactions of this request, by order. */
function itemsByOrder(payloads: readonly Payload[]): Map<string, Fields[]> {
  const orders = new Map<string, Fields[]>();
  for (const { type, fields } of payloads) {
    const order = type === "tr" ? textOf(fields, "tr_id") : undefined;
    if (order !== undefined) orders.set(order, []);
  }
  for (const { type, fields } of payloads) {
    if (type === "ti") orders.get(textOf(fields, "ti_id") ?? "")?.push(fields);
  }
  return orders;
}

function mapPayload(payload: Payload, orders: Map<string, Fields[]>): Mapped | undefined {
  const { type, fields } = payload;
  if (type === "tr") {
    const order = textOf(fields, "tr_id") ?? "";
    const items = orders.get(order) ?? [];
    if (orders.has(order)) orders.set(order, []); // a second transaction of the same order does not have them again
    return { name: "purchase", properties: orderOf(fields, items) };
  }
  if (type === "ti") {
    const order = textOf(fields, "ti_id");
    if (orders.has(order ?? "")) return undefined; // it came in with its transaction
    return {
      name: "transaction_item",
      properties: { ...orderLine(fields), ...defined({ order_id: order, currency: asText(fields.ti_cu) }) },
    };
  }
  return nameAndProperties(payload);
}

interface Circumstances {
  anonymous: boolean;
  sentAt: number | undefined;
  stamp: Stamp;
}

function toEvent(
  index: number,
  payload: Payload,
  { name, properties }: Mapped,
  { anonymous, sentAt, stamp }: Circumstances,
): IncomingEvent {
  const { fields } = payload;
  const user = anonymous ? {} : userOf(payload);
  const statement = statementOf(payload, stamp.source.consentCategories);
  const [session] = entitiesNamed(payload, SNOWPLOW, "client_session");
  return {
    index,
    id: boundedId(fields.eid) ?? stamp.newId(),
    name: name.slice(0, 64),
    occurredAt: momentOf(fields, sentAt, stamp.now),
    anonymousId: anonymous ? undefined : (asId(fields.duid) ?? asId(session?.userId)),
    userId: anonymous ? undefined : (asId(fields.uid) ?? user.id),
    // What consent plugins report is the statement itself.
    properties: name === "consent_update" ? { ...properties, ...statement } : properties,
    context: contextOf(fields),
    traits: user.email === undefined ? undefined : { email: user.email },
    statement,
    token: tokenOf(payload),
    userAgent: textOf(fields, "ua"),
    address: textOf(fields, "ip"),
  };
}

/** The identity token: an entity `identity_token` of any vendor, whose `token` it is. */
const tokenOf = ({ entities }: Payload): unknown =>
  entities.find(({ name }) => name === "identity_token")?.data.token;

/**
 * Epoch ms. The device's time is corrected by the sending time, as for any protocol; the true time, which a site sets
 * itself, is taken as it is, and so the correction is taken off it beforehand.
 */
function momentOf(fields: Fields, sentAt: number | undefined, now: number): number {
  const trueAt = asNumber(fields.ttm);
  if (trueAt !== undefined) return sentAt === undefined ? trueAt : trueAt - (now - sentAt);
  return asNumber(fields.dtm) ?? sentAt ?? now;
}

function contextOf(fields: Fields): Record<string, unknown> {
  const text = (key: string, max: number) => textOf(fields, key)?.slice(0, max);
  const tracker = textOf(fields, "tv");
  const cutAt = tracker?.indexOf("-") ?? -1;
  return defined({
    page: defined({ url: text("url", 4096), title: text("page", 512), referrer: text("refr", 4096) }),
    locale: text("lang", 35),
    library:
      tracker &&
      (cutAt > 0
        ? {
            name: `snowplow-${tracker.slice(0, cutAt)}`.slice(0, 64),
            version: tracker.slice(cutAt + 1).slice(0, 32),
          }
        : { name: `snowplow-${tracker}`.slice(0, 64) }),
  });
}
