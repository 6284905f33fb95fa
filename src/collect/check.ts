/**
 * Whether one incoming event may come in at all: a contract of its name, fields of the right types, a plausible time,
 * an id that is new in this request. What is wrong is said by path, and harms no other event.
 */
import * as z from "zod";
import { contextSchema } from "#contracts/event";
import { EVENT_CONTRACTS, type EventName, isEventName } from "#contracts/registry";
import { DAY_MS } from "#core/clock";
import { type Fits, fitsOf } from "./fits.ts";
import { type Issue, issuesOf } from "./issues.ts";
import type { IncomingEvent } from "./protocols/protocol.ts";

/** Events may be this old, so that a queue that was offline for some days still counts. */
export const MAX_AGE_DAYS = 7;
const MAX_FUTURE_MS = 5 * 60_000;

export interface CheckedEvent {
  name: EventName;
  version: string;
  /** Epoch ms by our clock. */
  occurredAt: number;
  /** Every field that the contract names is as it says; there may be others, which minimisation drops. */
  properties: Record<string, unknown>;
  context: Record<string, unknown>;
}

export type Check = { ok: true; event: CheckedEvent } | { ok: false; code: string; issues: Issue[] };

type Body = { properties: Record<string, unknown>; context: Record<string, unknown> };
interface Contract {
  schema: z.ZodType<Body>;
  fits: Fits;
}

const contracts = new Map<EventName, Contract>();

const contractOf = (name: EventName): Contract => {
  let contract = contracts.get(name);
  if (!contract) {
    const schema = z.object({ properties: EVENT_CONTRACTS[name].properties, context: contextSchema });
    contract = { schema, fits: fitsOf(schema) };
    contracts.set(name, contract);
  }
  return contract;
};

/**
 * Check an event.
 * @param sentAt the sender's clock at sending, to correct a clock that runs wrong: `now - (sentAt - occurredAt)`
 * @param seen ids of this request so far; the event's is added
 */
export function checkEvent(
  incoming: IncomingEvent,
  sentAt: number | undefined,
  now: number,
  seen: Set<string>,
): Check {
  const { name, id } = incoming;
  if (seen.has(id)) return refuse("duplicate_id", "id", "another event of this request has the same id");
  seen.add(id);
  if (!isEventName(name))
    return refuse("unknown_event", "name", `there is no contract for "${name.slice(0, 64)}"`);
  const occurredAt = sentAt === undefined ? incoming.occurredAt : incoming.occurredAt + (now - sentAt);
  if (occurredAt > now + MAX_FUTURE_MS)
    return refuse("timestamp_in_future", "occurred_at", "is more than 5 minutes in the future");
  if (occurredAt < now - MAX_AGE_DAYS * DAY_MS)
    return refuse("timestamp_too_old", "occurred_at", `is more than ${MAX_AGE_DAYS} days ago`);
  const given = { properties: incoming.properties, context: incoming.context };
  const { schema, fits } = contractOf(name);
  const parsed = fits(given) ? { success: true as const, data: given as Body } : schema.safeParse(given);
  if (!parsed.success) return { ok: false, code: "invalid_event", issues: issuesOf(parsed.error) };
  const { properties, context } = parsed.data;
  return {
    ok: true,
    event: {
      name,
      version: EVENT_CONTRACTS[name].version,
      occurredAt: Math.min(occurredAt, now),
      properties,
      context,
    },
  };
}

const refuse = (code: string, path: string, message: string): Check => ({
  ok: false,
  code,
  issues: [{ path, message }],
});
