/**
 * The identity graph in D1. Migrations are generated from here (`npm run db:generate`); WITHOUT ROWID is added to them
 * by hand, since drizzle-kit cannot say it. JSON columns keep a profile's whole state in one row, because each row and
 * each index written is billed.
 */
import { sql } from "drizzle-orm";
import { index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** One row per identifier: facts live here, never with the profile. */
export const identifiers = sqliteTable(
  "identifiers",
  {
    /** `namespace:keyVersion.hash`, or `<visitor key>|<claimed key>` for facts under an unverified claim. */
    key: text("key").primaryKey(),
    /** Root of its profile; null: it is a profile of its own. A cache of the partition. */
    profile: text("profile"),
    /** JSON of feature hash → aggregate state (src/segments/features.ts). */
    facts: text("facts").notNull().default("{}"),
    /** JSON of claims: `[[envelope id, receivedAt, [event id …]] …]` of the last day or more. */
    claims: text("claims").notNull().default("[]"),
    /** JSON of the current consent: RowConsent of graph.ts. */
    consent: text("consent"),
    suppressed: integer("suppressed").notNull().default(0),
    /** Personal traits, sealed under the subject's key. */
    sealed: text("sealed"),
    /** JSON of the edge snapshot as last published; for visitor_id rows. */
    snapshot: text("snapshot"),
    /** Compare-and-set counter. */
    version: integer("version").notNull(),
    seenAt: integer("seen_at").notNull(),
    /** Epoch ms of its first event: a search of the lake need not begin before; null: not known. */
    firstAt: integer("first_at"),
  },
  // The claimed person of a scoped key: who is erased has to be found where others' devices claimed to be them. Rows without
  // a claim are not in it, and an entry is written with a row's first write alone, since keys do not change.
  (t) => [
    index("identifiers_claimed")
      .on(sql`substr(${t.key}, instr(${t.key}, '|') + 1)`)
      .where(sql`instr(key, '|') > 0`),
  ],
);

/** Evidence that two identifiers belong together. Each link is stored under both of its ends. */
export const links = sqliteTable(
  "links",
  {
    node: text("node").notNull(),
    other: text("other").notNull(),
    kind: text("kind").notNull(),
    strength: integer("strength").notNull(),
    eventId: text("event_id").notNull(),
    source: text("source").notNull(),
    at: integer("at").notNull(),
    /** `live`, `pending` (an unverified claim: joins nothing) or `revoked`. */
    state: text("state").notNull(),
  },
  (t) => [primaryKey({ columns: [t.node, t.other, t.kind] })],
);

/** Profiles of more than one identifier. */
export const profiles = sqliteTable("profiles", {
  root: text("root").primaryKey(),
  /** JSON array of identifier keys, sorted. */
  members: text("members").notNull(),
  version: integer("version").notNull(),
  updatedAt: integer("updated_at").notNull(),
});

/** Per-subject keys, wrapped by the master secret. Destroying one destroys what it sealed. */
export const subjectKeys = sqliteTable("subject_keys", {
  subject: text("subject").primaryKey(),
  wrapped: text("wrapped").notNull(),
  createdAt: integer("created_at").notNull(),
});
