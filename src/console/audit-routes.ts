/**
 * The audit log in the admin API: read, exported for an auditor, checked, and noted in where a database was restored. The
 * app that mounts it checks who asks, and puts the actor into the context.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { scrubText } from "#consent/scrub";
import type { Clock } from "#core/clock";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import { GENESIS } from "#privacy/audit/chain";
import { checkAudit } from "#privacy/audit/check";
import { type CheckpointContext, keepCheckpoint, listCheckpoints } from "#privacy/audit/checkpoints";
import { MAX_TEXT_CHARS } from "#privacy/audit/entry";
import { appendAudit, entriesAfter, headAt, listAudit } from "#privacy/audit/store";

const SHOWN = { byDefault: 50, max: 500 };
const EXPORTED = { byDefault: 500, max: 1_000 };
const MAX_BODY_BYTES = 10_000;

/** Why the database was restored; words, and nothing of a visitor. */
export const restoredSchema = z.strictObject({
  reason: z
    .string()
    .trim()
    .min(1)
    .max(MAX_TEXT_CHARS)
    .refine((text) => !text.includes("@"), "must have no address: the audit log is never erased")
    .overwrite((text) => scrubText(text).text),
});

/** The routes, to be mounted under `/admin/api`. */
export function auditRoutes(context: CheckpointContext & { clock: Clock }) {
  const { db, bucket, signer, clock } = context;
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();

  app.get("/audit", async (c) => {
    const { before, limit, action, actor, target } = c.req.query();
    const query = {
      before: readSeq("before", before),
      limit: readLimit(limit, SHOWN),
      action: readName("action", action),
      actor: readName("actor", actor),
      target: readName("target", target),
    };
    return c.json(await listAudit(db, query));
  });

  app.get("/audit/export", async (c) => {
    const limit = readLimit(c.req.query("limit"), EXPORTED);
    const entries = await entriesAfter(db, readSeq("after", c.req.query("after")) ?? 0, limit);
    return c.json({ entries, next: nextOf(entries, limit) });
  });

  app.get("/audit/checkpoints", async (c) => {
    const limit = readLimit(c.req.query("limit"), EXPORTED);
    const after = readSeq("after", c.req.query("after")) ?? 0;
    const [checkpoints, keys] = await Promise.all([
      listCheckpoints(bucket, after, limit),
      signer().then((it) => it.publicKeys()),
    ]);
    return c.json({
      checkpoints,
      next: nextOf(checkpoints, limit),
      public_key: keys[0]?.jwk,
      public_keys: keys.map(({ jwk }) => jwk),
    });
  });

  app.post("/audit/checkpoints", async (c) => {
    const checkpoint = await keepCheckpoint(context, clock(), true);
    return c.json({ checkpoint: checkpoint ?? null }, checkpoint ? 201 : 200);
  });

  app.get("/audit/verify", async (c) => {
    const after = readSeq("after", c.req.query("after")) ?? GENESIS.seq;
    const from = await headAt(db, after);
    if (!from)
      throw new Problem(404, "unknown_entry", `The audit log has no entry ${after}; check it from before.`);
    return c.json(await checkAudit(context, from));
  });

  app.post("/audit/restored", bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge }), async (c) => {
    const { reason } = readRestored(await c.req.text());
    const action = "audit.restored";
    const entry = { at: clock(), actor: c.get("actor"), action, target: "audit", detail: { reason } };
    return c.json(await appendAudit(db, entry), 201);
  });

  return app;
}

const nextOf = (listed: readonly { seq: number }[], limit: number): number | null =>
  listed.length === limit ? (listed.at(-1)?.seq ?? null) : null;

function readLimit(text: string | undefined, { byDefault, max }: { byDefault: number; max: number }): number {
  if (text === undefined) return byDefault;
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= max) return limit;
  throw new Problem(400, "invalid_limit", `\`limit\` must be a whole number from 1 to ${max}.`);
}

function readSeq(name: "before" | "after", text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new Problem(400, "invalid_seq", `\`${name}\` must be the number of an entry.`);
}

function readName(name: "action" | "actor" | "target", text: string | undefined): string | undefined {
  if (text === undefined || (text.length > 0 && text.length <= MAX_TEXT_CHARS)) return text;
  throw new Problem(400, "invalid_filter", `\`${name}\` must have 1 to ${MAX_TEXT_CHARS} characters.`);
}

function readRestored(body: string): z.infer<typeof restoredSchema> {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new Problem(400, "invalid_json", "The body is not JSON.");
  }
  const parsed = restoredSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(400, "invalid_body", `Send \`{"reason": "…"}\`: ${issue?.message ?? "it is malformed"}.`);
}

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}
