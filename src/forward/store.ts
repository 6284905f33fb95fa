/** Delivery's records in R2: the dead letters and the parked items. Failures in D1 are in failures/store.ts. */
import * as z from "zod";
import { type DeliveryItem, deliveryItemSchema } from "#contracts/messages/delivery_envelope";

/** Each round of replays has an object of its own: who forgets one never takes away what failed again meanwhile. */
const deadKey = (destination: string, { id, round }: Pick<DeliveryItem, "id" | "round">) =>
  `dead/${destination}/${id}${round === undefined ? "" : `.${round}`}.json`;

/** Keep an item that failed, so that a person can look at it and replay it. Its traits stay sealed. */
export async function putDeadItem(bucket: R2Bucket, destination: string, item: DeliveryItem): Promise<void> {
  await bucket.put(deadKey(destination, item), JSON.stringify(item));
}

/** Put a mended item in place of what was read. @returns false: it is gone, or another, since it was read */
export async function replaceDeadItem(
  bucket: R2Bucket,
  destination: string,
  item: DeliveryItem,
  etag: string,
): Promise<boolean> {
  const onlyIf = { etagMatches: etag };
  return (await bucket.put(deadKey(destination, item), JSON.stringify(item), { onlyIf })) !== null;
}

/** The item of a failure, as it failed last; undefined where it is gone or cannot be read. */
export const readDeadItem = async (
  bucket: R2Bucket,
  destination: string,
  itemId: string,
): Promise<DeliveryItem | undefined> => (await openDeadItem(bucket, destination, itemId))?.item;

/** The same, with what `replaceDeadItem` asks for. */
export async function openDeadItem(
  bucket: R2Bucket,
  destination: string,
  itemId: string,
): Promise<{ item: DeliveryItem; etag: string } | undefined> {
  const { objects } = await bucket.list({ prefix: `dead/${destination}/${itemId}.`, limit: 100 });
  const [last] = objects.map(({ key }) => key).sort((a, b) => roundIn(b) - roundIn(a));
  const object = last === undefined ? null : await bucket.get(last);
  const item = object ? parseAs(deliveryItemSchema, await object.text()) : undefined;
  return object && item ? { item, etag: object.etag } : undefined;
}

const roundIn = (key: string): number => Number(/\.(\d+)\.json$/.exec(key)?.[1] ?? 0);

export async function deleteDeadItem(
  bucket: R2Bucket,
  destination: string,
  item: Pick<DeliveryItem, "id" | "round">,
): Promise<void> {
  await bucket.delete(deadKey(destination, item));
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

/** Parked items, in the order in which they go on. `waits`: id of an item → epoch ms before which it must not. */
const parkedSchema = z.object({
  code: z.string(),
  items: z.array(deliveryItemSchema),
  waits: z.record(z.string(), z.number()).optional(),
});
export type Parked = z.infer<typeof parkedSchema>;

/**
 * An object of parked items. How many is read from its name, so that counting costs no read; or from its metadata, where
 * some were taken out of it: it keeps its name, or a release that is under way would put the others back twice.
 */
export interface ParkedObject {
  key: string;
  items: number;
  /** Epoch ms before which nothing of it goes on; 0: at once. */
  notBefore: number;
}

/**
 * Park items. Every call makes an object of its own: the schedule deletes an object after it has put its items back
 * into the queue, and must never delete one that was parked again meanwhile. Names sort by time.
 * @returns its key
 */
export async function putParked(
  bucket: R2Bucket,
  destination: string,
  parked: Parked,
  now: number,
  id: string,
  notBefore = 0,
): Promise<string> {
  const name = `${String(now).padStart(15, "0")}-${id}-${parked.items.length}`;
  const key = `parked/${destination}/${name}.json`;
  await bucket.put(key, JSON.stringify(parked), {
    customMetadata: parkedItems(parked.items.length, notBefore),
  });
  return key;
}

/** Metadata of an object. */
export const parkedItems = (items: number, notBefore = 0): Record<string, string> => ({
  items: String(items),
  ...(notBefore > 0 && { notBefore: String(notBefore) }),
});

/** So often another may rewrite an object meanwhile. */
const MAX_TRIES = 5;

/**
 * Keep of a parked object only what is `left`, or delete it where nothing is. An erasure may take items out of it
 * meanwhile: what it took is not put back.
 * @param left as it goes on; items that the object does not have are left out
 * @throws Error where others keep rewriting it
 */
export async function keepParked(bucket: R2Bucket, key: string, left: Parked): Promise<void> {
  if (left.items.length === 0) return bucket.delete(key);
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const object = await bucket.get(key);
    const now = object ? parseAs(parkedSchema, await object.text()) : undefined;
    if (!object || !now) return;
    const there = new Set(now.items.map(({ id }) => id));
    const items = left.items.filter(({ id }) => there.has(id));
    if (items.length === 0) return bucket.delete(key);
    const waits = items.map(({ id }) => left.waits?.[id] ?? 0);
    const written = await bucket.put(key, JSON.stringify({ ...left, items }), {
      onlyIf: { etagMatches: object.etag },
      customMetadata: parkedItems(items.length, Math.min(...waits)),
    });
    if (written) return;
  }
  throw new Error("a parked object is rewritten all the time");
}

/** Destinations that have parked items. */
export async function parkedDestinations(bucket: R2Bucket): Promise<string[]> {
  const keys: string[] = [];
  for (let cursor: string | undefined; ; ) {
    const page = await bucket.list({ prefix: "parked/", delimiter: "/", ...(cursor && { cursor }) });
    for (const prefix of page.delimitedPrefixes) keys.push(prefix.slice("parked/".length, -1));
    if (!page.truncated) return keys;
    cursor = page.cursor;
  }
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
    notBefore: Number(customMetadata?.notBefore ?? 0),
  }));
  return { objects, more: listed.truncated };
}

/** All that a parked object holds; undefined where it is gone. */
export async function openParked(bucket: R2Bucket, key: string): Promise<Parked | "unreadable" | undefined> {
  const object = await bucket.get(key);
  return object ? (parseAs(parkedSchema, await object.text()) ?? "unreadable") : undefined;
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
