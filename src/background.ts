/**
 * What the Worker does besides answering requests: the queues' batches and the schedule, each wired to its folder.
 * Without its secrets it does nothing and throws, so that the queues keep what they hold.
 */

import { tendQuarantine } from "#collect/quarantine/schedule";
import { forgetMarks } from "#consent/counts/store";
import { changeDeps } from "#console/identity/deps";
import { logError } from "#core/log";
import { envelopeSender } from "#door/queue";
import { consumeDeliveries } from "#forward/consumer";
import { consumeDeadLetters } from "#forward/dead-letters";
import { releaseParked } from "#forward/schedule";
import { auditMoves } from "#identity/audit-moves";
import { finishChanges } from "#identity/changes/apply";
import { lastAct } from "#identity/changes/store";
import { requireConsent } from "#identity/consent-store";
import { requireErasures } from "#identity/erasures";
import { walkIdentity } from "#identity/quality/walk";
import { shardsOf } from "#identity/shards";
import { requireShards } from "#identity/shards-count";
import { consumeEvents } from "#ingest/consumer";
import { keepCheckpoint } from "#privacy/audit/checkpoints";
import { auditSigner } from "#privacy/audit/signer";
import { type Keyring, keyring } from "#privacy/keys";
import { rewrapSubjectKeys } from "#privacy/rewrap";
import { activeRelease } from "#release/active";
import { recoverRequests } from "#subjects/recover";
import { resumeRequests, tendSubjectRequests } from "#subjects/tend";
import { continueWork } from "#subjects/work";
import {
  type Env,
  eventsQueues,
  identityDatabases,
  requireSettings,
  type Settings,
  stringBinding,
} from "./env.ts";

const clock = () => Date.now();
const newId = () => crypto.randomUUID();

/** Subject keys that one run wraps anew after a rotation. */
const KEYS_PER_RUN = 500;

/** Work off one batch of any of our queues. */
export async function consumeQueue(batch: MessageBatch<unknown>, env: Env): Promise<void> {
  if (batch.queue.endsWith("-dead")) return consumeDeadLetters(batch, env.LAKE, clock);
  const { settings, keys, release } = await ready(env);
  const identity = shardsOf(identityDatabases(env));
  await requireShards(identity);
  const stores = { db: env.IDENTITY_0, identity, liveTail: env.LIVE_TAIL, keys, clock, newId };
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
    currentConsent: (subjects) => requireConsent(identity, env.LAKE, subjects, clock()),
    secretOf: (name) => stringBinding(env, name),
    fetch: (url, init) => fetch(url, init),
    random: () => Math.random(),
    retryBaseSeconds: settings.RETRY_BASE_SECONDS,
    allowInsecure: settings.DEV,
  });
}

/**
 * Each minute: parked deliveries go on where their destination may be asked again, the quarantine and subject requests are
 * tended, marks of counted envelopes are forgotten, identifiers walked over and what they merged audited, keys wrapped anew
 * after a rotation, and the audit log's head signed.
 * One that fails does not keep the others from their work.
 */
export async function runSchedule(env: Env): Promise<void> {
  const { settings, keys, release } = await ready(env);
  const shared = { bucket: env.LAKE, document: release.document };
  const now = clock();
  // Before anything else: what a restored database has forgotten.
  const identity = shardsOf(identityDatabases(env));
  await requireShards(identity);
  await requireErasures(identity, env.LAKE, now);
  const done = await Promise.allSettled([
    releaseParked({
      ...shared,
      queues: { analytics: env.ANALYTICS, crm: env.CRM },
      destinations: env.DESTINATION,
      newId,
      now,
    }),
    tendQuarantine(
      { ...shared, identity, db: env.IDENTITY_0, send: envelopeSender(eventsQueues(env)), keys },
      now,
      settings.QUARANTINE_DAYS,
    ),
    forgetMarks(env.IDENTITY_0, now),
    tendIdentity(env, now),
    auditMoves(env.IDENTITY_0, keys, now),
    rewrapSubjectKeys(identity.all, keys, KEYS_PER_RUN, now),
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

/** So long after a change by hand it is looked whether a crash has left it half done. */
const CHANGE_MS = 15 * 60_000;

/** What a crash left of the last change by hand is finished, and the next identifiers are walked over. */
async function tendIdentity(env: Env, now: number): Promise<void> {
  const identity = shardsOf(identityDatabases(env));
  const stores = { identity, db: env.IDENTITY_0, kv: env.EDGE, bucket: env.LAKE };
  const deps = await changeDeps({ ...stores, clock });
  const last = await lastAct(env.IDENTITY_0);
  if (last && now - last.mark < CHANGE_MS) await finishChanges(deps);
  await walkIdentity(identity, deps, newId, now);
}

/** Erasures that a restored database has forgotten the request of are put on their way again, then what is due is done. */
async function tendRights(env: Env, keys: Keyring, settings: Settings, now: number): Promise<void> {
  const stores = { db: env.IDENTITY_0, identity: shardsOf(identityDatabases(env)), bucket: env.LAKE };
  const instances = env.SUBJECT_REQUESTS;
  for (const id of await recoverRequests({ ...stores, keys }, now)) await continueWork(instances, id);
  const shared = { ...stores, instances, alertUrl: settings.ALERT_URL, allowInsecure: settings.DEV };
  await tendSubjectRequests({ ...shared, fetch: (url, init) => fetch(url, init) }, now);
  await resumeRequests({ ...stores, instances }, now);
}
