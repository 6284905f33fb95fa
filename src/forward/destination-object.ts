/**
 * One object for each destination, so that all consumers of it agree whether it is paused or its circuit is open. It is
 * asked once and told once per batch, and writes only when its state changes.
 */
import { DurableObject } from "cloudflare:workers";
import {
  askPermit,
  type BatchReport,
  type CircuitState,
  type CircuitStatus,
  CLOSED,
  type Permit,
  pauseCircuit,
  statusOf,
  takeReport,
} from "./circuit.ts";

const KEY = "circuit";

export class Destination extends DurableObject {
  #state: CircuitState;

  constructor(state: DurableObjectState, env: never) {
    super(state, env);
    this.#state = this.ctx.storage.kv.get<CircuitState>(KEY) ?? CLOSED;
  }

  /** May a batch of `want` items leave now? All or none: a probe is one batch. */
  permit(want: number, now: number): Permit {
    if (want <= 0) return { granted: true };
    const { permit, state } = askPermit(this.#state, now);
    this.#keep(state);
    return permit;
  }

  /** What became of a batch that had a permit. */
  report(report: BatchReport): void {
    this.#keep(takeReport(this.#state, report));
  }

  /** Let nothing through until `resume`. @param reason shown in the console @param now epoch ms */
  pause(reason: string, now: number): void {
    this.#keep(pauseCircuit(this.#state, reason, now));
  }

  /** Let everything through again; forgets an open circuit too. */
  resume(): void {
    this.#keep(CLOSED);
  }

  /** For the console and the schedule. @param now epoch ms */
  status(now: number): CircuitStatus {
    return statusOf(this.#state, now);
  }

  #keep(state: CircuitState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.ctx.storage.kv.put(KEY, state);
  }
}

/** The object of a destination. @param key its key in the release */
export const destinationObject = (
  namespace: DurableObjectNamespace<Destination>,
  key: string,
): DurableObjectStub<Destination> => namespace.get(namespace.idFromName(key));
