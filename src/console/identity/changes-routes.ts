/**
 * Merging, splitting, keeping apart and setting aside in the operator's API: a preview that does nothing, the change, the
 * list of changes, and undoing one. access/guard.ts has let in who may, and noted it. Mounted by src/operator.ts.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import * as z from "zod";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { makeChange, planChange, planUndo, undoChange, type Wanted } from "#identity/changes/apply";
import { keysOf } from "#identity/changes/asked";
import { type Change, listChanges } from "#identity/changes/store";
import { readClosed } from "#identity/read";
import type { ActorRoutes } from "../routes.ts";
import { changeSchema, MAX_BODY_BYTES, previewSchema, toAsked, tooLarge } from "./bodies.ts";
import { settling } from "./conflicts-routes.ts";
import { changeDeps, type IdentityRouteDeps, noteDone, noteShown } from "./deps.ts";
import { type ChangeShown, effectShown, type PreviewShown } from "./view.ts";

const DEFAULT_LIMIT = 50;
const MAX_LIMIT = 200;

/** The routes, below `/admin/api`. */
export function changesRoutes(deps: IdentityRouteDeps): ActorRoutes {
  const app: ActorRoutes = new Hono();
  const { identity, db, clock } = deps;
  const limited = bodyLimit({ maxSize: MAX_BODY_BYTES, onError: tooLarge });

  app.post("/identity/preview", limited, async (c) => {
    const body = await readBody(c, previewSchema);
    const given = await changeDeps(deps);
    const planned =
      body.action === "undo"
        ? await planUndo(body.change, given)
        : await planChange(body.action === "settle" ? settling(body) : wantedOf(body), given);
    const { known, plan, effect, action, seen } = planned;
    await noteShown(
      effect.before.map(({ root }) => root),
      c.get("actor"),
      deps,
    );
    const { cuts } = given;
    const { document } = given.release;
    const view = { graph: known.graph, keys: await deps.keys(), document, cuts, now: clock() };
    const shown = await effectShown(effect, known.parts, plan.after, view);
    const answer: PreviewShown = { action, ...shown, warnings: plan.warnings, seen };
    return c.json(answer);
  });

  app.post("/identity/changes", limited, async (c) => {
    const body = await readBody(c, changeSchema);
    const { note, seen } = body;
    const actor = c.get("actor");
    const id = c.get("created");
    const given = await changeDeps(deps);
    const planned = await makeChange(wantedOf(body), { id, actor: actor.name, note, seen }, given);
    await noteDone(planned, { id, actor }, deps);
    return c.json({ id, ...rootsOf(planned.effect) }, 201);
  });

  app.get("/identity/changes", async (c) => {
    const key = c.req.query("key");
    const limit = readLimit(c.req.query("limit"));
    const before = readBefore(c.req.query("before"));
    // Also those about the others of its profile.
    const keys = key === undefined ? undefined : [key, ...(await membersOf(key))];
    const changes = await listChanges(db, { keys, before, limit });
    const next = changes.length === limit ? (changes.at(-1)?.at ?? null) : null;
    return c.json({ changes: changes.map(changeShown), next });
  });

  app.post("/identity/changes/:id/undo", async (c) => {
    const id = z.uuid().safeParse(c.req.param("id"));
    if (!id.success) throw new Problem(404, "unknown_change", "There is no change of this id.");
    const actor = c.get("actor");
    const { planned } = await undoChange(id.data, actor.name, await changeDeps(deps));
    await noteDone(planned, { id: id.data, actor }, deps);
    return c.json({ id: id.data, ...rootsOf(planned.effect) });
  });

  async function membersOf(key: string): Promise<readonly string[]> {
    const { rows } = await readClosed(identity, [key]);
    return rows.get(key)?.members ?? [];
  }

  return app;
}

const wantedOf = (body: z.infer<typeof changeSchema>): Wanted => {
  const asked = toAsked(body);
  return { keys: keysOf(asked), asked: () => asked };
};

const rootsOf = (effect: { before: { root: string }[]; after: { root: string }[] }) => ({
  before: effect.before.map(({ root }) => root),
  after: effect.after.map(({ root }) => root),
});

const iso = (at: number): string => new Date(at).toISOString();

const changeShown = ({ id, at, actor, action, note, links, undoneAt, undoneBy }: Change): ChangeShown => ({
  id,
  at: iso(at),
  actor,
  action,
  note,
  links,
  undone_at: undoneAt === null ? null : iso(undoneAt),
  undone_by: undoneBy,
});

function readLimit(text: string | undefined): number {
  const limit = text === undefined ? DEFAULT_LIMIT : /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit >= 1 && limit <= MAX_LIMIT) return limit;
  throw new Problem(400, "invalid_limit", `\`limit\` must be a whole number from 1 to ${MAX_LIMIT}.`);
}

/** `next` of the page before. */
function readBefore(text: string | undefined): number {
  if (text === undefined) return Number.MAX_SAFE_INTEGER;
  if (/^\d{1,16}$/.test(text)) return Number(text);
  throw new Problem(400, "invalid_before", "`before` must be the `next` of the page before.");
}
