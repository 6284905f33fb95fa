/** Content of CMSs in D1: the last good version of each item, in each language, and its draft. */
import { inChunks } from "#identity/chunks";
import type { ItemIssue, ItemText } from "./check-item.ts";
import type { ItemState } from "./contract.ts";

/** What a row's `document` holds. */
export interface KeptItem {
  /** Hash of what the CMS sent last, as published and as draft: what was judged once is not judged again. */
  from: { published?: string; draft?: string };
  shown?: ItemText;
  draft?: ItemText;
  draftAt?: number;
  /** Of an item that is neither: its last title. */
  was?: string;
}

export interface ItemMark {
  id: string;
  locale: string;
  state: ItemState;
  hash: string;
  changedAt: number;
  from: KeptItem["from"];
  /** It came twice the last time. */
  twice: boolean;
}

export interface ItemRow extends Omit<ItemMark, "from" | "twice"> {
  document: KeptItem;
  issues: ItemIssue[] | null;
  importedAt: number;
}

const parse = <T>(text: string): T => JSON.parse(text) as T; // as this file has written it

/** The rows of these ids, without their texts. */
export async function readMarks(db: D1Database, source: string, ids: readonly string[]): Promise<ItemMark[]> {
  const marks: ItemMark[] = [];
  for (const chunk of inChunks(ids)) {
    const { results } = await db
      .prepare(
        `SELECT id, locale, state, hash, changed_at AS changedAt, document -> '$.from' AS origin,
           COALESCE(issues LIKE '%"duplicate_id"%', 0) AS twice FROM content_items
         WHERE source = ?1 AND id IN (SELECT value FROM json_each(?2))`,
      )
      .bind(source, chunk)
      .all<Omit<ItemMark, "from" | "twice"> & { origin: string; twice: number }>();
    for (const { origin, twice, ...row } of results)
      marks.push({ ...row, from: parse<KeptItem["from"]>(origin), twice: twice !== 0 });
  }
  return marks;
}

type RawRow = Omit<ItemRow, "document" | "issues"> & { document: string; issues: string | null };
const COLUMNS =
  "id, locale, state, document, hash, issues, changed_at AS changedAt, imported_at AS importedAt";
const toRow = ({ document, issues, ...row }: RawRow): ItemRow => ({
  ...row,
  document: parse(document),
  issues: issues === null ? null : parse(issues),
});

/** All languages of these ids, with their texts. */
export async function readItems(db: D1Database, source: string, ids: readonly string[]): Promise<ItemRow[]> {
  const rows: ItemRow[] = [];
  for (const chunk of inChunks(ids)) {
    const { results } = await db
      .prepare(
        `SELECT ${COLUMNS} FROM content_items WHERE source = ?1 AND id IN (SELECT value FROM json_each(?2)) ORDER BY id, locale`,
      )
      .bind(source, chunk)
      .all<RawRow>();
    rows.push(...results.map(toRow));
  }
  return rows;
}

/** Statements that write the rows, each within a parameter's size. */
export function writeItems(db: D1Database, source: string, rows: readonly ItemRow[]): D1PreparedStatement[] {
  return inChunks(rows).map((chunk) =>
    db
      .prepare(
        `INSERT INTO content_items (source, id, locale, state, document, hash, issues, changed_at, imported_at)
         SELECT ?1, value ->> 'id', value ->> 'locale', value ->> 'state', value -> 'document', value ->> 'hash',
           NULLIF(value -> 'issues', 'null'), value ->> 'changedAt', value ->> 'importedAt' FROM json_each(?2) WHERE true
         ON CONFLICT DO UPDATE SET state = excluded.state, document = excluded.document, hash = excluded.hash,
           issues = excluded.issues, changed_at = excluded.changed_at, imported_at = excluded.imported_at`,
      )
      .bind(source, chunk),
  );
}

/** Everything of a source that is published or a draft, without texts. */
export async function liveItems(
  db: D1Database,
  source: string,
): Promise<{ id: string; locale: string; changedAt: number }[]> {
  const { results } = await db
    .prepare(
      "SELECT id, locale, changed_at AS changedAt FROM content_items WHERE source = ?1 AND state <> 'unpublished'",
    )
    .bind(source)
    .all<{ id: string; locale: string; changedAt: number }>();
  return results;
}

/**
 * Take items away from visitors: their texts are deleted, and what they were called stays for a while. They have changed by
 * that, so that a webhook from before it, which comes late or again, does not bring them back.
 */
export async function unpublishItems(
  db: D1Database,
  source: string,
  items: readonly { id: string; locale: string }[],
  now: number,
): Promise<void> {
  const statements = inChunks(items.map(({ id, locale }) => ({ id, locale }))).map((chunk) =>
    db
      .prepare(
        `UPDATE content_items SET state = 'unpublished', hash = '', issues = NULL, imported_at = ?3,
           changed_at = MAX(changed_at, ?3),
           document = json_object('from', json('{}'), 'was', COALESCE(document ->> '$.shown.title', document ->> '$.draft.title', ''))
         WHERE source = ?1 AND state <> 'unpublished'
           AND (id, locale) IN (SELECT value ->> 'id', value ->> 'locale' FROM json_each(?2))`,
      )
      .bind(source, chunk, now),
  );
  if (statements.length > 0) await db.batch(statements);
}

const FORGOTTEN_MS = 30 * 86_400_000;

/** What has been neither published nor a draft for a month is forgotten. */
export async function forgetItems(db: D1Database, source: string, now: number): Promise<void> {
  await db
    .prepare("DELETE FROM content_items WHERE source = ?1 AND state = 'unpublished' AND imported_at < ?2")
    .bind(source, now - FORGOTTEN_MS)
    .run();
}

/** Published items of a list of `<source>/<id>`: what the index is to say. */
export async function readPublishedMarks(
  db: D1Database,
  items: readonly string[],
): Promise<{ source: string; id: string; locale: string; hash: string }[]> {
  if (items.length === 0) return [];
  const { results } = await db
    .prepare(
      `SELECT source, id, locale, hash FROM content_items
       WHERE (source, id) IN (SELECT substr(value, 1, instr(value, '/') - 1), substr(value, instr(value, '/') + 1) FROM json_each(?1))
         AND state = 'published' ORDER BY source, id, locale`,
    )
    .bind(JSON.stringify(items))
    .all<{ source: string; id: string; locale: string; hash: string }>();
  return results;
}

/** A page of the list for operators. @param after `<source>\n<id>\n<locale>` of the last row before */
export async function listItems(
  db: D1Database,
  wanted: { source?: string | undefined; state?: string | undefined; after?: readonly string[] | undefined },
  limit: number,
): Promise<(ItemRow & { source: string })[]> {
  const [source = "", id = "", locale = ""] = wanted.after ?? [];
  const { results } = await db
    .prepare(
      `SELECT source, ${COLUMNS} FROM content_items WHERE (?1 IS NULL OR source = ?1) AND (?2 IS NULL OR state = ?2)
         AND (source, id, locale) > (?3, ?4, ?5) ORDER BY source, id, locale LIMIT ?6`,
    )
    .bind(wanted.source ?? null, wanted.state ?? null, source, id, locale, limit)
    .all<RawRow & { source: string }>();
  return results.map((row) => ({ source: row.source, ...toRow(row) }));
}
