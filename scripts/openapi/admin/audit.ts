/** The audit log: src/console/audit-routes.ts. */
import * as z from "zod";
import { restoredSchema } from "../../../src/console/audit-routes.ts";
import type { AuditEntry } from "../../../src/privacy/audit/chain.ts";
import type { AuditCheck } from "../../../src/privacy/audit/check.ts";
import { type Checkpoint, checkpointSchema } from "../../../src/privacy/audit/checkpoint.ts";
import { auditCheckpointsSchema, auditEntriesSchema } from "../../audit/shapes.ts";
import type { Group, Parameter } from "../description.ts";
import { ADMIN } from "../security.ts";

const seq = z.int().min(0);
const headSchema = z.object({ seq, hash: z.string() });

const problem = (code: string, more: Record<string, z.ZodType> = {}) =>
  z.object({
    seq: seq.meta({ description: "The entry that it is about." }),
    problem: z.literal(code),
    ...more,
    says: z.string().meta({ description: "A sentence." }),
  });
const until = seq.meta({ description: "The last of the entries that are not there." });

const checkSchema = z.object({
  ok: z.boolean().meta({ description: "Nothing is wrong with the part that was checked." }),
  entries: seq.meta({ description: "How many were checked." }),
  checkpoints: seq.meta({ description: "How many were checked." }),
  problems: z
    .array(
      z.union([
        problem("changed"),
        problem("removed", { until }),
        problem("reordered", { was: seq.optional() }),
        problem("repeated"),
        problem("unlinked"),
        problem("forged_checkpoint"),
        problem("rewritten", {
          after: seq.meta({ description: "Up to here the log is as checkpoints say." }),
        }),
        problem("cut", { until }),
      ]),
    )
    .max(500),
  head: headSchema.meta({ description: "The last entry that was checked." }),
  next: seq
    .nullable()
    .meta({ description: "The `after` of the part that follows. Null: the end was reached." }),
});

const HASH = "a460272c89c0f812997fe2c098c0c16ba6827324af7f01599cdedb87a2934d81";
const ENTRY: AuditEntry = {
  seq: 1,
  at: 1795341600000,
  actor: { id: "root", name: "Root", role: "admin" },
  action: "release.publish",
  target: "new",
  detail: {},
  prev: "0".repeat(64),
  hash: HASH,
};
const CHECKPOINT: Checkpoint = {
  v: 1,
  tenant: "doorstep",
  seq: 1,
  hash: HASH,
  at: 1795345200000,
  version: "1",
  signature: "00".repeat(64),
};
const KEY = {
  kty: "OKP",
  crv: "Ed25519",
  x: "9WeHEY_T6oNXqM9CoKOJJ_vInYquvkuhx_4-nbOIr24",
  kid: "1",
} as const;
const WHOLE: AuditCheck = {
  ok: true,
  entries: 1,
  checkpoints: 1,
  problems: [],
  head: { seq: 1, hash: HASH },
  next: null,
};
const CHANGED: AuditCheck = {
  ...WHOLE,
  ok: false,
  problems: [
    { seq: 1, problem: "changed", says: "Entry 1 was changed: its hash is not that of what it says." },
  ],
};

const query = (name: string, description: string, schema: Parameter["schema"]): Parameter => ({
  name,
  in: "query",
  description,
  schema,
});
const AFTER = query("after", "Only what comes after this entry.", {
  type: "integer",
  minimum: 0,
  default: 0,
});
const limit = (byDefault: number, maximum: number) =>
  query("limit", "At most so many.", { type: "integer", minimum: 1, maximum, default: byDefault });
const REFUSED = { 401: ["unauthorized"], 403: ["forbidden"] } as const;

export const audit: Group = {
  tag: "audit",
  description:
    "Who saw personal data and who changed something: a chain of entries, each hashed with the one before, witnessed by signed checkpoints outside the database.",
  requests: { Restored: restoredSchema },
  answers: {
    AuditEntries: auditEntriesSchema,
    AuditCheckpoints: auditCheckpointsSchema,
    AuditCheck: checkSchema,
    AuditHead: headSchema,
    KeptCheckpoint: z.object({
      checkpoint: checkpointSchema.nullable().meta({ description: "Null: the log has not grown." }),
    }),
  },
  paths: {
    "/admin/api/audit": {
      get: {
        id: "listAudit",
        summary: "Entries, newest first",
        description:
          "A page of a filtered list may have fewer entries than `limit`, and none, before the end.",
        security: ADMIN,
        parameters: [
          query("before", "Only what comes before this entry.", { type: "integer", minimum: 0 }),
          limit(50, 500),
          query("action", "Only this action, such as `person.read`.", { type: "string", maxLength: 200 }),
          query("actor", "Only what was done by the actor of this id.", { type: "string", maxLength: 200 }),
          query("target", "Only what was done to this: an id, or one of a ledger's `audit_targets`.", {
            type: "string",
            maxLength: 200,
          }),
        ],
        answers: {
          200: {
            description: "Nothing in it is of a visitor.",
            json: { schema: "AuditEntries", examples: { One: { entries: [ENTRY], next: null } } },
          },
        },
        problems: { 400: ["invalid_seq", "invalid_limit", "invalid_filter"], ...REFUSED },
      },
    },
    "/admin/api/audit/export": {
      get: {
        id: "exportAudit",
        summary: "Entries, oldest first, for an auditor",
        description: "What is hashed is as it was hashed; docs/audit.md says how.",
        security: ADMIN,
        parameters: [AFTER, limit(500, 1_000)],
        answers: {
          200: {
            description: "One page.",
            json: { schema: "AuditEntries", examples: { One: { entries: [ENTRY], next: null } } },
          },
        },
        problems: { 400: ["invalid_seq", "invalid_limit"], ...REFUSED },
      },
    },
    "/admin/api/audit/checkpoints": {
      get: {
        id: "listAuditCheckpoints",
        summary: "Checkpoints and the public keys that verify them",
        security: ADMIN,
        parameters: [AFTER, limit(500, 1_000)],
        answers: {
          200: {
            description:
              "Oldest first. One that is damaged has an empty signature: it is there, and does not verify.",
            json: {
              schema: "AuditCheckpoints",
              examples: {
                One: { checkpoints: [CHECKPOINT], next: null, public_key: KEY, public_keys: [KEY] },
              },
            },
          },
        },
        problems: { 400: ["invalid_seq", "invalid_limit"], ...REFUSED },
      },
      post: {
        id: "keepAuditCheckpoint",
        summary: "Make a checkpoint now",
        security: ADMIN,
        answers: {
          200: {
            description: "The log has not grown since the last one.",
            json: { schema: "KeptCheckpoint", examples: { None: { checkpoint: null } } },
          },
          201: {
            description: "Made and kept.",
            json: { schema: "KeptCheckpoint", examples: { One: { checkpoint: CHECKPOINT } } },
          },
        },
        problems: { ...REFUSED, 503: ["audit_unavailable"] },
      },
    },
    "/admin/api/audit/verify": {
      get: {
        id: "verifyAudit",
        summary: "Check the log against itself and its checkpoints",
        description: "Up to 5,000 entries; `next` is the `after` of the part that follows.",
        security: ADMIN,
        parameters: [AFTER],
        answers: {
          200: {
            description: "What was found.",
            json: { schema: "AuditCheck", examples: { Whole: WHOLE, "A changed entry": CHANGED } },
          },
        },
        problems: { 400: ["invalid_seq"], ...REFUSED, 404: ["unknown_entry"] },
      },
    },
    "/admin/api/audit/restored": {
      post: {
        id: "noteRestoredDatabase",
        summary: "Note in the log that the database was restored from an older copy",
        description:
          "It takes nothing away: checkpoints of entries that the copy had not still say that these are gone.",
        security: ADMIN,
        body: { schema: "Restored", examples: { "A bad migration": { reason: "A bad migration" } } },
        answers: {
          201: {
            description: "The entry.",
            json: { schema: "AuditHead", examples: { One: { seq: 12, hash: HASH } } },
          },
        },
        problems: {
          400: ["invalid_json", "invalid_body"],
          ...REFUSED,
          413: ["body_too_large"],
          503: ["audit_unavailable"],
        },
      },
    },
  },
};
