/** Drafts in the operator's API: begun, edited by several, compared, validated and published. Mounted by routes.ts. */
import { type Context, Hono } from "hono";
import { Problem } from "#core/problem";
import { readBody } from "#core/read-body";
import { diffDocuments, summaryOf } from "./diff.ts";
import {
  DraftChanged,
  draftView,
  headView,
  patchDraft,
  rebaseDraft,
  requireDraft,
  saveDraft,
} from "./drafts.ts";
import { deleteDraft, listDrafts } from "./drafts-store.ts";
import { currentPointer } from "./moves-store.ts";
import { publishAsked } from "./publish-asked.ts";
import {
  patchDraftSchema,
  publishDraftSchema,
  rebaseDraftSchema,
  saveDraftSchema,
} from "./publish-bodies.ts";
import type { ActorVariables, ReleaseRoutesDeps } from "./routes.ts";
import { documentNamed, limited } from "./routes-read.ts";

/** As the keys of definitions. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,63}$/;

export function draftRoutes(
  deps: ReleaseRoutesDeps,
  validate: (document: unknown) => object,
): Hono<ActorVariables> {
  const { db, kv } = deps;
  const app = new Hono<ActorVariables>();

  app.get("/drafts", async (c) => {
    const [{ stable }, drafts] = await Promise.all([currentPointer(db, kv), listDrafts(db)]);
    return c.json({ stable, drafts: drafts.map(headView) });
  });

  app.get("/drafts/:name", async (c) => c.json(draftView(await requireDraft(db, c.req.param("name")))));

  app.put("/drafts/:name", limited, async (c) => {
    const save = await readBody(c, saveDraftSchema);
    const { draft, isNew } = await saveDraft(readName(c), save, c.get("actor").name, deps);
    return c.json(draftView(draft), isNew ? 201 : 200);
  });

  app.patch("/drafts/:name", limited, async (c) => {
    const patch = await readBody(c, patchDraftSchema);
    return c.json(draftView(await patchDraft(c.req.param("name"), patch, c.get("actor").name, deps)));
  });

  app.delete("/drafts/:name", async (c) => {
    const draft = await requireDraft(db, c.req.param("name"));
    const asked = c.req.query("revision");
    if (asked !== undefined && !/^\d{1,16}$/.test(asked))
      throw new Problem(400, "invalid_revision", "`revision` is not that of a draft.");
    const revision = asked === undefined ? undefined : Number(asked);
    if (!(await deleteDraft(db, draft.name, revision)))
      throw new DraftChanged(await requireDraft(db, draft.name), { draft: headView(draft) });
    return c.json(headView(draft));
  });

  app.get("/drafts/:name/diff", async (c) => {
    const draft = await requireDraft(db, c.req.param("name"));
    const from = c.req.query("against") ?? String(draft.base);
    const changes = diffDocuments(
      await documentNamed(db, from, await currentPointer(db, kv)),
      draft.document,
    );
    return c.json({ from, to: `draft:${draft.name}`, summary: summaryOf(changes), changes });
  });

  app.post("/drafts/:name/validate", limited, async (c) =>
    c.json(validate((await requireDraft(db, c.req.param("name"))).document)),
  );

  app.post("/drafts/:name/rebase", limited, async (c) => {
    const asked = await readBody(c, rebaseDraftSchema);
    return c.json(draftView(await rebaseDraft(c.req.param("name"), asked, c.get("actor").name, deps)));
  });

  app.post("/drafts/:name/publish", limited, async (c) => {
    const { revision, ...how } = await readBody(c, publishDraftSchema);
    const draft = await requireDraft(db, c.req.param("name"));
    if (revision !== undefined && revision !== draft.revision)
      throw new DraftChanged(draft, { draft: headView(draft) });
    const { base, document } = draft;
    const answer = await publishAsked({ ...how, base, document }, c.get("actor"), deps);
    // What somebody has changed meanwhile is not published, and stays.
    await deleteDraft(db, draft.name, draft.revision);
    return c.json(answer, 201);
  });

  return app;
}

/** @throws Problem 400 `invalid_name` */
function readName(c: Context): string {
  const name = c.req.param("name") ?? "";
  if (NAME.test(name)) return name;
  throw new Problem(400, "invalid_name", "A draft's name has up to 64 of a-z, 0-9, - and _.");
}
