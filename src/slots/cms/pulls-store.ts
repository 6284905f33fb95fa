/** How the pulls of each source go, and the claim on the index in KV, in D1: `content_pulls`. */
import type { ContentIndex } from "./at-edge.ts";

const parse = <T>(text: string): T => JSON.parse(text) as T; // as this file has written it

/** How far a source has been read. */
export interface PullCursor {
  /** Hash of the source's definition: with another one, everything is read again. */
  definition?: string;
  /** By language. */
  marks?: Record<string, string>;
  /** By address, of answers of one page. */
  etags?: Record<string, string>;
  /** When everything was read last, epoch ms. */
  fullAt?: number;
  /** So many items were gone at once that it was not believed yet. */
  doubt?: number;
  /** Entries of the last pull that could not be read, in words. */
  unreadable?: string[];
}

export interface PullState {
  triedAt: number;
  pulledAt: number | null;
  problem: string | null;
  cursor: PullCursor;
  items: number;
}

const INDEX_ROW = "#index";

/** By source. */
export async function readPulls(db: D1Database): Promise<Map<string, PullState>> {
  const { results } = await db
    .prepare(
      "SELECT source, tried_at AS triedAt, pulled_at AS pulledAt, problem, cursor, items FROM content_pulls WHERE source <> ?1",
    )
    .bind(INDEX_ROW)
    .all<Omit<PullState, "cursor"> & { source: string; cursor: string | null }>();
  return new Map(
    results.map(({ source, cursor, ...row }) => [source, { ...row, cursor: parse(cursor ?? "{}") }]),
  );
}

/** Whether this run may pull a source: nobody else has begun since `before`. */
export async function claimPull(
  db: D1Database,
  source: string,
  before: number | undefined,
  now: number,
): Promise<boolean> {
  const row = await db
    .prepare(
      `INSERT INTO content_pulls (source, tried_at) VALUES (?1, ?2)
       ON CONFLICT DO UPDATE SET tried_at = ?2 WHERE tried_at = ?3 RETURNING source`,
    )
    .bind(source, now, before ?? -1)
    .first();
  return row !== null;
}

/** @param problem null: it worked */
export async function notePull(
  db: D1Database,
  source: string,
  { problem, cursor, items, now }: { problem: string | null; cursor: PullCursor; items: number; now: number },
): Promise<void> {
  await db
    .prepare(
      `UPDATE content_pulls SET problem = ?2, cursor = ?3, items = ?4,
         pulled_at = CASE WHEN ?2 IS NULL THEN ?5 ELSE pulled_at END WHERE source = ?1`,
    )
    .bind(source, problem, JSON.stringify(cursor), items, now)
    .run();
}

/** What the index in KV says, and since when somebody has been writing another one. */
export async function readIndexClaim(
  db: D1Database,
): Promise<{ index: ContentIndex; text: string; claimedAt: number; written: boolean }> {
  const row = await db
    .prepare(
      "SELECT cursor, tried_at AS claimedAt, pulled_at AS writtenAt FROM content_pulls WHERE source = ?1",
    )
    .bind(INDEX_ROW)
    .first<{ cursor: string; claimedAt: number; writtenAt: number | null }>();
  const text = row?.cursor ?? "{}";
  return {
    index: parse(text),
    text,
    claimedAt: row?.claimedAt ?? 0,
    written: row === null || row.writtenAt !== null,
  };
}

/** Whether this run may write the index. One at a time, or an older one could be written over a newer. */
export async function claimIndex(
  db: D1Database,
  before: { text: string; claimedAt: number },
  after: ContentIndex,
  now: number,
): Promise<boolean> {
  const row = await db
    .prepare(
      `INSERT INTO content_pulls (source, tried_at, pulled_at, cursor) VALUES (?1, ?2, NULL, ?3)
       ON CONFLICT DO UPDATE SET tried_at = ?2, pulled_at = NULL, cursor = ?3 WHERE cursor = ?4 AND tried_at = ?5 RETURNING source`,
    )
    .bind(INDEX_ROW, now, JSON.stringify(after), before.text, before.claimedAt)
    .first();
  return row !== null;
}

/** The index that was claimed at this time is in KV. */
export async function confirmIndex(db: D1Database, claimedAt: number, now: number): Promise<void> {
  await db
    .prepare("UPDATE content_pulls SET pulled_at = ?3 WHERE source = ?1 AND tried_at = ?2")
    .bind(INDEX_ROW, claimedAt, now)
    .run();
}
