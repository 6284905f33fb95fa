/**
 * The ring of recent receipts that the console shows. One object; batches are stored as one row each, since each row
 * is billed. What falls out of the ring is still in R2.
 */
import { DurableObject } from "cloudflare:workers";
import type { Receipt } from "#contracts/messages/receipt";

/** All that is known of one event, oldest decision first. */
export interface Trace {
  eventId: string;
  /** Epoch ms of the newest receipt. */
  at: number;
  receipts: Receipt[];
}

const KEEP_RECEIPTS = 5_000;

export class LiveTail extends DurableObject {
  readonly #traces = new Map<string, Trace>();
  #count = 0;

  constructor(state: DurableObjectState, env: never) {
    super(state, env);
    this.ctx.storage.sql.exec("CREATE TABLE IF NOT EXISTS batches (n INTEGER PRIMARY KEY, size INTEGER NOT NULL, receipts TEXT NOT NULL)");
    for (const row of this.ctx.storage.sql.exec<{ receipts: string }>("SELECT receipts FROM batches ORDER BY n")) {
      this.#remember(JSON.parse(row.receipts) as Receipt[]); // written by append
    }
  }

  /** Add receipts of one batch. */
  append(receipts: Receipt[]): void {
    this.ctx.storage.sql.exec("INSERT INTO batches (size, receipts) VALUES (?, ?)", receipts.length, JSON.stringify(receipts));
    this.#remember(receipts);
    this.#trim();
  }

  /** Traces, newest first. @param limit at most this many */
  live(limit: number): Trace[] {
    return [...this.#traces.values()].reverse().slice(0, limit);
  }

  /** The trace of one event, as far as the ring still has it. */
  trace(eventId: string): Trace | undefined {
    return this.#traces.get(eventId);
  }

  #remember(receipts: readonly Receipt[]): void {
    for (const receipt of receipts) {
      const trace = this.#traces.get(receipt.eventId) ?? { eventId: receipt.eventId, at: 0, receipts: [] };
      trace.receipts.push(receipt);
      trace.at = Math.max(trace.at, receipt.at);
      if (!this.#traces.has(receipt.eventId)) this.#traces.set(receipt.eventId, trace);
      this.#count++;
    }
  }

  #trim(): void {
    for (const [id, trace] of this.#traces) {
      if (this.#count <= KEEP_RECEIPTS) break;
      this.#traces.delete(id);
      this.#count -= trace.receipts.length;
    }
    this.ctx.storage.sql.exec(
      "DELETE FROM batches WHERE n <= (SELECT n FROM (SELECT n, SUM(size) OVER (ORDER BY n DESC) AS newer FROM batches) WHERE newer > ? ORDER BY n DESC LIMIT 1)",
      KEEP_RECEIPTS * 2,
    );
  }
}
