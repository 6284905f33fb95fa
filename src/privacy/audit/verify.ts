/**
 * Whether a piece of the audit chain is whole, and where it is not. Pure: the Worker checks page by page what D1 has, an
 * auditor's machine what was exported (scripts/audit-verify.ts).
 */
import { type AuditEntry, type ChainHead, GENESIS, hashEntry } from "./chain.ts";

/** What is wrong, at which entry. `removed` says the first and the last of those that are not there. */
export type ChainProblem =
  | { seq: number; problem: "changed" }
  | { seq: number; problem: "removed"; until: number }
  /** It stands where another was: its own place is `was`, if that was found out. */
  | { seq: number; problem: "reordered"; was?: number }
  | { seq: number; problem: "repeated" }
  /** By itself it is whole, but it was made to follow on something else than what is before it. */
  | { seq: number; problem: "unlinked" };

export interface ChainCheck {
  problems: ChainProblem[];
  /** Where the checked piece ends: the `from` of the next. */
  head: ChainHead;
}

/** How many entries that do not hold are looked at for where they were; each against each and its neighbours. */
const MAX_SOUGHT = 50;
const NEIGHBOURS = 10;

/**
 * Check entries in the order in which they are given.
 * @param from the end of what was checked before; the beginning of all if not told
 */
export async function verifyChain(
  entries: readonly AuditEntry[],
  { from = GENESIS }: { from?: ChainHead } = {},
): Promise<ChainCheck> {
  const { ordered, problems } = inOrder(entries, from);
  const unsound: AuditEntry[] = [];
  let head = from;
  // What follows on an entry that does not hold is not blamed for it.
  let isSound = true;
  for (const entry of ordered) {
    if (entry.seq > head.seq + 1)
      problems.push({ seq: head.seq + 1, problem: "removed", until: entry.seq - 1 });
    const follows = !isSound || entry.seq > head.seq + 1 || entry.prev === head.hash;
    isSound = (await hashEntry(entry.prev, entry)) === entry.hash;
    if (!isSound) unsound.push(entry);
    else if (!follows) problems.push({ seq: entry.seq, problem: "unlinked" });
    head = { seq: entry.seq, hash: entry.hash };
  }
  problems.push(...(await whatBecameOf(unsound)));
  return { problems: problems.sort((a, b) => a.seq - b.seq), head };
}

/** Each seq once, ascending, and what of the order given was wrong. */
function inOrder(
  entries: readonly AuditEntry[],
  from: ChainHead,
): { ordered: AuditEntry[]; problems: ChainProblem[] } {
  const problems: ChainProblem[] = [];
  const bySeq = new Map<number, AuditEntry>();
  let last = from.seq;
  for (const entry of entries) {
    const { seq } = entry;
    if (bySeq.has(seq) || seq <= from.seq) {
      problems.push({ seq, problem: "repeated" });
      continue;
    }
    if (seq < last) problems.push({ seq, problem: "reordered" });
    last = Math.max(last, seq);
    bySeq.set(seq, entry);
  }
  return { ordered: [...bySeq.values()].sort((a, b) => a.seq - b.seq), problems };
}

/** An entry that does not hold was put elsewhere if it holds with another seq, and else was changed. */
async function whatBecameOf(unsound: readonly AuditEntry[]): Promise<ChainProblem[]> {
  const sought = unsound.slice(0, MAX_SOUGHT);
  const problems: ChainProblem[] = [];
  for (const entry of sought) {
    const nearby = Array.from({ length: 2 * NEIGHBOURS + 1 }, (_, i) => entry.seq - NEIGHBOURS + i);
    const places = new Set([...sought.map(({ seq }) => seq), ...nearby]);
    const was = await placeOf(entry, places);
    problems.push(
      was === undefined
        ? { seq: entry.seq, problem: "changed" }
        : { seq: entry.seq, problem: "reordered", was },
    );
  }
  for (const { seq } of unsound.slice(MAX_SOUGHT)) problems.push({ seq, problem: "changed" });
  return problems;
}

async function placeOf(entry: AuditEntry, places: Iterable<number>): Promise<number | undefined> {
  for (const seq of places)
    if (seq !== entry.seq && (await hashEntry(entry.prev, { ...entry, seq })) === entry.hash) return seq;
  return undefined;
}
