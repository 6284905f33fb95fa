/**
 * Who is on which list, in D1: beside the identifiers, so that ingest reads both with one question. Whom an import adds or
 * takes away is due at once (src/ingest/due.ts), in the very transaction: their row gets another version, so that an ingest
 * that has read the lists before writes nothing. What was there already is not written again.
 */
import { chunksOf } from "#identity/chunks";
import { insertLooksOf, LOOKS_SPREAD, lookIdOf, oldestLookId, withLook } from "#identity/looks";
import { settleKeys } from "#identity/rotate";
import type { IdentityShards } from "#identity/shards";
import type { ListMode } from "./lists.ts";

export interface ListImport {
  id: number;
  list: string;
  /** Epoch ms. */
  at: number;
  /** Name of who did it. */
  actor: string;
  mode: ListMode;
  entries: number;
  refused: number;
}

/** @returns the number of the import */
export async function beginImport(db: D1Database, given: Omit<ListImport, "id">): Promise<number> {
  const { list, at, actor, mode, entries, refused } = given;
  const row = await db
    .prepare(
      `INSERT INTO list_imports (list, at, actor, mode, entries, refused) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
       RETURNING id`,
    )
    .bind(list, at, actor, mode, entries, refused)
    .first<{ id: number }>();
  if (!row) throw new Error("an import has no number");
  return row.id;
}

/** The newest imports of all lists. */
export async function listImports(db: D1Database, limit: number): Promise<ListImport[]> {
  const { results } = await db
    .prepare("SELECT id, list, at, actor, mode, entries, refused FROM list_imports ORDER BY id DESC LIMIT ?1")
    .bind(limit)
    .all<ListImport>();
  return results;
}

/** List → how many identifiers are on it. */
export async function listSizes({ all }: IdentityShards): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  await Promise.all(
    all.map(async (db) => {
      const { results } = await db
        .prepare("SELECT list, COUNT(*) AS n FROM list_members GROUP BY list")
        .all<{ list: string; n: number }>();
      for (const { list, n } of results) sizes.set(list, (sizes.get(list) ?? 0) + n);
    }),
  );
  return sizes;
}

export interface ListChange {
  list: string;
  mode: ListMode;
  /** Number of the import. */
  id: number;
  /** Under the current look-up key. */
  keys: readonly string[];
  /** Each of them → the same identifier under the other look-up keys. */
  others: ReadonlyMap<string, readonly string[]>;
  /** Epoch ms. */
  now: number;
}

/** How many identifiers were added to the list, and taken away. */
export interface ListChanged {
  added: number;
  removed: number;
}

/** Make a list what the import says. Done again, it changes nothing. Nobody is on it twice, by two look-up keys. */
export async function changeList(identity: IdentityShards, change: ListChange): Promise<ListChanged> {
  const { keys, others } = change;
  const named =
    change.mode === "remove"
      ? [...keys, ...[...others.values()].flat()]
      : await settleKeys(identity, keys, others);
  const groups = identity.group(named, (key) => key);
  const changed: ListChanged = { added: 0, removed: 0 };
  for (const db of identity.all) {
    const own = (groups.get(db) ?? []).sort();
    if (own.length === 0 && change.mode !== "replace") continue;
    for (const { chunk, after, upTo } of rangesOf(own)) {
      if (change.mode !== "add") {
        const range = change.mode === "remove" ? undefined : { after, upTo };
        changed.removed += await removeSome(db, change, chunk, range);
      }
      if (change.mode !== "remove" && chunk !== "[]") changed.added += await addSome(db, change, chunk);
    }
  }
  return changed;
}

/** Comes before, and after, every key. */
const FIRST = "";
const LAST = "~";

/** Sorted keys in chunks, which together span all keys there are: what lies between them is on the list no more. */
function rangesOf(keys: readonly string[]): { chunk: string; after: string; upTo: string }[] {
  const chunks = keys.length > 0 ? chunksOf(keys) : ["[]"];
  let after = FIRST;
  return chunks.map((chunk, place) => {
    const own = JSON.parse(chunk) as string[]; // of chunksOf
    const upTo = place === chunks.length - 1 ? LAST : (own.at(-1) ?? LAST);
    const range = { chunk, after, upTo };
    after = upTo;
    return range;
  });
}

/** SQL: where in the calendar they are (`?4`), over several rows of it: there may be any number of them. */
const PLACE = `(?4 + unicode(substr(identifiers.key, -1)) % ${LOOKS_SPREAD})`;

/** Their rows, if they have one, are due, and whoever has read them before loses. What is to be told stays so: due.ts. */
function makeDue(
  db: D1Database,
  which: string,
  { list, now }: ListChange,
  [chunk, ...bounds]: readonly string[],
): D1PreparedStatement[] {
  const values = [chunk, now, list, lookIdOf(now, now), ...bounds];
  return [
    db
      .prepare(
        `UPDATE identifiers SET version = version + 1, due_at = CASE WHEN due_at < 0 THEN -?2 ELSE ?2 END,
           due_in = ${withLook(PLACE, String(oldestLookId(now)))}
         WHERE suppressed = 0 AND key IN (${which})`,
      )
      .bind(...values),
    db
      .prepare(
        insertLooksOf(
          `SELECT ${PLACE} AS id, identifiers.key AS key FROM identifiers
           WHERE identifiers.due_at BETWEEN -?2 AND ?2 AND identifiers.key IN (${which})`,
        ),
      )
      .bind(...values),
  ];
}

async function addSome(db: D1Database, change: ListChange, chunk: string): Promise<number> {
  const { list, id } = change;
  // Of who was erased nothing is kept.
  const wanted = `SELECT n.value FROM json_each(?1) n LEFT JOIN identifiers i ON i.key = n.value
    WHERE COALESCE(i.suppressed, 0) = 0
      AND NOT EXISTS (SELECT 1 FROM list_members m WHERE m.key = n.value AND m.list = ?3)`;
  const results = await db.batch([
    ...makeDue(db, wanted, change, [chunk]),
    db
      .prepare(`INSERT INTO list_members (key, list, import) SELECT value, ?3, ?2 FROM (${wanted})`)
      .bind(chunk, id, list),
  ]);
  return results.at(-1)?.meta.changes ?? 0;
}

/** @param range where given, all of the list between these keys goes that is not in the chunk; else what is in it */
async function removeSome(
  db: D1Database,
  change: ListChange,
  chunk: string,
  range: { after: string; upTo: string } | undefined,
): Promise<number> {
  const within = range ? "m.key > ?5 AND m.key <= ?6 AND m.key NOT IN" : "m.key IN";
  const going = `SELECT m.key FROM list_members m WHERE m.list = ?3 AND ${within} (SELECT value FROM json_each(?1))`;
  const bounds = range ? [range.after, range.upTo] : [];
  const results = await db.batch([
    ...makeDue(db, going, change, [chunk, ...bounds]),
    db
      .prepare(`DELETE FROM list_members WHERE list = ?3 AND key IN (${going})`)
      .bind(chunk, null, change.list, ...(range ? [null, ...bounds] : [])),
  ]);
  return results.at(-1)?.meta.changes ?? 0;
}
