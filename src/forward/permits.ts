/**
 * How much of one destination may be under way: a bucket of tokens for its rate, and permits for the batches in flight.
 * In the memory of the Destination object; an object that starts anew begins with a full bucket and nothing in flight.
 * Every time is epoch ms and given by whoever asks.
 */
import { askPassage, type CircuitState, withBacklog } from "./circuit.ts";

/** What a batch asks for. */
export interface Ask {
  /** Items that could leave now. */
  want: number;
  /** Items that one request carries: what the rate is counted in. */
  perRequest: number;
  requestsPerSecond: number;
  /** Batches that may be under way at the same time. */
  concurrency: number;
  /** The batch has ended by then, whatever happens. */
  deadlineMs: number;
  /** The destination keeps the order of each profile's items. */
  ordered?: boolean;
  /** The schedule delivers what was parked: it may probe, and goes before what comes new. */
  drain?: boolean;
  now: number;
}

export type Refusal = "paused" | "circuit_open" | "rate_limited" | "busy" | "ordered";

/** What it gets. */
export interface Permit {
  /** Of its items so many, the first ones; the others are parked. */
  granted: number;
  /** Why not all of them. */
  reason?: Refusal;
  /** From when it is worth asking again. */
  until?: number;
  /** To be named in the report. */
  id?: string;
  /** This batch finds out whether the vendor is back. */
  probe?: true;
  /** The vendor was slow lately: nobody should wait for this batch. */
  slow?: true;
}

interface Flight {
  until: number;
  /** Tokens that it took. */
  requests: number;
  /** It was refused and is parking its items, which others must stay behind. */
  isParking: boolean;
}

/** Changed in place by the functions below. */
export interface Flow {
  tokens: number;
  /** Of `tokens`. */
  at: number;
  flights: Map<string, Flight>;
  slow: boolean;
  /** Until when one run of the schedule has this destination to itself. */
  drainedUntil: number;
  /** Something of a destination that keeps the order was parked since it was last looked what is. */
  hasParked: boolean;
}

export const newFlow = (): Flow => ({
  tokens: Number.POSITIVE_INFINITY,
  at: 0,
  flights: new Map(),
  slow: false,
  drainedUntil: 0,
  hasParked: false,
});

/** Beyond its deadline a batch has so long to settle; then its permit is free again, whatever became of it. */
const GRACE_MS = 5_000;

/** Whoever's batch goes on for longer keeps others waiting. */
export const PATIENCE_MS = 1_500;

/** Ask for a permit. Gives the new state of the circuit, too. */
export function askPermit(
  flow: Flow,
  state: CircuitState,
  ask: Ask,
  id: string,
): { permit: Permit; state: CircuitState } {
  const { want, now } = ask;
  if (want <= 0) return { permit: { granted: 0 }, state };
  expire(flow, now);
  const asked = askPassage(state, now, ask.drain === true);
  const { passage } = asked;
  if (!passage.passes) return refuse(flow, asked.state, ask, id, passage.reason, passage.until);
  if (ask.ordered && !ask.drain && state.backlog) return refuse(flow, state, ask, id, "ordered");
  const flying = [...flow.flights.values()].filter(({ isParking }) => !isParking);
  if (flying.length >= (ask.ordered ? 1 : ask.concurrency))
    return refuse(flow, state, ask, id, "busy", Math.min(...flying.map(({ until }) => until)));
  refill(flow, ask.requestsPerSecond, now);
  if (flow.tokens < 1)
    return refuse(flow, state, ask, id, "rate_limited", now + waitMs(flow, ask.requestsPerSecond));
  const most = passage.probe ? ask.perRequest : Math.floor(flow.tokens) * ask.perRequest;
  const granted = Math.min(want, most);
  const requests = Math.ceil(granted / ask.perRequest);
  flow.tokens -= requests;
  flow.flights.set(id, { until: now + ask.deadlineMs + GRACE_MS, requests, isParking: false });
  const isShort = granted < want;
  if (isShort) noteParked(flow);
  return {
    permit: {
      granted,
      id,
      ...(isShort && { reason: passage.probe ? "circuit_open" : "rate_limited" }),
      ...(passage.probe && { probe: true }),
      ...(flow.slow && { slow: true }),
    },
    state: ask.ordered && !ask.drain && isShort ? withBacklog(asked.state, true) : asked.state,
  };
}

/** Of a destination that keeps the order, what is refused goes before whatever comes later: nobody may pass it. */
function refuse(
  flow: Flow,
  state: CircuitState,
  ask: Ask,
  id: string,
  reason: Refusal,
  until?: number,
): { permit: Permit; state: CircuitState } {
  const permit: Permit = { granted: 0, reason, ...(until !== undefined && { until }) };
  if (!ask.ordered || ask.drain) return { permit, state };
  noteParked(flow);
  flow.flights.set(id, { until: ask.now + ask.deadlineMs + GRACE_MS, requests: 0, isParking: true });
  return { permit: { ...permit, id }, state: withBacklog(state, true) };
}

/**
 * A batch has ended.
 * @param requests that it really made: what it did not need is given back, what it made besides is paid for
 * @param elapsedMs from its permit to its last answer; undefined: nothing was sent
 */
export function endFlight(flow: Flow, id: string, requests: number, elapsedMs: number | undefined): void {
  const flight = flow.flights.get(id);
  flow.flights.delete(id);
  if (elapsedMs !== undefined) flow.slow = elapsedMs > PATIENCE_MS;
  if (flight && !flight.isParking) flow.tokens += flight.requests - requests;
}

/** A batch goes on after its queue batch: whoever comes next should not wait for it. */
export function slowDown(flow: Flow): void {
  flow.slow = true;
}

/** May this run of the schedule deliver what is parked? One at a time; `endDrain` lets the next one in. */
export function beginDrain(flow: Flow, now: number, lastsMs: number): boolean {
  if (flow.drainedUntil > now) return false;
  flow.drainedUntil = now + lastsMs;
  return true;
}

/** What is parked is looked at after this: what is parked from now on may not be seen. */
export function beginLook(flow: Flow): void {
  flow.hasParked = false;
}

/** Somebody has parked, or is about to. */
export function noteParked(flow: Flow): void {
  flow.hasParked = true;
}

/** @returns whether nobody else has parked anything since the last look, or is about to: an empty backlog is one */
export function endDrain(flow: Flow, now: number): boolean {
  // An object that has started anew meanwhile knows nothing of what was parked.
  const isKnown = flow.drainedUntil > 0;
  flow.drainedUntil = 0;
  expire(flow, now);
  return isKnown && flow.flights.size === 0 && !flow.hasParked;
}

function expire(flow: Flow, now: number): void {
  for (const [id, { until }] of flow.flights) if (until <= now) flow.flights.delete(id);
}

/** A bucket holds what may go in one second, and at least one request. */
function refill(flow: Flow, perSecond: number, now: number): void {
  const passed = Math.max(0, now - flow.at) / 1000;
  flow.tokens = Math.min(Math.max(1, perSecond), flow.tokens + passed * perSecond);
  flow.at = Math.max(flow.at, now);
}

const waitMs = ({ tokens }: Flow, perSecond: number): number => Math.ceil(((1 - tokens) / perSecond) * 1000);
