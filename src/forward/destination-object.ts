/**
 * One object for each destination, so that all consumers of it agree how much may be under way, whether it is paused and
 * whether its circuit is open. It is asked once and told once per batch. What must outlive its memory is written when it
 * changes; counts for the console at most once in ten seconds, because each row is billed.
 */
import { DurableObject } from "cloudflare:workers";
import {
  type Alarm,
  alarmsOf,
  type BatchReport,
  type CircuitState,
  type CircuitStatus,
  CLOSED,
  pauseCircuit,
  resumeCircuit,
  statusOf,
  takeReport,
  tellAlarm,
  withBacklog,
} from "./circuit.ts";
import {
  type Measured,
  type Metrics,
  type MetricsStatus,
  measure,
  metricsStatus,
  NO_METRICS,
} from "./metrics.ts";
import {
  type Ask,
  askPermit,
  beginDrain,
  beginLook,
  endDrain,
  endFlight,
  newFlow,
  noteParked,
  type Permit,
  slowDown,
} from "./permits.ts";

const CIRCUIT = "circuit";
const METRICS = "metrics";
const WRITE_EVERY_MS = 10_000;

/** What became of a batch that had asked. */
export interface Report extends Measured {
  /** Of its permit; undefined where it had none: its items are only counted. */
  permit?: string;
  /** Undefined: nothing was sent. */
  sent?: Omit<BatchReport, "now"> & { elapsedMs: number };
  /** Of a destination that keeps the order: items stay parked, and whatever comes goes behind them. */
  backlog?: boolean;
  /** Epoch ms. */
  now: number;
}

/** For the console and the schedule. Times are epoch ms. */
export type DestinationStatus = CircuitStatus & MetricsStatus;

export class Destination extends DurableObject {
  #state: CircuitState;
  #metrics: Metrics;
  #flow = newFlow();
  #writtenAt = 0;
  #timer: ReturnType<typeof setTimeout> | null = null;

  constructor(state: DurableObjectState, env: never) {
    super(state, env);
    const { kv } = this.ctx.storage;
    // What an earlier version wrote lacks what was added since.
    this.#state = { ...CLOSED, ...kv.get<Partial<CircuitState>>(CIRCUIT) };
    this.#metrics = kv.get<Metrics>(METRICS) ?? NO_METRICS;
  }

  /** May a batch leave now, and how much of it? */
  permit(ask: Ask): Permit {
    const { permit, state } = askPermit(this.#flow, this.#state, ask, crypto.randomUUID());
    this.#keep(state);
    return permit;
  }

  /** What became of a batch. */
  report(report: Report): void {
    const { permit, sent, now, requests } = report;
    if (permit !== undefined) endFlight(this.#flow, permit, requests, sent?.elapsedMs);
    let state = sent ? takeReport(this.#state, { ...sent, now }) : this.#state;
    if (report.backlog) {
      noteParked(this.#flow);
      state = withBacklog(state, true);
    }
    this.#keep(state);
    this.#measure(report, now);
  }

  /** A batch goes on after its queue batch has ended: until it reports, nobody waits for another. */
  handedOver(): void {
    slowDown(this.#flow);
  }

  /** One run of the schedule at a time delivers what is parked. Undefined: another one does, or nothing may leave. */
  beginDrain(now: number, lastsMs: number): CircuitStatus | undefined {
    return beginDrain(this.#flow, now, lastsMs) ? statusOf(this.#state, now) : undefined;
  }

  /** Called before each look at what is parked: whatever is parked after it was perhaps not seen. */
  beginLook(): void {
    beginLook(this.#flow);
  }

  /** @param isEmpty nothing was parked any more when it was looked last */
  endDrain(isEmpty: boolean, now: number): void {
    const isAlone = endDrain(this.#flow, now);
    if (isEmpty && isAlone) this.#keep(withBacklog(this.#state, false));
  }

  /** Let nothing through until `resume`. @param reason shown in the console @param now epoch ms */
  pause(reason: string, now: number): void {
    this.#keep(pauseCircuit(this.#state, reason, now));
  }

  /** Let everything through again; forgets an open circuit too. */
  resume(): void {
    this.#keep(resumeCircuit(this.#state));
  }

  /** What operators are to be told. @param now epoch ms */
  alarms(now: number): Alarm[] {
    return alarmsOf(this.#state, now);
  }

  told(alarm: Alarm): void {
    this.#keep(tellAlarm(this.#state, alarm));
  }

  /** For the console and the schedule. @param now epoch ms */
  status(now: number): DestinationStatus {
    return { ...statusOf(this.#state, now), ...metricsStatus(this.#metrics, now) };
  }

  /** All that is kept by minute and by hour, for a chart. */
  history(): Metrics {
    return this.#metrics;
  }

  #keep(state: CircuitState): void {
    if (state === this.#state) return;
    this.#state = state;
    this.ctx.storage.kv.put(CIRCUIT, state);
  }

  #measure(batch: Measured, now: number): void {
    this.#metrics = measure(this.#metrics, batch, now);
    if (now - this.#writtenAt >= WRITE_EVERY_MS) this.#write(now);
    // The end of a burst: an object with a timer is not evicted before it.
    else this.#timer ??= setTimeout(() => this.#write(now), WRITE_EVERY_MS);
  }

  #write(now: number): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    this.#writtenAt = now;
    this.ctx.storage.kv.put(METRICS, this.#metrics);
  }
}

/** The object of a destination. @param key its key in the release */
export const destinationObject = (
  namespace: DurableObjectNamespace<Destination>,
  key: string,
): DurableObjectStub<Destination> => namespace.get(namespace.idFromName(key));
