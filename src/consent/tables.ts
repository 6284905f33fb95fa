/** The consent ledger: append-only, one row per decision of a visitor. */
import { integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const consents = sqliteTable(
  "consents",
  {
    /** Identifier key of the visitor. */
    subject: text("subject").notNull(),
    /** Epoch ms. */
    givenAt: integer("given_at").notNull(),
    id: text("id").notNull(),
    /** JSON of purpose → granted | denied. */
    purposes: text("purposes").notNull(),
    regime: text("regime").notNull(),
    source: text("source").notNull(),
    /** What said so: for example the signal and the banner's version. */
    evidence: text("evidence").notNull(),
    expiresAt: integer("expires_at").notNull(),
  },
  (t) => [primaryKey({ columns: [t.subject, t.givenAt, t.id] })],
);
