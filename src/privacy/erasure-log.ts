/**
 * The erasure log: which identifiers have been erased, in R2 and so outside the database that it guards. A database that
 * is restored from an older copy has forgotten the erasures since; src/identity/erasures.ts reads them here and does
 * them again. Entries are numbered without a gap, never changed and never deleted; they hold keyed hashes alone.
 */
import * as z from "zod";
import { once } from "#contracts/once";

/** One erasure. */
export interface Erasure {
  /** From 1. */
  seq: number;
  /** Id of the subject request. */
  request: string;
  /** Epoch ms. */
  at: number;
  /** Identifier keys, those of claims on devices too. */
  subjects: string[];
  /** Those of them whose profile is not erased whole: who joins it meanwhile is somebody else. */
  partial: string[];
  /** The suppression of these keys was lifted again: the entry says so, and takes nothing away. */
  lifted?: true | undefined;
}

const PREFIX = "erasures/log/";
const nameOf = (seq: number): string => `${PREFIX}${String(seq).padStart(12, "0")}.json`;

const erasureSchema = once(() =>
  z.object({
    seq: z.int().min(1),
    request: z.string(),
    at: z.number(),
    subjects: z.array(z.string()),
    partial: z.array(z.string()),
    lifted: z.literal(true).optional(),
  }),
);

/** So often another entry may come in between before it is given up. */
const MAX_TRIES = 50;

/** Append an erasure under the next free number. @returns the number @throws Error where the log stays contended */
export async function appendErasure(
  bucket: R2Bucket,
  erasure: Omit<Erasure, "seq">,
  after: number,
): Promise<number> {
  let seq = (await lastSeq(bucket, after)) + 1;
  for (let tries = 0; tries < MAX_TRIES; tries++, seq++) {
    const text = JSON.stringify({ seq, ...erasure });
    // Only where nobody has taken the number meanwhile: R2 answers null, and the next one is tried.
    const put = await bucket.put(nameOf(seq), text, { onlyIf: { etagDoesNotMatch: "*" } });
    if (put !== null) return seq;
  }
  throw new Error(`the erasure log stayed contended over ${MAX_TRIES} tries`);
}

async function lastSeq(bucket: R2Bucket, after: number): Promise<number> {
  let last = after;
  for (let more = true; more; ) {
    const { objects, truncated } = await bucket.list({ prefix: PREFIX, startAfter: nameOf(last) });
    last = Math.max(last, ...objects.map(({ key }) => seqOf(key)));
    more = truncated;
  }
  return last;
}

const seqOf = (key: string): number => Number(key.slice(PREFIX.length, -".json".length));

/**
 * Entries after a number, oldest first.
 * @param limit at most this many
 * @throws Error where an entry cannot be read: what it erased is not known, so that nothing may be served
 */
export async function erasuresAfter(bucket: R2Bucket, seq: number, limit = 100): Promise<Erasure[]> {
  const { objects } = await bucket.list({ prefix: PREFIX, startAfter: nameOf(seq), limit });
  const erasures: Erasure[] = [];
  for (const { key } of objects) {
    const object = await bucket.get(key);
    const read = erasureSchema().safeParse(object && (await object.json()));
    if (!read.success) throw new Error(`entry ${seqOf(key)} of the erasure log cannot be read`);
    erasures.push(read.data);
  }
  return erasures;
}
