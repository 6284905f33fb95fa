/** Delivery's records: failures in D1, and in R2 the dead letters and the parked items. */
import * as z from "zod";
import { type DeliveryItem, deliveryItemSchema } from "#contracts/messages/delivery_envelope";

/** An item that failed for good. */
export interface Failure {
  itemId: string;
  destination: string;
  eventId: string;
  code: string;
  detail: string | null;
  attempt: number;
  /** Epoch ms. */
  at: number;
}

/** Write failures; one that failed before is overwritten, so a redelivered batch writes no more rows. */
export async function insertFailures(db: D1Database, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return;
  await db
    .prepare(
      `INSERT INTO delivery_failures (item_id, destination, event_id, code, detail, attempt, at)
       SELECT value->>'itemId', value->>'destination', value->>'eventId', value->>'code', value->>'detail',
              value->>'attempt', value->>'at'
       FROM json_each(?1) WHERE true
       ON CONFLICT (item_id) DO UPDATE SET code = excluded.code, detail = excluded.detail,
              attempt = excluded.attempt, at = excluded.at`,
    )
    .bind(JSON.stringify(failures))
    .run();
}

const COLUMNS = "item_id AS itemId, destination, event_id AS eventId, code, detail, attempt, at";

/** Failures, newest first. */
export async function listFailures(db: D1Database, limit: number): Promise<Failure[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM delivery_failures ORDER BY at DESC, item_id LIMIT ?1`)
    .bind(limit)
    .all<Failure>();
  return results;
}

export const readFailure = (db: D1Database, itemId: string): Promise<Failure | null> =>
  db.prepare(`SELECT ${COLUMNS} FROM delivery_failures WHERE item_id = ?1`).bind(itemId).first<Failure>();

export async function deleteFailure(db: D1Database, itemId: string): Promise<void> {
  await db.prepare("DELETE FROM delivery_failures WHERE item_id = ?1").bind(itemId).run();
}

/** Failures of some events. */
export async function failuresOf(
  db: D1Database,
  eventIds: readonly string[],
): Promise<Pick<Failure, "itemId" | "destination" | "eventId">[]> {
  if (eventIds.length === 0) return [];
  const found: Pick<Failure, "itemId" | "destination" | "eventId">[] = [];
  for (let start = 0; start < eventIds.length; start += IDS_AT_ONCE) {
    const { results } = await db
      .prepare(
        `SELECT item_id AS itemId, destination, event_id AS eventId FROM delivery_failures
         WHERE event_id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(eventIds.slice(start, start + IDS_AT_ONCE)))
      .all<Pick<Failure, "itemId" | "destination" | "eventId">>();
    found.push(...results);
  }
  return found;
}

/** A bound parameter of D1 has 2 MB at most, and an id that a sender chose 100 characters of up to four bytes. */
const IDS_AT_ONCE = 4_000;

/** @returns how many there were */
export async function deleteFailures(db: D1Database, itemIds: readonly string[]): Promise<number> {
  if (itemIds.length === 0) return 0;
  const { meta } = await db
    .prepare("DELETE FROM delivery_failures WHERE item_id IN (SELECT value FROM json_each(?1))")
    .bind(JSON.stringify(itemIds))
    .run();
  return meta.changes;
}

const deadKey = (destination: string, itemId: string) => `dead/${destination}/${itemId}.json`;

/** Keep an item that failed, so that a person can look at it and replay it. Its traits stay sealed. */
export async function putDeadItem(bucket: R2Bucket, destination: string, item: DeliveryItem): Promise<void> {
  await bucket.put(deadKey(destination, item.id), JSON.stringify(item));
}

/** The item of a failure; undefined where it is gone or cannot be read. */
export async function readDeadItem(
  bucket: R2Bucket,
  destination: string,
  itemId: string,
): Promise<DeliveryItem | undefined> {
  const object = await bucket.get(deadKey(destination, itemId));
  return object ? parseAs(deliveryItemSchema, await object.text()) : undefined;
}

export async function deleteDeadItem(bucket: R2Bucket, destination: string, itemId: string): Promise<void> {
  await bucket.delete(deadKey(destination, itemId));
}

/** Keep a queue message that nobody could work off, by its id: the same message overwrites itself. */
export async function putDeadMessage(
  bucket: R2Bucket,
  queue: string,
  id: string,
  message: { at: number; attempts: number; body: unknown },
): Promise<void> {
  await bucket.put(`dead/${queue}/${id}.json`, JSON.stringify({ queue, id, ...message }));
}

const parkedSchema = z.object({ code: z.string(), items: z.array(deliveryItemSchema) });

/**
 * An object of parked items. How many is read from its name, so that counting costs no read; or from its metadata, where
 * some were taken out of it: it keeps its name, or a release that is under way would put the others back twice.
 */
export interface ParkedObject {
  key: string;
  items: number;
}

/**
 * Park items. Every call makes an object of its own: the schedule deletes an object after it has put its items back
 * into the queue, and must never delete one that was parked again meanwhile. Names sort by time.
 */
export async function putParked(
  bucket: R2Bucket,
  destination: string,
  parked: { code: string; items: readonly DeliveryItem[] },
  now: number,
  id: string,
): Promise<void> {
  const name = `${String(now).padStart(15, "0")}-${id}-${parked.items.length}`;
  await bucket.put(`parked/${destination}/${name}.json`, JSON.stringify(parked));
}

/** Metadata of an object that was rewritten. */
export const parkedItems = (items: number): Record<string, string> => ({ items: String(items) });

/** Destinations that have parked items. */
export async function parkedDestinations(bucket: R2Bucket): Promise<string[]> {
  const { delimitedPrefixes } = await bucket.list({ prefix: "parked/", delimiter: "/" });
  return delimitedPrefixes.map((prefix) => prefix.slice("parked/".length, -1));
}

/** The oldest parked objects of a destination. */
export async function listParked(
  bucket: R2Bucket,
  destination: string,
  limit: number,
): Promise<{ objects: ParkedObject[]; more: boolean }> {
  const listed = await bucket.list({
    prefix: `parked/${destination}/`,
    limit,
    include: ["customMetadata"],
  });
  const objects = listed.objects.map(({ key, customMetadata }) => ({
    key,
    items: Number(customMetadata?.items ?? /-(\d+)\.json$/.exec(key)?.[1] ?? 0),
  }));
  return { objects, more: listed.truncated };
}

/** The items of a parked object; undefined where it is gone or cannot be read. */
export async function readParked(bucket: R2Bucket, key: string): Promise<DeliveryItem[] | undefined> {
  const object = await bucket.get(key);
  return object ? parseAs(parkedSchema, await object.text())?.items : undefined;
}

export async function deleteParked(bucket: R2Bucket, key: string): Promise<void> {
  await bucket.delete(key);
}

function parseAs<T>(schema: z.ZodType<T>, text: string): T | undefined {
  try {
    return schema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined; // Not JSON: as unreadable as any other shape.
  }
}
