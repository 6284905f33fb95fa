/** What slots keep in D1: how offers perform, what slots missed, and the content of CMSs. */
import { integer, primaryKey, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Added to by ingest, once per event. `slot` is empty for conversions, which belong to the offer wherever it was seen. */
export const offerCounts = sqliteTable(
  "offer_counts",
  {
    day: text("day").notNull(),
    offer: text("offer").notNull(),
    slot: text("slot").notNull(),
    impressions: integer("impressions").notNull().default(0),
    clicks: integer("clicks").notNull().default(0),
    conversions: integer("conversions").notNull().default(0),
    /** Sum of the conversions' `value`. */
    value: real("value").notNull().default(0),
  },
  (t) => [primaryKey({ columns: [t.day, t.offer, t.slot] })],
);

/** Decisions that could not be made: the baseline showed. Counted in isolates and added now and then. */
export const slotMisses = sqliteTable(
  "slot_misses",
  {
    day: text("day").notNull(),
    slot: text("slot").notNull(),
    /** `budget`, `error`, `content`. */
    reason: text("reason").notNull(),
    misses: integer("misses").notNull(),
  },
  (t) => [primaryKey({ columns: [t.day, t.slot, t.reason] })],
);

/** The last good version of each piece of a CMS's content, in each language. */
export const contentItems = sqliteTable(
  "content_items",
  {
    /** Key of the release's `cms`. */
    source: text("source").notNull(),
    /** `content_id`, the same in all languages. */
    id: text("id").notNull(),
    locale: text("locale").notNull(),
    /** `published`, `draft`, `unpublished`. */
    state: text("state").notNull(),
    /** JSON of what is shown: sanitised. */
    document: text("document").notNull(),
    hash: text("hash").notNull(),
    /** What was wrong with a newer version that was not taken; null: nothing. JSON. */
    issues: text("issues"),
    /** By the CMS, epoch ms. */
    changedAt: integer("changed_at").notNull(),
    importedAt: integer("imported_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.source, t.id, t.locale] })],
);

export const contentPulls = sqliteTable("content_pulls", {
  source: text("source").primaryKey(),
  triedAt: integer("tried_at").notNull(),
  /** Of the last one that worked. */
  pulledAt: integer("pulled_at"),
  /** Why the last one failed; null: it worked. */
  problem: text("problem"),
  /** The adapter's own mark of how far it has read. */
  cursor: text("cursor"),
  items: integer("items").notNull().default(0),
});
