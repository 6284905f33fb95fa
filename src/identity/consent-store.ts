/**
 * SQL of current consent, which lies in the rows of identifiers: read before a delivery, and bound for a whole profile
 * when somebody decides.
 */
import { type ConsentChoice, packPurposes, unpackPurposes } from "#consent/cookie";
import type { CurrentConsent } from "#consent/still-granted";
import { LAST_ERASURE, markOf } from "#privacy/erasure-mark";
import { hasErasures, requireErasures } from "./erasures.ts";
import type { RowConsent } from "./graph.ts";
import { NAMED } from "./named.ts";

/**
 * What holds now for identifiers: their own current consent and suppression, and the consent of the others of their
 * profiles. Keys of which nothing is known are not in the map.
 */
export const currentConsent = async (db: D1Database, keys: readonly string[]): Promise<ConsentByKey> =>
  (await readConsent(db, keys)).current;

/**
 * The same for the recheck before a delivery: a database that has been restored first learns again who was erased.
 * Rejects where that cannot be known, so that nothing leaves.
 * @param now epoch ms
 */
export async function requireConsent(
  db: D1Database,
  bucket: R2Bucket,
  keys: readonly string[],
  now: number,
): Promise<ConsentByKey> {
  const { current, erasures } = await readConsent(db, keys);
  if (hasErasures(db, erasures, now)) return current;
  return (await requireErasures(db, bucket, now)) === 0 ? current : currentConsent(db, keys);
}

type ConsentByKey = Map<string, CurrentConsent[]>;

async function readConsent(
  db: D1Database,
  keys: readonly string[],
): Promise<{ current: ConsentByKey; erasures: number }> {
  const [mark, found] = await db.batch([
    db.prepare(LAST_ERASURE),
    db
      .prepare(
        `WITH own AS (SELECT i.key, i.profile, i.consent, i.suppressed FROM identifiers i JOIN json_each(?1) k ON k.value = i.key)
         SELECT key, consent, suppressed FROM own WHERE consent IS NOT NULL OR suppressed = 1
         UNION ALL
         SELECT own.key, i.consent, 0 FROM own JOIN profiles p ON p.root = own.profile, json_each(p.members) m
           JOIN identifiers i ON i.key = m.value WHERE i.key <> own.key AND i.consent IS NOT NULL`,
      )
      .bind(JSON.stringify(keys)),
  ]);
  const current: ConsentByKey = new Map();
  for (const row of (found?.results ?? []) as { key: string; consent: string | null; suppressed: number }[]) {
    const one = toCurrent(parseConsent(row.consent), row.suppressed === 1);
    current.set(row.key, [...(current.get(row.key) ?? []), one]);
  }
  return { current, erasures: markOf((mark?.results as { state: string }[] | undefined)?.[0]) };
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
 * Make a decision the current one of every identifier of the subject's profile, unless a later one is there.
 * @returns where personalization is not granted, the visitors of the profile who have to be told at the edge: also those
 *   that have no snapshot any more, since a crash may have come between this and telling, and other browsers' cookies
 *   have not heard of it
 */
export async function bindConsent(db: D1Database, subject: string, choice: ConsentChoice): Promise<string[]> {
  const decided: RowConsent = {
    g: packPurposes(choice.granted),
    t: choice.givenAt,
    r: choice.receipt,
    b: 1,
    c: choice.receipt,
  };
  const consent = JSON.stringify(decided);
  // What stays beside the decision: an opt-out of sale, and what the browser's own signals told before. (A null leaves out.)
  const kept = (consent: string) =>
    `json_patch(${consent}, json_object(${["o", "q", "n", "s"].map((key) => `'${key}', identifiers.consent->'${key}'`).join(", ")}))`;
  // Without personalization there is no snapshot, neither in KV nor as "published" here.
  const snapshot = choice.granted.includes("personalization") ? "snapshot" : "NULL";
  // Of who was erased a tombstone is there, and stays one.
  const newer =
    "identifiers.suppressed = 0 AND (identifiers.consent IS NULL OR identifiers.consent->>'t' <= ?3)";
  const [published] = await db.batch<{ key: string }>([
    db
      .prepare(
        `${NAMED} SELECT i.key FROM touched t JOIN identifiers i ON i.key = t.key
         WHERE i.key LIKE 'visitor_id:%' AND instr(i.key, '|') = 0 AND i.suppressed = 0`,
      )
      .bind(JSON.stringify([subject])),
    // The row may not be there yet: its events are still queued. The decision must be, when they arrive.
    db
      .prepare(
        `INSERT INTO identifiers (key, consent, version, seen_at) VALUES (?1, ?2, 1, ?3)
         ON CONFLICT(key) DO UPDATE SET consent = ${kept("excluded.consent")}, snapshot = ${snapshot}, version = identifiers.version + 1 WHERE ${newer}`,
      )
      .bind(subject, consent, choice.givenAt),
    db
      .prepare(
        `${NAMED} UPDATE identifiers SET consent = ${kept("?2")}, snapshot = ${snapshot}, version = version + 1
         WHERE key IN (SELECT key FROM touched) AND key <> (SELECT key FROM named) AND ${newer}`,
      )
      .bind(JSON.stringify([subject]), consent, choice.givenAt),
  ]);
  return snapshot === "NULL" ? (published?.results ?? []).map((row) => row.key) : [];
}

// The column is written by storedRow and bindConsent alone, so it has this shape.
export const parseConsent = (text: string | null): RowConsent | null =>
  text ? (JSON.parse(text) as RowConsent) : null;
