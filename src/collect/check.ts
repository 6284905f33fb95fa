/**
 * Whether one incoming event may come in at all: a contract of its name, fields of the right types, a plausible time,
 * an id that is new in this request. What is wrong is said by path, and harms no other event.
 */
import { EVENT_CONTRACTS, type EventName, isEventName } from "#contracts/registry";
import { placeInTime } from "#door/when";
import type { Issue } from "./issues.ts";
import type { IncomingEvent } from "./protocols/protocol.ts";
import { type Body, type CompiledContract, compileContract } from "./versions.ts";

export interface CheckedEvent {
  name: EventName;
  /** The newest of the contract; what was sent as an older one has been upgraded. */
  version: string;
  /** Epoch ms by our clock. */
  occurredAt: number;
  /** Every field that the contract names is as it says; there may be others, which minimisation drops. */
  properties: Record<string, unknown>;
  context: Record<string, unknown>;
  /** What was sent, under this version's names; of an older version's event its upgraded fields. */
  given: Body;
}

export type Check = { ok: true; event: CheckedEvent } | { ok: false; code: string; issues: Issue[] };

/** By the name as it was sent; with it the name as the contract has it, which later look-ups know without hashing it anew. */
const contracts = new Map<string, { own: EventName; contract: CompiledContract }>();

function contractOf(name: string) {
  let known = contracts.get(name);
  if (!known && isEventName(name)) {
    const given = EVENT_CONTRACTS[name];
    known = { own: given.name as EventName, contract: compileContract(given) }; // the registry's keys are their names
    contracts.set(known.own, known);
  }
  return known;
}

/**
 * Check an event.
 * @param sentAt the sender's clock at sending, to correct a clock that runs wrong: `now - (sentAt - occurredAt)`
 * @param seen ids of this request so far; the event's is added
 * @param historical it belongs to an import: of any age
 */
export function checkEvent(
  incoming: IncomingEvent,
  sentAt: number | undefined,
  now: number,
  seen: Set<string>,
  historical = false,
): Check {
  const { name, id } = incoming;
  if (seen.has(id)) return refuse("duplicate_id", "id", "another event of this request has the same id");
  seen.add(id);
  const known = contractOf(name);
  if (!known) return refuse("unknown_event", "name", `there is no contract for "${name.slice(0, 64)}"`);
  const { own, contract } = known;
  const version = incoming.version ?? contract.newest;
  if (version !== contract.newest && !contract.versions.includes(version))
    return refuse(
      "unknown_version",
      "version",
      `${name} has no version "${version.slice(0, 16)}", but ${contract.versions.join(", ")}`,
    );
  const placed = placeInTime({ occurredAt: incoming.occurredAt, sentAt, historical }, now);
  if (!placed.ok) return refuse(placed.code, "occurred_at", placed.message);
  const checked = contract.check({ properties: incoming.properties, context: incoming.context }, version);
  if (!checked.ok) return { ok: false, code: "invalid_event", issues: checked.issues };
  const { body, given } = checked;
  return {
    ok: true,
    event: {
      name: own,
      version: contract.newest,
      occurredAt: placed.at,
      properties: body.properties,
      context: body.context,
      given,
    },
  };
}

const refuse = (code: string, path: string, message: string): Check => ({
  ok: false,
  code,
  issues: [{ path, message }],
});
