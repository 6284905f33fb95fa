/**
 * The steps of an access or portability request: gather what there is, part by part, and keep it for some days. Portability
 * needs no more than what the person gave or made by use: it reads the same parts, and results.ts leaves out the rest.
 */
import { readQuarantined } from "#collect/quarantine/read-subject";
import type { HeldCounts } from "#contracts/messages/subject_export";
import { DAY_MS } from "#core/clock";
import { countWaiting } from "#forward/erase";
import { itemIdOf } from "#forward/item-id";
import { countDeadEvents } from "#ingest/erase-dead";
import { type ReadDelivery, type ReadEvent, readLanded } from "#lake/read-subject";
import { RESULTS_DAYS } from "./deadlines.ts";
import { keepPart } from "./parts.ts";
import { emptied, openRequest } from "./payload.ts";
import { profileOf } from "./profile.ts";
import { type SubjectRequest, withoutNotes } from "./request.ts";
import type { Step, StepDeps, StepOutcome } from "./step.ts";
import { keepState, keyOf, readState } from "./work-state.ts";

interface Gathering {
  phase: "held" | "events" | "lake" | "quarantine";
  /** Of the next parts. */
  n: number;
  eventIds?: string[];
  cursor?: string;
  held?: HeldCounts;
}

const BEGIN: Gathering = { phase: "held", n: 0 };
const NOTHING: HeldCounts = { failed_deliveries: 0, waiting_deliveries: 0, failed_events: 0 };

export const gather: Step = async (deps, request) => {
  const state = (await readState<Gathering>(deps, request.id, "gather")) ?? BEGIN;
  switch (state.phase) {
    case "held":
      return countDeliveries(deps, request, state);
    case "events":
      return countEvents(deps, request, state);
    case "lake":
      return gatherLake(deps, request, state);
    case "quarantine":
      return gatherQuarantined(deps, request, state);
  }
};

async function countDeliveries(
  deps: StepDeps,
  { id, subjects }: SubjectRequest,
  { cursor, held = NOTHING }: Gathering,
): Promise<StepOutcome> {
  const found = await countWaiting(deps.bucket, { subjects, cursor });
  const counts = {
    ...held,
    failed_deliveries: held.failed_deliveries + found.dead + found.unreadable,
    waiting_deliveries: held.waiting_deliveries + found.parked,
  };
  const next: Gathering =
    found.cursor === undefined
      ? { phase: "events", n: 0, held: counts }
      : { phase: "held", n: 0, held: counts, cursor: found.cursor };
  await keepState(deps, id, "gather", next);
  return { status: "more" };
}

/** At the end of it all is known that stands before the events. */
async function countEvents(
  deps: StepDeps,
  request: SubjectRequest,
  { cursor, held = NOTHING }: Gathering,
): Promise<StepOutcome> {
  const { id, subjects } = request;
  const found = await countDeadEvents(deps.bucket, { subjects, cursor });
  const more = found.events + found.refused + found.decisions + found.unreadable;
  const counts = { ...held, failed_events: held.failed_events + more };
  if (found.cursor !== undefined) {
    const next: Gathering = { phase: "events", n: 0, held: counts, cursor: found.cursor };
    await keepState(deps, id, "gather", next);
    return { status: "more" };
  }
  const head = { ...(await profileOf(deps, request, deps.clock())), held: counts };
  await keepPart(deps.bucket, await keyOf(deps, id), id, 0, { kind: "head", head });
  await keepState(deps, id, "gather", { phase: "lake", n: 0 } satisfies Gathering);
  return {
    status: "more",
    counts: { identifiers: head.identifiers.length, decisions: head.consents.length },
  };
}

async function gatherLake(
  deps: StepDeps,
  request: SubjectRequest,
  { n, ...before }: Gathering,
): Promise<StepOutcome> {
  const { bucket, clock } = deps;
  const { id, subjects } = request;
  const key = await keyOf(deps, id);
  const opened = await openRequest(deps.db, deps.keys, request);
  const { eventIds, cursor } = before;
  const span = { from: opened?.payload.since ?? 0, to: clock(), eventIds, cursor };
  const read = await readLanded(bucket, { subjects, itemIdOf, ...span });
  if (read.events.length > 0)
    await keepPart(bucket, key, id, n, { kind: "events", events: read.events.map(eventOf) });
  if (read.deliveries.length > 0)
    await keepPart(bucket, key, id, n, { kind: "deliveries", deliveries: read.deliveries.map(deliveryOf) });
  const next: Gathering =
    read.cursor === undefined
      ? { phase: "quarantine", n: n + 1 }
      : { phase: "lake", n: n + 1, eventIds: read.eventIds, cursor: read.cursor };
  await keepState(deps, id, "gather", next);
  return { status: "more", counts: { events: read.events.length, deliveries: read.deliveries.length } };
}

const iso = (ms: number): string => new Date(ms).toISOString();

const eventOf = ({
  id,
  name,
  occurredAt,
  receivedAt,
  source,
  properties,
  context,
  consent,
  routed,
}: ReadEvent) => ({
  id,
  name,
  occurred_at: iso(occurredAt),
  received_at: iso(receivedAt),
  source,
  properties,
  context,
  consent,
  routed,
});

const deliveryOf = ({ eventId, destination, at, outcome, code }: ReadDelivery) => ({
  event_id: eventId,
  destination,
  at: iso(at),
  outcome,
  ...(code !== undefined && { code }),
});

async function gatherQuarantined(
  deps: StepDeps,
  request: SubjectRequest,
  { n, cursor }: Gathering,
): Promise<StepOutcome> {
  const { id, subjects, scope } = request;
  const read = await readQuarantined(deps.db, deps.bucket, deps.keys, subjects, cursor);
  const quarantined = read.events.map(({ id, name, receivedAt, source, status, namesAnother, kept }) => ({
    id,
    name,
    received_at: iso(receivedAt),
    source,
    status,
    // Of a browser alone nothing is given that was typed into it, and these have not been looked at yet; nor what was
    // typed by somebody who said to be another.
    kept: scope === "person" && !namesAnother ? kept : null,
  }));
  if (quarantined.length > 0)
    await keepPart(deps.bucket, await keyOf(deps, id), id, n, { kind: "quarantined", quarantined });
  const counts = { quarantined: quarantined.length };
  if (read.cursor === undefined) return { status: "confirmed", counts };
  const next: Gathering = { phase: "quarantine", n: n + 1, cursor: read.cursor };
  await keepState(deps, id, "gather", next);
  return { status: "more", counts };
}

/** From now on it can be read, for some days. Its keys stay as long: whoever is erased meanwhile takes it along. */
export const keep: Step = async ({ db, keys, clock }) => {
  const now = clock();
  return {
    status: "confirmed",
    changes: async (request) => ({
      status: "completed",
      completedAt: now,
      resultsUntil: now + RESULTS_DAYS * DAY_MS,
      steps: withoutNotes(request.steps),
      ...(await emptied({ db, keys }, request)),
    }),
  };
};
