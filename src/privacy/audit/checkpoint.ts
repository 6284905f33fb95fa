/**
 * A checkpoint says how the audit chain ended at a moment, and is signed. It is kept outside D1: a chain that was cut,
 * rewritten whole or restored from an older copy holds in itself, but not against the checkpoints made before.
 */
import * as z from "zod";
import type { ChainHead } from "./chain.ts";
import type { AuditSigner } from "./signer.ts";

export const checkpointSchema = z.strictObject({
  v: z.literal(1),
  /** Names the deployment: the setting TENANT. */
  tenant: z.string(),
  /** The last entry of the chain, and its hash. */
  seq: z.int().min(1),
  hash: z.string(),
  /** When it was made, epoch ms. */
  at: z.number(),
  /** Version of the key that signed. */
  version: z.string(),
  /** Ed25519, hex. */
  signature: z.string(),
});
export type Checkpoint = z.infer<typeof checkpointSchema>;

/** What a checkpoint shows to be wrong. */
export type CheckpointProblem =
  /** Its signature does not hold: somebody made or changed it who had not the key. */
  | { seq: number; problem: "forged_checkpoint" }
  /**
   * The chain has another entry there: what follows entry `after` was written anew, or restored from an older copy and
   * continued.
   */
  | { seq: number; problem: "rewritten"; after: number }
  /** The chain ends before it: entries `seq` to `until` were cut off. */
  | { seq: number; problem: "cut"; until: number };

/** What is signed. */
export function checkpointText(checkpoint: Omit<Checkpoint, "signature">): string {
  const { v, tenant, seq, hash, at, version } = checkpoint;
  return `doorstep:audit-checkpoint:${JSON.stringify([v, tenant, seq, hash, at, version])}`;
}

/** @param at epoch ms */
export async function signCheckpoint(
  signer: AuditSigner,
  { seq, hash }: ChainHead,
  at: number,
): Promise<Checkpoint> {
  const [current] = await signer.publicKeys();
  const unsigned = { v: 1, tenant: signer.tenant, seq, hash, at, version: current?.version ?? "" } as const;
  const { signature } = await signer.sign(checkpointText(unsigned));
  return { ...unsigned, signature };
}

/** What checkpoints are held against. */
export interface CheckedChain {
  /** Hash of the entry at a seq; undefined where it is not there, which the chain's own check reports. */
  hashAt: (seq: number) => string | undefined;
  /** What was checked before and holds. */
  from: number;
  /** The last entry of the chain. */
  end: number;
  /** The only deployment whose checkpoints count; undefined: any. */
  tenant: string | undefined;
}

/**
 * Hold checkpoints against a chain. A forged one is reported and says nothing of the chain.
 * @param checkpoints by ascending seq
 */
export async function verifyCheckpoints(
  checkpoints: readonly Checkpoint[],
  { hashAt, from, end, tenant }: CheckedChain,
  verify: AuditSigner["verify"],
): Promise<CheckpointProblem[]> {
  const problems: CheckpointProblem[] = [];
  let holds = from;
  let cutUntil = end;
  for (const checkpoint of checkpoints) {
    const { seq, hash, version, signature } = checkpoint;
    const isOurs = tenant === undefined || checkpoint.tenant === tenant;
    if (!isOurs || !(await verify(checkpointText(checkpoint), version, signature))) {
      problems.push({ seq, problem: "forged_checkpoint" });
      continue;
    }
    const found = hashAt(seq);
    if (found === hash) holds = seq;
    else if (found !== undefined) problems.push({ seq, problem: "rewritten", after: holds });
    cutUntil = Math.max(cutUntil, seq);
  }
  if (cutUntil > end) problems.push({ seq: end + 1, problem: "cut", until: cutUntil });
  return problems;
}
