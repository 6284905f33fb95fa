/**
 * Releases in the operator's API: publish, canary, roll back, schedule, and what was done when by whom. Mounted under
 * `/admin/api` by src/operator.ts; docs/releases.md has the shapes.
 */
import { Hono } from "hono";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import type { Actor } from "#privacy/actor";
import { diffDocuments, summaryOf } from "./diff.ts";
import { summariesOf } from "./diff-summaries.ts";
import { versionDocument } from "./drafts.ts";
import { draftRoutes } from "./drafts-routes.ts";
import { moveView, type Next, pointerView } from "./moves.ts";
import { currentPointer, listMoves } from "./moves-store.ts";
import { move, type Seen, unknownRelease } from "./publish.ts";
import {
  type AskedDeps,
  auditDone,
  baseOf,
  publishAsked,
  requireAhead,
  visibleSoon,
} from "./publish-asked.ts";
import { moveSchema, publishSchema, scheduleSchema, shareSchema, validateSchema } from "./publish-bodies.ts";
import {
  documentNamed,
  limited,
  readOptional,
  readPage,
  readVersionNumber,
  scheduledView,
  versionView,
} from "./routes-read.ts";
import { endScheduled, listSchedule, readScheduled, scheduleStatement } from "./schedule-store.ts";
import { listVersions, readVersion } from "./store.ts";
import { validateRelease } from "./validate.ts";

export type ReleaseRoutesDeps = AskedDeps;

export type ActorVariables = { Variables: { actor: Actor; created: string } };

/** Listed, if nothing else is asked for. */
const RELEASES = 20;
const MOVES = 50;

/** The routes of releases and drafts, to be mounted under `/admin/api`. */
export function releaseRoutes(deps: ReleaseRoutesDeps): Hono<ActorVariables> {
  const { db, kv } = deps;
  const app = new Hono<ActorVariables>();
  const pointer = () => currentPointer(db, kv);

  app.get("/releases", async (c) => {
    const { limit, before } = readPage(c, RELEASES);
    const [active, scheduled, versions] = await Promise.all([
      pointer(),
      listSchedule(db),
      listVersions(db, before, limit),
    ]);
    const summaries = await summariesOf(db, versions);
    const releases = versions.map((one) => ({
      ...versionView(one, active, scheduled),
      summary: summaries.get(one.version) ?? null,
    }));
    return c.json({
      active: pointerView(active),
      releases,
      next: versions.length === limit ? (versions.at(-1)?.version ?? null) : null,
    });
  });

  app.get("/releases/active", async (c) => {
    const { stable, revision, candidate, share } = await pointer();
    const document = await versionDocument(db, stable);
    return c.json({
      version: stable,
      revision,
      document,
      candidate: candidate === undefined ? null : { version: candidate, share },
    });
  });

  app.get("/releases/moves", async (c) => {
    const { limit, before } = readPage(c, MOVES);
    const moves = await listMoves(db, before, limit);
    return c.json({
      moves: moves.map(moveView),
      next: moves.length === limit ? (moves.at(-1)?.revision ?? null) : null,
    });
  });

  app.get("/releases/diff", async (c) => {
    const [from = "", to = ""] = [c.req.query("from"), c.req.query("to")];
    const now = await pointer();
    const documents = [await documentNamed(db, from, now), await documentNamed(db, to, now)];
    const changes = diffDocuments(documents[0], documents[1]);
    return c.json({ from, to, summary: summaryOf(changes), changes });
  });

  app.get("/releases/schedule", async (c) =>
    c.json({ scheduled: (await listSchedule(db)).map(scheduledView) }),
  );

  app.post("/releases/schedule", limited, async (c) => {
    const { version, at, note, force } = await readBody(c, scheduleSchema);
    const time = requireAhead(at, deps.clock());
    if (!(await readVersion(db, version))) throw unknownRelease(version);
    const now = await pointer();
    const who = { id: c.get("created"), actor: c.get("actor").name, note };
    const entry = { ...who, at: time, version, detail: baseOf(now, force) };
    await scheduleStatement(db, entry).run();
    await auditDone("release.scheduled", version, c.get("actor"), now, deps);
    return c.json(scheduledView({ ...entry, state: "waiting" }), 201);
  });

  app.delete("/releases/schedule/:id", async (c) => {
    const id = c.req.param("id");
    const ended = await endScheduled(db, id, "cancelled", null);
    if (ended) return c.json(scheduledView(ended));
    const known = await readScheduled(db, id);
    if (!known) throw new Problem(404, "unknown_schedule", "Nothing was scheduled under this id.");
    throw new Problem(409, "not_waiting", `It waits no more: it is ${known.state}.`);
  });

  app.get("/releases/:version", async (c) => {
    const stored = await readVersion(db, readVersionNumber(c.req.param("version")));
    if (!stored) throw unknownRelease(c.req.param("version"));
    const view = versionView(stored, await pointer(), await listSchedule(db));
    return c.json({ ...view, document: JSON.parse(stored.document) as unknown });
  });

  app.post("/releases", limited, async (c) =>
    c.json(await publishAsked(await readBody(c, publishSchema), c.get("actor"), deps), 201),
  );

  const validation = (document: unknown) => {
    const result = validateRelease(document, deps.checks);
    if (!result.ok) return { ok: false, issues: result.issues, warnings: [], speeds: {} };
    const speeds = deps.speeds?.(result.document) ?? {};
    return { ok: true, issues: [], warnings: result.warnings, speeds };
  };
  app.post("/releases/validate", limited, async (c) =>
    c.json(validation((await readBody(c, validateSchema)).document)),
  );

  const moved = async (next: Next, actor: Actor, note: string, seen: Seen) => {
    const { active, copied } = await move(next, { actor: actor.name, note }, seen, deps);
    await auditDone("release.moved", active.candidate ?? active.stable, actor, active, deps);
    return { active: pointerView(active), visible: visibleSoon(copied) };
  };

  app.post("/releases/:version/rollback", limited, async (c) => {
    const version = readVersionNumber(c.req.param("version"));
    const { note, if_revision: revision } = await readOptional(c, moveSchema);
    return c.json(await moved({ action: "rollback", version }, c.get("actor"), note, { revision }));
  });

  for (const action of ["promote", "abort"] as const)
    app.post(`/releases/${action}`, limited, async (c) => {
      const { note, if_revision: revision } = await readOptional(c, moveSchema);
      return c.json(await moved({ action }, c.get("actor"), note, { revision }));
    });

  app.post("/releases/share", limited, async (c) => {
    const { share, note, if_revision: revision } = await readBody(c, shareSchema);
    return c.json(await moved({ action: "share", share }, c.get("actor"), note, { revision }));
  });

  app.route("/", draftRoutes(deps, validation));
  return app;
}
