/**
 * The steps of an access or portability request: gather what there is, part by part, and keep it for some days. Portability
 * needs no more than what the person gave or made by use: it reads the same parts, and results.ts leaves out the rest.
 */
import { readQuarantined } from "#collect/quarantine/read-subject";
import { DAY_MS } from "#core/clock";
import { itemIdOf } from "#forward/item-id";
import { type ReadDelivery, type ReadEvent, readLanded } from "#lake/read-subject";
import { RESULTS_DAYS } from "./deadlines.ts";
import { keepPart } from "./parts.ts";
import { emptied, openRequest } from "./payload.ts";
import { profileOf } from "./profile.ts";
import type { SubjectRequest } from "./request.ts";
import type { Step, StepDeps, StepOutcome } from "./step.ts";
import { keepState, keyOf, readState } from "./work-state.ts";

interface Gathering {
  phase: "lake" | "quarantine";
  /** Of the next parts. */
  n: number;
  eventIds?: string[];
  cursor?: string;
}

export const gather: Step = async (deps, request) => {
  const state = await readState<Gathering>(deps, request.id, "gather");
  if (!state) {
    const key = await keyOf(deps, request.id);
    const head = await profileOf(deps, request, deps.clock());
    await keepPart(deps.bucket, key, request.id, 0, { kind: "head", head });
    await keepState(deps, request.id, "gather", { phase: "lake", n: 0 } satisfies Gathering);
    return {
      status: "more",
      counts: { identifiers: head.identifiers.length, decisions: head.consents.length },
    };
  }
  return state.phase === "lake" ? gatherLake(deps, request, state) : gatherQuarantined(deps, request, state);
};

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
  const quarantined = read.events.map(({ id, name, receivedAt, source, status, kept }) => ({
    id,
    name,
    received_at: iso(receivedAt),
    source,
    status,
    // Of a browser alone nothing is given that was typed into it, and these have not been looked at yet.
    kept: scope === "person" ? kept : null,
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
      ...(await emptied({ db, keys }, request)),
    }),
  };
};
