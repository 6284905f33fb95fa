/** Published releases, immutable; KV holds the copies that isolates read. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const releases = sqliteTable("releases", {
  version: integer("version").primaryKey(),
  document: text("document").notNull(),
  note: text("note").notNull(),
  createdAt: integer("created_at").notNull(),
});
