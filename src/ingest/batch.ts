/** The events of one consumer batch on their way through ingest, and what is known of each. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { AcceptedEvent, ConsentRecord, EventEnvelope } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { fnv1a32 } from "#core/fnv";
import { isForBots } from "#forward/route";
import { NAMES_NOBODY } from "#identity/graph";
import { type Resolution, resolve } from "#identity/resolve";
import { type IdentityRules, identityRules } from "#identity/rules";

export interface IngestEvent {
  event: AcceptedEvent;
  envelope: string;
  source: string;
  receivedAt: number;
  resolution: Resolution;
  /** A bot's, that a destination of the release asks for: it is sent on, and folded into nothing. */
  forBots: boolean;
  /** What became of it; undefined until it is decided. A bot's event is dropped, also where it is sent on. */
  outcome?: "folded" | "duplicate" | "dropped";
  code?: string;
  /** The claim was there already when this batch first read it: the envelope was redelivered. */
  redelivered: boolean;
  /** Folded by the run over the batch that was written, rather than by an earlier one. */
  fresh: boolean;
  /** Purposes that are still granted at ingest. */
  granted: Purpose[];
}

/** What a visitor has decided, and when the door was told. */
export interface SeenRecord {
  record: ConsentRecord;
  /** Epoch ms. */
  seenAt: number;
}

/** Decisions that came with some envelopes, in the order in which the door saw them. */
export const recordsOf = (envelopes: readonly EventEnvelope[]): SeenRecord[] =>
  envelopes
    .flatMap(({ record, receivedAt }) => (record ? [{ record, seenAt: receivedAt }] : []))
    .sort((a, b) => a.seenAt - b.seenAt);

/** All events of some envelopes. A bot is tagged, and takes no part in identity: see `isBot`. */
export function eventsOf(envelopes: readonly EventEnvelope[], document: ReleaseDocument): IngestEvent[] {
  const rules = identityRules(document);
  return envelopes.flatMap(({ id, source, receivedAt, events }) =>
    events.map((event) => ({
      event,
      envelope: id,
      source,
      receivedAt,
      resolution: resolutionOf(event, source, receivedAt, rules),
      forBots: event.context.bot === true && isForBots(document, event.name),
      redelivered: false,
      fresh: false,
      granted: [...event.consent.granted],
    })),
  );
}

/** A bot's event is claimed, if at all, in a row of its own; who it says it is only limits it by that one's consent. */
function resolutionOf(
  event: AcceptedEvent,
  source: string,
  receivedAt: number,
  rules: IdentityRules,
): Resolution {
  const own = `${NAMES_NOBODY}0.${orphan(event.id)}`;
  if (!event.context.bot) return resolve(event, source, own, receivedAt, rules);
  return {
    factsKey: own,
    keys: [own, ...event.identifiers.map(({ key }) => key)],
    links: [],
    verified: false,
  };
}

/** Events of bots are landed, but never folded or linked, and forwarded only to destinations that ask for bots. */
export const isBot = (item: IngestEvent): boolean => item.event.context.bot === true;

/** Whether an event goes no further than the lake: a bot's, and no destination asks for it. */
export const staysOut = (item: IngestEvent): boolean => isBot(item) && !item.forBots;

/** Whether destinations may get it: it took effect, or it is a bot's for those that ask for bots. */
export const goesOn = (item: IngestEvent): boolean =>
  item.outcome === "folded" || (item.forBots && item.outcome === "dropped" && item.code === "bot");

/** Keys of all rows that the events need. What only lands needs no row of its own, but those that may forbid it. */
export const keysOf = (items: readonly IngestEvent[], records: readonly SeenRecord[]): string[] => [
  ...new Set([
    ...items.flatMap((i) => (staysOut(i) ? i.event.identifiers.map(({ key }) => key) : i.resolution.keys)),
    ...records.map(({ record }) => record.subject),
  ]),
];

/** A row name for an event that names nobody; the event's id is all there is. */
const orphan = (eventId: string): string =>
  `${fnv1a32(eventId).toString(36)}${fnv1a32(`~${eventId}`).toString(36)}`;
