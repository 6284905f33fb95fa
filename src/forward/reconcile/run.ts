/**
 * The daily reconciliation on the schedule: yesterday, once its last events have had time to arrive, and the days before
 * as long as something of them was on its way. Portion by portion: what ingest routed in an hour, then what delivery says
 * of it in that hour and those that follow, until all is known. Gaps raise an alert.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { type AlertTarget, sendAlert } from "#core/alert";
import { type Clock, DAY_MS } from "#core/clock";
import { HOUR_MS, hourStart } from "#lake/places";
import { HourNotCompacted, type HourPart, hoursOf, type Listings, readHour } from "#lake/read-hour";
import { listParked, openParked } from "../store.ts";
import { type Gap, type IsParked, openAccount } from "./account.ts";
import {
  beginReconciliation,
  keepReconciliation,
  listReconciliations,
  type Reconciliation,
} from "./store.ts";
import { addTotals, inFlightOf, type Totals } from "./totals.ts";

export interface ReconcileContext {
  db: D1Database;
  bucket: R2Bucket;
  clock: Clock;
  alert: AlertTarget;
}

/** So long after a day's end its account is first drawn up. */
const SETTLES_MS = 2 * HOUR_MS;
/** A day of which something is on its way is drawn up again each day, as long as a queue keeps a message and more. */
const DAYS = 7;
/** Deliveries are looked for so long after an event came; what takes longer is told by the next account. */
const MAX_HOURS = 24 * 8;
const GAPS_LISTED = 200;
/** Of one run. */
const RUN_MS = 20_000;
/** Objects of parked items that are looked through; where there are more, an item may be in one of them. */
const PARKED_READ = 200;

/** Begin what is due, and go on with what was begun. */
export async function reconcile(context: ReconcileContext): Promise<void> {
  const { db, clock } = context;
  const now = clock();
  const known = await listReconciliations(db, DAYS + 3);
  for (const day of dueDays(known, now)) await beginReconciliation(db, day, now);
  const running = (await listReconciliations(db, DAYS + 3)).filter(({ state }) => state === "running");
  const until = now + RUN_MS;
  const failed: unknown[] = [];
  for (const one of running)
    if (clock() < until) await goOn(one, context, until).catch((error: unknown) => failed.push(error));
  if (failed.length > 0) throw failed[0];
}

/**
 * Yesterday, days before it on which no schedule ran, those that somebody drew up before they had ended, and those of which
 * something was on its way when they were last drawn up; each once a day.
 */
function dueDays(known: readonly Reconciliation[], now: number): string[] {
  const today = dayOf(now);
  const due: string[] = [];
  for (let back = 1; back <= DAYS; back++) {
    const day = dayOf(now - back * DAY_MS);
    if (now < Date.parse(day) + DAY_MS + SETTLES_MS) continue;
    const one = known.find((other) => other.day === day);
    const wasEarly = one && one.at < Date.parse(day) + DAY_MS + SETTLES_MS;
    const isOpen = one && dayOf(one.at) < today && inFlightOf(one.totals) > 0;
    const isMissing = back === 1 || known.some((other) => other.day < day);
    if (one ? one.state === "done" && (wasEarly || isOpen) : isMissing) due.push(day);
  }
  return due;
}

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Portion by portion, until the day is done or the run is over. */
async function goOn(given: Reconciliation, context: ReconcileContext, until: number): Promise<void> {
  const { db, bucket, clock } = context;
  const from = Date.parse(given.day);
  const isParked = parkedItems(bucket);
  const listings: Listings = new Map();
  let current = given;
  const begins = given.cursor?.hour ?? from;
  for await (const { hour, parts } of hoursOf(bucket, { from: begins, to: from + DAY_MS - 1 })) {
    const { cursor } = current;
    const isBegun = cursor?.hour === hour;
    const of = isBegun ? cursor.of : parts;
    for (let part = isBegun ? cursor.part : 0; part < of; part++) {
      const { totals, gaps } = await portion(bucket, { hour, part, of }, clock(), isParked, listings);
      const next = {
        ...current,
        cursor: { hour, part: part + 1, of },
        totals: sum(current.totals, totals),
        gaps: [...current.gaps, ...gaps].slice(0, GAPS_LISTED),
        open: current.open + gapsIn(totals),
        at: Math.max(clock(), current.at + 1),
      };
      if (!(await keepReconciliation(db, next, current.at))) return;
      current = next;
      if (clock() >= until) return;
    }
  }
  const told = new Set(current.told);
  const keys = current.gaps.map(({ eventId, destination }) => `${destination} ${eventId}`);
  const isTold = keys.every((key) => told.has(key)) || (await tell(current, context));
  // An alert that was not taken is sent again each minute, for an hour.
  if (!isTold && clock() - current.at < HOUR_MS) return;
  const at = Math.max(clock(), current.at + 1);
  const known = isTold ? [...told.union(new Set(keys))].slice(-2 * GAPS_LISTED) : current.told;
  const done = { ...current, state: "done" as const, cursor: null, told: known, at };
  await keepReconciliation(db, done, current.at);
}

/** One portion of an hour: what was to be delivered, and what became of it. */
async function portion(
  bucket: R2Bucket,
  place: Omit<HourPart<"receipts">, "kind">,
  now: number,
  isParked: IsParked,
  listings: Listings,
): Promise<{ totals: Totals; gaps: Gap[] }> {
  const account = openAccount();
  const own = await readHour(bucket, { kind: "receipts", ...place }, listings);
  for (const receipt of own) account.expect(receipt);
  for (const receipt of own) account.settle(receipt);
  const { hour, part, of } = place;
  const last = Math.min(hour + MAX_HOURS * HOUR_MS, hourStart(now));
  for (let next = hour + HOUR_MS; next <= last && account.isOpen(); next += HOUR_MS) {
    const receipts = await laterHour(bucket, { hour: next, part, of }, listings);
    // What came after that is not known: it is judged as of then, and nothing that was parked is missed.
    if (!receipts) return account.close(next, async () => undefined, GAPS_LISTED);
    for (const receipt of receipts) account.settle(receipt);
  }
  return account.close(now, isParked, GAPS_LISTED);
}

/** Undefined: it has too much that waits to be compacted, as the current hour of a busy site has. */
const laterHour = (
  bucket: R2Bucket,
  place: Omit<HourPart<"receipts">, "kind">,
  listings: Listings,
): Promise<Receipt[] | undefined> =>
  readHour(bucket, { kind: "receipts", ...place }, listings).catch((error: unknown) => {
    if (error instanceof HourNotCompacted) return undefined;
    throw error;
  });

/** Whether an item is parked; each destination's are read once, when the first of its items is asked for. */
function parkedItems(bucket: R2Bucket): IsParked {
  const known = new Map<string, Promise<Set<string> | undefined>>();
  const read = async (destination: string): Promise<Set<string> | undefined> => {
    const { objects, more } = await listParked(bucket, destination, PARKED_READ);
    if (more) return undefined;
    const ids = new Set<string>();
    for (const { key } of objects) {
      const parked = await openParked(bucket, key);
      // What cannot be read may be the one.
      if (parked === "unreadable") return undefined;
      for (const { id } of parked?.items ?? []) ids.add(id);
    }
    return ids;
  };
  return async (destination, itemId) => {
    const items = known.get(destination) ?? read(destination);
    known.set(destination, items);
    return (await items)?.has(itemId);
  };
}

function sum(day: Totals, portion: Totals): Totals {
  const totals = structuredClone(day);
  addTotals(totals, portion);
  return totals;
}

const gapsIn = ({ destinations }: Totals): number =>
  Object.values(destinations).reduce((count, { gaps }) => count + gaps, 0);

/** Ids of events are no personal data, and the first few say where to look. */
function tell({ day, open, gaps }: Reconciliation, { alert }: ReconcileContext): Promise<boolean> {
  const first = gaps
    .slice(0, 5)
    .map(({ eventId, destination, why }) => ({ event_id: eventId, destination, why }));
  const what = open === 1 ? "one delivery" : `${open} deliveries`;
  const text = `Reconciliation of ${day}: nobody knows what became of ${what}. The console names them.`;
  return sendAlert(alert, { type: "delivery.gap", text, day, open, first });
}
