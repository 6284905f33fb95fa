/** What was imported from CMSs, as the API lists it: a row for each language, and pieces of content with all of theirs. */
import { type Answer, call } from "../api.ts";

export interface CmsRow {
  source: string;
  id: string;
  locale: string;
  state: "published" | "draft" | "unpublished";
  title: string;
  has_draft: boolean;
  url: string | null;
  topic: string | null;
  issues: { code: string; message: string; refused: boolean }[];
  changed_at: string | null;
  imported_at: string | null;
  offers: string[];
}

export interface CmsSourceState {
  key: string;
  type: string;
  url: string;
  locales: string[];
  pull_minutes: number;
  tried_at: string | null;
  pulled_at: string | null;
  problem: string | null;
  unreadable: string[];
  items: number;
}

export interface ContentList {
  sources: CmsSourceState[];
  items: CmsRow[];
  next: string | null;
}

/** One piece of content with its languages. */
export interface Piece {
  source: string;
  id: string;
  /** As an offer names it. */
  ref: string;
  rows: CmsRow[];
}

/** So many pages are read at once; who has more searches by source and state. */
const PAGES = 5;

/** Sources and items. @param query such as `source=blog` */
export async function readItems(query = ""): Promise<Answer<ContentList>> {
  const first = await call<ContentList>("GET", `content?${query}`);
  if (first.status !== "ok") return first;
  const { sources, items } = first.body;
  let { next } = first.body;
  for (let page = 1; page < PAGES && next !== null; page++) {
    const more = await call<ContentList>("GET", `content?${query}&after=${encodeURIComponent(next)}`);
    if (more.status !== "ok") return more;
    items.push(...more.body.items);
    next = more.body.next;
  }
  return { status: "ok", body: { sources, items, next } };
}

export const piecesOf = (rows: readonly CmsRow[]): Piece[] =>
  [...Map.groupBy(rows, ({ source, id }) => `cms:${source}/${id}`)].map(([ref, some]) => ({
    ...{ source: some[0]?.source ?? "", id: some[0]?.id ?? "", ref },
    rows: some,
  }));

/** Whether a piece is what somebody searches for. */
export const matches = ({ ref, rows }: Piece, search: string): boolean =>
  search
    .toLowerCase()
    .split(/\s+/)
    .every((word) =>
      [ref, ...rows.flatMap(({ title, topic }) => [title, topic ?? ""])].some((text) =>
        text.toLowerCase().includes(word),
      ),
    );

/** The title that is shown for all languages. */
export const titleOf = ({ rows, id }: Piece): string => rows.find(({ title }) => title !== "")?.title ?? id;
