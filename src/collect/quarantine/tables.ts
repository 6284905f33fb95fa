/**
 * What is in quarantine, one row per refused event; the event itself is sealed in R2. The key begins with what is asked
 * for, so that a day's causes lie together and no further index is written per refusal. WITHOUT ROWID is added to the
 * migration by hand.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const quarantineIndex = sqliteTable(
  "quarantine_index",
  {
    /** UTC day of its arrival, `YYYY-MM-DD`. */
    day: text("day").notNull(),
    source: text("source").notNull(),
    name: text("name").notNull(),
    /** Code and paths: src/collect/quarantine/cause.ts. */
    cause: text("cause").notNull(),
    id: text("id").notNull(),
    receivedAt: integer("received_at").notNull(),
    /** See `STATUSES` in src/collect/quarantine/status.ts. */
    status: text("status").notNull(),
    /** R2 key and line of what is kept; null: nothing is. */
    object: text("object"),
    line: integer("line"),
    /** The replay that has taken it, and when that began. */
    replay: text("replay"),
    replayedAt: integer("replayed_at"),
  },
  (t) => [
    primaryKey({ columns: [t.day, t.source, t.name, t.cause, t.id] }),
    // Holds those on their way back alone: a refusal writes no entry. Queries name the condition as it stands here.
    index("quarantine_replays").on(t.replay).where(sql`status IN ('replaying', 'sent')`),
  ],
);
