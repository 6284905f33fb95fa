/**
 * One person in what waits to be delivered or could not be: dead letters, parked items, and the list of failures. What is
 * in a queue at the moment cannot be looked at; it is stopped when it is delivered, since its subjects are suppressed.
 * Called by src/subjects: to erase, and to count for a request for access.
 */
import {
  type DeliveryItem,
  deliveryEnvelopeSchema,
  deliveryItemSchema,
} from "#contracts/messages/delivery_envelope";
import { type Person, personOf } from "#lake/person";
import { OBJECTS_PER_CALL, rewrite, walkAll } from "#lake/walk";
import { deleteFailures, failuresOf } from "./failures/store.ts";
import { itemIdOf } from "./item-id.ts";
import { parkedItems } from "./store.ts";

/** Whom, and where the last call stopped. */
export interface Asked {
  subjects: Iterable<string>;
  /** Ids of their events, as far as they are known: failures whose item is gone are found by these. */
  eventIds?: readonly string[];
  cursor?: string | undefined;
  /** Objects of this call. */
  limit?: number;
}

/** How much there is, or was. */
export interface Waiting {
  /** Items that failed for good, or in messages that failed. */
  dead: number;
  parked: number;
  /** Objects that could not be read, and have one of the person's keys in them. */
  unreadable: number;
  cursor?: string;
}

const DEAD = "dead/";
const PARKED = "parked/";
/** Dead letters of the events queues: src/ingest/erase-dead.ts. A destination's items may lie in a folder of such a name. */
const EVENTS_FOLDER = /^dead\/[^/]*-events(?:-dead)?\//;

/** Erase in the next objects. The failures of their items go first: one that is listed can be replayed. */
export async function eraseWaiting(
  { db, bucket }: { db: D1Database; bucket: R2Bucket },
  { subjects, eventIds = [], cursor, limit = OBJECTS_PER_CALL }: Asked,
): Promise<Waiting & { failures: number; objects: number }> {
  const person = personOf(subjects);
  const done = { dead: 0, parked: 0, unreadable: 0, failures: 0, objects: 0 };
  if (cursor === undefined) done.failures += await eraseFailures(db, eventIds, person);
  const next = await walkAll(bucket, [DEAD, PARKED], cursor, limit, async (key) => {
    let cut: Cut | undefined;
    const change = async (text: string) => {
      cut = cutOut(key, text, person);
      if (!cut) return undefined;
      const failures = await deleteFailures(
        db,
        cut.items.map(({ id }) => id),
      );
      done.failures += failures;
      return cut.left;
    };
    // Until when nobody may take them up stays: what was handed over is still under way.
    const isChanged = await rewrite(bucket, key, change, (before) => ({
      ...before,
      ...parkedItems(cut?.others ?? 0),
    }));
    if (!isChanged || !cut) return;
    count(done, key, cut);
    done.objects++;
  });
  return { ...done, ...next };
}

/** Count in the next objects. Changes nothing. */
export async function countWaiting(
  bucket: R2Bucket,
  { subjects, cursor, limit = OBJECTS_PER_CALL }: Asked,
): Promise<Waiting> {
  const person = personOf(subjects);
  const found = { dead: 0, parked: 0, unreadable: 0 };
  const next = await walkAll(bucket, [DEAD, PARKED], cursor, limit, async (key) => {
    const text = await (await bucket.get(key))?.text();
    const cut = text === undefined ? undefined : cutOut(key, text, person);
    if (cut) count(found, key, cut);
  });
  return { ...found, ...next };
}

function count(total: Omit<Waiting, "cursor">, key: string, { items, isUnreadable }: Cut): void {
  if (isUnreadable) total.unreadable++;
  else total[key.startsWith(PARKED) ? "parked" : "dead"] += items.length;
}

/** Failures of the person's events whose items are not kept any more. An item's id tells whose event it is of. */
async function eraseFailures(db: D1Database, eventIds: readonly string[], person: Person): Promise<number> {
  const own: string[] = [];
  for (const { itemId, destination, eventId } of await failuresOf(db, eventIds)) {
    const ids = await Promise.all(person.keys.map((key) => itemIdOf(eventId, destination, key)));
    if (ids.includes(itemId)) own.push(itemId);
  }
  return deleteFailures(db, own);
}

interface Cut {
  /** The person's. */
  items: DeliveryItem[];
  /** How many others are left, and the object's new text; empty where it goes. */
  others: number;
  left: string;
  isUnreadable: boolean;
}

/** What an object has of the person; undefined: nothing, or it is not ours to look at. */
function cutOut(key: string, text: string, person: Person): Cut | undefined {
  if (!person.isIn(text)) return undefined;
  const record = recordOf(text);
  const item = deliveryItemSchema.safeParse(record).data;
  if (item) return isAbout(item, person) ? whole([item]) : undefined;
  if (key.startsWith(DEAD) && EVENTS_FOLDER.test(key)) return undefined;
  // A parked object has items, a dead letter the envelope of items that its message was.
  const body = recordOf(record?.body);
  const holder = record && "items" in record ? record : body;
  const items = deliveryEnvelopeSchema.shape.items.safeParse(holder?.items).data;
  if (!record || !holder || !items) return { ...whole([]), isUnreadable: true };
  const own = items.filter((one) => isAbout(one, person));
  if (own.length === 0) return undefined;
  if (own.length === items.length) return whole(own);
  const others = items.filter((one) => !isAbout(one, person));
  const shortened = { ...holder, items: others };
  const left = JSON.stringify(holder === record ? shortened : { ...record, body: shortened });
  return { items: own, others: others.length, left, isUnreadable: false };
}

const whole = (items: DeliveryItem[]): Cut => ({ items, others: 0, left: "", isUnreadable: false });

const isAbout = ({ subjects, event }: DeliveryItem, person: Person): boolean =>
  subjects.some(person.is) || person.is(event.profile);

/** An object of JSON, also one that was written as a text. */
function recordOf(value: unknown): Record<string, unknown> | undefined {
  try {
    const read: unknown = typeof value === "string" ? JSON.parse(value) : value;
    return typeof read === "object" && read !== null ? { ...read } : undefined;
  } catch {
    return undefined; // Not JSON: as unreadable as any other shape.
  }
}
