/** Drafts in D1. Each change names the revision that it was made of; of two that name the same one, one is written. */

/** Without its document. */
export interface DraftHead {
  name: string;
  /** The version that it began with. */
  base: number;
  /** Grows with every change, also from a draft to a later one of the same name. */
  revision: number;
  /** Name of who changed it last. */
  author: string;
  /** Epoch ms. */
  updatedAt: number;
  note: string;
}

export interface Draft extends DraftHead {
  /** Work in progress: it may be wrong. */
  document: unknown;
}

interface Row extends DraftHead {
  document: string;
}

const MAX_DRAFTS = 50;
const COLUMNS = "name, base, revision, author, updated_at AS updatedAt, note";

export async function listDrafts(db: D1Database): Promise<DraftHead[]> {
  const { results } = await db
    .prepare(`SELECT ${COLUMNS} FROM release_drafts ORDER BY updated_at DESC`)
    .all<DraftHead>();
  return results;
}

export async function readDraft(db: D1Database, name: string): Promise<Draft | undefined> {
  const row = await db
    .prepare(`SELECT ${COLUMNS}, document FROM release_drafts WHERE name = ?1`)
    .bind(name)
    .first<Row>();
  return row ? { ...row, document: JSON.parse(row.document) as unknown } : undefined;
}

/** @returns false where there is a draft of this name, or are as many as there may be */
export async function insertDraft(db: D1Database, draft: DraftHead, json: string): Promise<boolean> {
  const { results } = await db
    .prepare(
      `INSERT INTO release_drafts (name, base, revision, author, updated_at, note, document)
       SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE (SELECT COUNT(*) FROM release_drafts) < ${MAX_DRAFTS}
       ON CONFLICT (name) DO NOTHING RETURNING name`,
    )
    .bind(draft.name, draft.base, draft.revision, draft.author, draft.updatedAt, draft.note, json)
    .all();
  return results.length === 1;
}

/** @param draft as it is to be; it takes the place of the revision before. @returns false where that is not there */
export async function updateDraft(db: D1Database, draft: DraftHead, json: string): Promise<boolean> {
  const { results } = await db
    .prepare(
      `UPDATE release_drafts SET base = ?2, revision = ?3, author = ?4, updated_at = ?5, note = ?6, document = ?7
       WHERE name = ?1 AND revision = ?3 - 1 RETURNING name`,
    )
    .bind(draft.name, draft.base, draft.revision, draft.author, draft.updatedAt, draft.note, json)
    .all();
  return results.length === 1;
}

/** @param revision only of this one @returns false where it is not there */
export async function deleteDraft(db: D1Database, name: string, revision?: number): Promise<boolean> {
  const { results } = await db
    .prepare("DELETE FROM release_drafts WHERE name = ?1 AND (?2 IS NULL OR revision = ?2) RETURNING name")
    .bind(name, revision ?? null)
    .all();
  return results.length === 1;
}
