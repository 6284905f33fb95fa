/**
 * Cloudflare's published prices of the Workers Paid plan, in US dollars, as read in November 2026, and what the plan
 * includes each month. The whole of the cost meter's dollars come from this file.
 *
 * A queue's consumer and a schedule are invocations of the Worker. The pricing page speaks of inbound requests only; each
 * invocation is counted as a request here, so that the figure can only be too high.
 */

export interface Price {
  product: string;
  unit: string;
  /** Dollars per million units. */
  perMillion: number;
  /** Units included each month. */
  included: number;
  source: string;
}

const WORKERS = "https://developers.cloudflare.com/workers/platform/pricing/";
const QUEUES = "https://developers.cloudflare.com/queues/platform/pricing/";
const D1 = "https://developers.cloudflare.com/d1/platform/pricing/";
const KV = "https://developers.cloudflare.com/kv/platform/pricing/";
const R2 = "https://developers.cloudflare.com/r2/pricing/";
const OBJECTS = "https://developers.cloudflare.com/durable-objects/platform/pricing/";

export const PRICES_READ_AT = "2026-11";

export const PRICES = {
  requests: { product: "Workers", unit: "requests", perMillion: 0.3, included: 10e6, source: WORKERS },
  cpuMs: { product: "Workers", unit: "CPU ms", perMillion: 0.02, included: 30e6, source: WORKERS },
  queueOperations: { product: "Queues", unit: "operations", perMillion: 0.4, included: 1e6, source: QUEUES },
  rowsRead: { product: "D1", unit: "rows read", perMillion: 0.001, included: 25e9, source: D1 },
  rowsWritten: { product: "D1", unit: "rows written", perMillion: 1, included: 50e6, source: D1 },
  kvReads: { product: "KV", unit: "reads", perMillion: 0.5, included: 10e6, source: KV },
  kvWrites: { product: "KV", unit: "writes", perMillion: 5, included: 1e6, source: KV },
  kvDeletes: { product: "KV", unit: "deletes", perMillion: 5, included: 1e6, source: KV },
  r2ClassA: { product: "R2", unit: "class A operations", perMillion: 4.5, included: 1e6, source: R2 },
  r2ClassB: { product: "R2", unit: "class B operations", perMillion: 0.36, included: 10e6, source: R2 },
  objectRequests: {
    product: "Durable Objects",
    unit: "requests",
    perMillion: 0.15,
    included: 1e6,
    source: OBJECTS,
  },
  objectGbSeconds: {
    product: "Durable Objects",
    unit: "GB-s",
    perMillion: 12.5,
    included: 400_000,
    source: OBJECTS,
  },
  objectRowsRead: {
    product: "Durable Objects",
    unit: "rows read",
    perMillion: 0.001,
    included: 25e9,
    source: OBJECTS,
  },
  objectRowsWritten: {
    product: "Durable Objects",
    unit: "rows written",
    perMillion: 1,
    included: 50e6,
    source: OBJECTS,
  },
} satisfies Record<string, Price>;

export type Unit = keyof typeof PRICES;
export const UNITS = Object.keys(PRICES) as Unit[]; // The keys of the object above.
