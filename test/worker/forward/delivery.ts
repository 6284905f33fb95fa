/**
 * What the worker tests of delivery share: the real D1, R2, keys and Destination objects, a queue that keeps what is
 * sent to it, and a vendor that answers as the test says.
 */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { DeliveryEnvelope, DeliveryItem } from "#contracts/messages/delivery_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { consumeDeliveries, type DeliveryContext } from "#forward/consumer";
import type { Fetch } from "#forward/destinations/contract";
import { exampleEvent } from "#forward/destinations/example-event";
import { keyring } from "#privacy/keys";
import { reach } from "../../setup/reach.ts";

export const NOW = 1_795_168_900_000;
export const HOOK = { url: "https://hooks.example.com/in", secret: { $secret: "HOOK" } };

export const release = (destinations: ReleaseInput["destinations"]) =>
  releaseSchema.parse({
    policy: { regimes: { strict: { default: "denied" } }, otherwise: "strict" },
    destinations,
  });

export const webhookTo = (url = HOOK.url, changes = {}) => ({
  type: "webhook",
  queue: "crm" as const,
  purposes: ["marketing" as const],
  settings: { ...HOOK, url },
  ...changes,
});

export const itemOf = (id: string, item: Partial<DeliveryItem> = {}, event = {}): DeliveryItem => ({
  id,
  attempt: 1,
  subjects: [`visitor_id:${id}`],
  event: exampleEvent("form_submit", { form_id: "newsletter" }, { id: `evt-${id}`, ...event }),
  ...item,
});

export const envelopeOf = (destination: string, ...items: DeliveryItem[]): DeliveryEnvelope => ({
  v: 1,
  kind: "delivery",
  id: `envelope-${items[0]?.id}`,
  destination,
  items,
});

/** A queue that keeps what it is sent, with the delay; it can be told to fail. */
export function keepingQueue() {
  const sent: { envelope: DeliveryEnvelope; delaySeconds: number }[] = [];
  const queue = {
    sent,
    fails: false,
    async send(envelope: DeliveryEnvelope, options: QueueSendOptions = {}): Promise<QueueSendResponse> {
      if (queue.fails) throw new Error("the queue is away");
      sent.push({ envelope, delaySeconds: options.delaySeconds ?? 0 });
      return { metadata: { metrics: { backlogCount: 0, backlogBytes: 0 } } };
    },
  };
  return queue;
}

/** A consumer's context with real stores; `fetch` is the vendor. */
export async function deliveryContext(changes: Partial<DeliveryContext> & { fetch: Fetch }) {
  const crm = keepingQueue();
  const analytics = keepingQueue();
  const context: DeliveryContext = {
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    queues: { crm, analytics },
    destinations: env.DESTINATION,
    liveTail: env.LIVE_TAIL,
    keys: await keyring("test-master-secret-0123456789abcdef"),
    document: release({ hook: webhookTo() }),
    release: 7,
    currentConsent: async () => new Map(),
    secretOf: (name) => (name === "HOOK" ? "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" : undefined),
    clock: () => NOW,
    newId: () => crypto.randomUUID(),
    random: () => 0.999,
    retryBaseSeconds: 5,
    allowInsecure: false,
    ...reach,
    ...changes,
  };
  return { context, crm, analytics };
}

/** Run one batch through the consumer, as the platform does. */
export async function consume(context: DeliveryContext, ...bodies: unknown[]) {
  const batch = createMessageBatch(
    "doorstep-crm",
    bodies.map((body, n) => ({ id: `message-${n}`, timestamp: new Date(NOW), attempts: 1, body })),
  );
  const execution = createExecutionContext();
  await consumeDeliveries(batch, context);
  const result = await getQueueResult(batch, execution);
  return { acked: result.explicitAcks, retried: result.retryMessages.map(({ msgId }) => msgId) };
}

/** All landed delivery receipts of one event, oldest first. */
export async function receiptsOf(eventId: string): Promise<Receipt[]> {
  const { objects } = await env.LAKE.list({ prefix: "landing/deliveries/" });
  const texts = await Promise.all(objects.map(async ({ key }) => (await env.LAKE.get(key))?.text() ?? ""));
  return texts
    .flatMap((text) => text.trim().split("\n"))
    .map((line) => JSON.parse(line) as Receipt)
    .filter((receipt) => receipt.eventId === eventId);
}

export const keysUnder = async (prefix: string): Promise<string[]> =>
  (await env.LAKE.list({ prefix })).objects.map(({ key }) => key);
