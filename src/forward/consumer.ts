/**
 * The consumer of the analytics and the crm queue. For each batch: sort its items by destination, read consent and
 * suppression of all their subjects once, deliver to all destinations side by side, settle, land the receipts, and only
 * then ack: after the first ack nothing may throw, or the whole batch would come again.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import type { Clock, NewId } from "#core/clock";
import { logError } from "#core/log";
import type { LiveTail } from "#lake/live-tail";
import { land, showLive } from "#lake/receipts";
import { openIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { type Entry, sortBatch } from "./batch.ts";
import { deliverGroup } from "./deliver.ts";
import { type Destination, destinationObject } from "./destination-object.ts";
import type { Fetch } from "./destinations/contract.ts";
import type { ConsentLookup } from "./recheck.ts";
import type { SecretOf } from "./secrets.ts";
import { settle } from "./settle.ts";
import { putDeadMessage } from "./store.ts";

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
  currentConsent: ConsentLookup;
  secretOf: SecretOf;
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
}

const DEADLINE_MS = 10_000;

/** Work off one batch. Throws only before anything was acked. */
export async function consumeDeliveries(
  batch: MessageBatch<unknown>,
  context: DeliveryContext,
): Promise<void> {
  const { groups, unreadable } = sortBatch(batch.messages.map(({ body }) => body));
  const again = await buryUnreadable(batch, unreadable, context);
  const consent = await readConsent([...groups.values()].flat(), context.currentConsent);
  const shares = await Promise.all(
    [...groups].map(([destination, entries]) =>
      deliverShare(destination, entries, consent, context).catch((error: unknown) => {
        // A bug in one destination's share must not bring the others' items again.
        logError(`delivery to ${destination} failed`, error);
        return { receipts: [], messages: entries.flatMap(({ messages }) => messages) };
      }),
    ),
  );
  for (const { messages } of shares) for (const index of messages) again.add(index);
  await keepReceipts(
    shares.flatMap(({ receipts }) => receipts),
    context,
  );
  for (const [index, message] of batch.messages.entries()) {
    if (again.has(index)) message.retry();
    else message.ack();
  }
}

/** One destination's items: delivered and settled. `messages` are those that the queue has to bring again. */
async function deliverShare(
  destination: string,
  entries: readonly Entry[],
  consent: Awaited<ReturnType<ConsentLookup>> | undefined,
  context: DeliveryContext,
): Promise<{ receipts: Receipt[]; messages: number[] }> {
  const definition = Object.hasOwn(context.document.destinations, destination)
    ? context.document.destinations[destination]
    : undefined;
  const object = destinationObject(context.destinations, destination);
  const items = entries.map(({ item }) => item);
  const settlements = await deliverGroup(items, {
    definition,
    consent,
    gate: {
      permit: (want, now) => object.permit(want, now),
      report: (report) => object.report(report),
      pause: (reason, now) => object.pause(reason, now),
    },
    secretOf: context.secretOf,
    unseal: (sealed, place) => openIngress(context.keys.ingress, sealed, place),
    fetch: context.fetch,
    clock: context.clock,
    deadlineMs: context.deadlineMs ?? DEADLINE_MS,
    allowInsecure: context.allowInsecure,
  });
  const results = items.flatMap((item: DeliveryItem, n) => {
    const settlement = settlements[n];
    return settlement ? [{ item, settlement }] : [];
  });
  const { receipts, unsettled } = await settle(results, {
    ...context,
    destination,
    queue: context.queues[definition?.queue ?? "crm"],
  });
  return {
    receipts,
    messages: entries.flatMap(({ item, messages }) => (unsettled.has(item.id) ? messages : [])),
  };
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
async function readConsent(
  entries: readonly Entry[],
  currentConsent: ConsentLookup,
): Promise<Awaited<ReturnType<ConsentLookup>> | undefined> {
  const keys = [...new Set(entries.flatMap(({ item }) => item.subjects))];
  if (keys.length === 0) return new Map();
  try {
    return await currentConsent(keys);
  } catch (error) {
    logError("current consent is unavailable", error);
    return undefined;
  }
}

/**
 * One landing object for the batch. It is tried twice and then given up: to bring the batch again for the sake of its
 * receipts would send again what has been delivered.
 */
async function keepReceipts(receipts: readonly Receipt[], context: DeliveryContext): Promise<void> {
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
