/**
 * Where the LiveTail object keeps tallies. Each batch's lie in the row that the batch has in the ring anyway, which costs
 * nothing; now and then they are added to the day's row, one JSON text of all its groups, since what is billed is rows,
 * not their size. After an eviction the ring's rows tell what the day's do not have yet.
 *
 * Best effort: a batch that is delivered twice counts twice, and of a busy object that goes down between two writes up to
 * a minute is lost. It is no ledger.
 */
import { DAY_MS } from "#core/clock";
import type { Tally } from "./tally.ts";

/** The most that is kept. */
export const TALLIES = { groupsADay: 5_000, days: 90 } as const;

/** Days are written at most so often … */
const WRITE_EVERY_MS = 60_000;
/** … and not before so many batches: the ring has room for them. */
const WRITE_BATCHES = 10;

/** Countries of a day that has too many groups. */
const OTHER = "other";

/** `[source, regime, country, granted]` as JSON → events. */
type Groups = Map<string, number>;

export interface TallyBook {
  /** The last row of the ring whose tallies are in the days' rows. */
  readonly written: number;
  /** Count a batch. */
  add(tallies: readonly Tally[]): void;
  /** Write what was added to the days' rows, if it is time. @param sequence of the ring's last row @param now epoch ms */
  settle(sequence: number, now: number): void;
  /** All groups from a day on, added up over the days. */
  since(day: string): Omit<Tally, "day">[];
}

export function tallyBook(sql: SqlStorage): TallyBook {
  sql.exec(
    "CREATE TABLE IF NOT EXISTS tallies (day TEXT PRIMARY KEY, seq INTEGER NOT NULL, groups TEXT NOT NULL) WITHOUT ROWID",
  );
  const [last] = [...sql.exec<{ seq: number | null }>("SELECT max(seq) AS seq FROM tallies")];
  let written = last?.seq ?? 0;
  let writtenAt = 0;
  let batches = 0;
  const pending = new Map<string, Groups>();

  const stored = (day: string): Groups => {
    const [row] = [...sql.exec<{ groups: string }>("SELECT groups FROM tallies WHERE day = ?", day)];
    return row ? unpack(row.groups) : new Map();
  };

  return {
    get written() {
      return written;
    },
    add(tallies) {
      if (tallies.length === 0) return;
      batches++;
      for (const { day, source, regime, country, granted, events } of tallies) {
        const groups = pending.get(day) ?? new Map();
        pending.set(day, groups);
        addTo(groups, [source, regime, country, granted], events);
      }
    },
    settle(sequence, now) {
      if (batches < WRITE_BATCHES || now - writtenAt < WRITE_EVERY_MS) return;
      for (const [day, added] of pending) {
        const groups = stored(day);
        for (const [key, events] of added) addTo(groups, unpackKey(key), events);
        sql.exec(
          "INSERT INTO tallies (day, seq, groups) VALUES (?1, ?2, ?3) ON CONFLICT (day) DO UPDATE SET seq = ?2, groups = ?3",
          day,
          sequence,
          JSON.stringify([...groups]),
        );
      }
      sql.exec("DELETE FROM tallies WHERE day < ?", dayBefore(now, TALLIES.days));
      pending.clear();
      batches = 0;
      written = sequence;
      writtenAt = now;
    },
    since(day) {
      const total: Groups = new Map();
      const all = [...sql.exec<{ groups: string }>("SELECT groups FROM tallies WHERE day >= ?", day)].map(
        (row) => unpack(row.groups),
      );
      for (const [pendingDay, groups] of pending) if (pendingDay >= day) all.push(groups);
      for (const groups of all)
        for (const [key, events] of groups) total.set(key, (total.get(key) ?? 0) + events);
      return [...total].map(([key, events]) => {
        const [source, regime, country, granted] = unpackKey(key);
        return { source, regime, country, granted, events };
      });
    },
  };
}

type Key = [source: string, regime: string, country: string, granted: string];

/** A new group of a day that has too many is added to the other countries'. */
function addTo(groups: Groups, key: Key, events: number): void {
  let text = JSON.stringify(key);
  if (!groups.has(text) && groups.size >= TALLIES.groupsADay) text = JSON.stringify(key.with(2, OTHER));
  groups.set(text, (groups.get(text) ?? 0) + events);
}

// Both are written by this file alone, so they have these shapes.
const unpack = (text: string): Groups => new Map(JSON.parse(text) as [string, number][]);
const unpackKey = (text: string): Key => JSON.parse(text) as Key;

const dayBefore = (now: number, days: number): string =>
  new Date(now - days * DAY_MS).toISOString().slice(0, 10);
