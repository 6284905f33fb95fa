/** The events of one consumer batch on their way through ingest, and what is known of each. */
import type { AcceptedEvent, EventEnvelope } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { fnv1a32 } from "#core/fnv";
import { type Resolution, resolve } from "#identity/resolve";

export interface IngestEvent {
  event: AcceptedEvent;
  envelope: string;
  source: string;
  receivedAt: number;
  resolution: Resolution;
  /** What became of it; undefined until it is decided. */
  outcome?: "folded" | "duplicate" | "dropped";
  code?: string;
  /** The claim was there already when this batch first read it: the envelope was redelivered. */
  redelivered: boolean;
  /** Folded by the run over the batch that was written, rather than by an earlier one. */
  fresh: boolean;
  /** Purposes that are still granted at ingest. */
  granted: Purpose[];
}

/** All events of some envelopes. A bot is tagged, and takes no part in identity: see `isBot`. */
export function eventsOf(envelopes: readonly EventEnvelope[]): IngestEvent[] {
  return envelopes.flatMap(({ id, source, receivedAt, events }) =>
    events.map((event) => ({
      event,
      envelope: id,
      source,
      receivedAt,
      resolution: resolve(event, source, `event:0.${orphan(event.id)}`, receivedAt),
      redelivered: false,
      fresh: false,
      granted: [...event.consent.granted],
    })),
  );
}

/** Events of bots are landed, but never folded, linked or forwarded. */
export const isBot = (item: IngestEvent): boolean => item.event.context.bot === true;

/** Keys of all rows that the events need. */
export const keysOf = (items: readonly IngestEvent[]): string[] => [
  ...new Set(items.filter((i) => !isBot(i)).flatMap((i) => i.resolution.keys)),
];

/** A row name for an event that names nobody; the event's id is all there is. */
const orphan = (eventId: string): string =>
  `${fnv1a32(eventId).toString(36)}${fnv1a32(`~${eventId}`).toString(36)}`;
