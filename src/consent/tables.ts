/**
 * The consent ledger: append-only, one row per decision of a visitor. Two triggers, added to the migration by hand, see to
 * it: a row cannot be updated, and an insert over one that is there does nothing, also as `INSERT OR REPLACE`.
 *
 * Rows can be deleted, for a person's erasure has to. A trigger that lets nobody but erasure delete would have to tell who
 * asks, and SQLite knows no users: a mark in a table that says "erasure is at work" could be set by whoever deletes, and
 * would be a billed write each time. Who may delete is for the code, which has one place that does.
 */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const consents = sqliteTable(
  "consents",
  {
    /** Identifier key of the visitor. */
    subject: text("subject").notNull(),
    /** Epoch ms. */
    givenAt: integer("given_at").notNull(),
    id: text("id").notNull(),
    /** JSON of purpose → granted | denied | default: not spoken of, and left to the regime. */
    purposes: text("purposes").notNull(),
    regime: text("regime").notNull(),
    source: text("source").notNull(),
    /** What said so: for example the signal and the banner's version. */
    evidence: text("evidence").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.givenAt, t.id] })],
);
