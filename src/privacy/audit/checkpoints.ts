/**
 * Checkpoints in R2, `audit/checkpoints/<seq>.json`: made by the schedule as the chain grows, never overwritten. The text
 * is in the object and, so that many are read at once, in its metadata.
 */
import { GENESIS } from "./chain.ts";
import { type Checkpoint, checkpointSchema, signCheckpoint } from "./checkpoint.ts";
import type { AuditSigner } from "./signer.ts";
import { readHead, readKept, writeKept } from "./store.ts";

const PREFIX = "audit/checkpoints/";
const nameOf = (seq: number): string => `${PREFIX}${String(seq).padStart(12, "0")}.json`;

const HOUR_MS = 3_600_000;
/** So many new entries are not left without a checkpoint; fewer wait for an hour. */
const MAX_UNWITNESSED = 100;

export interface CheckpointContext {
  db: D1Database;
  bucket: R2Bucket;
  signer: () => Promise<AuditSigner>;
}

/**
 * Keep a checkpoint, if the chain has grown and one is due. Called each minute, and on demand.
 * @param now epoch ms @param isWanted one is due as soon as the chain has grown
 * @returns the one that was kept; undefined where none was
 */
export async function keepCheckpoint(
  { db, bucket, signer }: CheckpointContext,
  now: number,
  isWanted = false,
): Promise<Checkpoint | undefined> {
  const [head, kept] = await Promise.all([readHead(db), readKept(db)]);
  if (head.seq === GENESIS.seq || head.seq === kept.seq) return undefined;
  const isDue = isWanted || head.seq - kept.seq >= MAX_UNWITNESSED || now - kept.at >= HOUR_MS;
  // Shorter than it was: that it was cut, or restored, shows against what is kept; it is witnessed from here on.
  if (!isDue && head.seq > kept.seq) return undefined;
  const checkpoint = await signCheckpoint(await signer(), head, now);
  const text = JSON.stringify(checkpoint);
  const put = await bucket.put(nameOf(head.seq), text, {
    onlyIf: { etagDoesNotMatch: "*" },
    httpMetadata: { contentType: "application/json" },
    customMetadata: { checkpoint: text },
  });
  await writeKept(db, { seq: head.seq, at: now });
  if (put !== null) return checkpoint;
  const [earlier] = await listCheckpoints(bucket, head.seq - 1, 1);
  if (earlier?.seq !== head.seq || earlier.hash !== head.hash)
    console.error("the audit log has another entry than its checkpoint says", head.seq);
  return undefined;
}

/** Checkpoints after a seq, ascending. One that cannot be read is there all the same, with no signature that holds. */
export async function listCheckpoints(bucket: R2Bucket, after: number, limit: number): Promise<Checkpoint[]> {
  const checkpoints: Checkpoint[] = [];
  let startAfter = nameOf(after);
  for (let more = true; more && checkpoints.length < limit; ) {
    const { objects, truncated } = await bucket.list({
      prefix: PREFIX,
      startAfter,
      limit: Math.min(limit - checkpoints.length, 1_000),
      include: ["customMetadata"],
    });
    for (const { key, customMetadata } of objects) {
      checkpoints.push(readCheckpoint(key, customMetadata?.checkpoint));
      startAfter = key;
    }
    more = truncated;
  }
  return checkpoints;
}

function readCheckpoint(key: string, text: string | undefined): Checkpoint {
  const number = key.slice(PREFIX.length, -".json".length);
  const seq = /^\d{12}$/.test(number) ? Number(number) : 0;
  const read = checkpointSchema.safeParse(readJson(text ?? ""));
  if (read.success && read.data.seq === seq) return read.data;
  return { v: 1, tenant: "", seq, hash: "", at: 0, version: "", signature: "" };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
