/**
 * The quarantine in the admin API: what was refused and why, a look at what a repair would do, replay and discard. The
 * app that mounts it checks who asks, and puts the actor into the context: one who may see some sources sees no others.
 */
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { repairSchema } from "#contracts/definitions/repair";
import { repairIssues } from "#contracts/definitions/repair_issues";
import { type Clock, DAY_MS, type NewId } from "#core/clock";
import { Problem } from "#core/problem";
import type { SendEnvelopes } from "#door/queue";
import type { IdentityShards } from "#identity/shards";
import type { Actor } from "#privacy/actor";
import type { Keyring } from "#privacy/keys";
import { partsOf } from "./cause.ts";
import { tryRepairs } from "./dry-run.ts";
import { readKept } from "./objects.ts";
import { openKept } from "./open-kept.ts";
import { replay } from "./replay.ts";
import { dayOf } from "./status.ts";
import { discardKept, listGroups, listKept, type Selection } from "./store.ts";

export interface QuarantineRoutesContext {
  identity: IdentityShards;
  db: D1Database;
  bucket: R2Bucket;
  /** Hands envelopes to the events queue. */
  send: SendEnvelopes;
  keys: () => Promise<Keyring>;
  /** The release that holds now. */
  document: () => Promise<ReleaseDocument>;
  clock: Clock;
  newId: NewId;
}

const DAYS_SHOWN = 7;
const DAYS_SELECTED = 62;
const MAX_GROUPS = 1_000;
const TRIED = 20;
const MAX_BODY_BYTES = 512_000;
/** Of one call; each row may be in an object of its own. */
const MAX_REPLAYED = 500;

const day = z.iso.date();
/** Which kept events are meant. */
export const selectionSchema = z.strictObject({
  cause: z.string().min(1).max(600).optional(),
  source: z.string().max(64).optional(),
  name: z.string().max(256).optional(),
  from: day.optional(),
  to: day.optional(),
});
const ids = z.array(z.string().max(256)).min(1).max(MAX_REPLAYED).optional();
export const dryRunSchema = z.strictObject({ cause: selectionSchema, ids, repair: repairSchema.optional() });
export const discardSchema = z.strictObject({ cause: selectionSchema, ids });
const text = z.string().max(600);
export const replaySchema = z.strictObject({
  cause: selectionSchema,
  ids,
  limit: z.int().min(1).max(MAX_REPLAYED).default(200),
  /** `next` of the answer before. */
  cursor: z.tuple([text, text, text, text, text]).optional(),
});

type ActorVariables = { Variables: { actor: Actor; created: string } };

/** The routes, to be mounted under `/admin/api`. */
export function quarantineRoutes(context: QuarantineRoutesContext): Hono<ActorVariables> {
  const { db, bucket, clock, newId } = context;
  const app = new Hono<ActorVariables>();
  const limited = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });

  app.get("/quarantine", async (c) => {
    const now = clock();
    const from = readDay(c.req.query("from")) ?? dayOf(now - (DAYS_SHOWN - 1) * DAY_MS);
    const to = readDay(c.req.query("to")) ?? dayOf(now);
    const { groups, truncated } = await listGroups(
      db,
      { from, to, sources: c.get("actor").sources },
      MAX_GROUPS,
    );
    return c.json({
      from,
      to,
      groups: groups.map(({ firstAt, lastAt, ...group }) => ({
        ...group,
        ...partsOf(group.cause),
        first_at: new Date(firstAt).toISOString(),
        last_at: new Date(lastAt).toISOString(),
      })),
      truncated,
    });
  });

  app.post("/quarantine/dry-run", limited, async (c) => {
    const { repair, ...asked } = await readBody(c, dryRunSchema);
    const issues = repair ? repairIssues(repair) : [];
    if (issues.length > 0) throw new InvalidRepair(issues);
    const [rows, keys, document] = await Promise.all([
      listKept(db, selectionOf(asked, c.get("actor")), TRIED),
      context.keys(),
      context.document(),
    ]);
    const rules = { keys, document, repairs: repair ? [repair] : Object.values(document.repairs) };
    const sealed = await readKept(bucket, rows);
    const events = await Promise.all(
      rows.map(async (row) => {
        const line = sealed.get(row);
        const kept = line && (await openKept(keys, line.id, line.kept));
        if (!kept) return [];
        return tryRepairs({ id: line.id, source: row.key[1], receivedAt: row.receivedAt, kept }, rules);
      }),
    );
    return c.json({ events: events.flat() });
  });

  app.post("/quarantine/replay", limited, async (c) => {
    const { limit, cursor, ...asked } = await readBody(c, replaySchema);
    const [keys, document] = await Promise.all([context.keys(), context.document()]);
    const stores = { identity: context.identity, db, bucket, send: context.send, keys, document };
    const at = { limit, after: cursor, now: clock(), newId };
    return c.json(await replay(stores, selectionOf(asked, c.get("actor")), at), 202);
  });

  app.post("/quarantine/discard", limited, async (c) => {
    const asked = await readBody(c, discardSchema);
    return c.json({ discarded: await discardKept(db, selectionOf(asked, c.get("actor"))) });
  });

  function selectionOf({ cause, ids }: z.infer<typeof discardSchema>, { sources }: Actor): Selection {
    if (sources && !(cause.source !== undefined && sources.includes(cause.source)))
      throw new Problem(403, "forbidden", "Name a source that you may see as `cause.source`.");
    const now = clock();
    return {
      ...cause,
      ids,
      from: cause.from ?? dayOf(now - DAYS_SELECTED * DAY_MS),
      to: cause.to ?? dayOf(now),
    };
  }

  return app;
}

/** A 422 that lists what is wrong with a repair. */
export class InvalidRepair extends Problem {
  readonly issues: { path: string; message: string }[];
  constructor(issues: { path: string; message: string }[]) {
    super(422, "invalid_repair", `The repair can do nothing as it is: ${issues.length} issue(s).`);
    this.issues = issues;
  }
  override toResponse(): Response {
    return super.toResponse({ issues: this.issues });
  }
}

function readDay(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const parsed = day.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Problem(400, "invalid_day", "`from` and `to` must be days such as 2026-11-22, in UTC.");
}

function tooLarge(): never {
  throw new Problem(413, "body_too_large", `The body may have at most ${MAX_BODY_BYTES} bytes.`);
}

async function readBody<T extends z.ZodType>(c: Context, schema: T): Promise<z.infer<T>> {
  let value: unknown;
  try {
    value = JSON.parse(await c.req.text());
  } catch {
    throw new Problem(400, "invalid_json", "The body is not JSON.");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Problem(
    400,
    "invalid_body",
    `The body is not as asked for: ${issue?.path.join(".") || "body"} ${issue?.message ?? ""}.`.slice(0, 300),
  );
}
