/**
 * The consumer of the analytics and the crm queue. For each batch: sort its items by destination, read consent and
 * suppression of all their subjects once, deliver to all destinations side by side, settle, land the receipts, and only
 * then ack: after the first ack nothing may throw, or the whole batch would come again. A destination that goes on when
 * the others have ended is handed over, so that the next batch need not wait for it.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import type { Clock, NewId } from "#core/clock";
import { logError } from "#core/log";
import { retryLater } from "#core/retry-later";
import type { LiveTail } from "#lake/live-tail";
import { land, showLive } from "#lake/receipts";
import type { Keyring } from "#privacy/keys";
import { type Entry, sortBatch } from "./batch.ts";
import { shareConnections } from "./connections.ts";
import type { Destination } from "./destination-object.ts";
import type { Fetch, SendContext, TokenCache } from "./destinations/contract.ts";
import { PATIENCE_MS } from "./permits.ts";
import type { ConsentLookup, CurrentByKey } from "./recheck.ts";
import type { SecretOf } from "./secrets.ts";
import { expiry } from "./send.ts";
import { type Share, startShare } from "./share.ts";
import { putDeadMessage } from "./store.ts";
import type { ToldSince } from "./superseded.ts";

/** The queues that retries and released items go back to. */
export type DeliveryQueues = Record<"analytics" | "crm", Pick<Queue<DeliveryEnvelope>, "send">>;

export interface DeliveryContext {
  db: D1Database;
  bucket: R2Bucket;
  queues: DeliveryQueues;
  destinations: DurableObjectNamespace<Destination>;
  liveTail: DurableObjectNamespace<LiveTail>;
  keys: Keyring;
  document: ReleaseDocument;
  /** Version of that document. */
  release: number;
  currentConsent: ConsentLookup;
  /** Which parts of these changes of profiles the destination has been told of since. Absent: none. */
  toldSince?: (destination: string, items: readonly DeliveryItem[]) => Promise<ToldSince>;
  secretOf: SecretOf;
  /** A queue that the customer has bound to the Worker. */
  queueOf: SendContext<unknown>["queueOf"];
  tokens: TokenCache;
  fetch: Fetch;
  clock: Clock;
  newId: NewId;
  /** In [0, 1). */
  random: () => number;
  retryBaseSeconds: number;
  /** Only in local development: plain http and local addresses. */
  allowInsecure: boolean;
  /** Each destination's share of a batch; 10 s. */
  deadlineMs?: number;
  /** So long a share may keep the others' next batch waiting; 1.5 s. */
  patienceMs?: number;
  /** What goes on after the batch was acked. Absent: every batch waits for all its destinations. */
  waitUntil?: (work: Promise<unknown>) => void;
}

/** Work off one batch. Throws only before anything was acked. */
export async function consumeDeliveries(
  batch: MessageBatch<unknown>,
  context: DeliveryContext,
): Promise<void> {
  const { groups, unreadable } = sortBatch(batch.messages.map(({ body }) => body));
  const again = await buryUnreadable(batch, unreadable, context);
  const consent = await readConsent(
    [...groups.values()].flat().map(({ item }) => item),
    context.currentConsent,
  );
  const connections = shareConnections();
  const lines = [...groups].map(([destination, entries]) => ({
    destination,
    entries,
    line: connections.open(context.fetch, context.clock),
  }));
  const shares = lines.map(({ destination, entries, line }) => {
    const items = entries.map(({ item }) => item);
    return { entries, share: startShare({ destination, items, consent, line }, context) };
  });
  const late = await handOverLate(
    shares.map(({ share }) => share),
    context,
  );
  const ended = await Promise.all(shares.filter(({ share }) => !late.has(share)).map(ending));
  for (const { messages } of ended) for (const index of messages) again.add(index);
  await keepReceipts(
    ended.flatMap(({ receipts }) => receipts),
    context,
  );
  for (const [index, message] of batch.messages.entries()) {
    if (again.has(index)) retryLater(message);
    else message.ack();
  }
}

/** What a share has written. `messages` are those that the queue has to bring again. */
async function ending({
  share,
  entries,
}: {
  share: Share;
  entries: readonly Entry[];
}): Promise<{ receipts: readonly Receipt[]; messages: number[] }> {
  try {
    const { receipts, unsettled } = await share.done;
    const messages = entries.flatMap(({ item, messages: own }) => (unsettled.has(item.id) ? own : []));
    return { receipts, messages };
  } catch (error) {
    // A bug in one destination's share must not bring the others' items again.
    logError(`delivery to ${share.destination} failed`, error);
    return { receipts: [], messages: entries.flatMap(({ messages }) => messages) };
  }
}

/** Hand over the shares that keep the others waiting, and have them go on after the batch. */
async function handOverLate(shares: readonly Share[], context: DeliveryContext): Promise<ReadonlySet<Share>> {
  const { waitUntil } = context;
  if (!waitUntil) return new Set();
  const patience = expiry(context.patienceMs ?? PATIENCE_MS);
  const doneOrSlow = shares.map((share) => Promise.race([share.done.catch(() => undefined), share.slow]));
  await Promise.race([Promise.all(doneOrSlow), patience]);
  const running = shares.filter((share) => !share.isDone());
  const late = await Promise.all(running.map(async (share) => ((await share.handOver()) ? [share] : [])));
  for (const share of late.flat()) waitUntil(finish(share, context));
  return new Set(late.flat());
}

/** What goes on after its batch: receipts first, then what was kept of it goes. Until then a crash repeats all of it. */
async function finish(share: Share, context: DeliveryContext): Promise<void> {
  try {
    const done = await share.done;
    await keepReceipts(done.receipts, context);
    await share.close(done);
  } catch (error) {
    logError(`delivery to ${share.destination} did not end`, error);
  }
}

/** Keep messages that are no envelopes. Gives those that could not be kept. */
async function buryUnreadable(
  batch: MessageBatch<unknown>,
  unreadable: readonly number[],
  { bucket, clock }: DeliveryContext,
): Promise<Set<number>> {
  const again = new Set<number>();
  for (const index of unreadable) {
    const message = batch.messages[index];
    if (!message) continue;
    try {
      const { id, attempts, body } = message;
      await putDeadMessage(bucket, batch.queue, id, { at: clock(), attempts, body });
    } catch (error) {
      logError("keeping an unreadable message failed", error);
      again.add(index);
    }
  }
  return again;
}

/** Undefined where the ledger cannot be read: then nothing leaves. */
export async function readConsent(
  items: readonly DeliveryItem[],
  currentConsent: ConsentLookup,
): Promise<CurrentByKey | undefined> {
  const keys = [...new Set(items.flatMap(({ subjects }) => subjects))];
  if (keys.length === 0) return new Map();
  try {
    return await currentConsent(keys);
  } catch (error) {
    logError("current consent is unavailable", error);
    return undefined;
  }
}

/**
 * One landing object for all. It is tried twice and then given up: to bring a batch again for the sake of its receipts
 * would send again what has been delivered.
 */
export async function keepReceipts(receipts: readonly Receipt[], context: DeliveryContext): Promise<void> {
  const id = context.newId();
  const at = context.clock();
  try {
    await land(context.bucket, "deliveries", id, at, receipts).catch(() =>
      land(context.bucket, "deliveries", id, at, receipts),
    );
  } catch (error) {
    logError(`${receipts.length} receipts are lost`, error);
  }
  await showLive(context.liveTail, receipts);
}
