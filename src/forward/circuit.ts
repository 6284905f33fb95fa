/**
 * The state of one destination: paused by a person or by a refused credential, or its circuit open because nothing
 * gets through. Pure; the Destination object keeps it. A function that changes nothing returns the very same state, so
 * that the object writes only what changed.
 */

export interface CircuitState {
  paused: { reason: string; at: number } | undefined;
  /** Batches in a row in which nothing succeeded and something was to be tried again. */
  failures: number;
  /** Epoch ms until which nothing is let through; 0: the circuit is closed. */
  openUntil: number;
  /** Epoch ms until which a probe is out; a probe that never reports makes room for another one then. */
  probeUntil: number;
}

export const CLOSED: CircuitState = { paused: undefined, failures: 0, openUntil: 0, probeUntil: 0 };

export const FAILURES_TO_OPEN = 5;
export const OPEN_MS = 30_000;
const PROBE_MS = 60_000;

export interface Permit {
  granted: boolean;
  reason?: "paused" | "circuit_open";
  /** Epoch ms from which it is worth asking again. */
  until?: number;
  /** This batch is the one that finds out whether the vendor is back. */
  probe?: boolean;
}

/** What became of one batch that had a permit: how many items of each kind. */
export interface BatchReport {
  delivered: number;
  failed: number;
  retry: number;
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
}

/** May a batch leave now? */
export function askPermit(state: CircuitState, now: number): { permit: Permit; state: CircuitState } {
  if (state.paused) return { permit: { granted: false, reason: "paused" }, state };
  if (state.openUntil === 0) return { permit: { granted: true }, state };
  const until = Math.max(state.openUntil, state.probeUntil);
  if (now < until) return { permit: { granted: false, reason: "circuit_open", until }, state };
  return { permit: { granted: true, probe: true }, state: { ...state, probeUntil: now + PROBE_MS } };
}

/** Take in what became of a batch. */
export function takeReport(state: CircuitState, report: BatchReport): CircuitState {
  if (report.unauthorized > 0) return pauseCircuit({ ...state, probeUntil: 0 }, "unauthorized", report.now);
  const isAnswered = report.delivered > 0 || (report.failed > 0 && report.retry === 0);
  if (isAnswered)
    return state.failures === 0 && state.openUntil === 0 ? state : { ...CLOSED, paused: state.paused };
  if (report.retry === 0) return state.probeUntil === 0 ? state : { ...state, probeUntil: 0 };
  const failures = state.failures + 1;
  const opens = state.openUntil > 0 || failures >= FAILURES_TO_OPEN;
  return { ...state, failures, openUntil: opens ? report.now + OPEN_MS : 0, probeUntil: 0 };
}

/** Let nothing through until a person resumes. The first reason stays. */
export const pauseCircuit = (state: CircuitState, reason: string, now: number): CircuitState =>
  state.paused ? state : { ...state, paused: { reason, at: now } };

/** What the console shows. */
export function statusOf(state: CircuitState, now: number): CircuitStatus {
  const circuit = state.openUntil === 0 ? "closed" : now < state.openUntil ? "open" : "half_open";
  return {
    paused: state.paused !== undefined,
    ...(state.paused && { reason: state.paused.reason, pausedAt: state.paused.at }),
    circuit,
    ...(circuit === "open" && { openUntil: state.openUntil }),
  };
}
