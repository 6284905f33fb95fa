/** All SQL of access tokens, table `access_tokens`. A token is read anew for each request: a revoked one ends at once. */
import * as z from "zod";
import { ROLES, type Role } from "#contracts/taxonomy";

/** A token as it is kept; times are epoch ms. */
export interface AccessToken {
  id: string;
  name: string;
  role: Role;
  /** May see personal data. */
  personal: boolean;
  /** Sources whose events may be seen; undefined: all. */
  sources: readonly string[] | undefined;
  createdAt: number;
  /** Id of the actor who made it. */
  createdBy: string;
  expiresAt: number;
  revokedAt: number | null;
  /** `YYYY-MM-DD`, UTC. */
  lastUsedDay: string | null;
}

interface Row {
  id: string;
  hash: string;
  name: string;
  role: string;
  personal: number;
  sources: string | null;
  created_at: number;
  created_by: string;
  expires_at: number;
  revoked_at: number | null;
  last_used_day: string | null;
}

/** @param hash of tokens.ts */
export async function insertToken(db: D1Database, token: AccessToken, hash: string): Promise<void> {
  await db
    .prepare(
      `INSERT INTO access_tokens (id, hash, name, role, personal, sources, created_at, created_by, expires_at)
       VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)`,
    )
    .bind(
      token.id,
      hash,
      token.name,
      token.role,
      token.personal ? 1 : 0,
      token.sources ? JSON.stringify(token.sources) : null,
      token.createdAt,
      token.createdBy,
      token.expiresAt,
    )
    .run();
}

/** A token with its hash, whatever has become of it. */
export async function findToken(
  db: D1Database,
  id: string,
): Promise<{ token: AccessToken; hash: string } | undefined> {
  const row = await db.prepare("SELECT * FROM access_tokens WHERE id = ?1").bind(id).first<Row>();
  return row ? { token: toToken(row), hash: row.hash } : undefined;
}

/** Newest first. */
export async function listTokens(db: D1Database, limit: number): Promise<AccessToken[]> {
  const { results } = await db
    .prepare("SELECT * FROM access_tokens ORDER BY created_at DESC, id LIMIT ?1")
    .bind(limit)
    .all<Row>();
  return results.map(toToken);
}

/** End a token; one that has been revoked stays as it was. @returns undefined where there is none */
export async function revokeToken(db: D1Database, id: string, now: number): Promise<AccessToken | undefined> {
  const row = await db
    .prepare("UPDATE access_tokens SET revoked_at = COALESCE(revoked_at, ?2) WHERE id = ?1 RETURNING *")
    .bind(id, now)
    .first<Row>();
  return row ? toToken(row) : undefined;
}

/** Note on which day a token was last used: one write a day, however many requests come at once. */
export async function noteUse(db: D1Database, id: string, day: string): Promise<void> {
  await db
    .prepare(
      "UPDATE access_tokens SET last_used_day = ?2 WHERE id = ?1 AND (last_used_day IS NULL OR last_used_day < ?2)",
    )
    .bind(id, day)
    .run();
}

const roleSchema = z.enum(ROLES);
const sourcesSchema = z.array(z.string()).min(1);

/** @throws ZodError for a role or sources that were not written here: nobody is let in by a row that cannot be read */
const toToken = (row: Row): AccessToken => ({
  id: row.id,
  name: row.name,
  role: roleSchema.parse(row.role),
  personal: row.personal === 1,
  sources: row.sources === null ? undefined : sourcesSchema.parse(JSON.parse(row.sources)),
  createdAt: row.created_at,
  createdBy: row.created_by,
  expiresAt: row.expires_at,
  revokedAt: row.revoked_at,
  lastUsedDay: row.last_used_day,
});
