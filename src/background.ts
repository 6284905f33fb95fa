/**
 * What the Worker does besides answering requests: the queues' batches and the schedule, each wired to its folder.
 * Without its secrets it does nothing, so that the queues keep what they hold.
 */

import { tendQuarantine } from "#collect/quarantine/schedule";
import { forgetMarks } from "#consent/counts/store";
import { changeDeps } from "#console/identity/deps";
import { logError } from "#core/log";
import { retryLater } from "#core/retry-later";
import { envelopeSender } from "#door/queue";
import { consumeDeliveries, type DeliveryContext } from "#forward/consumer";
import { consumeDeadLetters } from "#forward/dead-letters";
import { itemIdOf } from "#forward/item-id";
import { reconcile } from "#forward/reconcile/run";
import { releaseParked } from "#forward/schedule";
import { tokenCache } from "#forward/tokens";
import { auditMoves } from "#identity/audit-moves";
import { finishChanges } from "#identity/changes/apply";
import { lastAct } from "#identity/changes/store";
import { requireConsent } from "#identity/consent-store";
import { requireErasures, requireSuppressed } from "#identity/erasures";
import { walkIdentity } from "#identity/quality/walk";
import { shardsOf } from "#identity/shards";
import { requireShards } from "#identity/shards-count";
import { toldSince } from "#ingest/changes/since";
import { tellChanges } from "#ingest/changes/tell";
import { consumeEvents } from "#ingest/consumer";
import type { CountDeps } from "#ingest/count/walk";
import { runJobs } from "#ingest/jobs";
import { withLake } from "#lake/lease";
import { keepCheckpoint } from "#privacy/audit/checkpoints";
import { auditSigner } from "#privacy/audit/signer";
import { appendAudit } from "#privacy/audit/store";
import { type Keyring, keyring } from "#privacy/keys";
import { rewrapSubjectKeys } from "#privacy/rewrap";
import { type ActiveRelease, activeRelease } from "#release/active";
import { documentsOf } from "#release/pick";
import { tendReleases } from "#release/schedule";
import { cutsOf } from "#segments/cuts";
import { tendRates } from "#slots/performance-tend";
import { recoverRequests } from "#subjects/recover";
import { resumeRequests, tendSubjectRequests } from "#subjects/tend";
import { continueWork } from "#subjects/work";
import {
  type Env,
  eventsQueues,
  identityDatabases,
  queueBinding,
  requireSettings,
  type Settings,
  stringBinding,
} from "./env.ts";
import { releaseChecks } from "./release-checks.ts";

const tokens = tokenCache();
const clock = () => Date.now();
const newId = () => crypto.randomUUID();

/** Subject keys that one run wraps anew after a rotation. */
const KEYS_PER_RUN = 500;

/** Work off one batch of any of our queues. */
export async function consumeQueue(
  batch: MessageBatch<unknown>,
  env: Env,
  ctx?: Pick<ExecutionContext, "waitUntil">,
): Promise<void> {
  if (batch.queue.endsWith("-dead")) return consumeDeadLetters(batch, env.LAKE, clock);
  try {
    await consume(batch, env, ctx);
  } catch (error) {
    // Thrown, it would come again every few seconds, and be a dead letter before a store is back.
    logError(`a batch of ${batch.queue} failed`, error);
    for (const message of batch.messages) retryLater(message);
  }
}

async function consume(
  batch: MessageBatch<unknown>,
  env: Env,
  ctx?: Pick<ExecutionContext, "waitUntil">,
): Promise<void> {
  const { settings, keys, release, cuts } = await ready(env);
  const identity = shardsOf(identityDatabases(env));
  await requireShards(identity);
  const stores = { db: env.IDENTITY_0, identity, liveTail: env.LIVE_TAIL, keys, clock, newId };
  const queues = { analytics: env.ANALYTICS, crm: env.CRM };
  if (batch.queue.endsWith("-events")) {
    return consumeEvents(batch, { ...stores, kv: env.EDGE, lake: env.LAKE, queues, release, cuts });
  }
  const deliveries = deliveryContext(env, settings, keys, release);
  return consumeDeliveries(batch, {
    ...deliveries,
    ...(ctx && { waitUntil: (work) => ctx.waitUntil(work) }),
  });
}

/** What delivery needs, for a queue's batch and for the schedule alike. */
function deliveryContext(
  env: Env,
  settings: Settings,
  keys: Keyring,
  { document, version }: ActiveRelease,
): DeliveryContext {
  const identity = shardsOf(identityDatabases(env));
  return {
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    queues: { analytics: env.ANALYTICS, crm: env.CRM },
    destinations: env.DESTINATION,
    liveTail: env.LIVE_TAIL,
    keys,
    document,
    release: version,
    currentConsent: (subjects) => requireConsent(identity, env.LAKE, subjects, clock()),
    toldSince: (destination, items) => toldSince(identity, destination, items),
    secretOf: (name) => stringBinding(env, name),
    queueOf: (name) => queueBinding(env, name),
    tokens,
    fetch: (url, init) => fetch(url, init),
    clock,
    newId,
    random: () => Math.random(),
    retryBaseSeconds: settings.RETRY_BASE_SECONDS,
    allowInsecure: settings.DEV,
  };
}

/**
 * Each minute: parked deliveries go on where their destination may be asked again, changes of profiles are told, profiles
 * that change by time alone are looked at and all of them counted once a night, the
 * quarantine and subject requests are tended, marks of counted envelopes are forgotten, identifiers walked over and what
 * they merged audited, keys wrapped anew after a rotation, the audit log's head signed, and releases published whose time has
 * come; the lake is looked after (tendLake).
 * One that fails does not keep the others from their work.
 * @param cron which of wrangler.toml's schedules; absent: both
 */
export async function runSchedule(env: Env, cron?: string): Promise<void> {
  if (cron !== LAKE_CRON) await runMinute(env);
  if (cron === LAKE_CRON || cron === undefined) await tendLake(env);
}

/** wrangler.toml has it beside the other: what reads much of the lake has processor time and memory of its own. */
const LAKE_CRON = "0-59 * * * *";

async function runMinute(env: Env): Promise<void> {
  const { settings, keys, release, cuts } = await ready(env);
  const shared = { bucket: env.LAKE, document: release.document };
  const deliveries = deliveryContext(env, settings, keys, release);
  const now = clock();
  // Before anything else: what a restored database has forgotten.
  const identity = shardsOf(identityDatabases(env));
  await requireShards(identity);
  await requireErasures(identity, env.LAKE, now);
  const done = await Promise.allSettled([
    releaseParked({ ...deliveries, alert: { ...deliveries, alertUrl: settings.ALERT_URL } }),
    tellChanges({
      identity,
      lake: env.LAKE,
      liveTail: env.LIVE_TAIL,
      queues: { analytics: env.ANALYTICS, crm: env.CRM },
      document: release.document,
      cuts,
      keys,
      clock,
    }),
    tendMembership({
      identity,
      db: env.IDENTITY_0,
      kv: env.EDGE,
      lake: env.LAKE,
      keys,
      release,
      cuts,
      clock,
      isAnew: settings.DEV,
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
    tendReleases(
      {
        db: env.IDENTITY_0,
        kv: env.EDGE,
        checks: releaseChecks(env, settings),
        clock,
        alert: { ...deliveries, alertUrl: settings.ALERT_URL },
        audit: (entry) => appendAudit(env.IDENTITY_0, entry),
        published: async () => (await import("./content.ts")).bringContent(env, settings),
      },
      now,
    ),
    tendRights(env, keys, settings, now),
    tendContents(env, settings, release),
    tendRates({ db: env.IDENTITY_0, kv: env.EDGE, document: release.document }, now),
  ]);
  const failed = done.flatMap((one) => (one.status === "rejected" ? [one.reason as unknown] : []));
  for (const error of failed) logError("a part of the schedule failed", error);
  // The platform logs what is thrown with its message: none of theirs, which may quote what they could not read.
  if (failed.length > 0) throw new Error(`${failed.length} of ${done.length} parts of the schedule failed`);
}

/** Sources of content whose time has come, and what visitors are shown of them. */
async function tendContents(env: Env, settings: Settings, release: ActiveRelease): Promise<void> {
  const { contentDeps } = await import("./content.ts");
  const { tendContent } = await import("#slots/cms/schedule");
  await tendContent(documentsOf(release), contentDeps(env, settings, release));
}

async function ready(env: Env) {
  const settings = requireSettings(env);
  const [keys, release] = await Promise.all([keyring(settings), activeRelease(env.EDGE, clock())]);
  const cuts = await cutsOf(env.EDGE, release.document, clock());
  return { settings, keys, release, cuts };
}

/**
 * One after the other, since all have one isolate's memory: landing files become Parquet, what was delivered is reconciled
 * with what was accepted, and replays and backfills go on. One that fails stops no other, and one run has the lake at a time.
 */
async function tendLake(env: Env): Promise<void> {
  const { settings, keys, release, cuts } = await ready(env);
  const identity = shardsOf(identityDatabases(env));
  await requireShards(identity);
  const deliveries = deliveryContext(env, settings, keys, release);
  const { db, bucket } = deliveries;
  const suppressedAmong = (subjects: readonly string[]) =>
    requireSuppressed(identity, bucket, subjects, clock());
  const parts = [
    async () => (await import("#lake/compact")).compactLake({ bucket, suppressedAmong, itemIdOf }, clock()),
    () => reconcile({ db, bucket, clock, alert: { ...deliveries, alertUrl: settings.ALERT_URL } }),
    () => runJobs({ ...deliveries, identity, cuts, now: clock() }),
  ];
  const failed: unknown[] = [];
  await withLake(db, clock(), async () => {
    for (const part of parts) await part().catch((error: unknown) => failed.push(error));
  });
  for (const error of failed) logError("a part of the lake's schedule failed", error);
  if (failed.length > 0)
    throw new Error(`${failed.length} of ${parts.length} parts of the lake's schedule failed`);
}

/** Profiles whose time has come, and then the count of them all: no isolate that serves visitors has to know either. */
async function tendMembership(deps: CountDeps): Promise<void> {
  const [{ tendDue }, { countPeople }] = await Promise.all([
    import("#ingest/due"),
    import("#ingest/count/walk"),
  ]);
  await tendDue(deps);
  await countPeople(deps);
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
