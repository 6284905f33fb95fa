/** `segment_sizes` in D1, in the first database: written once a night, read by the console. */
import { inChunks } from "#identity/chunks";
import type { Tally } from "./sizes.ts";

/** Days of sizes, and of what two segments have in common, that are kept. */
const DAYS_KEPT = 400;
const PAIR_DAYS_KEPT = 30;

/** Under this name is the number of all people. No segment's name is empty. */
export const EVERYBODY = "";

/** Write a day's count, in the place of another of the same day. @param day `2026-11-22` */
export async function writeSizes(
  db: D1Database,
  day: string,
  { people, sizes, pairs }: Tally,
): Promise<void> {
  const rows = [
    { segment: EVERYBODY, other: "", people },
    ...Object.entries(sizes).map(([segment, n]) => ({ segment, other: "", people: n })),
    ...Object.entries(pairs).map(([pair, n]) => {
      const [segment = "", other = ""] = pair.split(" ");
      return { segment, other, people: n };
    }),
  ];
  await db.batch([
    db.prepare("DELETE FROM segment_sizes WHERE day = ?1").bind(day),
    ...inChunks(rows).map((chunk) =>
      db
        .prepare(
          `INSERT INTO segment_sizes (day, segment, other, people)
           SELECT ?1, value->>'segment', value->>'other', value->>'people' FROM json_each(?2)`,
        )
        .bind(day, chunk),
    ),
    db.prepare("DELETE FROM segment_sizes WHERE day < date(?1, ?2)").bind(day, `-${DAYS_KEPT} days`),
    db
      .prepare("DELETE FROM segment_sizes WHERE day < date(?1, ?2) AND other <> ''")
      .bind(day, `-${PAIR_DAYS_KEPT} days`),
  ]);
}

export interface SizeDay {
  day: string;
  segment: string;
  people: number;
}

/** Sizes since a day, the newest first. */
export async function sizesSince(db: D1Database, day: string): Promise<SizeDay[]> {
  const { results } = await db
    .prepare(
      "SELECT day, segment, people FROM segment_sizes WHERE day >= ?1 AND other = '' ORDER BY day DESC, segment",
    )
    .bind(day)
    .all<SizeDay>();
  return results;
}

/** What a segment has in common with the others, as of the newest day that was counted; undefined: none was. */
export async function overlapOf(
  db: D1Database,
  segment: string,
): Promise<{ day: string; people: number; others: { segment: string; people: number }[] } | undefined> {
  const [newest, own] = await db.batch([
    db.prepare("SELECT MAX(day) AS day FROM segment_sizes"),
    db
      .prepare(
        `SELECT segment, other, people FROM segment_sizes WHERE day = (SELECT MAX(day) FROM segment_sizes)
         AND (segment = ?1 OR other = ?1)`,
      )
      .bind(segment),
  ]);
  const day = (newest?.results as { day: string | null }[] | undefined)?.[0]?.day;
  if (day == null) return undefined;
  const rows = (own?.results ?? []) as { segment: string; other: string; people: number }[];
  const others = rows.filter(({ other }) => other !== "");
  return {
    day,
    people: rows.find(({ other }) => other === "")?.people ?? 0,
    others: others
      .map((row) => ({ segment: row.segment === segment ? row.other : row.segment, people: row.people }))
      .sort((a, b) => b.people - a.people || (a.segment < b.segment ? -1 : 1)),
  };
}
