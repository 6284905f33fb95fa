/**
 * Items of a CMS into the store: each is checked by itself, written only where it differs, and where it is not good the
 * last good version stays. Called by pull.ts and hook.ts with what an adapter has read.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import { checkItem, type ItemIssue, type Preparation } from "./check-item.ts";
import type { CmsItem, Found } from "./contract.ts";
import {
  type ItemMark,
  type ItemRow,
  type KeptItem,
  readItems,
  readMarks,
  unpublishItems,
  writeItems,
} from "./store.ts";

export interface ImportDeps extends Preparation {
  db: D1Database;
  now: number;
}

export interface Imported {
  /** `<id>\n<locale>` of every item that is there. */
  seen: string[];
  /** Rows that were written. */
  changed: number;
  /** What could not even be told apart, in words. */
  unreadable: string[];
  /** The newest time of change. */
  newest: number;
}

/** What of the checks has changed since an item was judged: it is judged again where this is another number. */
const RULES = 1;

/**
 * @param how `draftsBeside` by the adapter; `pushed`: it was sent to us, and an older version than we have is a replay
 */
export async function importFound(
  key: string,
  source: CmsSource,
  found: readonly Found[],
  how: { draftsBeside: boolean; pushed: boolean },
  deps: ImportDeps,
): Promise<Imported> {
  const { db, now } = deps;
  const ids = [...new Set(found.flatMap((one) => idOf(one) ?? []))];
  if (ids.length === 0) return { seen: [], changed: 0, unreadable: found.flatMap(unreadableOf), newest: 0 };
  const marks = new Map((await readMarks(db, key, ids)).map((mark) => [placeOf(mark), mark]));
  const seen = new Set<string>();
  const judged = new Set<string>();
  const wanted: { item: CmsItem; from: string; duplicate: boolean }[] = [];
  let newest = 0;
  for (const item of found) {
    if (!isItem(item)) continue;
    const place = placeOf(item);
    const kind = `${place}\n${item.state === "draft"}`;
    newest = Math.max(newest, item.changedAt);
    if (item.state !== "unpublished") seen.add(place);
    const duplicate = judged.has(kind);
    judged.add(kind);
    const mark = marks.get(place);
    // Of a feed that says nothing of times each word is the latest.
    if (how.pushed && mark && item.changedAt > 0 && mark.changedAt > item.changedAt) continue;
    const from = await hashOf([RULES, source.templates, source.locales.includes(item.locale), item]);
    if (duplicate || mark?.twice || !isKnown(mark, item, from)) wanted.push({ item, from, duplicate });
  }
  const gone = goneOf(found, marks);
  await unpublishItems(db, key, gone, now);
  const changed = await take(key, source, wanted, marks, how.draftsBeside, deps);
  return {
    seen: [...seen],
    changed: changed + gone.length,
    unreadable: found.flatMap(unreadableOf),
    newest,
  };
}

const isItem = (found: Found): found is CmsItem => "state" in found;
const idOf = (found: Found): string | undefined =>
  "gone" in found ? found.gone : "id" in found ? found.id : undefined;
const unreadableOf = (found: Found): string[] =>
  "unreadable" in found
    ? [found.id === undefined ? found.unreadable : `"${found.id.slice(0, 128)}" ${found.unreadable}`]
    : [];

export const placeOf = ({ id, locale }: { id: string; locale: string }): string => `${id}\n${locale}`;

/** Whether this very version was judged before. */
function isKnown(mark: ItemMark | undefined, { state }: CmsItem, from: string): boolean {
  if (state === "unpublished") return mark === undefined || mark.state === "unpublished";
  return mark?.from[state] === from;
}

function goneOf(found: readonly Found[], marks: ReadonlyMap<string, ItemMark>): ItemMark[] {
  const gone = found.flatMap((one) => ("gone" in one ? [one] : []));
  return [...marks.values()].filter(
    ({ id, locale, state }) =>
      state !== "unpublished" &&
      gone.some((one) => one.gone === id && (one.locale === undefined || one.locale === locale)),
  );
}

/** Judge what is new, and write the rows that differ. @returns how many */
async function take(
  key: string,
  source: CmsSource,
  wanted: readonly { item: CmsItem; from: string; duplicate: boolean }[],
  marks: ReadonlyMap<string, ItemMark>,
  draftsBeside: boolean,
  deps: ImportDeps,
): Promise<number> {
  const { db, now } = deps;
  const known = [...new Set(wanted.flatMap(({ item }) => (marks.has(placeOf(item)) ? [item.id] : [])))];
  const rows = new Map((await readItems(db, key, known)).map((row) => [placeOf(row), row]));
  const written = new Map<string, ItemRow>();
  for (const { item, from, duplicate } of wanted) {
    const place = placeOf(item);
    const row = written.get(place) ?? rows.get(place);
    if (duplicate) {
      const base = row ?? emptyRow(item);
      const again: ItemIssue = {
        code: "duplicate_id",
        message: "it came twice; the first one counts",
        refused: true,
      };
      const issues = (base.issues ?? []).filter(({ code }) => code !== again.code);
      written.set(place, { ...base, issues: [...issues, again], importedAt: now });
      continue;
    }
    const document = row?.document ?? { from: {} };
    const next = judge(item, from, document, source, draftsBeside, deps);
    const isVisible = next.document.shown !== undefined;
    const state = isVisible ? "published" : next.document.draft ? "draft" : "unpublished";
    const hash = isVisible ? await hashOf(next.document.shown) : "";
    written.set(place, {
      id: item.id.slice(0, 256),
      locale: item.locale.slice(0, 35),
      state,
      document: next.document,
      hash,
      issues: next.issues.length > 0 ? next.issues : null,
      changedAt: item.changedAt,
      importedAt: now,
    });
  }
  const changed = [...written].filter(
    ([place, row]) =>
      JSON.stringify(row.issues) !== JSON.stringify(rows.get(place)?.issues ?? null) ||
      JSON.stringify(row.document) !== JSON.stringify(rows.get(place)?.document),
  );
  for (const statement of writeItems(
    db,
    key,
    changed.map(([, row]) => row),
  ))
    await statement.run();
  return changed.length;
}

const emptyRow = ({ id, locale, changedAt }: CmsItem): ItemRow => ({
  id,
  locale,
  state: "unpublished",
  document: { from: {} },
  hash: "",
  issues: null,
  changedAt,
  importedAt: 0,
});

/** What an item's row says after this version of it. */
function judge(
  item: CmsItem,
  from: string,
  before: KeptItem,
  source: CmsSource,
  draftsBeside: boolean,
  deps: Preparation,
): { document: KeptItem; issues: ItemIssue[] } {
  if (item.state === "unpublished") {
    const was = before.shown?.title ?? before.draft?.title ?? before.was ?? item.title;
    return { document: { from: {}, was }, issues: [] };
  }
  const { text, issues } = checkItem(item, source, deps);
  const { shown, draft, draftAt = 0, was } = before;
  if (item.state === "draft") {
    const kept: KeptItem = { from: { ...before.from, draft: from } };
    // Where a CMS has one version of an item, one that became a draft is no longer published.
    if (shown && draftsBeside) kept.shown = shown;
    else delete kept.from.published;
    const next = text ?? draft;
    if (next) Object.assign(kept, { draft: next, draftAt: text ? item.changedAt : draftAt });
    else kept.was = was ?? item.title.slice(0, 300);
    return { document: kept, issues };
  }
  const kept: KeptItem = { from: { published: from } };
  const next = text ?? shown;
  if (next) kept.shown = next;
  else kept.was = was ?? item.title.slice(0, 300);
  // A draft from before it is what was published now.
  if (draft && draftsBeside && draftAt > item.changedAt) {
    Object.assign(kept, { draft, draftAt });
    if (before.from.draft !== undefined) kept.from.draft = before.from.draft;
  }
  return { document: kept, issues };
}

export async function hashOf(value: unknown): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify(value));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest.subarray(0, 16)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
