/**
 * One entry of the erasure log, done in the identity tables by one transaction: whoever reads after it finds tombstones,
 * and whoever read before it cannot write any more (store.ts binds each write to the number of the last erasure that it
 * has seen). Done again, it changes nothing. Which entries are to be done is for erasures.ts.
 */
import type { Erasure } from "#privacy/erasure-log";
import { lastErasure, moveMark, requireTurn } from "#privacy/erasure-mark";
import { chunksOf } from "./chunks.ts";
import { isScoped, namesPerson } from "./graph.ts";

/** What one entry came to. */
export interface Applied {
  /** Identifiers that had joined what is erased, in that very moment, without being among its subjects. */
  strays: string[];
  /** Decisions of the ledger that are gone: receipts elsewhere carry their ids. */
  decisions: string[];
  /** How many rows of each table were touched. */
  counts: Record<string, number>;
}

const NAMED = "(SELECT value FROM json_each(?1))";
/** Roots of the profiles that lose members. */
const AFFECTED = `(SELECT profile FROM identifiers WHERE key IN ${NAMED} AND profile IS NOT NULL)`;
/** What is left of these profiles: root, its members without the erased. */
const LEFT = `SELECT p.root, m.value AS key FROM profiles p, json_each(p.members) m
  WHERE p.root IN ${AFFECTED} AND m.value NOT IN ${NAMED}`;

/** Erase: facts, traits with their keys, links, profiles and decisions go; of each identifier a tombstone stays. */
export async function applyErasure(db: D1Database, erasure: Erasure): Promise<Applied> {
  const { seq, subjects, at } = erasure;
  const chunks = chunksOf(subjects);
  const joined = joinedNow(db, erasure);
  const statements = chunks.flatMap((chunk) => [
    db.prepare(`DELETE FROM consents WHERE subject IN ${NAMED} RETURNING id`).bind(chunk),
    // Members that stay keep a profile, under its new root; the next event of one of them computes it from the links.
    db
      .prepare(
        `UPDATE identifiers SET version = version + 1, profile = rest.root FROM
           (SELECT key, CASE WHEN COUNT(*) OVER (PARTITION BY root) > 1 THEN MIN(key) OVER (PARTITION BY root) END AS root
            FROM (${LEFT})) rest
         WHERE identifiers.key = rest.key`,
      )
      .bind(chunk),
    db
      .prepare(
        `INSERT INTO profiles (root, members, version, updated_at)
         SELECT MIN(key), json_group_array(key), 1, ?2 FROM (${LEFT} ORDER BY m.value) l WHERE true
         GROUP BY root HAVING COUNT(*) > 1 OR MIN(key) = root
         ON CONFLICT(root) DO UPDATE SET members = excluded.members, version = profiles.version + 1, updated_at = ?2`,
      )
      .bind(chunk, at),
    db
      .prepare(
        `DELETE FROM profiles WHERE root IN ${NAMED} OR (root IN ${AFFECTED} AND json_array_length(members) < 2)`,
      )
      .bind(chunk),
    db
      .prepare(
        `DELETE FROM links WHERE node IN ${NAMED}
           OR (node IN (SELECT l.other FROM links l WHERE l.node IN ${NAMED}) AND other IN ${NAMED})`,
      )
      .bind(chunk),
    db.prepare(`DELETE FROM subject_keys WHERE subject IN ${NAMED}`).bind(chunk),
    db
      .prepare(
        `INSERT INTO identifiers (key, suppressed, version, seen_at) SELECT value, 1, 1, 0 FROM json_each(?1) WHERE true
         ON CONFLICT(key) DO UPDATE SET profile = NULL, facts = '{}', claims = '[]', consent = NULL, suppressed = 1,
           sealed = NULL, snapshot = NULL, seen_at = 0, first_at = NULL, version = identifiers.version + 1`,
      )
      .bind(chunk),
  ]);
  const last = [requireTurn(db, seq), recoverLater(db, erasure), moveMark(db, seq)];
  const results = await unlessDone(db, seq, [...joined, ...statements, ...last]);
  if (!results) return { strays: [], decisions: [], counts: {} };
  const own = new Set(subjects);
  const strays = results.slice(0, joined.length).flatMap(({ results: rows }) => rows.map(({ key }) => key));
  const decisions = new Set<string>();
  const counts: Record<string, number> = {};
  for (let first = joined.length; first < results.length - last.length; first += PER_CHUNK) {
    for (const { id } of results[first]?.results ?? []) decisions.add(id);
    for (const [offset, table] of COUNTED)
      counts[table] = (counts[table] ?? 0) + (results[first + offset]?.meta.changes ?? 0);
  }
  return {
    strays: [...new Set(strays)].filter((key) => !own.has(key)),
    decisions: [...decisions],
    counts,
  };
}

/** Run the statements of an entry; undefined where another isolate has done it. */
async function unlessDone(
  db: D1Database,
  seq: number,
  statements: D1PreparedStatement[],
): Promise<D1Result<{ key: string; id: string }>[] | undefined> {
  try {
    return await db.batch<{ key: string; id: string }>(statements);
  } catch (error) {
    if ((await lastErasure(db)) >= seq) return undefined;
    throw error;
  }
}

/**
 * A note for src/subjects/recover.ts, unless the request itself says that its person is suppressed: the other steps of the
 * erasure have to be taken, and a restored database may have forgotten that anybody asked for it.
 */
const recoverLater = (db: D1Database, { request, seq, at }: Erasure): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO jobs (name, state) SELECT 'recover:' || ?1, json_object('seq', ?2, 'at', ?3)
       WHERE NOT EXISTS (SELECT 1 FROM subject_requests r, json_each(r.steps) s
         WHERE r.id = ?1 AND s.value->>'step' = 'suppress' AND s.value->>'status' <> 'running')
       ON CONFLICT DO NOTHING`,
    )
    .bind(request, seq, at);

/** Statements of each chunk, and those whose changes are counted. */
const PER_CHUNK = 7;
const COUNTED = [
  [0, "decisions"],
  [4, "links"],
  [5, "subject_keys"],
  [6, "identifiers"],
] as const;

/** Members of profiles that are erased whole, rows of claims on erased devices, and of claims to be an erased person. */
function joinedNow(db: D1Database, { subjects, partial }: Erasure): D1PreparedStatement[] {
  const apart = new Set(partial);
  const bare = subjects.filter((key) => !isScoped(key));
  return [
    ...chunksOf(subjects.filter((key) => !apart.has(key))).map((chunk) =>
      db
        .prepare(
          `SELECT m.value AS key FROM json_each(?1) n JOIN identifiers i ON i.key = n.value
             JOIN profiles p ON p.root = i.profile, json_each(p.members) m`,
        )
        .bind(chunk),
    ),
    ...chunksOf(bare.filter((key) => !namesPerson(key))).map((chunk) =>
      db
        .prepare(
          "SELECT i.key FROM json_each(?1) n JOIN identifiers i ON i.key > n.value || '|' AND i.key < n.value || '}'",
        )
        .bind(chunk),
    ),
    ...chunksOf(bare.filter(namesPerson)).map((chunk) =>
      db
        .prepare(
          `SELECT i.key FROM json_each(?1) n JOIN identifiers i
             ON instr(i.key, '|') > 0 AND substr(i.key, instr(i.key, '|') + 1) = n.value`,
        )
        .bind(chunk),
    ),
  ];
}

/** Lift suppressions: the tombstones go, and the identifiers are as if never heard of. */
export async function applyLift(
  db: D1Database,
  { seq, subjects }: Pick<Erasure, "seq" | "subjects">,
): Promise<void> {
  await unlessDone(db, seq, [
    requireTurn(db, seq),
    ...chunksOf(subjects).map((chunk) =>
      db.prepare(`DELETE FROM identifiers WHERE suppressed = 1 AND key IN ${NAMED}`).bind(chunk),
    ),
    moveMark(db, seq),
  ]);
}
