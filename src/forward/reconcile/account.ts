/**
 * The account of one portion of an hour: each event that was routed, each destination, and what became of it, found by
 * (event id, destination) and not by counters. It is filled with the receipts of ingest first, then with those of
 * delivery, hour by hour, until all are known. Pure; run.ts fills it.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { itemIdOf } from "../item-id.ts";
import { add, type Balance, balanceOf, noTotals, type Totals } from "./totals.ts";

const HOUR_MS = 3_600_000;

/** An event that a destination has to have heard of, and nobody knows what became of it. */
export interface Gap {
  eventId: string;
  /** `*`: it was accepted, and ingest says nothing of it, so that it is not known where it had to go. */
  destination: string;
  itemId?: string;
  why: "not_ingested" | "no_receipt" | "retry_lost" | "parked_lost";
  /** Epoch ms of the last that is known. */
  since: number;
}

/** After so long without a word an item that was queued, or is to be tried again, is missed. */
export const QUIET_MS = 6 * HOUR_MS;
/** A vendor may ask for a delay of twelve hours. */
export const RETRY_QUIET_MS = 13 * HOUR_MS;
/** A release of parked items takes a minute, and its receipts as long as a batch. */
const PARKED_QUIET_MS = HOUR_MS;

/** Whether an item is parked; undefined where that is not known. */
export type IsParked = (destination: string, itemId: string) => Promise<boolean | undefined>;

type DeliveryReceipt = Extract<Receipt, { stage: "delivery" }>;
type State = Pick<DeliveryReceipt, "outcome" | "code" | "at">;

interface Pair {
  eventId: string;
  destination: string;
  /** Whose facts the event made, one for each event of this id: ids are chosen by senders. */
  expected: { subject: string | undefined; at: number }[];
  items: Map<string, State>;
}

interface Seen {
  accepted: number;
  at: number;
  ingested: number;
}

/** Where an event, or a change, was routed to. A batch that came again says it again: its last word counts. */
interface Route {
  eventId: string;
  at: number;
  subject: string | undefined;
  routed: Record<string, string>;
}

export interface Account {
  /** A receipt of the door, of ingest, or of a change. */
  expect(receipt: Receipt): void;
  /** A receipt of delivery; one of an item that nobody expects here is another portion's. */
  settle(receipt: Receipt): void;
  /** Whether later receipts could still say anything. */
  isOpen(): boolean;
  /** @param now epoch ms @param limit of gaps that are listed */
  close(now: number, isParked: IsParked, limit: number): Promise<{ totals: Totals; gaps: Gap[] }>;
}

export function openAccount(): Account {
  const events = new Map<string, Seen>();
  let routes = new Map<string, Route>();
  const pairs = new Map<string, Pair>();
  const totals = noTotals();
  const keyOf = (destination: string, eventId: string) => `${destination} ${eventId}`;

  const take = (route: Route) => {
    const key = `${route.eventId} ${route.subject ?? ""}`;
    const known = routes.get(key);
    if (!known || known.at <= route.at) routes.set(key, route);
    return known === undefined;
  };

  /** All that is to be expected is known: make pairs of it. */
  const seal = () => {
    for (const { eventId, at, subject, routed } of routes.values()) {
      for (const [destination, why] of Object.entries(routed)) {
        const balance = balanceOf(totals, destination);
        balance.routed++;
        if (why !== "queued") {
          add(balance.skipped, why);
          continue;
        }
        const key = keyOf(destination, eventId);
        const pair: Pair = pairs.get(key) ?? { eventId, destination, expected: [], items: new Map() };
        pairs.set(key, pair);
        pair.expected.push({ subject, at });
      }
    }
    routes = new Map();
  };

  return {
    expect(receipt) {
      const { eventId, at } = receipt;
      if (receipt.stage === "change") {
        if (receipt.outcome === "told" && take(receipt)) totals.events.changes++;
        return;
      }
      const isAccepted = receipt.stage === "door" && receipt.outcome === "accepted";
      if (!isAccepted && receipt.stage !== "ingest") return;
      const seen = events.get(eventId) ?? { accepted: 0, at, ingested: 0 };
      events.set(eventId, seen);
      if (receipt.stage === "door") {
        seen.accepted++;
        totals.events.accepted++;
      } else if (receipt.outcome === "duplicate") {
        seen.ingested++;
        totals.events.duplicate++;
      } else {
        const isNew = take({ eventId, at, subject: receipt.subject, routed: receipt.routed ?? {} });
        const isDropped = receipt.outcome === "dropped";
        // What is dropped is claimed by nobody: sent again, it is no duplicate, and dropped again.
        if (isNew || isDropped) seen.ingested++;
        if (isNew && isDropped) add(totals.events.dropped, receipt.code ?? "dropped");
      }
    },
    settle(receipt) {
      if (receipt.stage !== "delivery") return;
      if (routes.size > 0) seal();
      const pair = pairs.get(keyOf(receipt.destination, receipt.eventId));
      if (!pair) return;
      const known = pair.items.get(receipt.itemId);
      // What was delivered stays so, whatever a repetition says; else the latest word counts.
      if (
        known &&
        (known.outcome === "delivered" || (known.at > receipt.at && receipt.outcome !== "delivered"))
      )
        return;
      const { outcome, code, at } = receipt;
      pair.items.set(receipt.itemId, { outcome, at, ...(code !== undefined && { code }) });
    },
    isOpen: () =>
      routes.size > 0 ||
      pairs.values().some((pair) => pair.items.size < pair.expected.length || isMoving(pair)),
    async close(now, isParked, limit) {
      seal();
      const gaps: Gap[] = [];
      const miss = (gap: Gap) => {
        balanceOf(totals, gap.destination).gaps++;
        if (gaps.length < limit) gaps.push(gap);
      };
      for (const [eventId, { accepted, ingested, at }] of events) {
        for (let n = ingested; n < accepted; n++) {
          balanceOf(totals, "*").routed++;
          if (now - at > QUIET_MS) miss({ eventId, destination: "*", why: "not_ingested", since: at });
          else balanceOf(totals, "*").inFlight.queued++;
        }
      }
      for (const pair of pairs.values()) {
        for (const { itemId, state, at, subject } of await itemsOf(pair)) {
          const balance = balanceOf(totals, pair.destination);
          const { eventId, destination } = pair;
          const lost = await judge(balance, state, at, now, async () =>
            isParked(destination, itemId ?? (await itemIdOf(eventId, destination, subject ?? ""))),
          );
          if (lost)
            miss({ eventId, destination, ...(itemId && { itemId }), why: lost, since: state?.at ?? at });
        }
      }
      return { totals, gaps };
    },
  };
}

const isMoving = (pair: Pair): boolean =>
  pair.items.values().some(({ outcome }) => outcome === "retry" || outcome === "parked");

/** Book one item. Gives why it is missed, if it is. */
async function judge(
  balance: Balance,
  state: State | undefined,
  queuedAt: number,
  now: number,
  isParked: () => Promise<boolean | undefined>,
): Promise<Gap["why"] | undefined> {
  switch (state?.outcome) {
    case "delivered":
      balance.delivered++;
      return undefined;
    case "failed":
      balance.failed++;
      return undefined;
    case "skipped":
      add(balance.skipped, state.code ?? "skipped");
      return undefined;
    case "retry":
      // Where order is kept it waits for its next attempt in a parked object, as long as the destination is paused.
      if (now - state.at > RETRY_QUIET_MS && !(await isParked())) return "retry_lost";
      balance.inFlight.retry++;
      return undefined;
    case "parked":
      if (now - state.at > PARKED_QUIET_MS && (await isParked()) === false) return "parked_lost";
      balance.inFlight.parked++;
      return undefined;
    default:
      // What was handed over by an isolate that died then waits in its object, without a word.
      if (now - queuedAt > QUIET_MS && !(await isParked())) return "no_receipt";
      balance.inFlight.queued++;
      return undefined;
  }
}

/** The items of a pair, each with what is known of it. Ids are made only where several persons' events have one id. */
async function itemsOf({ eventId, destination, expected, items }: Pair) {
  const [first] = expected;
  const [only] = items;
  if (expected.length === 1 && first && items.size <= 1)
    return [{ itemId: only?.[0], state: only?.[1], ...first }];
  return Promise.all(
    expected.map(async ({ subject, at }) => {
      const itemId = await itemIdOf(eventId, destination, subject ?? "");
      return { itemId, state: items.get(itemId), at, subject };
    }),
  );
}
