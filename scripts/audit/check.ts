/** Checks an exported audit log, on the auditor's own machine, with the code that the Worker checks it with. */
import { type AuditEntry, type ChainHead, GENESIS } from "../../src/privacy/audit/chain.ts";
import { verifyCheckpoints } from "../../src/privacy/audit/checkpoint.ts";
import { type PublicJwk, verifyWith } from "../../src/privacy/audit/signer.ts";
import { verifyChain } from "../../src/privacy/audit/verify.ts";
import { sayProblem } from "../../src/privacy/audit/words.ts";
import type { Evidence } from "./evidence.ts";
import type { Saved } from "./saved.ts";

export interface Finding {
  entries: number;
  head: ChainHead;
  /** Of the last entry, epoch ms. */
  headAt: number | undefined;
  /** A sentence each, in the order of the log. Empty: it is whole. */
  problems: string[];
  /** It contradicts nothing that was kept, and each of its entries holds: it may be kept in the place of that. */
  goesOn: boolean;
  /** Entries by which somebody noted that the database was restored. */
  restored: AuditEntry[];
  /** Entries after the last checkpoint. */
  unwitnessed: number;
  /** The keys that were relied upon. */
  keys: PublicJwk[];
}

type Said = { seq: number; says: string };

/**
 * @param pinned keys that the auditor has by another way: they count, and not those that come with the log
 * @param saved what an earlier run kept
 * @param take is given each page that was read
 */
export async function check(
  evidence: Evidence,
  pinned: readonly PublicJwk[],
  saved: Saved | undefined,
  take: (page: readonly AuditEntry[]) => Promise<void>,
): Promise<Finding> {
  const wanted = new Set([...evidence.checkpoints, ...(saved?.heads ?? [])].map(({ seq }) => seq));
  const hashes = new Map<number, string>();
  const said: Said[] = [];
  const restored: AuditEntry[] = [];
  let head = GENESIS;
  let headAt: number | undefined;
  let entries = 0;
  for await (const page of evidence.pages) {
    const checked = await verifyChain(page, { from: head });
    said.push(...checked.problems.map((problem) => ({ seq: problem.seq, says: sayProblem(problem) })));
    for (const entry of page) {
      if (wanted.has(entry.seq)) hashes.set(entry.seq, entry.hash);
      if (entry.action === "audit.restored") restored.push(entry);
      headAt = entry.at;
    }
    head = checked.head;
    entries += page.length;
    await take(page);
  }
  const { keys, problems } = trusted(evidence.keys, pinned, saved?.keys ?? []);
  const isSound = said.length === 0;
  const found = await verifyCheckpoints(
    evidence.checkpoints,
    { hashAt: (seq) => hashes.get(seq), from: GENESIS.seq, end: head.seq, tenant: undefined },
    async (text, version, signature) => {
      const jwk = keys.find(({ kid }) => kid === version);
      return jwk !== undefined && (await verifyWith(jwk, text, signature));
    },
  );
  said.push(...found.map((problem) => ({ seq: problem.seq, says: sayProblem(problem) })));
  const since = saved ? sinceSaved(saved, hashes, evidence) : [];
  said.push(...since);
  return {
    entries,
    head,
    headAt,
    problems: [...problems, ...said.sort((a, b) => a.seq - b.seq).map(({ says }) => says)],
    goesOn: saved === undefined || (isSound && problems.length === 0 && since.length === 0),
    restored,
    unwitnessed: head.seq - Math.min(evidence.checkpoints.at(-1)?.seq ?? 0, head.seq),
    keys,
  };
}

/** Keys that the auditor has count for more than those that the log comes with; that they differ is a finding. */
function trusted(
  given: readonly PublicJwk[],
  pinned: readonly PublicJwk[],
  saved: readonly PublicJwk[],
): { keys: PublicJwk[]; problems: string[] } {
  if (pinned.length > 0) return { keys: [...pinned], problems: [] };
  const problems = saved.flatMap(({ kid, x }) => {
    const now = given.find((jwk) => jwk.kid === kid);
    if (now?.x === x) return [];
    const what = now === undefined ? "is no longer among its keys" : "is another one than was kept";
    return [`The public key of version ${kid} ${what}: what the kept key did not sign is taken as forged.`];
  });
  const others = given.filter(({ kid }) => !saved.some((jwk) => jwk.kid === kid));
  return { keys: [...saved, ...others], problems };
}

/** What is no longer as an earlier run kept it. */
function sinceSaved(saved: Saved, hashes: ReadonlyMap<number, string>, { checkpoints }: Evidence): Said[] {
  const said: Said[] = [];
  const differs = saved.heads.filter(({ seq, hash }) => hashes.get(seq) !== hash);
  const [first] = differs;
  const last = differs.at(-1);
  if (first && last)
    said.push({
      seq: first.seq,
      says: `${differs.length} of the ${saved.heads.length} entries that were kept are not as they were, from entry ${first.seq} to ${last.seq}: they were written anew or removed since, whatever their hashes and signatures say.`,
    });
  for (const { seq, hash } of saved.checkpoints) {
    const now = checkpoints.filter((one) => one.seq === seq);
    if (now.length === 0)
      said.push({ seq, says: `The checkpoint at entry ${seq}, which was kept, is gone.` });
    else if (!now.some((one) => one.hash === hash))
      said.push({ seq, says: `The checkpoint at entry ${seq} is another one than was kept.` });
  }
  return said;
}
