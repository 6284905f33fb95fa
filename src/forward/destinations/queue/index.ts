/** A Cloudflare queue of the customer's own: contracts/messages/customer_message.ts, which their consumer reads. */
import type { DestinationType } from "../contract.ts";
import { mapQueue, type QueueBody, queueBody } from "./map.ts";
import { askQueue, eraseByQueue, sendToQueue } from "./send.ts";
import { type QueueSettings, queueSettings } from "./settings.ts";

export const queue: DestinationType<QueueSettings, QueueBody> = {
  name: "queue",
  title: "Your own queue",
  settings: queueSettings,
  deduplicates: true,
  limits: { batch: 100, perRequest: 100, requestsPerSecond: 40, concurrency: 10 },
  credentials: [],
  needs: [],
  needsPersonal: true,
  changes: true,
  body: queueBody,
  map: mapQueue,
  send: sendToQueue,
  health: askQueue,
  erasure:
    "A message of the kind `erasure` with the profiles and, where the destination serves marketing, the addresses. What comes of it only your consumer knows.",
  erase: eraseByQueue,
};
