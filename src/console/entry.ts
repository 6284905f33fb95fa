/**
 * One line of the live view: a trace of the ring, summed up. Pure; answers `GET /admin/api/live`. A slot decision is a
 * line of its own, since it belongs to no event.
 */
import type { Receipt } from "#contracts/messages/receipt";
import { PURPOSES } from "#contracts/taxonomy";
import type { Trace } from "#lake/live-tail";
import { isRouted } from "./explain.ts";
import { count, listInWords, reasonInWords } from "./wording.ts";

/** What became of an event at one destination so far. */
export interface Fate {
  destination: string;
  status: "queued" | "delivered" | "skipped" | "retry" | "failed" | "parked";
  /** Why, where it was not delivered. */
  reason?: string;
}

/** An event with what happened to it. */
export interface EventEntry {
  kind: "event";
  event_id: string;
  /** Empty where the ring no longer holds what the door said. */
  name: string;
  source: string;
  /** ISO time of the newest receipt. */
  at: string;
  outcome: "accepted" | "dropped" | "rejected" | "duplicate";
  summary: string;
  identity_state?: string;
  destinations: Fate[];
  receipts: Receipt[];
}

/** A decision on a slot. */
export interface SlotEntry {
  kind: "slot";
  event_id: string;
  slot: string;
  at: string;
  outcome: "offer" | "fallback";
  offer?: string;
  segments: string[];
  losers: { offer: string; reason: string }[];
  summary: string;
  receipts: Receipt[];
}

export type LiveEntry = EventEntry | SlotEntry;

/** Sum up a trace. Undefined where it holds no receipt. */
export function toEntry(trace: Trace): LiveEntry | undefined {
  const { receipts } = trace;
  if (receipts.length === 0) return undefined;
  const common = { event_id: trace.eventId, at: new Date(trace.at).toISOString(), receipts };
  const slot = receipts.find((r) => r.stage === "slot");
  if (slot) {
    const { offer, segments, losers, outcome } = slot;
    const lost = losers.length ? `; ${count(losers.length, "other offer")} lost` : "";
    const summary = `${outcome === "offer" ? `Showed ${offer ?? "an offer"}` : "Showed its fallback"}${lost}`;
    return {
      kind: "slot",
      ...common,
      slot: slot.slot,
      outcome,
      ...(offer && { offer }),
      segments,
      losers,
      summary,
    };
  }
  const doors = receipts.filter((r) => r.stage === "door");
  const door = doors.find((r) => r.outcome === "accepted") ?? doors.at(-1);
  const ingested = receipts.filter((r) => r.stage === "ingest");
  const folded = ingested.find((r) => r.outcome === "folded");
  const destinations = fates(receipts);
  const outcome = outcomeOf(door, ingested, destinations.length > 0);
  return {
    kind: "event",
    ...common,
    name: door?.name ?? "",
    source: door?.source ?? "",
    outcome,
    summary: summarise(outcome, door, ingested, destinations),
    ...(folded?.identityState && { identity_state: folded.identityState }),
    destinations,
  };
}

type Door = Extract<Receipt, { stage: "door" }>;
type Ingest = Extract<Receipt, { stage: "ingest" }>;

/** A repeat of an event that took effect leaves it accepted; only an event of which nothing else is known is a duplicate. */
function outcomeOf(
  door: Door | undefined,
  ingested: readonly Ingest[],
  delivering: boolean,
): EventEntry["outcome"] {
  if (delivering || ingested.some((r) => r.outcome === "folded")) return "accepted";
  const last = ingested.at(-1);
  if (last && last.outcome !== "folded") return last.outcome;
  return door?.outcome ?? "accepted";
}

/** Each destination once, in the order of its first mention: the latest word of delivery, else what ingest decided. */
export function fates(receipts: readonly Receipt[]): Fate[] {
  const byName = new Map<string, Fate>();
  for (const receipt of receipts) {
    if (receipt.stage !== "ingest") continue;
    for (const [destination, fate] of Object.entries(receipt.routed ?? {})) {
      byName.set(destination, {
        destination,
        ...(isRouted(fate) ? { status: "queued" } : { status: "skipped", reason: fate }),
      });
    }
  }
  for (const receipt of receipts) {
    if (receipt.stage !== "delivery") continue;
    const { destination, outcome, code } = receipt;
    byName.set(destination, { destination, status: outcome, ...(code && { reason: code }) });
  }
  return [...byName.values()];
}

function summarise(
  outcome: EventEntry["outcome"],
  door: Door | undefined,
  ingested: readonly Ingest[],
  destinations: readonly Fate[],
): string {
  if (outcome === "duplicate") return "Sent before: the repeat changed nothing";
  if (outcome !== "accepted") {
    const code = (ingested.find((r) => r.outcome === "dropped") ?? door)?.code;
    return `${outcome === "rejected" ? "Rejected" : "Dropped"}${code ? `: ${reasonInWords(code)}` : ""}`;
  }
  const removed = door?.removed?.length ?? 0;
  const went = (status: Fate["status"]) =>
    destinations.filter((d) => d.status === status).map((d) => d.destination);
  const parts = [
    door?.consent ? `Accepted for ${forWhat(door.consent.granted)}` : "Accepted",
    removed ? `${count(removed, "field")} removed` : "",
    ...ingested.flatMap((r) => (r.entered?.length ? [`entered ${listInWords(r.entered)}`] : [])),
    ...(["delivered", "queued", "retry", "parked", "skipped", "failed"] as const).flatMap((status) =>
      went(status).length ? [`${FATES[status]} ${listInWords(went(status))}`] : [],
    ),
  ];
  return parts.filter(Boolean).join("; ");
}

const forWhat = (granted: readonly string[]): string => {
  if (granted.length === 0) return "nothing but what is necessary";
  return granted.length === PURPOSES.length ? "all purposes" : listInWords(granted);
};

const FATES: Record<Fate["status"], string> = {
  delivered: "delivered to",
  queued: "on its way to",
  retry: "to be tried again at",
  parked: "parked for",
  skipped: "not for",
  failed: "failed at",
};
