/** The audit chain, tokens of the operator's API, and the mark of the erasure log. */
import { integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** Hash-chained: src/privacy/audit. Triggers refuse updates and deletes. */
export const audit = sqliteTable("audit", {
  /** From 1, without a gap. */
  seq: integer("seq").primaryKey(),
  /** Epoch ms. */
  at: integer("at").notNull(),
  /** JSON of `{id, name, role}`. */
  actor: text("actor").notNull(),
  /** For example `person.read`, `release.publish`. */
  action: text("action").notNull(),
  /** What it was done to: an id, never a value of a person. */
  target: text("target").notNull(),
  /** JSON without personal data. */
  detail: text("detail").notNull(),
  /** Hash of the entry before, hex; 64 zeros for the first. */
  prev: text("prev").notNull(),
  hash: text("hash").notNull(),
});

/** Tokens of the operator's API: only a keyed hash of each is kept. */
export const accessTokens = sqliteTable("access_tokens", {
  id: text("id").primaryKey(),
  hash: text("hash").notNull(),
  name: text("name").notNull(),
  role: text("role").notNull(),
  /** 1: may see personal data. */
  personal: integer("personal").notNull(),
  /** JSON array of source ids; null: all. */
  sources: text("sources"),
  createdAt: integer("created_at").notNull(),
  createdBy: text("created_by").notNull(),
  expiresAt: integer("expires_at").notNull(),
  revokedAt: integer("revoked_at"),
  /** Day on which it was last used, `YYYY-MM-DD`: a time would be a write for every request. */
  lastUsedDay: text("last_used_day"),
});

/** Small states of jobs that go on where they stopped: `rotation`, `checkpoint`, and `erasures`, the last applied entry. */
export const jobs = sqliteTable("jobs", {
  name: text("name").primaryKey(),
  /** JSON; of `erasures` the number alone. */
  state: text("state").notNull(),
});
