/** Deliveries that failed for good. The item itself is in R2 under `dead/`. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const deliveryFailures = sqliteTable("delivery_failures", {
  itemId: text("item_id").primaryKey(),
  destination: text("destination").notNull(),
  eventId: text("event_id").notNull(),
  code: text("code").notNull(),
  detail: text("detail"),
  attempt: integer("attempt").notNull(),
  at: integer("at").notNull(),
});
