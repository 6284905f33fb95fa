/**
 * Anonymous counts in D1: what is left of events without consent for analytics. WITHOUT ROWID is added to the migration by
 * hand, for the table whose key is of several columns.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const anonymousCounts = sqliteTable(
  "anonymous_counts",
  {
    /** UTC day, `YYYY-MM-DD`: see days.ts. */
    day: text("day").notNull(),
    source: text("source").notNull(),
    name: text("name").notNull(),
    /** Empty: not known. */
    country: text("country").notNull(),
    /** A content id that the catalogue lists, or empty. */
    content: text("content").notNull(),
    events: integer("events").notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.source, t.name, t.country, t.content] })],
);

/**
 * Which envelopes are in the counts already. An envelope's second is stamped and stays the same however often it is
 * delivered, so that those of one second share a row: a row written is billed, and one each would cost more than the
 * counts themselves.
 */
export const countedEnvelopes = sqliteTable("counted_envelopes", {
  /** Epoch seconds of `receivedAt`. */
  second: integer("second").primaryKey(),
  /** JSON array of envelope ids. */
  ids: text("ids").notNull(),
});
