/**
 * What events merged and split by themselves, into the audit log: one entry for all batches since the last one, which
 * counts them and has their hash. Called by the schedule. The batches' own rows say which profiles it were, for as long
 * as they are kept; the entry, which is never erased, lets nobody be found by it.
 */
import { DAY_MS } from "#core/clock";
import { SYSTEM } from "#privacy/actor";
import { appendAudit } from "#privacy/audit/store";
import type { Keyring } from "#privacy/keys";
import { auditTarget } from "#privacy/lookup";
import {
  forgetMoves,
  type MovesMark,
  moveMarkTo,
  movesAfter,
  readMovesMark,
  requireMark,
  type StoredMoves,
} from "./moves-store.ts";

/** A row of a batch that began before this is there by now. */
const SETTLED_MS = 60_000;
/** How long a profile's history knows of its merges. */
const KEPT_MS = 30 * DAY_MS;
const BATCHES_PER_ENTRY = 500;
const ENTRIES_PER_RUN = 10;

/** @returns how many entries were appended. Each batch is in exactly one, wherever a run breaks off. */
export async function auditMoves(db: D1Database, keys: Keyring, now: number): Promise<number> {
  let appended = 0;
  for (; appended < ENTRIES_PER_RUN; appended++) {
    const mark = await readMovesMark(db);
    const rows = await movesAfter(db, mark, now - SETTLED_MS, BATCHES_PER_ENTRY);
    const last = rows.at(-1);
    if (!last) break;
    if (!(await appendOnce(db, keys, mark, rows, { at: last.at, id: last.id }, now))) break;
    if (rows.length < BATCHES_PER_ENTRY) {
      appended++;
      break;
    }
  }
  await forgetMoves(db, now - KEPT_MS);
  return appended;
}

/** The entry and the mark are one transaction. @returns false where another run was faster */
async function appendOnce(
  db: D1Database,
  keys: Keyring,
  mark: MovesMark,
  rows: readonly StoredMoves[],
  next: MovesMark,
  now: number,
): Promise<boolean> {
  const moves = rows.flatMap((row) => row.moves);
  const entry = {
    at: now,
    actor: SYSTEM,
    action: "identity.automatic",
    target: "all",
    detail: {
      merges: moves.filter(({ before, after }) => before.length > after.length).length,
      splits: moves.filter(({ before, after }) => before.length < after.length).length,
      batches: rows.length,
      digest: await digestOf(rows, keys),
      from: rows[0]?.at ?? next.at,
      to: next.at,
    },
  };
  try {
    await appendAudit(db, entry, (head) => [requireMark(db, mark), moveMarkTo(db, next, head)]);
    return true;
  } catch (error) {
    const current = await readMovesMark(db);
    if (current.at !== mark.at || current.id !== mark.id) return false;
    throw error;
  }
}

/**
 * SHA-256, hex, over a line for each batch: its id, its time, and its moves as JSON, with each profile named as the audit
 * log names persons. Whoever has the rows and the keys can make it again.
 */
export async function digestOf(rows: readonly StoredMoves[], keys: Keyring): Promise<string> {
  const named = new Map<string, string>();
  for (const key of rows.flatMap(({ moves }) => moves.flatMap(({ before, after }) => [...before, ...after])))
    if (!named.has(key)) named.set(key, await auditTarget(keys, key));
  const name = (roots: readonly string[]) => roots.map((root) => named.get(root) ?? "");
  const lines = rows.map(({ id, at, moves }) =>
    JSON.stringify([id, at, moves.map(({ before, after }) => [name(before), name(after)])]),
  );
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(lines.join("\n")));
  return new Uint8Array(digest).toHex();
}
