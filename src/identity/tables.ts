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
    /** JSON array of its profile's keys, sorted; null: it is a profile of its own. A cache of the partition. */
    members: text("members"),
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
    /**
     * Epoch ms at which the profile's segments, or what the edge decides by, will change without an event; null: never. On
     * one row of the profile, its root if that is written anyway. src/ingest/due.ts looks then, and what it has written and
     * not yet told is marked by a negative one.
     */
    dueAt: integer("due_at"),
    /** JSON array: rows of profile_looks that have it (src/identity/looks.ts). */
    dueIn: text("due_in"),
  },
  // The claimed person of a scoped key: who is erased has to be found where others' devices claimed to be them. Rows without
  // a claim are not in it, and an entry is written with a row's first write alone, since keys do not change.
  (t) => [
    index("identifiers_claimed")
      .on(sql`substr(${t.key}, instr(${t.key}, '|') + 1)`)
      .where(sql`instr(key, '|') > 0`),
  ],
);

/** The calendar of rows that are due: many in one row, since each is billed (src/identity/looks.ts). */
export const profileLooks = sqliteTable("profile_looks", {
  /** The minute at whose end they are looked at, and a number that tells rows of one minute apart. */
  id: integer("id").primaryKey(),
  /** JSON array of keys of identifiers. Some may be due later by now, or never. */
  keys: text("keys").notNull(),
});

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
  // By kind first: claims, of which a person may have any number, are not read with the others.
  (t) => [primaryKey({ columns: [t.node, t.kind, t.other] })],
);

/** Links that join nothing though somebody proved them, and what rules propose: for an operator to settle. */
export const identityConflicts = sqliteTable(
  "identity_conflicts",
  {
    a: text("a").notNull(),
    b: text("b").notNull(),
    kind: text("kind").notNull(),
    /** Of partition.ts, or `proposal`. */
    reason: text("reason").notNull(),
    /** Epoch ms at which it was first seen. */
    at: integer("at").notNull(),
    /** Id of the change of identity_changes that settled it, `kept`, or `answered` (all its people are kept apart); null: open. */
    settled: text("settled"),
  },
  (t) => [primaryKey({ columns: [t.a, t.b, t.kind] })],
);

/** What operators merged, split, set aside and kept apart, with what undoes it. */
export const identityChanges = sqliteTable("identity_changes", {
  id: text("id").primaryKey(),
  at: integer("at").notNull(),
  actor: text("actor").notNull(),
  action: text("action").notNull(),
  note: text("note").notNull(),
  /** JSON array of ChangedLink (src/identity/changes.ts): each link before and after. */
  links: text("links").notNull(),
  undoneAt: integer("undone_at"),
  undoneBy: text("undone_by"),
});

/** What batches of events merged and split by themselves, until it is in the audit log. One row per batch. */
export const identityMoves = sqliteTable(
  "identity_moves",
  {
    /** Id of the batch. */
    id: text("id").primaryKey(),
    at: integer("at").notNull(),
    /** JSON array of Move (src/identity/moves.ts). */
    moves: text("moves").notNull(),
  },
  (t) => [index("identity_moves_at").on(t.at)],
);

/** Per-subject keys, wrapped by the master secret. Destroying one destroys what it sealed. */
export const subjectKeys = sqliteTable("subject_keys", {
  subject: text("subject").primaryKey(),
  wrapped: text("wrapped").notNull(),
  createdAt: integer("created_at").notNull(),
});
