/** Doorstep's own protocol: `POST /events`. Each event is read by itself, so that a bad one harms only itself. */
import type * as z from "zod";
import { consentStatementSchema, nativeEventSchema } from "#contracts/event";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { Problem } from "#core/problem";
import { fitsOf } from "../fits.ts";
import { issuesOf } from "../issues.ts";
import { asRecord, asText } from "../shape.ts";
import {
  type IncomingEvent,
  jsonAnswer,
  type Protocol,
  type Route,
  type UnreadableEvent,
} from "./protocol.ts";

const MAX_EVENTS = 500;
const EVENTS: Route = { method: "POST", path: "/events", body: "json" };

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
    const events: IncomingEvent[] = [];
    const unreadable: UnreadableEvent[] = [];
    for (const [index, item] of (record.events as unknown[]).entries()) {
      const read = readEvent(item, index);
      if ("code" in read) unreadable.push(read);
      else events.push(read);
    }
    const sentAt = Date.parse(asText(record.sent_at) ?? "");
    return { events, unreadable, ...(Number.isFinite(sentAt) && { sentAt }) };
  },
  respond: (result) => jsonAnswer(202, result),
  // `custom` is made by a source's policy, never sent.
  examples: Object.values(EVENT_CONTRACTS)
    .filter(({ name }) => name !== "custom")
    .map((contract) => ({
      title: contract.name,
      route: EVENTS,
      body: {
        events: contract.examples.map((example, n) => ({
          id: `${contract.name}-${n}`,
          name: contract.name,
          occurred_at: "2026-11-22T10:00:00.000Z",
          properties: example.properties,
          ...("traits" in example && { traits: example.traits }),
        })),
      },
      accepted: contract.examples.length,
      names: contract.examples.map(() => contract.name),
    })),
} satisfies Protocol;

/** Both made once: to make a schema costs several times what it costs to use it. */
const fitsNative = fitsOf(nativeEventSchema);
const statementSchema = consentStatementSchema.optional();

function readEvent(item: unknown, index: number): IncomingEvent | UnreadableEvent {
  const record = asRecord(item);
  const id = asText(record?.id)?.slice(0, 100) ?? "";
  const name = asText(record?.name)?.slice(0, 64) ?? "";
  const parsed = fitsNative(item)
    ? { success: true as const, data: item as z.infer<typeof nativeEventSchema> }
    : nativeEventSchema.safeParse(item);
  if (!parsed.success) return { index, id, name, code: "invalid_event", issues: issuesOf(parsed.error) };
  const event = parsed.data;
  const statement = statementSchema.safeParse(event.consent);
  if (!statement.success)
    return { index, id, name, code: "invalid_consent", issues: issuesOf(statement.error, "consent") };
  return {
    index,
    id: event.id,
    name: event.name,
    version: event.version,
    occurredAt: Date.parse(event.occurred_at),
    anonymousId: event.anonymous_id,
    userId: event.user_id,
    properties: event.properties ?? {},
    context: event.context ?? {},
    traits: event.traits,
    statement: statement.data,
  };
}
