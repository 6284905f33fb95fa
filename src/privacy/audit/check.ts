/**
 * Checks the audit log where it is: the chain in D1 against its own hashes, and against the checkpoints in R2. Who has
 * changed both, and has the master secret, is found only against what an auditor has kept (scripts/audit-verify.ts).
 */
import type { ChainHead } from "./chain.ts";
import { verifyCheckpoints } from "./checkpoint.ts";
import { type CheckpointContext, listCheckpoints } from "./checkpoints.ts";
import { entriesAfter, readHead } from "./store.ts";
import { verifyChain } from "./verify.ts";
import { type AuditProblem, sayProblem } from "./words.ts";

const PAGE = 500;
/** Entries of one call: with a checkpoint for each tenth, about 0.2 s. */
const MAX_ENTRIES = 5_000;
const MAX_CHECKPOINTS = 6_000;
const MAX_PROBLEMS = 500;

export interface AuditCheck {
  /** Nothing is wrong with what was checked. */
  ok: boolean;
  /** How many were checked. */
  entries: number;
  checkpoints: number;
  /** The first of them; `says` is a sentence. */
  problems: (AuditProblem & { says: string })[];
  /** The last entry that was checked. */
  head: ChainHead;
  /** Where to go on; null where the end was reached. */
  next: number | null;
}

/** Check what comes after an entry that was checked, as much as one call can. */
export async function checkAudit(
  { db, bucket, signer }: CheckpointContext,
  from: ChainHead,
): Promise<AuditCheck> {
  const problems: AuditProblem[] = [];
  const hashes = new Map<number, string>([[from.seq, from.hash]]);
  let head = from;
  let entries = 0;
  let more = true;
  while (more && entries < MAX_ENTRIES) {
    const page = await entriesAfter(db, head.seq, PAGE);
    const checked = await verifyChain(page, { from: head });
    for (const { seq, hash } of page) hashes.set(seq, hash);
    problems.push(...checked.problems);
    head = checked.head;
    entries += page.length;
    more = page.length === PAGE;
  }
  const after = await listCheckpoints(bucket, from.seq, MAX_CHECKPOINTS);
  const checkpoints = more ? after.filter(({ seq }) => seq <= head.seq) : after;
  // Read again, and last: a checkpoint of an entry that came meanwhile does not show that the log was cut.
  const end = more ? head.seq : (await readHead(db)).seq;
  const { tenant, verify } = await signer();
  const chain = { hashAt: (seq: number) => hashes.get(seq), from: from.seq, end, tenant };
  problems.push(...(await verifyCheckpoints(checkpoints, chain, verify)));
  return {
    ok: problems.length === 0,
    entries,
    checkpoints: checkpoints.length,
    problems: problems
      .sort((a, b) => a.seq - b.seq)
      .slice(0, MAX_PROBLEMS)
      .map((problem) => ({ ...problem, says: sayProblem(problem) })),
    head,
    next: more ? head.seq : null,
  };
}
