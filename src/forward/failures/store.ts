/** Failures in D1: what failed for good, at which destination and why. The item itself is in R2 under `dead/`. */

/** An item that failed for good. */
export interface Failure {
  itemId: string;
  destination: string;
  eventId: string;
  /** Name of the event. */
  name: string | null;
  code: string;
  detail: string | null;
  attempt: number;
  /** Epoch ms. */
  at: number;
}

/** Write failures; one that failed before is overwritten, so a redelivered batch writes no more rows. */
export async function insertFailures(db: D1Database, failures: readonly Failure[]): Promise<void> {
  if (failures.length === 0) return;
  await db
    .prepare(
      `INSERT INTO delivery_failures (item_id, destination, event_id, name, code, detail, attempt, at)
       SELECT value->>'itemId', value->>'destination', value->>'eventId', value->>'name', value->>'code',
              value->>'detail', value->>'attempt', value->>'at'
       FROM json_each(?1) WHERE true
       ON CONFLICT (item_id) DO UPDATE SET name = excluded.name, code = excluded.code, detail = excluded.detail,
              attempt = excluded.attempt, at = excluded.at, replay = NULL`,
    )
    .bind(JSON.stringify(failures))
    .run();
}

const COLUMNS = "item_id AS itemId, destination, event_id AS eventId, name, code, detail, attempt, at";

/** Which failures. */
export interface FailureFilter {
  destination?: string | undefined;
  code?: string | undefined;
  name?: string | undefined;
}
const MATCHES =
  "(?1 IS NULL OR destination = ?1) AND (?2 IS NULL OR code = ?2) AND (?3 IS NULL OR name = ?3)";
const bindings = ({ destination, code, name }: FailureFilter) => [
  destination ?? null,
  code ?? null,
  name ?? null,
];

/** Where a page of failures ended. */
export interface FailureCursor {
  at: number;
  itemId: string;
}

/** Failures, newest first. @param after where the page before ended */
export async function listFailures(
  db: D1Database,
  limit: number,
  filter: FailureFilter = {},
  after?: FailureCursor,
): Promise<Failure[]> {
  const { results } = await db
    .prepare(
      `SELECT ${COLUMNS} FROM delivery_failures WHERE ${MATCHES}
       AND (?5 IS NULL OR at < ?5 OR (at = ?5 AND item_id > ?6)) ORDER BY at DESC, item_id LIMIT ?4`,
    )
    .bind(...bindings(filter), limit, after?.at ?? null, after?.itemId ?? null)
    .all<Failure>();
  return results;
}

/** How many there are of each cause at each destination, most first. */
export async function countFailures(
  db: D1Database,
): Promise<{ destination: string; code: string; failures: number; last: number }[]> {
  const { results } = await db
    .prepare(
      `SELECT destination, code, count(*) AS failures, max(at) AS last FROM delivery_failures
       GROUP BY destination, code ORDER BY failures DESC, destination, code LIMIT 500`,
    )
    .all<{ destination: string; code: string; failures: number; last: number }>();
  return results;
}

export const readFailure = (db: D1Database, itemId: string): Promise<Failure | null> =>
  db.prepare(`SELECT ${COLUMNS} FROM delivery_failures WHERE item_id = ?1`).bind(itemId).first<Failure>();

/** After so long a replay that never said that it was done may be taken up by another. */
export const REPLAY_MS = 600_000;

/** A claim's name: who has it, and since when. */
export const claimName = (id: string, now: number): string => `${id} ${now}`;

/** By nobody, too long ago, or by the same replay: a job whose run was killed takes up what it had. */
const CLAIMABLE = `(replay IS NULL OR CAST(substr(replay, instr(replay, ' ') + 1) AS INTEGER) < ?7
  OR substr(replay, 1, instr(replay, ' ')) = substr(?4, 1, instr(?4, ' ')))`;

/** Take one failure, for a replay or to mend it: of several who try, one gets it. */
export async function claimFailure(
  db: D1Database,
  itemId: string,
  claim: string,
  now: number,
): Promise<boolean> {
  const { meta } = await db
    .prepare(
      `UPDATE delivery_failures SET replay = ?2 WHERE item_id = ?1
       AND (replay IS NULL OR CAST(substr(replay, instr(replay, ' ') + 1) AS INTEGER) < ?3)`,
    )
    .bind(itemId, claim, now - REPLAY_MS)
    .run();
  return meta.changes > 0;
}

/**
 * Take the oldest failures of a filter for a replay.
 * @param until only those that failed by then, epoch ms: what fails again is not replayed for ever
 * @param after where the portion before ended
 * @returns in their order
 */
export async function claimFailures(
  db: D1Database,
  filter: FailureFilter,
  { claim, until, after, limit, now }: ClaimAsked,
): Promise<Failure[]> {
  const { results } = await db
    .prepare(
      `UPDATE delivery_failures SET replay = ?4 WHERE item_id IN (
         SELECT item_id FROM delivery_failures WHERE ${MATCHES} AND at <= ?5 AND ${CLAIMABLE}
         AND (at > ?8 OR (at = ?8 AND item_id > ?9)) ORDER BY at, item_id LIMIT ?6)
       RETURNING ${COLUMNS}`,
    )
    .bind(...bindings(filter), claim, until, limit, now - REPLAY_MS, after?.at ?? -1, after?.itemId ?? "")
    .all<Failure>();
  return results.sort((a, b) => a.at - b.at || (a.itemId < b.itemId ? -1 : 1));
}

interface ClaimAsked {
  claim: string;
  until: number;
  after?: FailureCursor | null;
  limit: number;
  now: number;
}

/** Forgets failures that were replayed, and gives their ids. One that has failed again meanwhile stays. */
export const forgetClaimed = (
  db: D1Database,
  itemIds: readonly string[],
  claim: string,
): D1PreparedStatement =>
  db
    .prepare(
      `DELETE FROM delivery_failures WHERE replay = ?2 AND item_id IN (SELECT value FROM json_each(?1))
       RETURNING item_id AS itemId`,
    )
    .bind(JSON.stringify(itemIds), claim);

/** Lets others have what is left of a claim: what could not be sent, or has no item any more. */
export const releaseClaim = (db: D1Database, claim: string): D1PreparedStatement =>
  db.prepare("UPDATE delivery_failures SET replay = NULL WHERE replay = ?1").bind(claim);

/** Failures of some events. */
export async function failuresOf(
  db: D1Database,
  eventIds: readonly string[],
): Promise<Pick<Failure, "itemId" | "destination" | "eventId">[]> {
  if (eventIds.length === 0) return [];
  const found: Pick<Failure, "itemId" | "destination" | "eventId">[] = [];
  for (let start = 0; start < eventIds.length; start += IDS_AT_ONCE) {
    const { results } = await db
      .prepare(
        `SELECT item_id AS itemId, destination, event_id AS eventId FROM delivery_failures
         WHERE event_id IN (SELECT value FROM json_each(?1))`,
      )
      .bind(JSON.stringify(eventIds.slice(start, start + IDS_AT_ONCE)))
      .all<Pick<Failure, "itemId" | "destination" | "eventId">>();
    found.push(...results);
  }
  return found;
}

/** A bound parameter of D1 has 2 MB at most, and an id that a sender chose 100 characters of up to four bytes. */
const IDS_AT_ONCE = 4_000;

/** @returns how many there were */
export async function deleteFailures(db: D1Database, itemIds: readonly string[]): Promise<number> {
  if (itemIds.length === 0) return 0;
  const { meta } = await db
    .prepare("DELETE FROM delivery_failures WHERE item_id IN (SELECT value FROM json_each(?1))")
    .bind(JSON.stringify(itemIds))
    .run();
  return meta.changes;
}
