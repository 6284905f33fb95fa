/**
 * SQL of current consent, which lies in the rows of identifiers: read before a delivery, and bound for a whole profile
 * when somebody decides.
 */
import { type ConsentChoice, packPurposes, unpackPurposes } from "#consent/cookie";
import type { CurrentConsent } from "#consent/still-granted";
import { PURPOSES } from "#contracts/taxonomy";
import { LAST_ERASURE, markOf } from "#privacy/erasure-mark";
import { chunksOf } from "./chunks.ts";
import { hasErasures, requireErasures } from "./erasures.ts";
import { isBrowser, type RowConsent } from "./graph.ts";
import type { IdentityShards } from "./shards.ts";

/**
 * What holds now for identifiers: their own current consent and suppression, and the consent of the others of their
 * profiles. Keys of which nothing is known are not in the map.
 */
export const currentConsent = async (
  identity: IdentityShards,
  keys: readonly string[],
): Promise<ConsentByKey> => (await readConsent(identity, keys)).current;

/**
 * The same for the recheck before a delivery: a database that has been restored first learns again who was erased.
 * Rejects where that cannot be known, so that nothing leaves.
 * @param now epoch ms
 */
export async function requireConsent(
  identity: IdentityShards,
  bucket: R2Bucket,
  keys: readonly string[],
  now: number,
): Promise<ConsentByKey> {
  const { current, erasures } = await readConsent(identity, keys);
  if (hasErasures(identity, erasures, now)) return current;
  const done = await requireErasures(identity, bucket, now);
  return done === 0 && erasures >= 0 ? current : currentConsent(identity, keys);
}

type ConsentByKey = Map<string, CurrentConsent[]>;

interface ConsentRow {
  key: string;
  members: string | null;
  consent: string | null;
  suppressed: number;
}

async function readConsent(
  identity: IdentityShards,
  keys: readonly string[],
): Promise<{ current: ConsentByKey; erasures: number }> {
  const marks = new Set<number>();
  const rows = new Map<string, ConsentRow>();
  const read = async (wanted: Iterable<string>) => {
    const groups = [...identity.group(wanted, (key) => key)];
    const results = await Promise.all(groups.map(([db, own]) => readRows(db, own)));
    for (const { mark, found } of results) {
      marks.add(mark);
      for (const row of found) rows.set(row.key, row);
    }
  };
  await read(keys);
  const membersOf = (key: string) => JSON.parse(rows.get(key)?.members ?? "[]") as string[]; // of stored.ts
  const others = new Set(keys.flatMap(membersOf));
  for (const key of rows.keys()) others.delete(key);
  await read(others);
  const current: ConsentByKey = new Map();
  for (const key of keys) {
    const own = rows.get(key);
    if (!own) continue;
    const all =
      own.consent !== null || own.suppressed === 1
        ? [toCurrent(parseConsent(own.consent), own.suppressed === 1)]
        : [];
    for (const member of membersOf(key)) {
      const consent = member === key ? null : parseConsent(rows.get(member)?.consent ?? null);
      if (consent) all.push(toCurrent(consent, false));
    }
    if (all.length > 0) current.set(key, all);
  }
  return { current, erasures: marks.size === 1 ? ([...marks][0] ?? -1) : -1 };
}

async function readRows(
  db: D1Database,
  keys: readonly string[],
): Promise<{ mark: number; found: ConsentRow[] }> {
  const [mark, ...found] = await db.batch([
    db.prepare(LAST_ERASURE),
    ...chunksOf(keys).map((chunk) =>
      db
        .prepare(
          "SELECT i.key, i.members, i.consent, i.suppressed FROM json_each(?1) k JOIN identifiers i ON i.key = k.value",
        )
        .bind(chunk),
    ),
  ]);
  return {
    mark: markOf((mark?.results as { state: string }[] | undefined)?.[0]),
    found: found.flatMap(({ results }) => results as ConsentRow[]),
  };
}

/** Current consent of a row, as the decision function takes it. */
export const toCurrent = (consent: RowConsent | null, suppressed: boolean): CurrentConsent => ({
  granted: unpackPurposes(consent?.g ?? ""),
  decidedAt: consent?.t ?? 0,
  receipt: consent?.r ?? "",
  ...(consent?.o !== undefined && { optOutAt: consent.o }),
  ...(consent?.s !== undefined && { told: consent.s }),
  suppressed,
});

/**
 * Make a decision the current one of every identifier of the subject's profile, unless a later one is there. The subject's
 * own row comes first: whoever asks about another of the profile reads that one too.
 * @returns where personalization is not granted, the visitors of the profile who have to be told at the edge: also those
 *   that have no snapshot any more, since a crash may have come between this and telling, and other browsers' cookies
 *   have not heard of it
 */
export async function bindConsent(
  identity: IdentityShards,
  subject: string,
  choice: ConsentChoice,
): Promise<string[]> {
  const decided: RowConsent = {
    g: packPurposes(choice.granted),
    t: choice.givenAt,
    r: choice.receipt,
    b: 1,
    c: choice.receipt,
  };
  const consent = JSON.stringify(decided);
  // Without personalization there is no snapshot, neither in KV nor as "published" here.
  const snapshot = choice.granted.includes("personalization") ? "snapshot" : "NULL";
  const isRowWorth = isBrowser(subject) && choice.granted.length === PURPOSES.length ? "false" : "true";
  const db = identity.of(subject);
  const [own] = await db.batch<{ members: string | null; suppressed: number }>([
    db.prepare("SELECT members, suppressed FROM identifiers WHERE key = ?1").bind(subject),
    // The row may not be there yet: its events are still queued. What the decision denies must be, when they arrive. One
    // that denies nothing holds none of them back, and comes along with the browser's next request: it makes no row.
    db
      .prepare(
        `INSERT INTO identifiers (key, consent, version, seen_at) SELECT ?1, ?2, 1, ?3
         WHERE ${isRowWorth} OR EXISTS (SELECT 1 FROM identifiers WHERE key = ?1)
         ON CONFLICT(key) DO UPDATE SET consent = ${kept("excluded.consent")}, snapshot = ${snapshot}, version = identifiers.version + 1 WHERE ${NEWER}`,
      )
      .bind(subject, consent, choice.givenAt),
  ]);
  const row = own?.results[0];
  const others = (JSON.parse(row?.members ?? "[]") as string[]).filter((key) => key !== subject); // of stored.ts
  const told = row?.suppressed === 0 && isBrowser(subject) ? [subject] : [];
  for (const [other, keys] of identity.group(others, (key) => key)) {
    const named = JSON.stringify(keys);
    const [visitors] = await other.batch<{ key: string }>([
      other
        .prepare(
          `SELECT i.key FROM json_each(?1) k JOIN identifiers i ON i.key = k.value
           WHERE i.key LIKE 'visitor_id:%' AND instr(i.key, '|') = 0 AND i.suppressed = 0`,
        )
        .bind(named),
      other
        .prepare(
          `UPDATE identifiers SET consent = ${kept("?2")}, snapshot = ${snapshot}, version = version + 1
           WHERE key IN (SELECT value FROM json_each(?1)) AND ${NEWER}`,
        )
        .bind(named, consent, choice.givenAt),
    ]);
    told.push(...(visitors?.results ?? []).map(({ key }) => key));
  }
  return snapshot === "NULL" ? told : [];
}

/** What stays beside a decision: an opt-out of sale, and what the browser's own signals told before. (A null leaves out.) */
const kept = (consent: string): string =>
  `json_patch(${consent}, json_object(${["o", "q", "n", "s"].map((key) => `'${key}', identifiers.consent->'${key}'`).join(", ")}))`;

/** Of who was erased a tombstone is there, and stays one. */
const NEWER =
  "identifiers.suppressed = 0 AND (identifiers.consent IS NULL OR identifiers.consent->>'t' <= ?3)";

// The column is written by storedRow and bindConsent alone, so it has this shape.
export const parseConsent = (text: string | null): RowConsent | null =>
  text ? (JSON.parse(text) as RowConsent) : null;
