/**
 * Changes by hand in the first database, table `identity_changes`, and their links in every database that has an end of
 * them. Changes and their undoing have one order: each is written only where nothing came after what it was planned from,
 * and where nobody was erased since.
 */
import { LAST_ERASURE, markOf, NONE_ERASED } from "#privacy/erasure-mark";
import { inChunks } from "../chunks.ts";
import { LINK_STRENGTH } from "../graph.ts";
import type { IdentityShards } from "../shards.ts";
import { BY_HAND, type ChangedLink } from "./links.ts";

export interface Change {
  id: string;
  /** Epoch ms; no two are alike. */
  at: number;
  /** Name of who did it; the audit log has more. */
  actor: string;
  action: string;
  note: string;
  links: ChangedLink[];
  undoneAt: number | null;
  undoneBy: string | null;
}

interface Row {
  id: string;
  at: number;
  actor: string;
  action: string;
  note: string;
  links: string;
  undone_at: number | null;
  undone_by: string | null;
}

const parse = (row: Row): Change => ({
  id: row.id,
  at: row.at,
  actor: row.actor,
  action: row.action,
  note: row.note,
  links: JSON.parse(row.links) as ChangedLink[],
  undoneAt: row.undone_at,
  undoneBy: row.undone_by,
});

/** The moment of the last change or undoing. */
const LAST_ACT = "SELECT COALESCE(MAX(MAX(at, COALESCE(undone_at, 0))), 0) FROM identity_changes";

/** A change that was made, or undone: `mark` is when, and says which. */
export interface Act {
  mark: number;
  change: Pick<Change, "id" | "at" | "links" | "undoneAt">;
}

const actOf = (row: Row): Act => ({ mark: Math.max(row.at, row.undone_at ?? 0), change: parse(row) });

/** What was done last, by which the next is ordered; undefined where nothing was ever done. */
export async function lastAct(db: D1Database): Promise<Act | undefined> {
  const row = await db
    .prepare("SELECT * FROM identity_changes ORDER BY MAX(at, COALESCE(undone_at, 0)) DESC LIMIT 1")
    .first<Row>();
  return row ? actOf(row) : undefined;
}

/** What was done after an act, in the order in which it was done; of a change that was made and undone since, the latter. */
export async function actsAfter(db: D1Database, mark: number): Promise<Act[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM identity_changes WHERE MAX(at, COALESCE(undone_at, 0)) > ?1
       ORDER BY MAX(at, COALESCE(undone_at, 0))`,
    )
    .bind(mark)
    .all<Row>();
  return results.map(actOf);
}

/** @param after `mark` of the last act, 0 for none @returns whether it is there now */
export async function recordChange(
  db: D1Database,
  change: Omit<Change, "undoneAt" | "undoneBy">,
  after: number,
  erasures: number,
): Promise<boolean> {
  const { id, at, actor, action, note, links } = change;
  const row = await db
    .prepare(
      `INSERT INTO identity_changes (id, at, actor, action, note, links)
       SELECT ?1, ?3, ?4, ?5, ?6, ?7 WHERE ${NONE_ERASED} AND (${LAST_ACT}) = ?8 ON CONFLICT DO NOTHING RETURNING id`,
    )
    .bind(id, String(erasures), at, actor, action, note, JSON.stringify(links), after)
    .first();
  return row !== null;
}

/** @returns whether it says now that it is undone */
export async function recordUndo(
  db: D1Database,
  id: string,
  by: string,
  at: number,
  after: number,
): Promise<boolean> {
  const row = await db
    .prepare(
      `UPDATE identity_changes SET undone_at = ?2, undone_by = ?3
       WHERE id = ?1 AND undone_at IS NULL AND (${LAST_ACT}) = ?4 RETURNING id`,
    )
    .bind(id, at, by, after)
    .first();
  return row !== null;
}

export async function readChange(db: D1Database, id: string): Promise<Change | undefined> {
  const row = await db.prepare("SELECT * FROM identity_changes WHERE id = ?1").bind(id).first<Row>();
  return row ? parse(row) : undefined;
}

/** A later change, which is not undone, of one of the links; undefined where there is none. */
export async function laterOf(db: D1Database, { id }: Change): Promise<string | undefined> {
  const row = await db
    .prepare(
      `SELECT later.id FROM identity_changes own, json_each(own.links) mine, identity_changes later, json_each(later.links) its
       WHERE own.id = ?1 AND later.at > own.at AND later.undone_at IS NULL AND its.value->>'a' = mine.value->>'a'
         AND its.value->>'b' = mine.value->>'b' AND its.value->>'kind' = mine.value->>'kind' LIMIT 1`,
    )
    .bind(id)
    .first<{ id: string }>();
  return row?.id;
}

/** Newest first. @param keys only those about one of these; undefined: all @param before epoch ms */
export async function listChanges(
  db: D1Database,
  { keys, before, limit }: { keys: readonly string[] | undefined; before: number; limit: number },
): Promise<Change[]> {
  const { results } = await db
    .prepare(
      `SELECT * FROM identity_changes WHERE at < ?1 AND (?2 IS NULL OR EXISTS (
         SELECT 1 FROM json_each(links) l JOIN json_each(?2) k ON k.value IN (l.value->>'a', l.value->>'b')))
       ORDER BY at DESC LIMIT ?3`,
    )
    .bind(before, keys ? JSON.stringify(keys) : null, limit)
    .all<Row>();
  return results.map(parse);
}

/** The last erasure, as all databases say; undefined while one is being done. */
export async function erasureMark({ all }: IdentityShards): Promise<number | undefined> {
  const marks = await Promise.all(
    all.map(async (db) => markOf(await db.prepare(LAST_ERASURE).first<{ state: string }>())),
  );
  const [first = -1] = marks;
  return first >= 0 && marks.every((mark) => mark === first) ? first : undefined;
}

/** Bring links to what they are after a change; what is so already stays. @param change dates what is inserted */
export async function writeLinks(
  shards: IdentityShards,
  links: readonly ChangedLink[],
  change: Pick<Change, "id" | "at">,
  erasures: number,
): Promise<void> {
  const ends = links.flatMap(({ a, b, kind, after }) => {
    const shared = { kind, state: after, strength: LINK_STRENGTH[kind] };
    return a === b
      ? [{ node: a, other: b, ...shared }]
      : [
          { node: a, other: b, ...shared },
          { node: b, other: a, ...shared },
        ];
  });
  const seen = String(erasures);
  await Promise.all(
    [...shards.group(ends, ({ node }) => node)].map(([db, own]) =>
      db.batch([
        ...inChunks(own.filter(({ state }) => state !== null)).map((chunk) =>
          db.prepare(SET_STATES).bind(chunk, seen, change.id, BY_HAND, change.at),
        ),
        ...inChunks(own.filter(({ state }) => state === null)).map((chunk) =>
          db.prepare(DELETE).bind(chunk, seen),
        ),
      ]),
    ),
  );
}

/** Evidence that was there keeps its event. */
const SET_STATES = `INSERT INTO links (node, other, kind, strength, event_id, source, at, state)
  SELECT value->>'node', value->>'other', value->>'kind', value->>'strength', ?3, ?4, ?5, value->>'state'
  FROM json_each(?1) WHERE ${NONE_ERASED}
  ON CONFLICT(node, kind, other) DO UPDATE SET state = excluded.state WHERE links.state <> excluded.state`;

const DELETE = `DELETE FROM links WHERE (node, kind, other) IN
  (SELECT value->>'node', value->>'kind', value->>'other' FROM json_each(?1)) AND ${NONE_ERASED}`;
