/**
 * The statements of an erasure: what goes of the erased, and what others keep that names them. `?1` is a JSON array of keys
 * throughout. Each of them may be run again. Called by erase.ts alone, which says in which transactions they stand.
 */
import { chunksOf, inChunks } from "./chunks.ts";
import { isScoped, namesPerson } from "./graph.ts";
import { FORGET_LOOKS } from "./looks.ts";

/** A statement, and as what its changes are counted. */
export interface Erasing {
  counted: "decisions" | "links" | "subject_keys" | "identifiers" | "identity" | undefined;
  statement: D1PreparedStatement;
}

/** A link as it is stored under one end. */
export interface StoredEnd {
  node: string;
  kind: string;
  other: string;
}

const NAMED = "(SELECT value FROM json_each(?1))";

/** Links that can make one profile of two, or could before they were revoked. */
const JOINING = "('version', 'manual', 'proof', 'rule', 'device')";

/** SQL: of profiles that may have to be told, those that lie under one of the keys; a mark is `<destination> <key>`. */
const MARKED = "substr(m.value, instr(m.value, ' ') + 1)";
const UNMARK = `UPDATE profile_due SET marks =
     (SELECT json_group_array(m.value) FROM json_each(profile_due.marks) m WHERE ${MARKED} NOT IN ${NAMED})
   WHERE EXISTS (SELECT 1 FROM json_each(profile_due.marks) m WHERE ${MARKED} IN ${NAMED})`;

/** What the database has of the keys themselves; of each a tombstone stays. */
export function eraseRows(db: D1Database, keys: readonly string[]): Erasing[] {
  return chunksOf(keys).flatMap((chunk) => [
    {
      counted: "decisions" as const,
      statement: db.prepare(`DELETE FROM consents WHERE subject IN ${NAMED} RETURNING id`).bind(chunk),
    },
    {
      counted: "links" as const,
      statement: db.prepare(`DELETE FROM links WHERE node IN ${NAMED}`).bind(chunk),
    },
    {
      counted: "subject_keys" as const,
      statement: db.prepare(`DELETE FROM subject_keys WHERE subject IN ${NAMED}`).bind(chunk),
    },
    {
      counted: undefined,
      statement: db.prepare(`DELETE FROM profile_told WHERE subject IN ${NAMED}`).bind(chunk),
    },
    {
      counted: undefined,
      statement: db.prepare(`DELETE FROM list_members WHERE key IN ${NAMED}`).bind(chunk),
    },
    { counted: undefined, statement: db.prepare(UNMARK).bind(chunk) },
    // Before the rows say no more where they are in it.
    { counted: undefined, statement: db.prepare(FORGET_LOOKS).bind(chunk) },
    {
      counted: "identifiers" as const,
      statement: db
        .prepare(
          `INSERT INTO identifiers (key, suppressed, version, seen_at) SELECT value, 1, 1, 0 FROM json_each(?1) WHERE true
           ON CONFLICT(key) DO UPDATE SET members = NULL, facts = '{}', claims = '[]', consent = NULL, suppressed = 1,
             sealed = NULL, snapshot = NULL, seen_at = 0, first_at = NULL, due_at = NULL, due_in = NULL,
             version = identifiers.version + 1`,
        )
        .bind(chunk),
    },
  ]);
}

/** What rows beside them have of the keys, where all lie in this one database: before the keys' own rows go. */
export function eraseNeighbours(db: D1Database, keys: readonly string[]): Erasing[] {
  const near = `SELECT m.value FROM identifiers i, json_each(i.members) m WHERE i.key IN ${NAMED}
    UNION SELECT l.other FROM links l WHERE l.node IN ${NAMED}`;
  return chunksOf(keys).flatMap((chunk) => [
    { counted: undefined, statement: db.prepare(withoutNamed(near)).bind(chunk) },
    {
      counted: "links" as const,
      statement: db
        .prepare(
          `DELETE FROM links WHERE (node, kind, other) IN
             (SELECT l.other, l.kind, l.node FROM links l WHERE l.node IN ${NAMED})`,
        )
        .bind(chunk),
    },
  ]);
}

/** The same, where it was looked up in all databases what there is. @param rows of this database */
export function eraseFound(
  db: D1Database,
  keys: readonly string[],
  { rows, ends }: { rows: readonly string[]; ends: readonly StoredEnd[] },
): Erasing[] {
  return [
    ...chunksOf(rows).flatMap((own) =>
      chunksOf(keys).map((chunk) => ({
        counted: undefined,
        statement: db.prepare(withoutNamed("SELECT value FROM json_each(?2)")).bind(chunk, own),
      })),
    ),
    ...inChunks(ends).map((chunk) => ({
      counted: "links" as const,
      statement: db
        .prepare(
          `DELETE FROM links WHERE (node, kind, other) IN
             (SELECT value->>'node', value->>'kind', value->>'other' FROM json_each(?1))`,
        )
        .bind(chunk),
    })),
  ];
}

/** SQL: whether a key is one of the named, or of what is kept under a claim to be one or on one. */
export const names = (key: string): string =>
  `(substr(${key}, instr(${key}, '|') + 1) IN ${NAMED} OR substr(${key}, 1, instr(${key}, '|') - 1) IN ${NAMED} OR ${key} IN ${NAMED})`;

/** SQL: rows that stay lose the named ones as members; the next event of one of them computes the rest from the links. */
export const withoutNamed = (rows: string): string =>
  `UPDATE identifiers SET version = version + 1, members =
     (SELECT CASE WHEN COUNT(*) > 1 THEN json_group_array(m.value) END
      FROM json_each(identifiers.members) m WHERE NOT ${names("m.value")})
   WHERE key IN (${rows}) AND key NOT IN ${NAMED}
     AND EXISTS (SELECT 1 FROM json_each(identifiers.members) m WHERE ${names("m.value")})`;

/** Conflicts that lie in this database, and where it is the first, what was done to profiles. */
export function eraseHistory(db: D1Database, keys: readonly string[], isFirst: boolean): Erasing[] {
  const erasing = (sql: string) => (chunk: string) => ({
    counted: "identity" as const,
    statement: db.prepare(sql).bind(chunk),
  });
  const chunks = chunksOf(keys);
  const conflicts = chunks.map(
    erasing(`DELETE FROM identity_conflicts WHERE ${names("a")} OR ${names("b")}`),
  );
  if (!isFirst) return conflicts;
  return [
    ...conflicts,
    // With the note, which may say who it is.
    ...chunks.map(erasing(`DELETE FROM identity_changes WHERE ${namesOne("links")}`)),
    // What the same events did to others' profiles is still to be told.
    ...chunks.map(
      erasing(
        `UPDATE identity_moves SET moves = (SELECT json_group_array(json(e.value))
           FROM json_each(identity_moves.moves) e WHERE NOT ${namesOne("e.value")}) WHERE ${namesOne("moves")}`,
      ),
    ),
  ];
}

/** SQL: whether a JSON text names one of the keys anywhere, or what is kept under a claim of one or on one. */
const namesOne = (json: string): string =>
  `EXISTS (SELECT 1 FROM json_tree(${json}) t WHERE t.type = 'text' AND ${names("t.value")})`;

/** Keys that have joined the subjects meanwhile: members of whole ones' profiles, and those that rows of theirs name. */
export const joinedProfiles = (db: D1Database, whole: readonly string[]): D1PreparedStatement[] =>
  chunksOf(whole).map((chunk) =>
    db
      .prepare(
        `SELECT m.value AS key FROM json_each(?1) n JOIN identifiers i ON i.key = n.value, json_each(i.members) m
         UNION SELECT i.key FROM json_each(?1) n JOIN links l ON l.node = n.value AND l.kind IN ${JOINING}
           JOIN identifiers i ON i.key = l.other
           WHERE EXISTS (SELECT 1 FROM json_each(i.members) m WHERE m.value = n.value)`,
      )
      .bind(chunk),
  );

/** Rows of claims that were made on the devices among the keys: they lie with them. */
export const madeOnDevices = (db: D1Database, keys: readonly string[]): D1PreparedStatement[] =>
  chunksOf(keys.filter((key) => !isScoped(key) && !namesPerson(key))).map((chunk) =>
    db
      .prepare(
        "SELECT i.key FROM json_each(?1) n JOIN identifiers i ON i.key > n.value || '|' AND i.key < n.value || '}'",
      )
      .bind(chunk),
  );

/** Rows of claims to be one of the persons among the keys: they may lie in any database. */
export const claimedToBe = (db: D1Database, keys: readonly string[]): D1PreparedStatement[] =>
  chunksOf(keys.filter((key) => !isScoped(key) && namesPerson(key))).map((chunk) =>
    db
      .prepare(
        `SELECT i.key FROM json_each(?1) n JOIN identifiers i
           ON instr(i.key, '|') > 0 AND substr(i.key, instr(i.key, '|') + 1) = n.value`,
      )
      .bind(chunk),
  );

/** Lift suppressions: the tombstones go, and the identifiers are as if never heard of. */
export const liftRows = (db: D1Database, keys: readonly string[]): D1PreparedStatement[] =>
  chunksOf(keys).map((chunk) =>
    db.prepare(`DELETE FROM identifiers WHERE suppressed = 1 AND key IN ${NAMED}`).bind(chunk),
  );

/**
 * A note for src/subjects/recover.ts, unless the request itself says that its person is suppressed: the other steps of the
 * erasure have to be taken, and a restored database may have forgotten that anybody asked for it.
 */
export const recoverLater = (
  db: D1Database,
  { request, seq, at }: { request: string; seq: number; at: number },
): D1PreparedStatement =>
  db
    .prepare(
      `INSERT INTO jobs (name, state) SELECT 'recover:' || ?1, json_object('seq', ?2, 'at', ?3)
       WHERE NOT EXISTS (SELECT 1 FROM subject_requests r, json_each(r.steps) s
         WHERE r.id = ?1 AND s.value->>'step' = 'suppress' AND s.value->>'status' <> 'running')
       ON CONFLICT DO NOTHING`,
    )
    .bind(request, seq, at);
