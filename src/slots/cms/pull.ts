/**
 * One pull of one source: what has changed since the last one, or, now and then, everything, by which what a webhook or a
 * crash has missed comes right. Bounded in time and number; where anything fails, what is stored stays as it is. Called by
 * schedule.ts for what is due, by hook.ts for what was said to have changed, and by operators.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import type { Clock } from "#core/clock";
import type { SecretOf } from "#core/own-settings";
import type { Preparation } from "./check-item.ts";
import type { Ask, CmsAdapter, Found, Page } from "./contract.ts";
import { hashOf, type Imported, importFound, placeOf } from "./import.ts";
import type { PullCursor } from "./pulls-store.ts";
import { askCms, type Reach } from "./request.ts";
import { readSource } from "./settings.ts";
import { forgetItems, liveItems, unpublishItems } from "./store.ts";

export interface PullDeps extends Reach, Preparation {
  db: D1Database;
  clock: Clock;
  secretOf: SecretOf;
}

export interface Pulled {
  /** Null: it worked. In words, without a value of the answer. */
  problem: string | null;
  cursor: PullCursor;
  /** What the source has by now; undefined where only changes were read. */
  items?: number;
  /** Rows that were written. */
  changed: number;
}

/** Everything is read again after this, whatever the marks say. */
const FULL_MS = 60 * 60_000;
const MAX_ENTRIES = 10_000;
const MAX_PAGES = 500;
/** Of one pull; what it has read by then is taken, and the next one goes on from the marks. */
const DEADLINE_MS = 60_000;
const MAX_UNREADABLE = 20;
/** More than this, and more than half, gone at once may be a fault of the CMS: it has to say so twice. */
const DOUBTED = 5;

/** @param full read everything, whether or not that is due */
export async function pullSource(
  key: string,
  source: CmsSource,
  before: PullCursor,
  { full = false }: { full?: boolean },
  deps: PullDeps,
): Promise<Pulled> {
  const definition = await hashOf(source);
  const isSame = before.definition === definition;
  const cursor: PullCursor = isSame ? { ...before, unreadable: [] } : { definition, unreadable: [] };
  const failed = (problem: string): Pulled => ({ problem, cursor: before, changed: 0 });
  const read = readSource(source, deps.secretOf, deps.allowInsecure);
  if (!read.ok) return failed(read.setting ? `its setting ${read.setting} ${read.problem}` : read.problem);
  const { adapter, settings } = read;
  const now = deps.clock();
  const isDue = now - (cursor.fullAt ?? 0) >= FULL_MS || cursor.doubt !== undefined;
  const everything = full || isDue || !adapter.incremental(settings);
  const run: Run = { key, source, adapter, settings, deps, deadline: now + DEADLINE_MS, entries: 0 };
  const seen = new Set<string>();
  const same = new Set<string>();
  const etags: Record<string, string> = {};
  let changed = 0;
  const locales = adapter.perLocale(settings, source.url) ? source.locales : [source.defaultLocale];
  for (const locale of locales) {
    const since = everything ? undefined : cursor.marks?.[locale];
    const pages = await readPages(
      run,
      { locale, since },
      everything ? cursor.etags : undefined,
      async (found) => {
        const imported = await take(run, found);
        for (const place of imported.seen) seen.add(place);
        changed += imported.changed;
        cursor.unreadable = [...(cursor.unreadable ?? []), ...imported.unreadable].slice(0, MAX_UNREADABLE);
        return imported;
      },
    );
    if (pages.problem !== undefined) {
      const told = locales.length > 1 ? `${locale}: ${pages.problem}` : pages.problem;
      return { problem: told, cursor: before, changed };
    }
    if (pages.same) same.add(locale);
    Object.assign(etags, pages.etags);
    if (pages.mark !== undefined) cursor.marks = { ...cursor.marks, [locale]: pages.mark };
  }
  if (!everything) return { problem: null, cursor, changed };
  const live = await liveItems(deps.db, key);
  const isSameAll = same.size === locales.length;
  const gone = live.filter((row) => !isSameAll && !same.has(row.locale) && !seen.has(placeOf(row)));
  const isDoubted = gone.length > DOUBTED && gone.length * 2 > live.length && cursor.doubt === undefined;
  if (isDoubted) {
    const problem = `${gone.length} of ${live.length} items are gone at once: they stay until the next pull finds the same`;
    return { problem, cursor: { ...cursor, etags: {}, doubt: gone.length }, changed };
  }
  delete cursor.doubt;
  await unpublishItems(deps.db, key, gone, now);
  await forgetItems(deps.db, key, now);
  const items = live.length - gone.length;
  return { problem: null, cursor: { ...cursor, etags, fullAt: now }, items, changed: changed + gone.length };
}

/** Just these, by the ids that a webhook has named. @returns what went wrong, in words; null: nothing */
export async function pullIds(
  key: string,
  source: CmsSource,
  ids: readonly string[],
  deps: PullDeps,
): Promise<string | null> {
  const read = readSource(source, deps.secretOf, deps.allowInsecure);
  if (!read.ok) return read.problem;
  const { adapter, settings } = read;
  const run: Run = {
    ...{ key, source, adapter, settings, deps, entries: 0 },
    deadline: deps.clock() + DEADLINE_MS,
  };
  const locales = adapter.perLocale(settings, source.url) ? source.locales : [source.defaultLocale];
  for (const locale of locales) {
    for (let from = 0; from < ids.length; from += adapter.idsPerRequest) {
      const portion = ids.slice(from, from + adapter.idsPerRequest);
      const pages = await readPages(run, { locale, ids: portion }, undefined, (found) => take(run, found));
      if (pages.absent && portion.length === 1) {
        const [gone = ""] = portion;
        await take(run, [locales.length > 1 ? { gone, locale } : { gone }]);
      } else if (pages.problem !== undefined) return pages.problem;
    }
  }
  return null;
}

interface Run {
  key: string;
  source: CmsSource;
  adapter: CmsAdapter;
  settings: unknown;
  deps: PullDeps;
  /** Epoch ms. */
  deadline: number;
  entries: number;
}

const take = ({ key, source, adapter, deps }: Run, found: readonly Found[]): Promise<Imported> =>
  importFound(
    key,
    source,
    found,
    { draftsBeside: adapter.draftsBeside, pushed: false },
    { db: deps.db, now: deps.clock(), prepare: deps.prepare },
  );

interface Pages {
  problem?: string;
  absent?: boolean;
  /** The CMS says that nothing has changed. */
  same?: boolean;
  etags: Record<string, string>;
  mark?: string | undefined;
}

/** One language, page by page, each taken before the next is asked for. */
async function readPages(
  run: Run,
  wanted: Pick<Ask<unknown>, "locale" | "since" | "ids">,
  etags: Readonly<Record<string, string>> | undefined,
  each: (found: readonly Found[]) => Promise<Imported>,
): Promise<Pages> {
  const { source, adapter, settings, deps } = run;
  let page: string | undefined;
  let newest = 0;
  let mark: string | undefined;
  const kept: Record<string, string> = {};
  for (let count = 1; ; count++) {
    const ask: Ask<unknown> = { ...wanted, source, settings, page };
    const request = adapter.request(ask);
    const etag = count === 1 ? etags?.[request.url] : undefined;
    const asked = await askCms(request, source.url, etag, deps);
    if (asked.status === "same")
      return { same: true, etags: etag === undefined ? {} : { [request.url]: etag } };
    if (asked.status === "absent")
      return { absent: true, problem: "there is nothing at its address", etags: kept };
    if (asked.status === "failed") return { problem: asked.problem, etags: kept };
    const read = readEntries(adapter, asked.answer, ask);
    if (read === undefined)
      return { problem: "its answer is not of the shape that is expected", etags: kept };
    const { entries, next, found } = read;
    run.entries += entries.length;
    if (run.entries > MAX_ENTRIES) return { problem: `it has more than ${MAX_ENTRIES} items`, etags: kept };
    const imported = await each(found);
    // A time that has yet to come is one item's mistake: as a mark it would hide what changes until then.
    newest = Math.max(newest, Math.min(imported.newest, deps.clock()));
    mark = read.mark ?? mark;
    if (count === 1 && next === undefined && asked.etag !== null) kept[request.url] = asked.etag;
    if (next === undefined) break;
    if (next === page || count >= MAX_PAGES)
      return { problem: `it has more than ${count} pages`, etags: kept };
    if (deps.clock() >= run.deadline)
      return { problem: `it took longer than ${DEADLINE_MS / 1000} s`, etags: kept };
    page = next;
  }
  return { etags: kept, mark: mark ?? (newest > 0 ? new Date(newest).toISOString() : undefined) };
}

/** Undefined where the answer is none of this CMS. */
function readEntries(
  adapter: CmsAdapter,
  answer: { body: unknown; headers: Headers },
  ask: Ask<unknown>,
): (Page & { found: Found[] }) | undefined {
  try {
    const page = adapter.read(answer, ask);
    return { ...page, found: page.entries.flatMap((entry) => adapter.items(entry, ask)) };
  } catch (error) {
    // What a CMS sends may be anything; an adapter that trips over it says no more than that.
    if (error instanceof TypeError || error instanceof RangeError) return undefined;
    throw error;
  }
}
