/** Subject requests. Whom they are about is there as identifier keys alone; what was sent is sealed under the request's own key. */
import { sql } from "drizzle-orm";
import { index, integer, sqliteTable, text } from "drizzle-orm/sqlite-core";

export const subjectRequests = sqliteTable(
  "subject_requests",
  {
    /** `subject_request_id`. */
    id: text("id").primaryKey(),
    type: text("type").notNull(),
    regulation: text("regulation").notNull(),
    /** See REQUEST_STATUSES. */
    status: text("status").notNull(),
    /** See VERIFICATIONS. */
    verification: text("verification").notNull(),
    /** Source or actor that made it. */
    madeBy: text("made_by").notNull(),
    verifiedBy: text("verified_by"),
    /** Epoch ms. */
    receivedAt: integer("received_at").notNull(),
    dueAt: integer("due_at").notNull(),
    extended: integer("extended").notNull().default(0),
    completedAt: integer("completed_at"),
    /** `person`, or `device` where nothing but a browser's cookie was shown. */
    scope: text("scope").notNull(),
    /** JSON array of the identifier keys that it names, under all versions; later of all that the person has. */
    subjects: text("subjects").notNull(),
    /** JSON array of identity types. */
    identityTypes: text("identity_types").notNull(),
    /** JSON of identities and callbacks, sealed under the request's own key in `subject_keys` (`request:<id>`). */
    sealed: text("sealed"),
    /** JSON array of StepResult. */
    steps: text("steps").notNull().default("[]"),
    cancelledReason: text("cancelled_reason"),
    /** Epoch ms at which the results are deleted; null: there are none. */
    resultsUntil: integer("results_until"),
    /** Day of the last alert about the deadline, so that each is sent once. */
    alertedDay: text("alerted_day"),
    version: integer("version").notNull().default(1),
  },
  (t) => [
    // What cron looks at each minute: requests of which something is left to do.
    index("subject_requests_open").on(t.dueAt).where(sql`sealed IS NOT NULL`),
    index("subject_requests_received").on(t.receivedAt),
  ],
);
