/**
 * Erasures, in the order of their log: erasing, lifting, and doing again what a database that was restored from an older
 * copy has forgotten, before anything is served from it. Each data path asks `hasErasures` with the number that it has
 * just read from the database; R2 is asked only where that number is lower than this isolate has seen, or once a minute.
 */
import { appendErasure, type Erasure, erasuresAfter } from "#privacy/erasure-log";
import { lastErasure } from "#privacy/erasure-mark";
import { chunksOf } from "./chunks.ts";
import { applyErasure, applyLift } from "./erase.ts";
import { isScoped } from "./graph.ts";

/** What an erasure came to. */
export interface Erased {
  /** Of its last entry in the log. */
  seq: number;
  /** All identifier keys that are suppressed by it, sorted. */
  subjects: string[];
  /** Decisions of the ledger that are gone: receipts elsewhere carry their ids. */
  decisions: string[];
  /** How many rows of each table were touched. */
  counts: Record<string, number>;
}

interface Given {
  /** Id of the subject request. */
  request: string;
  subjects: readonly string[];
  /** Epoch ms. */
  now: number;
}

const apartFrom = (keys: readonly string[], others: readonly string[]): string[] => {
  const left = new Set(others);
  return keys.filter((key) => !left.has(key));
};

/**
 * Suppress identifiers and erase what the identity tables have of them, and of whatever joins them until then. Repeated,
 * it finds nothing more to erase.
 * @param given what `findSubjects` found, just now or before a crash
 */
export async function eraseSubjects(
  db: D1Database,
  bucket: R2Bucket,
  given: Given & { whole: readonly string[] },
): Promise<Erased> {
  const { request, subjects, whole, now } = given;
  await applyMissing(db, bucket, now);
  const partial = apartFrom(subjects, whole);
  const entry = { request, at: now, subjects: [...subjects], partial };
  const seq = await appendErasure(bucket, entry, await lastErasure(db));
  const erased: Erased = { seq, subjects: [], decisions: [], counts: {} };
  const all = new Set(subjects);
  const decisions = new Set<string>();
  for (const { erasure, applied } of await applyMissing(db, bucket, now)) {
    if (erasure.request !== request || erasure.lifted) continue;
    for (const id of applied.decisions) decisions.add(id);
    for (const [table, rows] of Object.entries(applied.counts))
      erased.counts[table] = (erased.counts[table] ?? 0) + rows;
  }
  // The log says whom it came to in the end: another isolate may have done the entry first, and found who had joined.
  for (const entry of await entriesOf(bucket, request, seq)) {
    erased.seq = entry.seq;
    for (const key of entry.subjects) all.add(key);
  }
  return { ...erased, subjects: [...all].sort(), decisions: [...decisions].sort() };
}

/** What the log has of a request, from a number on. */
export async function entriesOf(bucket: R2Bucket, request: string, seq: number): Promise<Erasure[]> {
  const own: Erasure[] = [];
  for (let after = seq - 1; ; ) {
    const page = await erasuresAfter(bucket, after, ENTRIES);
    own.push(...page.filter((entry) => entry.request === request && !entry.lifted));
    const last = page.at(-1);
    if (!last) return own;
    after = last.seq;
  }
}

/**
 * Let identifiers come back: a person who was erased is a customer again. The log says so too, or the next restored
 * database would suppress them anew. What was erased stays erased.
 * @returns those that were suppressed
 */
export async function liftSuppression(db: D1Database, bucket: R2Bucket, given: Given): Promise<string[]> {
  const { request, subjects, now } = given;
  await applyMissing(db, bucket, now);
  const suppressed = [...(await suppressedAmong(db, subjects))];
  if (suppressed.length === 0) return [];
  const entry = { request, at: now, subjects: suppressed, partial: [], lifted: true as const };
  await appendErasure(bucket, entry, await lastErasure(db));
  await applyMissing(db, bucket, now);
  return suppressed;
}

/** Those of the keys that are suppressed. Rejects where it cannot be known: nobody may go on then. */
export async function suppressedAmong(db: D1Database, keys: readonly string[]): Promise<Set<string>> {
  if (keys.length === 0) return new Set();
  const statements = chunksOf(keys).map((chunk) =>
    db
      .prepare(
        "SELECT i.key FROM identifiers i JOIN json_each(?1) k ON k.value = i.key WHERE i.suppressed = 1",
      )
      .bind(chunk),
  );
  const results = await db.batch<{ key: string }>(statements);
  return new Set(results.flatMap(({ results: rows }) => rows.map(({ key }) => key)));
}

/** So long what was found in the log is believed. */
const TRUST_MS = 60_000;
/** Entries that are read in one turn. */
const ENTRIES = 100;
/** An entry that is younger than this is not missing by a restore, but by a crash, or being done right now. */
const RECENT_MS = 15 * 60_000;

/** The highest number that an isolate has seen, and when it last asked the log. */
const known = new WeakMap<D1Database, { seq: number; at: number }>();

/**
 * Whether the database has all erasures that this isolate has reason to expect; if not, `requireErasures` has to be
 * called before anything is made of what was read.
 * @param seq as the database just said @param now epoch ms
 */
export function hasErasures(db: D1Database, seq: number, now: number): boolean {
  const last = known.get(db);
  if (!last || seq < last.seq || now - last.at > TRUST_MS || now < last.at) return false;
  last.seq = seq;
  return true;
}

/**
 * Do what the log has and the database has not; where all is there, it is one read of each. Rejects where the log cannot
 * be read: then nothing may be served.
 * @returns how many erasures were done again
 */
export const requireErasures = async (db: D1Database, bucket: R2Bucket, now: number): Promise<number> =>
  (await applyMissing(db, bucket, now)).length;

/** The same for who asks often and reads little else: with one read of the database, and the log once a minute. */
export async function guardErasures(db: D1Database, bucket: R2Bucket, now: number): Promise<void> {
  if (!hasErasures(db, await lastErasure(db), now)) await applyMissing(db, bucket, now);
}

interface Done {
  erasure: Erasure;
  applied: Pick<Awaited<ReturnType<typeof applyErasure>>, "decisions" | "counts">;
}

async function applyMissing(db: D1Database, bucket: R2Bucket, now: number): Promise<Done[]> {
  let seq = await lastErasure(db);
  const done: Done[] = [];
  for (;;) {
    const missing = await erasuresAfter(bucket, seq, ENTRIES);
    for (const erasure of missing) {
      seq = erasure.seq;
      if (erasure.lifted) {
        await applyLift(db, erasure);
        done.push({ erasure, applied: { decisions: [], counts: {} } });
        continue;
      }
      const applied = await applyErasure(db, erasure);
      done.push({ erasure, applied });
      const { strays } = applied;
      if (strays.length === 0 || now - erasure.at > RECENT_MS) continue;
      // They joined between the search and this moment. Their entry is the next to be done, or one soon after.
      const { request, at } = erasure;
      const partial = strays.filter(isScoped);
      await appendErasure(bucket, { request, at, subjects: strays, partial }, seq);
    }
    if (missing.length === 0) break;
  }
  known.set(db, { seq, at: now });
  return done;
}
