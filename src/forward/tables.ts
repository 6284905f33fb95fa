/**
 * Delivery in D1: what failed for good (the item itself is in R2 under `dead/`), jobs that put many items into the queues,
 * what destinations were told of profiles, and what each day's reconciliation found.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const deliveryFailures = sqliteTable("delivery_failures", {
  itemId: text("item_id").primaryKey(),
  destination: text("destination").notNull(),
  eventId: text("event_id").notNull(),
  /** Name of the event; older failures have none. */
  name: text("name"),
  code: text("code").notNull(),
  detail: text("detail"),
  attempt: integer("attempt").notNull(),
  at: integer("at").notNull(),
  /** Who is replaying it, until it has been queued: an id of a replay, `-` and epoch ms. One at a time may. */
  replay: text("replay"),
});

/** Replays of many failures, and backfills from the lake. */
export const deliveryJobs = sqliteTable("delivery_jobs", {
  id: text("id").primaryKey(),
  /** `replay` or `backfill`. */
  kind: text("kind").notNull(),
  destination: text("destination").notNull(),
  /** `running`, `stopped`, `done`, `cancelled` or `failed`. */
  state: text("state").notNull(),
  /** JSON: what it is about, as it was asked for. */
  asked: text("asked").notNull(),
  /** JSON: where it goes on. */
  cursor: text("cursor"),
  /** JSON: how many of what. */
  counts: text("counts").notNull(),
  actor: text("actor").notNull(),
  createdAt: integer("created_at").notNull(),
  updatedAt: integer("updated_at").notNull(),
  /** Epoch ms until which one run has it; no other goes on with it before. */
  leasedUntil: integer("leased_until").notNull(),
});

/**
 * Profiles that may have to be told: one row for all batches of a second, since each row is billed. It is deleted once they
 * have been looked at.
 */
export const profileDue = sqliteTable("profile_due", {
  /** Epoch ms from which they are looked at, a whole second. */
  dueAt: integer("due_at").primaryKey(),
  /** JSON array of `<destination> <subject>`; each subject lies in this database. */
  marks: text("marks").notNull(),
});

/** What a destination knows of a profile; beside the identifiers, in the database of `subject`. */
export const profileTold = sqliteTable(
  "profile_told",
  {
    subject: text("subject").notNull(),
    destination: text("destination").notNull(),
    /** JSON: the state that was told last; traits as keyed hashes. */
    told: text("told").notNull(),
    /** Of the change that told it. */
    version: integer("version").notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.destination] })],
);

export const reconciliations = sqliteTable("reconciliations", {
  /** UTC day, `YYYY-MM-DD`. */
  day: text("day").primaryKey(),
  /** `running`, `done`. */
  state: text("state").notNull(),
  /** JSON: where it goes on. */
  cursor: text("cursor"),
  /** JSON: by destination, how many of what. */
  counts: text("counts").notNull(),
  /** JSON: the first gaps, by event id and destination. */
  gaps: text("gaps").notNull(),
  /** How many gaps there are. */
  open: integer("open").notNull(),
  at: integer("at").notNull(),
});
