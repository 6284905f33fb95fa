/**
 * What the Worker does besides answering requests: the queues' batches and the schedule, each wired to its folder.
 * Without its secrets it does nothing and throws, so that the queues keep what they hold.
 */

import { tendQuarantine } from "#collect/quarantine/schedule";
import { forgetMarks } from "#consent/counts/store";
import { envelopeSender } from "#door/queue";
import { consumeDeliveries } from "#forward/consumer";
import { consumeDeadLetters } from "#forward/dead-letters";
import { releaseParked } from "#forward/schedule";
import { currentConsent } from "#identity/store";
import { consumeEvents } from "#ingest/consumer";
import { keyring } from "#privacy/keys";
import { activeRelease } from "#release/active";
import { type Env, eventsQueues, readSettings, stringBinding } from "./env.ts";

const clock = () => Date.now();
const newId = () => crypto.randomUUID();

/** Work off one batch of any of our queues. */
export async function consumeQueue(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  if (batch.queue.endsWith("-dead")) return consumeDeadLetters(batch, env.LAKE, clock);
  const { settings, keys, release } = await ready(env);
  const stores = { db: env.IDENTITY_0, liveTail: env.LIVE_TAIL, keys, clock, newId };
  const queues = { analytics: env.ANALYTICS, crm: env.CRM };
  if (batch.queue.endsWith("-events")) {
    return consumeEvents(batch, { ...stores, kv: env.EDGE, lake: env.LAKE, queues, release });
  }
  return consumeDeliveries(batch, {
    ...stores,
    bucket: env.LAKE,
    queues,
    destinations: env.DESTINATION,
    document: release.document,
    currentConsent: (subjects) => currentConsent(env.IDENTITY_0, subjects),
    secretOf: (name) => stringBinding(env, name),
    fetch: (url, init) => fetch(url, init),
    random: () => Math.random(),
    retryBaseSeconds: settings.RETRY_BASE_SECONDS,
    allowInsecure: settings.DEV,
  });
}

/**
 * Each minute: parked deliveries go on where their destination may be asked again, the quarantine is tended, and marks of
 * counted envelopes are forgotten. One that fails does not keep the others from their work.
 */
export async function runSchedule(env: Env): Promise<void> {
  const { settings, keys, release } = await ready(env);
  const shared = { bucket: env.LAKE, document: release.document };
  const now = clock();
  const done = await Promise.allSettled([
    releaseParked({
      ...shared,
      queues: { analytics: env.ANALYTICS, crm: env.CRM },
      destinations: env.DESTINATION,
      newId,
      now,
    }),
    tendQuarantine(
      { ...shared, db: env.IDENTITY_0, send: envelopeSender(eventsQueues(env)), keys },
      now,
      settings.QUARANTINE_DAYS,
    ),
    forgetMarks(env.IDENTITY_0, now),
  ]);
  for (const one of done) if (one.status === "rejected") throw one.reason;
}

async function ready(env: Env) {
  const read = readSettings(env);
  if (!read.ok) throw new Error(`Doorstep is not configured: ${read.problems.join("; ")}`);
  const [keys, release] = await Promise.all([keyring(read.settings), activeRelease(env.EDGE, clock())]);
  return { settings: read.settings, keys, release };
}
