/**
 * What the vendors received, oldest first, at most 10,000 requests (the oldest go).
 * A record is made when a request has arrived and gets its status when it is answered, so a request
 * that a fault holds back or never answers is visible with `status: null`.
 */
import type { IncomingHttpHeaders } from "node:http";
import type { DemoRequest } from "../http.ts";

/** How many requests are remembered, over all vendors. */
const RECORD_LIMIT = 10_000;

/** One received request. `body` is the parsed JSON, or the text where it is not JSON. `details` are a vendor's own. */
type ReceivedRecord = {
  id: number;
  at: string;
  vendor: string;
  method: string;
  path: string;
  query: Record<string, string>;
  headers: IncomingHttpHeaders;
  body: unknown;
  status: number | null;
  [details: string]: unknown;
};

/** The log of received requests; see `createRecords`. */
export type Records = {
  add(vendor: string, request: DemoRequest, at: Date): ReceivedRecord;
  list(filter: { vendor?: string; limit?: number }): { total: number; records: ReceivedRecord[] };
  clear(): void;
};

/** An empty, bounded log. */
export function createRecords(limit = RECORD_LIMIT): Records {
  let records: ReceivedRecord[] = [];
  let lastId = 0;

  return {
    add(vendor, request, at) {
      lastId += 1;
      const record: ReceivedRecord = {
        id: lastId,
        at: at.toISOString(),
        vendor,
        method: request.method,
        path: request.path,
        query: Object.fromEntries(request.url.searchParams),
        headers: request.headers,
        body: readable(request.body),
        status: null,
      };
      records.push(record);
      // Trimmed in steps, so that a full log does not move 10,000 entries on every request.
      if (records.length > limit + 100) records = records.slice(-limit);
      return record;
    },
    list({ vendor, limit: newest }) {
      const kept = records.slice(-limit);
      const matching = vendor === undefined ? kept : kept.filter((record) => record.vendor === vendor);
      return {
        total: matching.length,
        records:
          newest === undefined
            ? matching
            : matching.slice(matching.length - Math.min(newest, matching.length)),
      };
    },
    clear() {
      records = [];
    },
  };
}

function readable(body: Buffer): unknown {
  if (body.length === 0) return null;
  const text = body.toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
