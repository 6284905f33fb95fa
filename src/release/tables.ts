/**
 * Releases in D1: immutable versions, which of them holds, drafts that people work on, and what is to be published when.
 * KV holds the copies that isolates read (store.ts).
 */
import { sql } from "drizzle-orm";
import { index, integer, real, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const releases = sqliteTable("releases", {
  version: integer("version").primaryKey(),
  document: text("document").notNull(),
  note: text("note").notNull(),
  createdAt: integer("created_at").notNull(),
  /** Who made it: an actor's name. */
  author: text("author").notNull().default(""),
  /** The stable version that it was made from; null: the first, or not known. */
  parent: integer("parent"),
});

/** Every move of the pointer, in order: the newest says what holds. Written by compare-and-set on its own number. */
export const releaseMoves = sqliteTable("release_moves", {
  /** 1, 2, 3 … without a gap. */
  revision: integer("revision").primaryKey(),
  at: integer("at").notNull(),
  actor: text("actor").notNull(),
  /** `publish`, `canary`, `share`, `promote`, `abort`, `rollback`. */
  action: text("action").notNull(),
  stable: integer("stable").notNull(),
  candidate: integer("candidate"),
  /** Share of visitors who get the candidate, 0 to 1. */
  share: real("share").notNull().default(0),
  note: text("note").notNull().default(""),
});

/** Documents in the making. */
export const releaseDrafts = sqliteTable("release_drafts", {
  name: text("name").primaryKey(),
  document: text("document").notNull(),
  /** The stable version that it started from. */
  base: integer("base").notNull(),
  /** Grows with every change: who saves names the one that they saw. */
  revision: integer("revision").notNull(),
  author: text("author").notNull(),
  updatedAt: integer("updated_at").notNull(),
  note: text("note").notNull().default(""),
});

/** Versions that become the stable one at a time to come. */
export const releaseSchedule = sqliteTable(
  "release_schedule",
  {
    id: text("id").primaryKey(),
    /** Epoch ms. */
    at: integer("at").notNull(),
    version: integer("version").notNull(),
    actor: text("actor").notNull(),
    note: text("note").notNull().default(""),
    /** `waiting`, `published`, `cancelled`, `failed`. */
    state: text("state").notNull(),
    /** While it waits: the stable version that must still hold then; null: whichever does. Later: why it failed. */
    detail: text("detail"),
  },
  (t) => [index("release_schedule_waiting").on(t.at).where(sql`state = 'waiting'`)],
);
