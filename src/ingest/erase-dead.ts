/**
 * One person in the dead letters of the events queues: envelopes that failed too often, or that nobody could read. Their
 * events, refusals and decision are taken out and the rest stays, since an operator may still put it back into the queue.
 * Called by src/subjects: to erase, and to count for a request for access.
 */
import { subjectsOf } from "#collect/quarantine/kept";
import { type EventEnvelope, eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { type Person, personOf } from "#lake/person";
import { OBJECTS_PER_CALL, rewrite, walkAll } from "#lake/walk";

/** Whom, and where the last call stopped. */
export interface Asked {
  subjects: Iterable<string>;
  cursor?: string | undefined;
  /** Objects of this call. */
  limit?: number;
}

/** How much there is, or was. */
export interface DeadEvents {
  events: number;
  refused: number;
  decisions: number;
  /** Objects that are no envelopes, and have one of the person's keys in them. */
  unreadable: number;
  cursor?: string;
}

/** `dead/<queue>/`, of a queue of events or of its dead letters. */
const EVENTS_FOLDER = /^dead\/[^/]*-events(?:-dead)?\/$/;

/** Erase in the next objects. */
export async function eraseDeadEvents(
  bucket: R2Bucket,
  { subjects, cursor, limit = OBJECTS_PER_CALL }: Asked,
): Promise<DeadEvents & { objects: number }> {
  const person = personOf(subjects);
  const done = { events: 0, refused: 0, decisions: 0, unreadable: 0, objects: 0 };
  const next = await walkAll(bucket, await foldersOf(bucket), cursor, limit, async (key) => {
    let cut: Cut | undefined;
    const isChanged = await rewrite(bucket, key, (text) => {
      cut = cutOut(text, person);
      return cut?.left;
    });
    if (!isChanged || !cut) return;
    count(done, cut);
    done.objects++;
  });
  return { ...done, ...next };
}

/** Count in the next objects. Changes nothing. */
export async function countDeadEvents(
  bucket: R2Bucket,
  { subjects, cursor, limit = OBJECTS_PER_CALL }: Asked,
): Promise<DeadEvents> {
  const person = personOf(subjects);
  const found = { events: 0, refused: 0, decisions: 0, unreadable: 0 };
  const next = await walkAll(bucket, await foldersOf(bucket), cursor, limit, async (key) => {
    const text = await (await bucket.get(key))?.text();
    const cut = text === undefined ? undefined : cutOut(text, person);
    if (cut) count(found, cut);
  });
  return { ...found, ...next };
}

async function foldersOf(bucket: R2Bucket): Promise<string[]> {
  const { delimitedPrefixes } = await bucket.list({ prefix: "dead/", delimiter: "/" });
  return delimitedPrefixes.filter((prefix) => EVENTS_FOLDER.test(prefix)).sort();
}

type Counts = Omit<DeadEvents, "cursor">;

interface Cut extends Counts {
  /** The object's new text; empty where it goes. */
  left: string;
}

function count(total: Counts, cut: Cut): void {
  for (const name of ["events", "refused", "decisions", "unreadable"] as const) total[name] += cut[name];
}

const UNREADABLE: Cut = { events: 0, refused: 0, decisions: 0, unreadable: 1, left: "" };

/** What an object has of the person; undefined: nothing. */
function cutOut(text: string, person: Person): Cut | undefined {
  if (!person.isIn(text)) return undefined;
  const whole = parse(text);
  // A dead letter holds the message's body; what could not be read is the body itself.
  const isLetter = isRecord(whole) && "body" in whole;
  const body = isLetter ? whole.body : whole;
  const envelope = eventEnvelopeSchema.safeParse(typeof body === "string" ? parse(body) : body).data;
  if (!envelope) return UNREADABLE;
  const { left, ...counts } = without(envelope, person);
  if (left === undefined) return { ...counts, left: "" };
  const newBody = typeof body === "string" ? JSON.stringify(left) : left;
  const newText = JSON.stringify(isLetter ? { ...whole, body: newBody } : newBody);
  return person.isIn(newText) ? { ...counts, unreadable: 1, left: "" } : { ...counts, left: newText };
}

function without(envelope: EventEnvelope, person: Person): Counts & { left: EventEnvelope | undefined } {
  const { events, refused, record, ...head } = envelope;
  const left: EventEnvelope = {
    ...head,
    events: events.filter(({ identifiers }) => !subjectsOf(identifiers).some(person.is)),
    refused: refused.filter(({ subjects }) => !subjects?.some(person.is)),
    ...(record && !person.is(record.subject) && { record }),
  };
  const isEmpty =
    left.events.length === 0 && left.refused.length === 0 && !left.record && !left.counts?.length;
  return {
    events: events.length - left.events.length,
    refused: refused.length - left.refused.length,
    decisions: record && !left.record ? 1 : 0,
    unreadable: 0,
    left: isEmpty ? undefined : left,
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // Not JSON: as unreadable as any other shape.
  }
}
