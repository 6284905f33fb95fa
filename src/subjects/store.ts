/**
 * All SQL of subject requests. A row is changed by compare-and-set on `version`, so that the workflow, the console and
 * cron never undo one another. The key that a request's payload and results are sealed under is a row of `subject_keys`,
 * `request:<id>`: without it both are gone.
 */
import type { RequestStatus } from "#contracts/messages/subject_request";
import { listsSchema, type SubjectRequest } from "./request.ts";

/** What `subject_keys` calls the key of a request. */
export const keyName = (id: string): string => `request:${id}`;

export interface StoredRequest {
  id: string;
  type: string;
  regulation: string;
  status: string;
  verification: string;
  made_by: string;
  verified_by: string | null;
  received_at: number;
  due_at: number;
  extended: number;
  completed_at: number | null;
  scope: string;
  subjects: string;
  identity_types: string;
  sealed: string | null;
  steps: string;
  cancelled_reason: string | null;
  results_until: number | null;
  alerted_day: string | null;
  version: number;
}

/** Of a request that is not there yet. */
export type NewRequest = Omit<SubjectRequest, "version">;

export const COLUMNS = `id, type, regulation, status, verification, made_by, verified_by, received_at, due_at, extended, completed_at,
  scope, subjects, identity_types, sealed, steps, cancelled_reason, results_until, alerted_day, version`;

/**
 * Insert a request with its key, both or neither; one of the same id stays as it is.
 * @returns whether it is the new one
 */
export async function insertRequest(db: D1Database, request: NewRequest, wrapped: string): Promise<boolean> {
  const [inserted] = await db.batch([
    db
      .prepare(
        `INSERT INTO subject_requests (${COLUMNS})
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, 1)
         ON CONFLICT DO NOTHING`,
      )
      .bind(...valuesOf(request)),
    db
      .prepare(
        `INSERT INTO subject_keys (subject, wrapped, created_at) SELECT ?1, ?2, ?3
         WHERE EXISTS (SELECT 1 FROM subject_requests WHERE id = ?4 AND sealed = ?5) ON CONFLICT DO NOTHING`,
      )
      .bind(keyName(request.id), wrapped, request.receivedAt, request.id, request.sealed),
  ]);
  return inserted?.meta.changes === 1;
}

const valuesOf = (r: NewRequest) => [
  r.id,
  r.type,
  r.regulation,
  r.status,
  r.verification,
  r.madeBy,
  r.verifiedBy,
  r.receivedAt,
  r.dueAt,
  r.extended ? 1 : 0,
  r.completedAt,
  r.scope,
  JSON.stringify(r.subjects),
  JSON.stringify(r.identityTypes),
  r.sealed,
  JSON.stringify(r.steps),
  r.cancelledReason,
  r.resultsUntil,
  r.alertedDay,
];

export async function readRequest(db: D1Database, id: string): Promise<SubjectRequest | undefined> {
  const row = await db
    .prepare(`SELECT ${COLUMNS} FROM subject_requests WHERE id = ?1`)
    .bind(id)
    .first<StoredRequest>();
  return row ? parseRow(row) : undefined;
}

/** Open ones before those that have ended, the soonest deadline first. */
export async function listRequests(
  db: D1Database,
  status: RequestStatus | undefined,
  limit: number,
): Promise<SubjectRequest[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM subject_requests WHERE ?1 IS NULL OR status = ?1
       ORDER BY status NOT IN ('pending', 'in_progress'), CASE WHEN completed_at IS NULL THEN due_at ELSE -completed_at END, id
       LIMIT ?2`,
    )
    .bind(status ?? null, limit)
    .all<StoredRequest>();
  return results.map(parseRow);
}

/** What of a row may change. */
export type Changes = Partial<Omit<SubjectRequest, "id" | "type" | "regulation" | "receivedAt" | "version">>;

const MAX_TRIES = 20;

/**
 * Change a request as it is now. `change` may be called several times; where it gives nothing, nothing is written.
 * @param known the request as it was read a moment ago: it is read again only where it was written since
 * @returns the request as it then is; undefined where there is none
 * @throws Error where others write it without end
 */
export async function changeRequest(
  db: D1Database,
  id: string,
  change: (request: SubjectRequest) => Changes | undefined | Promise<Changes | undefined>,
  known?: SubjectRequest,
): Promise<SubjectRequest | undefined> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const request = (tries === 0 && known) || (await readRequest(db, id));
    if (!request) return undefined;
    const changes = await change(request);
    if (!changes) return request;
    const next = { ...request, ...changes };
    if (await writeRequest(db, next)) return { ...next, version: request.version + 1 };
  }
  throw new Error(`subject request stayed contended over ${MAX_TRIES} tries`);
}

/** Write a row, if nobody else did since it was read. */
async function writeRequest(db: D1Database, request: SubjectRequest): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE subject_requests SET status = ?4, verification = ?5, made_by = ?6, verified_by = ?7, due_at = ?9, extended = ?10,
         completed_at = ?11, scope = ?12, subjects = ?13, identity_types = ?14, sealed = ?15, steps = ?16,
         cancelled_reason = ?17, results_until = ?18, alerted_day = ?19, version = version + 1
       WHERE id = ?1 AND type = ?2 AND regulation = ?3 AND received_at = ?8 AND version = ?20`,
    )
    .bind(...valuesOf(request), request.version)
    .run();
  return meta.changes === 1;
}

/** The wrapped key of a request; undefined where it was destroyed. */
export async function readWrapped(db: D1Database, id: string): Promise<string | undefined> {
  const row = await db
    .prepare("SELECT wrapped FROM subject_keys WHERE subject = ?1")
    .bind(keyName(id))
    .first<{ wrapped: string }>();
  return row?.wrapped;
}

/** Destroy the key of a request: what it sealed is gone everywhere. */
export async function destroyKey(db: D1Database, id: string): Promise<void> {
  await db.prepare("DELETE FROM subject_keys WHERE subject = ?1").bind(keyName(id)).run();
}

/** Other requests that still name one of the keys, but erasures under way: their results hold what is erased. @param limit at most this many */
export async function requestsNaming(
  db: D1Database,
  keys: readonly string[],
  except: string,
  limit: number,
): Promise<SubjectRequest[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM subject_requests r WHERE r.id <> ?2 AND r.subjects <> '[]' AND (r.type <> 'erasure' OR r.status = 'pending')
         AND EXISTS (SELECT 1 FROM json_each(r.subjects) s JOIN json_each(?1) k ON k.value = s.value) LIMIT ?3`,
    )
    .bind(JSON.stringify(keys), except, limit)
    .all<StoredRequest>();
  return results.map(parseRow);
}

export function parseRow(row: StoredRequest): SubjectRequest {
  const lists = listsSchema.parse({
    type: row.type,
    regulation: row.regulation,
    status: row.status,
    verification: row.verification,
    scope: row.scope,
    subjects: JSON.parse(row.subjects),
    identityTypes: JSON.parse(row.identity_types),
    steps: JSON.parse(row.steps),
  });
  return {
    ...lists,
    id: row.id,
    madeBy: row.made_by,
    verifiedBy: row.verified_by,
    receivedAt: row.received_at,
    dueAt: row.due_at,
    extended: row.extended === 1,
    completedAt: row.completed_at,
    sealed: row.sealed,
    cancelledReason: row.cancelled_reason,
    resultsUntil: row.results_until,
    alertedDay: row.alerted_day,
    version: row.version,
  };
}
