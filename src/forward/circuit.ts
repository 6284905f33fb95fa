/**
 * The state of one destination that outlives its object's memory: paused by a person or by a refused credential, its
 * circuit open because nothing gets through, or a backlog that everything has to wait behind. Pure; the Destination
 * object keeps it. A function that changes nothing returns the very same state, so that the object writes only what
 * changed.
 */

export interface CircuitState {
  paused: { reason: string; at: number } | undefined;
  /** Batches in a row in which nothing succeeded and something was to be tried again. */
  failures: number;
  /** Epoch ms until which nothing is let through; 0: the circuit is closed. */
  openUntil: number;
  /** Epoch ms until which a probe is out; a probe that never reports makes room for another one then. */
  probeUntil: number;
  /** How often it opened since something last got through: each time it stays open for longer. */
  opened: number;
  /** Epoch ms since when nothing gets through; 0: something does. */
  since: number;
  /** Only of a destination that keeps the order: items are parked, and whatever comes goes behind them. */
  backlog: boolean;
  /** What operators were told already: the `at` of the pause, and the `since` of the open circuit. */
  told: { paused: number; open: number };
}

export const CLOSED: CircuitState = {
  paused: undefined,
  failures: 0,
  openUntil: 0,
  probeUntil: 0,
  opened: 0,
  since: 0,
  backlog: false,
  told: { paused: 0, open: 0 },
};

export const FAILURES_TO_OPEN = 5;
/** How long it is open at first; doubled each time that a probe is in vain. */
export const OPEN_MS = 30_000;
export const MAX_OPEN_MS = 600_000;
const PROBE_MS = 60_000;
/** Operators are told of a circuit that has been open for so long. */
const ALERT_AFTER_MS = 600_000;

/** What the circuit says to a batch: it may leave, as a probe or as usual, or why not. */
export type Passage =
  | { passes: true; probe: boolean }
  | { passes: false; reason: "paused" | "circuit_open"; until?: number };

/** What became of the items of a batch that were sent: how many of each kind. */
export interface BatchReport {
  delivered: number;
  failed: number;
  /** Without what was not tried. */
  retry: number;
  /** Of `retry`: the deadline came before the answer. */
  timedOut: number;
  unauthorized: number;
  /** Epoch ms. */
  now: number;
}

export interface CircuitStatus {
  paused: boolean;
  reason?: string;
  /** Epoch ms. */
  pausedAt?: number;
  circuit: "closed" | "open" | "half_open";
  /** Epoch ms. */
  openUntil?: number;
  /** Order is kept, and something that could not go yet is waited for. */
  backlog?: true;
}

/**
 * May a batch leave now?
 * @param mayProbe only the schedule's own deliveries: a probe in a queue's batch would make others wait for a dead vendor
 */
export function askPassage(
  state: CircuitState,
  now: number,
  mayProbe: boolean,
): { passage: Passage; state: CircuitState } {
  if (state.paused) return { passage: { passes: false, reason: "paused" }, state };
  if (state.openUntil === 0) return { passage: { passes: true, probe: false }, state };
  const until = Math.max(state.openUntil, state.probeUntil);
  if (now < until || !mayProbe)
    return { passage: { passes: false, reason: "circuit_open", until: Math.max(until, now) }, state };
  return { passage: { passes: true, probe: true }, state: { ...state, probeUntil: now + PROBE_MS } };
}

/** Take in what became of a batch. */
export function takeReport(state: CircuitState, report: BatchReport): CircuitState {
  const { now, retry } = report;
  if (report.unauthorized > 0) return pauseCircuit({ ...state, probeUntil: 0 }, "unauthorized", now);
  const isAnswered = report.delivered > 0 || (report.failed > 0 && retry === 0);
  if (isAnswered)
    return state.failures === 0 && state.openUntil === 0 ? state : { ...state, ...closed(state.told) };
  if (retry === 0) return state.probeUntil === 0 ? state : { ...state, probeUntil: 0 };
  const failures = state.failures + 1;
  const isDead = report.failed === 0 && report.timedOut === retry;
  // A report of a batch that left before it opened says nothing new.
  if (state.openUntil > now && state.probeUntil === 0) return state;
  const since = state.since || now;
  if (state.openUntil === 0 && failures < FAILURES_TO_OPEN && !isDead) return { ...state, failures, since };
  const openMs = Math.min(MAX_OPEN_MS, OPEN_MS * 2 ** state.opened);
  return { ...state, failures, since, openUntil: now + openMs, opened: state.opened + 1, probeUntil: 0 };
}

const closed = (told: CircuitState["told"]) => ({
  failures: 0,
  openUntil: 0,
  probeUntil: 0,
  opened: 0,
  since: 0,
  told: { ...told, open: 0 },
});

/** Let nothing through until a person resumes. The first reason stays. */
export const pauseCircuit = (state: CircuitState, reason: string, now: number): CircuitState =>
  state.paused ? state : { ...state, paused: { reason, at: now } };

/** A person lets everything through again; what waits in order stays in order. */
export const resumeCircuit = ({ backlog }: CircuitState): CircuitState => ({ ...CLOSED, backlog });

export const withBacklog = (state: CircuitState, backlog: boolean): CircuitState =>
  state.backlog === backlog ? state : { ...state, backlog };

/** Something that operators are to be told, once. `since`: epoch ms. */
export interface Alarm {
  type: "delivery.paused" | "delivery.circuit_open";
  reason: string;
  since: number;
}

/** What operators have not been told yet: a pause that no person made, and a circuit that has been open for long. */
export function alarmsOf(state: CircuitState, now: number): Alarm[] {
  const { paused, since, told } = state;
  if (paused)
    return paused.reason === "operator" || told.paused === paused.at
      ? []
      : [{ type: "delivery.paused", reason: paused.reason, since: paused.at }];
  const isLong = state.openUntil > 0 && now - since >= ALERT_AFTER_MS;
  return isLong && told.open !== since
    ? [{ type: "delivery.circuit_open", reason: "circuit_open", since }]
    : [];
}

/** They have been told. */
export const tellAlarm = (state: CircuitState, { type, since }: Alarm): CircuitState => ({
  ...state,
  told: { ...state.told, [type === "delivery.paused" ? "paused" : "open"]: since },
});

/** What the console shows. */
export function statusOf(state: CircuitState, now: number): CircuitStatus {
  const circuit = state.openUntil === 0 ? "closed" : now < state.openUntil ? "open" : "half_open";
  return {
    paused: state.paused !== undefined,
    ...(state.paused && { reason: state.paused.reason, pausedAt: state.paused.at }),
    circuit,
    ...(circuit === "open" && { openUntil: state.openUntil }),
    ...(state.backlog && { backlog: true }),
  };
}
