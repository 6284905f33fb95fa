/**
 * What the Worker does besides answering requests: the queues' batches and the schedule, each wired to its folder.
 * Without its secrets it does nothing and throws, so that the queues keep what they hold.
 */

import { tendQuarantine } from "#collect/quarantine/schedule";
import { forgetMarks } from "#consent/counts/store";
import { logError } from "#core/log";
import { envelopeSender } from "#door/queue";
import { consumeDeliveries } from "#forward/consumer";
import { consumeDeadLetters } from "#forward/dead-letters";
import { releaseParked } from "#forward/schedule";
import { requireConsent } from "#identity/consent-store";
import { requireErasures } from "#identity/erasures";
import { consumeEvents } from "#ingest/consumer";
import { keepCheckpoint } from "#privacy/audit/checkpoints";
import { auditSigner } from "#privacy/audit/signer";
import { type Keyring, keyring } from "#privacy/keys";
import { rewrapSubjectKeys } from "#privacy/rewrap";
import { activeRelease } from "#release/active";
import { recoverRequests } from "#subjects/recover";
import { resumeRequests, tendSubjectRequests } from "#subjects/tend";
import { continueWork } from "#subjects/work";
import { type Env, eventsQueues, requireSettings, type Settings, stringBinding } from "./env.ts";

const clock = () => Date.now();
const newId = () => crypto.randomUUID();

/** Subject keys that one run wraps anew after a rotation. */
const KEYS_PER_RUN = 500;

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
    currentConsent: (subjects) => requireConsent(env.IDENTITY_0, env.LAKE, subjects, clock()),
    secretOf: (name) => stringBinding(env, name),
    fetch: (url, init) => fetch(url, init),
    random: () => Math.random(),
    retryBaseSeconds: settings.RETRY_BASE_SECONDS,
    allowInsecure: settings.DEV,
  });
}

/**
 * Each minute: parked deliveries go on where their destination may be asked again, the quarantine and subject requests are
 * tended, marks of counted envelopes are forgotten, keys wrapped anew after a rotation, and the audit log's head signed.
 * One that fails does not keep the others from their work.
 */
export async function runSchedule(env: Env): Promise<void> {
  const { settings, keys, release } = await ready(env);
  const shared = { bucket: env.LAKE, document: release.document };
  const now = clock();
  // Before anything else: what a restored database has forgotten.
  await requireErasures(env.IDENTITY_0, env.LAKE, now);
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
    rewrapSubjectKeys(env.IDENTITY_0, keys, KEYS_PER_RUN, now),
    keepCheckpoint({ db: env.IDENTITY_0, bucket: env.LAKE, signer: () => auditSigner(settings) }, now),
    tendRights(env, keys, settings, now),
  ]);
  const failed = done.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  for (const error of failed) logError("a part of the schedule failed", error);
  // The platform logs what is thrown with its message: none of theirs, which may quote what they could not read.
  if (failed.length > 0) throw new Error(`${failed.length} of ${done.length} parts of the schedule failed`);
}

async function ready(env: Env) {
  const settings = requireSettings(env);
  const [keys, release] = await Promise.all([keyring(settings), activeRelease(env.EDGE, clock())]);
  return { settings, keys, release };
}

/** Erasures that a restored database has forgotten the request of are put on their way again, then what is due is done. */
async function tendRights(env: Env, keys: Keyring, settings: Settings, now: number): Promise<void> {
  const stores = { db: env.IDENTITY_0, bucket: env.LAKE };
  const instances = env.SUBJECT_REQUESTS;
  for (const id of await recoverRequests({ ...stores, keys }, now)) await continueWork(instances, id);
  const shared = { ...stores, instances, alertUrl: settings.ALERT_URL, allowInsecure: settings.DEV };
  await tendSubjectRequests({ ...shared, fetch: (url, init) => fetch(url, init) }, now);
  await resumeRequests({ ...stores, instances }, now);
}
