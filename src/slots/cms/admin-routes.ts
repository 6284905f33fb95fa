/**
 * Content of CMSs in the admin API: what was imported and what is wrong with it, how each source's pulls go, and a pull now.
 * The app that mounts it checks who asks.
 */
import { Hono } from "hono";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import { refOf } from "#release/content-ref";
import type { ItemIssue, ItemText } from "./check-item.ts";
import { publishContent } from "./publish.ts";
import { readPulls } from "./pulls-store.ts";
import { type ContentDeps, pullOne, sourcesOf } from "./schedule.ts";
import { type ItemRow, listItems, readItems } from "./store.ts";

export interface ContentRoutesContext {
  /** Of all releases that hold. */
  documents(): Promise<readonly ReleaseDocument[]>;
  content(): Promise<ContentDeps>;
}

const PAGE = 100;
const STATES = ["published", "draft", "unpublished"];

/** The routes, to be mounted under `/admin/api`. */
export function contentRoutes({
  documents,
  content,
}: ContentRoutesContext): Hono<{ Variables: { actor: Actor; created: string } }> {
  const app = new Hono<{ Variables: { actor: Actor; created: string } }>();

  app.get("/content", async (c) => {
    const source = c.req.query("source");
    const state = c.req.query("state");
    const after = c.req.query("after");
    if (state !== undefined && !STATES.includes(state))
      throw new Problem(400, "invalid_state", `\`state\` is one of ${STATES.join(", ")}.`);
    const { db } = await content();
    const releases = await documents();
    const rows = await listItems(db, { source, state, after: after?.split("\n") }, PAGE + 1);
    const page = rows.slice(0, PAGE);
    const last = rows.length > PAGE ? page.at(-1) : undefined;
    const pulls = await readPulls(db);
    return c.json({
      sources: [...sourcesOf(releases)].map(([key, { type, url, locales, pullMinutes }]) => {
        const pull = pulls.get(key);
        return {
          key,
          ...{ type, url, locales, pull_minutes: pullMinutes },
          tried_at: isoOf(pull?.triedAt),
          pulled_at: isoOf(pull?.pulledAt),
          problem: pull?.problem ?? null,
          unreadable: pull?.cursor.unreadable ?? [],
          items: pull?.items ?? 0,
        };
      }),
      items: page.map((row) => ({
        source: row.source,
        ...listed(row),
        offers: offersWith(row.source, row.id, releases),
      })),
      next: last ? [last.source, last.id, last.locale].join("\n") : null,
    });
  });

  app.get("/content/:source/:content_id", async (c) => {
    const { source, content_id } = c.req.param();
    const { db } = await content();
    const rows = await readItems(db, source, [content_id]);
    if (rows.length === 0) throw new Problem(404, "unknown_content", "Nothing of this id was imported.");
    return c.json({
      source,
      id: content_id,
      offers: offersWith(source, content_id, await documents()),
      locales: rows.map((row) => ({
        ...listed(row),
        shown: shownOf(row.document.shown),
        draft: shownOf(row.document.draft),
      })),
    });
  });

  app.post("/content/:source/pull", async (c) => {
    const key = c.req.param("source");
    const deps = await content();
    const releases = await documents();
    const source = sourcesOf(releases).get(key);
    if (!source) throw new Problem(404, "unknown_cms", "The active release has no such source of content.");
    const pulled = await pullOne(key, source, (await readPulls(deps.db)).get(key), { full: true }, deps);
    if (!pulled) throw new Problem(409, "pull_under_way", "Another pull of this source has just begun.");
    await publishContent(releases, deps);
    const { problem, items, changed, cursor } = pulled;
    return c.json({ problem, items: items ?? null, changed, unreadable: cursor.unreadable ?? [] });
  });

  return app;
}

const isoOf = (at: number | null | undefined): string | null =>
  at === null || at === undefined ? null : new Date(at).toISOString();

function listed({ id, locale, state, document, issues, changedAt, importedAt }: ItemRow) {
  const { shown, draft, was } = document;
  const { title = was ?? "", url, topic } = shown ?? draft ?? {};
  return {
    ...{ id, locale, state, title },
    has_draft: draft !== undefined,
    url: url ?? null,
    topic: topic ?? null,
    issues: issues?.map(({ code, message, refused }: ItemIssue) => ({ code, message, refused })) ?? [],
    changed_at: isoOf(changedAt),
    imported_at: isoOf(importedAt),
  };
}

const shownOf = (text: ItemText | undefined) =>
  text
    ? { title: text.title, html: text.html ?? null, data: text.data ?? null, terms: text.terms ?? [] }
    : null;

/** Offers of the releases that show an item. */
function offersWith(source: string, id: string, documents: readonly ReleaseDocument[]): string[] {
  const offers = documents.flatMap((document) =>
    Object.entries(document.offers).flatMap(([key, { content }]) => {
      const ref = refOf(content);
      return ref?.source === source && ref.id === id ? [key] : [];
    }),
  );
  return [...new Set(offers)];
}
