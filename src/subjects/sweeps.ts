/**
 * The sweeps of an erasure over what is not found by a person's keys: the quarantine, what waits to be delivered or could
 * not be, the lake, the console's ring, and what crashes have left in one of several databases. Each call does a bounded part; where it left off, and the ids of the person's
 * events so far, are kept sealed (work-state.ts). The ids stay until the request ends: a receipt that lands after its
 * event is gone is told by nothing else.
 */
import { eraseQuarantined } from "#collect/quarantine/erase";
import { DAY_MS } from "#core/clock";
import { eraseWaiting } from "#forward/erase";
import { itemIdOf } from "#forward/item-id";
import { forgetLeft } from "#identity/left";
import { eraseDeadEvents } from "#ingest/erase-dead";
import { eraseLanded } from "#lake/erase";
import { type Payload, type SubjectRequest, stepOf } from "./request.ts";
import type { StepDeps } from "./step.ts";
import { keepState, readState } from "./work-state.ts";

/** What a sweep goes over. */
export interface SweepGiven {
  deps: StepDeps;
  request: SubjectRequest;
  payload: Payload;
  /** `again`: for what was under way when the person was suppressed. */
  pass: "first" | "again";
}

/** One call of a sweep. */
export interface Swept {
  /** Where to go on; undefined: it is done. */
  cursor: string | undefined;
  counts: Record<string, number>;
  /** Ids of the person's events that it came upon. */
  eventIds: readonly string[];
}

export type Sweep = (given: SweepGiven, cursor: string | undefined, eventIds: string[]) => Promise<Swept>;

/** Receipts that land long after their event are told by its id; so many are remembered. */
const MAX_IDS = 20_000;
const IDS = "ids";

/**
 * Run the next call of a sweep.
 * @param name under which it is kept where it left off
 * @returns what it took away, and whether there is more to do
 */
export async function runSweep(
  name: string,
  sweep: Sweep,
  given: SweepGiven,
): Promise<{ more: boolean; counts: Record<string, number> }> {
  const { deps, request } = given;
  const state = await readState<{ cursor?: string; done?: true }>(deps, request.id, name);
  if (state?.done) return { more: false, counts: {} };
  const known = (await readState<string[]>(deps, request.id, IDS)) ?? [];
  const { cursor, counts, eventIds } = await sweep(given, state?.cursor, known);
  const ids = [...new Set([...eventIds, ...known])].slice(0, MAX_IDS);
  if (ids.length > known.length) await keepState(deps, request.id, IDS, ids);
  if (eventIds.length > 0) await forgetLive(given, eventIds);
  await keepState(deps, request.id, name, cursor === undefined ? { done: true } : { cursor });
  return { more: cursor !== undefined, counts };
}

export const sweepQuarantine: Sweep = async ({ deps, request: { subjects } }, cursor) => {
  const { cursor: next, eventIds, events, unreadable } = await eraseQuarantined(deps, { subjects, cursor });
  return { cursor: next, eventIds, counts: { events, ...(unreadable > 0 && { unreadable }) } };
};

/** First the destinations' items, then the envelopes of the events queue. */
export const sweepWaiting: Sweep = async ({ deps, request: { subjects } }, cursor, eventIds) => {
  const inEvents = cursor?.startsWith(EVENTS);
  if (!inEvents) {
    const { cursor: next, objects, ...counts } = await eraseWaiting(deps, { subjects, eventIds, cursor });
    return { cursor: next ?? EVENTS, eventIds: [], counts };
  }
  const from = cursor?.slice(EVENTS.length) || undefined;
  const { cursor: next, objects, ...counts } = await eraseDeadEvents(deps.bucket, { subjects, cursor: from });
  return { cursor: next === undefined ? undefined : EVENTS + next, eventIds: [], counts };
};
const EVENTS = "events:";

/** The identity tables, where they are in several databases. */
export const sweepIdentity: Sweep = async ({ deps, request: { subjects } }, cursor) => {
  const { identity, bucket, clock } = deps;
  const { cursor: next, rows } = await forgetLeft(identity, bucket, { subjects, cursor, now: clock() });
  return { cursor: next, eventIds: [], counts: rows > 0 ? { identity: rows } : {} };
};

/** What is under way when a person is suppressed has come in some days before at most. */
const UNDER_WAY_DAYS = 4;

export const sweepLake: Sweep = async ({ deps, request, payload, pass }, cursor, known) => {
  const { bucket, clock } = deps;
  const { since = 0, decisions = [] } = payload;
  const suppressedAt = stepOf(request, "suppress")?.at ?? request.receivedAt;
  const from = pass === "first" ? since : Math.max(since, suppressedAt - UNDER_WAY_DAYS * DAY_MS);
  const asked = {
    subjects: request.subjects,
    decisions,
    itemIdOf,
    from,
    to: clock(),
    eventIds: known,
    cursor,
  };
  const { events, receipts, cursor: next, eventIds } = await eraseLanded(bucket, asked);
  return { cursor: next, eventIds, counts: { events, receipts } };
};

/** Take the person out of the console's ring, by their keys and the ids of their events. */
export async function forgetLive(
  { deps: { liveTail }, request, payload }: Pick<SweepGiven, "deps" | "request" | "payload">,
  eventIds: readonly string[],
): Promise<{ events: number; receipts: number }> {
  const tail = liveTail.get(liveTail.idFromName("tail"));
  return tail.forget([...eventIds], request.subjects, payload.decisions ?? []);
}
