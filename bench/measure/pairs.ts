/** What is compared with what, and the least that the ratio of CPU must be. One part of the bench for each list. */
import { cookielessRequest, eventRequest, firstRequest, slotRequest } from "./requests/native.ts";
import { PROTOCOL_REQUESTS } from "./requests/protocols.ts";
import type { BenchRequest } from "./requests/request.ts";
import type { BenchVisitor } from "./visitors.ts";

export interface ComparedPair {
  name: string;
  /** The other Worker's CPU per request over ours. */
  target: number;
  other: "bare" | "walkerOS";
  /** Ours has a release of 50 offers and 200 segments; else the demo's. */
  isLarge?: boolean;
  make(visitor: BenchVisitor, now: number): BenchRequest;
}

export const PAIRS: Record<"core" | "walker" | "protocols", readonly ComparedPair[]> = {
  core: [
    {
      name: "POST /events, one event of 1 kB, beside parsing it and answering 202",
      target: 0.6,
      other: "bare",
      make: (visitor, now) => eventRequest(visitor, 1, now),
    },
    {
      name: "POST /events, five events of 1 kB",
      target: 0.4,
      other: "bare",
      make: (visitor, now) => eventRequest(visitor, 5, now),
    },
    {
      name: "GET /slots/hero with 50 offers and 200 segments, beside reading one KV value and answering it",
      target: 0.6,
      other: "bare",
      isLarge: true,
      make: slotRequest,
    },
  ],
  walker: [
    {
      name: "One event with all our cookies and checks, beside walkerOS's collector and API destination",
      target: 0.9,
      other: "walkerOS",
      make: (visitor, now) => eventRequest(visitor, 1, now),
    },
    {
      name: "The same of a first visit: no cookie comes, the answer brings ours",
      target: 0.9,
      other: "walkerOS",
      make: firstRequest,
    },
    {
      name: "The same without cookies: none comes, none is set",
      target: 1.1,
      other: "walkerOS",
      make: cookielessRequest,
    },
  ],
  protocols: PROTOCOL_REQUESTS.map(({ name, make }) => ({
    name: `${name}, one event, beside reading it and giving the same answer`,
    target: 0.5,
    other: "bare" as const,
    make,
  })),
};
