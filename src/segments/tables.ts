/** What is kept of segments besides facts: imported lists, beside their identifiers, and sizes by day. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** In the database of the identifier: who is on which list. */
export const listMembers = sqliteTable(
  "list_members",
  {
    key: text("key").notNull(),
    list: text("list").notNull(),
    /** Number of the import that put it there. */
    import: integer("import").notNull(),
  },
  (t) => [primaryKey({ columns: [t.key, t.list] })],
);

/** In the first database: each import of a list. */
export const listImports = sqliteTable("list_imports", {
  id: integer("id").primaryKey(),
  list: text("list").notNull(),
  at: integer("at").notNull(),
  actor: text("actor").notNull(),
  /** `add`, `replace`, `remove`. */
  mode: text("mode").notNull(),
  entries: integer("entries").notNull(),
  refused: integer("refused").notNull(),
});

/** In the first database: people in each segment, and in each two of them, as the night's count found them. */
export const segmentSizes = sqliteTable(
  "segment_sizes",
  {
    /** `2026-11-22`. */
    day: text("day").notNull(),
    segment: text("segment").notNull(),
    /** The other segment; empty: the segment's own size. */
    other: text("other").notNull().default(""),
    people: integer("people").notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.segment, t.other] })],
);
