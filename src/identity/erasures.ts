/**
 * Erasures, in the order of their log: erasing, lifting, and doing again what a database that was restored from an older
 * copy has forgotten, before anything is served from it. Each data path asks `hasErasures` with the number that it has
 * just read from the database; R2 is asked only where that number is lower than this isolate has seen, or once a minute.
 */
import { appendErasure, type Erasure, erasuresAfter } from "#privacy/erasure-log";
import { LAST_ERASURE, lastErasure, markOf } from "#privacy/erasure-mark";
import { chunksOf } from "./chunks.ts";
import { type Applied, applyErasure, applyLift } from "./erase.ts";
import { isScoped } from "./graph.ts";
import type { IdentityShards } from "./shards.ts";

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
  identity: IdentityShards,
  bucket: R2Bucket,
  given: Given & { whole: readonly string[] },
): Promise<Erased> {
  const { request, subjects, whole, now } = given;
  await applyMissing(identity, bucket, now);
  const partial = apartFrom(subjects, whole);
  const entry = { request, at: now, subjects: [...subjects], partial };
  const seq = await appendErasure(bucket, entry, await lastErasure(identity));
  const erased: Erased = { seq, subjects: [], decisions: [], counts: {} };
  const all = new Set(subjects);
  const decisions = new Set<string>();
  for (const { erasure, applied } of await applyMissing(identity, bucket, now)) {
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
export async function liftSuppression(
  identity: IdentityShards,
  bucket: R2Bucket,
  given: Given,
): Promise<string[]> {
  const { request, subjects, now } = given;
  await applyMissing(identity, bucket, now);
  const suppressed = [...(await suppressedAmong(identity, subjects))];
  if (suppressed.length === 0) return [];
  const entry = { request, at: now, subjects: suppressed, partial: [], lifted: true as const };
  await appendErasure(bucket, entry, await lastErasure(identity));
  await applyMissing(identity, bucket, now);
  return suppressed;
}

/** Those of the keys that are suppressed. Rejects where it cannot be known: nobody may go on then. */
export const suppressedAmong = async (
  identity: IdentityShards,
  keys: readonly string[],
): Promise<Set<string>> => (await readSuppressed(identity, keys)).keys;

/** The same, of databases that may have been restored: one that was first learns again who was erased. @param now epoch ms */
export async function requireSuppressed(
  identity: IdentityShards,
  bucket: R2Bucket,
  keys: readonly string[],
  now: number,
): Promise<Set<string>> {
  const { keys: suppressed, marks } = await readSuppressed(identity, keys);
  if (marks.every((mark) => hasErasures(identity, mark, now))) return suppressed;
  await applyMissing(identity, bucket, now);
  return suppressedAmong(identity, keys);
}

async function readSuppressed(
  identity: IdentityShards,
  keys: readonly string[],
): Promise<{ keys: Set<string>; marks: number[] }> {
  const read = { keys: new Set<string>(), marks: [] as number[] };
  await Promise.all(
    [...identity.group(keys, (key) => key)].map(async ([db, own]) => {
      const [mark, ...found] = await db.batch([
        db.prepare(LAST_ERASURE),
        ...chunksOf(own).map((chunk) =>
          db
            .prepare(
              "SELECT i.key FROM identifiers i JOIN json_each(?1) k ON k.value = i.key WHERE i.suppressed = 1",
            )
            .bind(chunk),
        ),
      ]);
      read.marks.push(markOf((mark?.results as { state: string }[] | undefined)?.[0]));
      for (const { results } of found) for (const { key } of results as { key: string }[]) read.keys.add(key);
    }),
  );
  return read;
}

/** So long what was found in the log is believed. */
const TRUST_MS = 60_000;
/** Entries that are read in one turn. */
const ENTRIES = 100;
/** An entry that is younger than this is not missing by a restore, but by a crash, or being done right now. */
const RECENT_MS = 15 * 60_000;

/** The highest number that an isolate has seen, and when it last asked the log. */
const known = new WeakMap<IdentityShards, { seq: number; at: number }>();

/**
 * Whether the databases have all erasures that this isolate has reason to expect; if not, `requireErasures` has to be
 * called before anything is made of what was read.
 * @param seq as the databases just said; negative where one is not as far as another @param now epoch ms
 */
export function hasErasures(identity: IdentityShards, seq: number, now: number): boolean {
  const last = known.get(identity);
  if (!last || seq < last.seq || now - last.at > TRUST_MS || now < last.at) return false;
  last.seq = seq;
  return true;
}

/**
 * Do what the log has and a database has not; where all is there, it is one read of each. Rejects where the log cannot
 * be read: then nothing may be served.
 * @returns how many erasures were done again
 */
export const requireErasures = async (
  identity: IdentityShards,
  bucket: R2Bucket,
  now: number,
): Promise<number> => (await applyMissing(identity, bucket, now)).length;

/** The same for who asks often and reads little else: with one read of each database, and the log once a minute. */
export async function guardErasures(identity: IdentityShards, bucket: R2Bucket, now: number): Promise<void> {
  if (!hasErasures(identity, await lastErasure(identity), now)) await applyMissing(identity, bucket, now);
}

interface Done {
  erasure: Erasure;
  applied: Applied;
}

async function applyMissing(identity: IdentityShards, bucket: R2Bucket, now: number): Promise<Done[]> {
  let seq = await lastErasure(identity);
  const done: Done[] = [];
  for (;;) {
    const missing = await erasuresAfter(bucket, seq, ENTRIES);
    for (const erasure of missing) {
      seq = erasure.seq;
      if (erasure.lifted) {
        await applyLift(identity, erasure);
        done.push({ erasure, applied: { decisions: [], counts: {} } });
        continue;
      }
      // They joined between the search and this moment. Their entry is the next to be done, or one soon after.
      const { request, at } = erasure;
      const isAgain = now - at > RECENT_MS;
      const applied = await applyErasure(identity, erasure, {
        isAgain,
        async joined(strays) {
          if (strays.length === 0 || isAgain) return;
          const partial = strays.filter(isScoped);
          await appendErasure(bucket, { request, at, subjects: strays, partial }, seq);
        },
      });
      done.push({ erasure, applied });
    }
    if (missing.length === 0) break;
  }
  known.set(identity, { seq, at: now });
  return done;
}
