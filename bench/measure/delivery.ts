/**
 * Five destinations on one queue, each a vendor of its own over real HTTP: all well, or one that hangs, one that answers
 * 500 and one that takes one request a second. How long the other two take for all their events, and that each of them
 * gets every event once. Also used by test/e2e/delivery-isolation.test.ts, which does not look at the time.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { DeliveryEnvelope, DeliveryItem } from "../../contracts/messages/delivery_envelope.ts";
import { DEMO_ADMIN_TOKEN, demoVars, waitUntilReady } from "../../scripts/local/demo.ts";
import { type Local, startLocal } from "../../scripts/local.ts";
import { exampleEvent } from "../../src/forward/destinations/example-event.ts";
import { itemIdOf } from "../../src/forward/item-id.ts";
import { quartiles } from "./statistics.ts";

/** How a vendor takes what it is sent. */
type Manner = "well" | "hangs" | "fails" | "limited";
const FAULTS: Record<string, Manner> = {
  one: "hangs",
  two: "fails",
  three: "limited",
  four: "well",
  five: "well",
};
const MEASURED = ["four", "five"] as const;

const EVENTS_PER_MESSAGE = 25;
/** Miniflare takes a batch of messages in less. */
const MS_PER_SEND = 40;
/** The faults' throughput is to be so much of that without them, or more. */
const TARGET = 0.9;

interface Vendor {
  url: string;
  /** Id of an event → how often it was taken. */
  taken: Map<string, number>;
  requests: number;
  close(): Promise<void>;
}

export interface Delivered {
  /** From the first message to the last event that the two well ones were waiting for. */
  seconds: number;
  /** Of the two: events that never came, and events that came again. */
  lost: number;
  repeated: number;
  /** Requests that each vendor was sent. */
  requests: Record<string, number>;
}

/** Prints. @throws Error where an event is lost or comes twice */
export async function reportDelivery(
  folder: string,
  masterSecret: string,
  { events, rotations }: { events: number; rotations: number },
): Promise<void> {
  const ratios: number[] = [];
  const seconds: number[] = [];
  for (let n = 0; n < rotations; n++) {
    const well = await deliverTo({ folder: join(folder, `well-${n}`), masterSecret, events, faults: false });
    const faults = await deliverTo({
      folder: join(folder, `faults-${n}`),
      masterSecret,
      events,
      faults: true,
    });
    for (const { lost, repeated } of [well, faults])
      if (lost + repeated > 0) throw new Error(`${lost} events are lost, ${repeated} came twice`);
    ratios.push(well.seconds / faults.seconds);
    seconds.push(faults.seconds);
  }
  const ratio = quartiles(ratios).median;
  console.log(
    [
      "Five destinations on one queue; one hangs, one answers 500, one takes 1 request a second",
      `  the other two: ${events} events each, none lost, none twice; ${Math.round((events * 2) / quartiles(seconds).median)} deliveries/s`,
      `  throughput ${ratio.toFixed(2)} of that without faults (target ≥ ${TARGET}) ${ratio >= TARGET ? "ok" : "MISS"}`,
    ].join("\n"),
  );
}

/** @param faults whether the first three vendors fail */
export async function deliverTo({
  folder,
  masterSecret,
  events,
  faults,
}: {
  folder: string;
  masterSecret: string;
  events: number;
  faults: boolean;
}): Promise<Delivered> {
  const vendors = Object.fromEntries(
    await Promise.all(
      Object.entries(FAULTS).map(
        async ([key, manner]) => [key, await startVendor(faults ? manner : "well")] as const,
      ),
    ),
  );
  const local = await startLocal({
    port: 0,
    stateDir: folder,
    vars: demoVars(masterSecret, []),
    quiet: true,
  });
  try {
    await waitUntilReady(local.url);
    await publish(local, vendors);
    const begun = await sendAll(local, Object.keys(vendors), events);
    await sleep(begun - performance.now());
    const measured = MEASURED.flatMap((key) => vendors[key] ?? []);
    const deadline = begun + 120_000;
    while (measured.some(({ taken }) => taken.size < events) && performance.now() < deadline) await sleep(10);
    const seconds = (performance.now() - begun) / 1000;
    await sleep(1_000); // whatever still comes would come twice
    return {
      seconds,
      lost: measured.reduce((sum, { taken }) => sum + events - taken.size, 0),
      repeated: measured.flatMap(({ taken }) => [...taken.values()]).filter((times) => times > 1).length,
      requests: Object.fromEntries(Object.entries(vendors).map(([key, { requests }]) => [key, requests])),
    };
  } finally {
    await local.close();
    for (const vendor of Object.values(vendors)) await vendor.close();
  }
}

/** PostHog's `/batch/`, as far as the counting needs it. */
async function startVendor(manner: Manner): Promise<Vendor> {
  const taken = new Map<string, number>();
  const held = new Set<ServerResponse>();
  let lastAt = 0;
  const vendor: Vendor = { url: "", taken, requests: 0, close };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      vendor.requests++;
      if (manner === "hangs") return void held.add(response);
      if (manner === "fails") return void response.writeHead(500).end();
      if (manner === "limited" && Date.now() - lastAt < 1_000)
        return void response.writeHead(429, { "retry-after": "1" }).end();
      lastAt = Date.now();
      const { batch } = JSON.parse(Buffer.concat(chunks).toString()) as { batch: { uuid: string }[] }; // our own sender's
      for (const { uuid } of batch) taken.set(uuid, (taken.get(uuid) ?? 0) + 1);
      response.writeHead(200, { "content-type": "application/json" }).end('{"status":"Ok"}');
    });
  });
  async function close(): Promise<void> {
    for (const response of held) response.destroy();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  vendor.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`; // it listens on a port
  return vendor;
}

async function publish(local: Local, vendors: Record<string, Vendor>): Promise<void> {
  const destinations = Object.fromEntries(
    Object.entries(vendors).map(([key, { url }]) => [
      key,
      {
        type: "posthog",
        queue: "analytics",
        purposes: ["analytics"],
        settings: { api_key: "phc_bench", host: url },
        ...(key === "three" && { limits: { requestsPerSecond: 1 } }),
      },
    ]),
  );
  const policy = { regimes: { strict: { default: "denied" } }, otherwise: "strict" };
  const response = await fetch(`${local.url}/admin/api/releases`, {
    method: "POST",
    headers: { authorization: `Bearer ${DEMO_ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({ document: { policy, destinations }, note: "delivery" }),
  });
  if (!response.ok) throw new Error(`publishing: ${response.status} ${await response.text()}`);
}

/**
 * Every event to every destination, the messages of all destinations mixed, as ingest queues them. All come due at the
 * same moment, which is returned, as `performance.now()`: the consumer is measured, and not who fills the queue.
 */
async function sendAll(local: Local, keys: readonly string[], events: number): Promise<number> {
  const messages: { body: DeliveryEnvelope }[][] = [];
  for (let from = 0; from < events; from += EVENTS_PER_MESSAGE) {
    const numbers = Array.from({ length: Math.min(EVENTS_PER_MESSAGE, events - from) }, (_, n) => from + n);
    const mixed = keys.map(async (destination) => {
      const items = await Promise.all(numbers.map((n) => itemOf(n, destination)));
      const id = `${destination}-${from}`;
      return { body: { v: 1 as const, kind: "delivery" as const, id, destination, items } };
    });
    messages.push(await Promise.all(mixed));
  }
  const queue = await local.mf.getQueueProducer<DeliveryEnvelope>("ANALYTICS");
  const due = performance.now() + 4_000 + messages.length * MS_PER_SEND;
  for (const batch of messages) {
    const delaySeconds = (due - performance.now()) / 1000;
    if (delaySeconds < 0) throw new Error("this machine is too slow to fill the queue in time");
    await queue.sendBatch(batch, { delaySeconds });
  }
  return due;
}

async function itemOf(n: number, destination: string): Promise<DeliveryItem> {
  const now = Date.now();
  const profile = `anonymous_id:1.${(n % 997).toString(16).padStart(32, "0")}`;
  const event = exampleEvent(
    "page_view",
    { path: `/products/${n % 50}` },
    { id: `event-${n}`, occurredAt: now, receivedAt: now, profile },
  );
  const id = await itemIdOf(event.id, destination, profile);
  return { id, attempt: 1, subjects: [], purposes: ["analytics"], event };
}
