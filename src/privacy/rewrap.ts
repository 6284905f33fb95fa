/**
 * The rotation job: after a rotation of the master secret it wraps every subject's key by the current version, so that the
 * old one is no longer needed for anything at rest. Bounded for each run, it goes on where it stopped; each database knows
 * by itself how far it is, also when it alone is restored from an older copy. Called each minute by the schedule;
 * src/console/keys-routes.ts shows how far it is.
 */
import * as z from "zod";
import { once } from "#contracts/once";
import type { Keyring } from "./keys.ts";
import { type Change, countKeys, keysAfter, readJob, replaceKeys, writeJob } from "./rewrap-store.ts";
import { currentPrefix } from "./seal.ts";
import { openSubjectKey, rewrapped } from "./subject-key.ts";

const jobSchema = once(() =>
  z.object({
    /** The version that keys are wrapped by. */
    version: z.number(),
    /** Epoch ms at which that version was met first. */
    startedAt: z.number(),
    /** The last subject of this pass; "" at its beginning. */
    cursor: z.string(),
    /** Keys that this pass has wrapped anew. */
    changed: z.number(),
    /** A whole pass found nothing to wrap anew, and nobody writes with an older version any more. */
    done: z.boolean(),
    /** Keys that were wrapped anew for this version. */
    rewrapped: z.number(),
  }),
);
type Job = z.infer<ReturnType<typeof jobSchema>>;

/** So long after a rotation an isolate may still work with the settings of before, and wrap new keys as they say. */
const SETTLE_MS = 30 * 60_000;

interface Run {
  done: boolean;
  rewrapped: number;
}

/**
 * Wrap the next keys by the current version.
 * @param limit keys of one run, in each database
 * @param now epoch ms
 */
export async function rewrapSubjectKeys(
  databases: readonly D1Database[],
  keys: Keyring,
  limit: number,
  now: number,
): Promise<Run> {
  const runs = await Promise.all(databases.map((db) => rewrapIn(db, keys, limit, now)));
  return {
    done: runs.every(({ done }) => done),
    rewrapped: runs.reduce((sum, { rewrapped }) => sum + rewrapped, 0),
  };
}

async function rewrapIn(db: D1Database, keys: Keyring, limit: number, now: number): Promise<Run> {
  const { wrap } = keys;
  const version = Number(wrap.version);
  const was = await readJob(db);
  const known = was === undefined ? undefined : jobSchema().parse(JSON.parse(was));
  if (known && known.version > version) {
    // The settings of before are at work, here or everywhere: what is wrapped by them has to be looked for once more.
    if (known.done) await writeJob(db, was, JSON.stringify(startOf(known.version, now)));
    return { done: false, rewrapped: 0 };
  }
  const job = known?.version === version ? known : startOf(version, now);
  if (job.done) return { done: true, rewrapped: 0 };

  const page = await keysAfter(db, job.cursor, limit);
  const prefix = currentPrefix(wrap);
  const changes = await Promise.all(
    page
      .filter(({ wrapped }) => !wrapped.startsWith(prefix))
      .map(async ({ subject, wrapped: before }): Promise<Change | undefined> => {
        const wrapped = await rewrapped(wrap, subject, before);
        // One that does not open under any version is left as it is: it stays among the remaining.
        return wrapped === undefined ? undefined : { subject, wrapped, was: before };
      }),
  );
  const changed = await replaceKeys(
    db,
    changes.filter((change) => change !== undefined),
  );
  const next = advance(job, page.length < limit ? undefined : page.at(-1)?.subject, changed, now);
  // Where another run came first, its cursor holds: what was wrapped here is found wrapped.
  await writeJob(db, was, JSON.stringify(next));
  return { done: next.done, rewrapped: changed };
}

const startOf = (version: number, now: number): Job => ({
  version,
  startedAt: now,
  cursor: "",
  changed: 0,
  done: false,
  rewrapped: 0,
});

/** @param cursor undefined at the end of a pass */
function advance(job: Job, cursor: string | undefined, changed: number, now: number): Job {
  const soFar = { ...job, changed: job.changed + changed, rewrapped: job.rewrapped + changed };
  if (cursor !== undefined) return { ...soFar, cursor };
  const done = soFar.changed === 0 && now - job.startedAt >= SETTLE_MS;
  return { ...soFar, cursor: "", changed: 0, done };
}

/** So many keys are tried: one alone may be damaged. */
const TRIED = 3;

/** Whether subjects' keys open under the ring, as far as some of them tell; true where there are none. */
export async function subjectKeysOpen(db: D1Database, { wrap }: Keyring): Promise<boolean> {
  const some = await keysAfter(db, "", TRIED);
  for (const { subject, wrapped } of some) if (await openSubjectKey(wrap, subject, wrapped)) return true;
  return some.length === 0;
}

export interface KeysStatus {
  /** The current version. */
  version: number;
  /** All that the ring has, newest first. */
  versions: number[];
  rewrap: { done: boolean; rewrapped: number; remaining: number };
}

/** How far the job is. Counts all keys: for the console, not for each minute. */
export async function keysStatus(databases: readonly D1Database[], { wrap }: Keyring): Promise<KeysStatus> {
  const version = Number(wrap.version);
  const each = await Promise.all(databases.map((db) => statusIn(db, version, currentPrefix(wrap))));
  return {
    version,
    versions: [wrap, ...wrap.others].map((key) => Number(key.version)).sort((a, b) => b - a),
    rewrap: {
      done: each.every(({ done }) => done),
      rewrapped: each.reduce((sum, { rewrapped }) => sum + rewrapped, 0),
      remaining: each.reduce((sum, { remaining }) => sum + remaining, 0),
    },
  };
}

async function statusIn(db: D1Database, version: number, prefix: string): Promise<KeysStatus["rewrap"]> {
  const [state, { remaining }] = await Promise.all([readJob(db), countKeys(db, prefix)]);
  const job = state === undefined ? undefined : jobSchema().parse(JSON.parse(state));
  const isOfThis = job?.version === version;
  return {
    done: isOfThis && job.done && remaining === 0,
    rewrapped: isOfThis ? job.rewrapped : 0,
    remaining,
  };
}
