/** Counting billed units, and what they cost. Pure. */
import { PRICES, type Price, UNITS, type Unit } from "./prices.ts";

export type Counts = Record<Unit, number>;

export interface Meter {
  counts: Counts;
  add(unit: Unit, amount?: number): void;
  /** Forget everything: what was counted so far belongs to no measured event. */
  reset(): void;
}

export const noCounts = (): Counts => Object.fromEntries(UNITS.map((unit) => [unit, 0])) as Counts; // Each of UNITS.

export const sum = (a: Counts, b: Counts): Counts => combine(a, b, 1);
export const difference = (a: Counts, b: Counts): Counts => combine(a, b, -1);

function combine(a: Counts, b: Counts, sign: 1 | -1): Counts {
  const result = noCounts();
  for (const unit of UNITS) result[unit] = a[unit] + sign * b[unit];
  return result;
}

export function createMeter(): Meter {
  const counts = noCounts();
  return {
    counts,
    add(unit, amount = 1) {
      counts[unit] += amount;
    },
    reset() {
      Object.assign(counts, noCounts());
    },
  };
}

/** A KB of the queues' price is 1,000 bytes, and every message has about 100 bytes of metadata. */
const CHUNK_BYTES = 64_000;
const METADATA_BYTES = 100;

/** Operations that a write, a read or a delete of a message is billed as. @param bytes of its body */
export const queueChunks = (bytes: number): number =>
  Math.max(1, Math.ceil((bytes + METADATA_BYTES) / CHUNK_BYTES));

export interface Line extends Price {
  /** Units per million events. */
  amount: number;
  /** Dollars per million events, without what the plan includes. */
  dollars: number;
}

/** What counted units cost per million events; lines of nothing are left out. */
export function priceLines(counts: Counts, events: number): Line[] {
  return UNITS.flatMap((unit) => {
    const price = PRICES[unit];
    const amount = (counts[unit] * 1e6) / events;
    return amount === 0 ? [] : [{ ...price, amount, dollars: (amount * price.perMillion) / 1e6 }];
  });
}

export const totalDollars = (lines: readonly Line[]): number =>
  lines.reduce((sum, line) => sum + line.dollars, 0);

/**
 * Dollars that a month costs beyond the plan's $5, once the included amounts are used up.
 * @param eventsAMonth how many events the month has
 */
export const monthlyDollars = (lines: readonly Line[], eventsAMonth: number): number =>
  lines.reduce((sum, { amount, included, perMillion }) => {
    const used = (amount * eventsAMonth) / 1e6;
    return sum + (Math.max(0, used - included) * perMillion) / 1e6;
  }, 0);

/** `$1.07`. */
export const dollars = (amount: number): string => `$${amount.toFixed(2)}`;
