/**
 * What the landing files have of one person, for a request for access: their events, where each went, and why it did not
 * go elsewhere. The same files, bounds and rules as in erase.ts. Called by src/subjects.
 */
import {
  deliveryLines,
  eventLines,
  type ItemIdOf,
  type LandedLine,
  markLines,
  mayHold,
} from "./landed-lines.ts";
import { type Onward, type Span, sweepLanding } from "./landing-sweep.ts";
import { mayPartHold, unmarked } from "./part-lines.ts";
import { readPart } from "./parts.ts";
import { personOf } from "./person.ts";
import { hourOfKey, kindOfPart, partKey, partNameOf } from "./places.ts";

export interface LandedReading extends Span {
  /** Identifier keys of the person. */
  subjects: Iterable<string>;
  itemIdOf: ItemIdOf;
}

/** One event, as the lake has it: pseudonymous, and cut to what consent allowed. */
export interface ReadEvent {
  id: string;
  name: string;
  /** Epoch ms. */
  occurredAt: number;
  receivedAt: number;
  source: string;
  properties: unknown;
  context: unknown;
  consent: unknown;
  /** Per destination `queued`, or why it does not go there. */
  routed: Record<string, string>;
}

/** One answer of a destination. */
export interface ReadDelivery {
  eventId: string;
  destination: string;
  /** Epoch ms. */
  at: number;
  outcome: string;
  code?: string;
}

export interface ReadLines extends Onward {
  events: ReadEvent[];
  deliveries: ReadDelivery[];
}

/** Read the next objects. @returns with `cursor` and `eventIds` for the next call; at the end without a cursor */
export async function readLanded(bucket: R2Bucket, asked: LandedReading): Promise<ReadLines> {
  const { subjects, itemIdOf, ...span } = asked;
  const person = personOf(subjects);
  const events = new Map<string, ReadEvent>();
  const deliveries: ReadDelivery[] = [];
  const linesIn = async (key: string, ids: ReadonlySet<string>, read: Read): Promise<LandedLine[]> => {
    const kind = kindOfPart(key);
    if (!kind) {
      const text = await textUnder(key, ids);
      return text === undefined ? [] : read(text);
    }
    const part = await readPart(bucket, kind, key, (bytes) => mayPartHold(bytes, kind, person, ids));
    return part ? markLines(unmarked(part.lines), person, ids, itemIdOf) : [];
  };
  const textUnder = async (key: string, ids: ReadonlySet<string>) => {
    const text = await (await bucket.get(key))?.text();
    return text !== undefined && mayHold(text, person, ids) ? text : undefined;
  };
  const onward = await sweepLanding(bucket, span, {
    find: async (key, ids) => {
      const lines = await linesIn(key, ids, (text) => eventLines(text, person, ids));
      // Of a part the receipts lie in another one of the same name.
      const name = partNameOf(key);
      const isAny = lines.some(({ isOwn }) => isOwn);
      const beside = name && isAny ? partKey("receipts", hourOfKey(key) ?? 0, name) : undefined;
      if (beside) lines.push(...(await linesIn(beside, idsIn(lines), () => [])));
      const found = eventsIn(lines);
      // One that was in an earlier object, or call, has been given.
      for (const event of found) if (!ids.has(event.id) && !events.has(event.id)) events.set(event.id, event);
      return found.map(({ id }) => id);
    },
    deliveries: async (key, ids) => {
      for (const line of await linesIn(key, ids, (text) => deliveryLines(text, person, ids, itemIdOf)))
        deliveries.push(...deliveryOf(line));
    },
  });
  return { events: [...events.values()], deliveries, ...onward };
}

const idsIn = (lines: readonly LandedLine[]): Set<string> =>
  new Set(lines.flatMap(({ record, isOwn }) => (isOwn && typeof record?.id === "string" ? [record.id] : [])));

type Read = (text: string) => LandedLine[] | Promise<LandedLine[]>;

function eventsIn(lines: readonly LandedLine[]): ReadEvent[] {
  const own = lines.flatMap(({ record, isOwn }) => (isOwn && record ? [record] : []));
  const routes = new Map(own.flatMap(({ eventId, routed }) => (routed ? [[eventId, routed]] : [])));
  return own
    .filter(({ type }) => type === "event")
    .map((record) => {
      // Written by landedEvent of src/ingest/record.ts.
      const { id, name, occurredAt, receivedAt, source, properties, context, consent } =
        record as unknown as ReadEvent;
      const routed = (routes.get(id) ?? {}) as Record<string, string>; // of ingestReceipt, beside it
      return { id, name, occurredAt, receivedAt, source, properties, context, consent, routed };
    });
}

/** An attempt that was to be repeated is none to tell. */
function deliveryOf({ record, isOwn }: LandedLine): ReadDelivery[] {
  if (!isOwn || !record || record.stage !== "delivery" || record.outcome === "retry") return [];
  const { eventId, destination, at, outcome, code } = record as unknown as ReadDelivery; // written by src/forward/settle.ts
  return [{ eventId, destination, at, outcome, ...(code !== undefined && { code }) }];
}
