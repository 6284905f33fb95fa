/**
 * Documents in the making. Two who save a whole draft cannot both do so from the same revision; two who change different
 * definitions of it both can. Called by drafts-routes.ts.
 */
import type { Clock } from "#core/clock";
import { isDeeper } from "#core/depth";
import { Problem } from "#core/problem";
import { emptyRelease } from "./active.ts";
import { diffDocuments } from "./diff.ts";
import { definitionsOf, documentFrom, isPath, meansSame } from "./diff-definitions.ts";
import { type Conflict, mergeDocuments } from "./diff-merge.ts";
import {
  type Draft,
  type DraftHead,
  insertDraft,
  listDrafts,
  readDraft,
  updateDraft,
} from "./drafts-store.ts";
import { currentPointer } from "./moves-store.ts";
import { MAX_RELEASE_BYTES, tooLarge, unknownRelease } from "./publish.ts";
import { readVersion } from "./store.ts";

export interface DraftDeps {
  db: D1Database;
  kv: KVNamespace;
  clock: Clock;
}

const MAX_DEPTH = 64;
/** Of changes that do not collide; each time, somebody else's is written. */
const MAX_ATTEMPTS = 60;

/** A 409: somebody else has changed the draft. */
export class DraftChanged extends Problem {
  readonly extra: Record<string, unknown>;
  constructor(theirs: DraftHead, extra: Record<string, unknown>) {
    super(
      409,
      "draft_changed",
      `${theirs.author} changed the draft at ${new Date(theirs.updatedAt).toISOString()}; nothing was saved.`,
    );
    this.extra = extra;
  }
  override toResponse(): Response {
    return super.toResponse(this.extra);
  }
}

/** A 409: the draft and what was published since have both changed the same definitions. */
export class DraftConflict extends Problem {
  readonly conflicts: Conflict[];
  constructor(conflicts: Conflict[]) {
    super(
      409,
      "draft_conflict",
      `Both changed ${conflicts.map(({ path }) => path).join(", ")}: say "prefer": "mine" or "theirs", or change the draft.`,
    );
    this.conflicts = conflicts;
  }
  override toResponse(): Response {
    const view = ({ path, base = null, theirs = null, mine = null }: Conflict) => ({
      path,
      base,
      theirs,
      mine,
    });
    return super.toResponse({ conflicts: this.conflicts.map(view) });
  }
}

export const headView = ({ updatedAt, name, base, revision, author, note }: DraftHead) => ({
  name,
  base,
  revision,
  author,
  updated_at: new Date(updatedAt).toISOString(),
  note,
});
export const draftView = (draft: Draft) => ({ ...headView(draft), document: draft.document });

/** @throws Problem 404 `unknown_draft` */
export async function requireDraft(db: D1Database, name: string): Promise<Draft> {
  const draft = await readDraft(db, name);
  if (!draft) throw new Problem(404, "unknown_draft", "There is no draft of this name.");
  return draft;
}

/** A version's document; of 0, what holds before anything was published. @throws Problem 404 `unknown_release` */
export async function versionDocument(db: D1Database, version: number): Promise<unknown> {
  if (version === 0) return (await emptyRelease()).document;
  const stored = await readVersion(db, version);
  if (!stored) throw unknownRelease(version);
  return JSON.parse(stored.document);
}

/** JSON of a draft's document. @throws Problem 400 `too_deep`, 413 `release_too_large` */
function jsonOf(document: unknown): string {
  if (isDeeper(document, MAX_DEPTH))
    throw new Problem(400, "too_deep", `The document is nested deeper than ${MAX_DEPTH} levels.`);
  const json = JSON.stringify(document);
  if (new TextEncoder().encode(json).length > MAX_RELEASE_BYTES - 20_000) throw tooLarge();
  return json;
}

export interface Save {
  /** The one that was seen; 0: there was none. */
  revision: number;
  /** Absent: as it is; of a new draft, the stable version's. */
  document?: Record<string, unknown> | undefined;
  note?: string | undefined;
  base?: number | undefined;
}

/** Begin a draft, or save one whole. @throws DraftChanged; Problem 404, 409 `too_many_drafts`, 413 */
export async function saveDraft(
  name: string,
  save: Save,
  author: string,
  deps: DraftDeps,
): Promise<{ draft: Draft; isNew: boolean }> {
  const { db } = deps;
  const now = { name, author, updatedAt: deps.clock() };
  if (save.base !== undefined) await versionDocument(db, save.base);
  if (save.revision === 0) {
    const base = save.base ?? (await currentPointer(db, deps.kv)).stable;
    const document = save.document ?? (await versionDocument(db, base));
    // From the clock on, so that no revision of a draft that is gone is one of another of its name.
    const head = { ...now, base, revision: now.updatedAt, note: save.note ?? "" };
    if (await insertDraft(db, head, jsonOf(document))) return { draft: { ...head, document }, isNew: true };
    if (!(await readDraft(db, name)))
      throw new Problem(
        409,
        "too_many_drafts",
        `There are ${(await listDrafts(db)).length} drafts: publish or delete one first.`,
      );
  }
  const known = await requireDraft(db, name);
  const { document = known.document, note = known.note, base = known.base } = save;
  const head = { ...now, base, revision: save.revision + 1, note };
  if (save.revision > 0 && (await updateDraft(db, head, jsonOf(document))))
    return { draft: { ...head, document }, isNew: false };
  const theirs = await requireDraft(db, name);
  throw new DraftChanged(theirs, {
    draft: headView(theirs),
    changes: diffDocuments(theirs.document, document),
  });
}

export interface Patch {
  /** Path → definition. */
  set: Readonly<Record<string, unknown>>;
  remove: readonly string[];
  revision?: number | undefined;
  /** Path → definition as it was seen; null: it was not there. */
  was?: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Change single definitions. A draft that has changed meanwhile takes them where these definitions have not.
 * @throws DraftChanged; Problem 400 `invalid_definition_path`, 404 `unknown_draft`, 413
 */
export async function patchDraft(
  name: string,
  patch: Patch,
  author: string,
  deps: DraftDeps,
): Promise<Draft> {
  const paths = [...Object.keys(patch.set), ...patch.remove];
  const wrong = paths.find((path) => !isPath(path));
  if (wrong !== undefined)
    throw new Problem(400, "invalid_definition_path", "A path is like `segments.loyal`, or `policy`.");
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const theirs = await requireDraft(deps.db, name);
    const definitions = definitionsOf(theirs.document);
    const isCurrent = theirs.revision === patch.revision;
    const conflicts = paths.filter(isOther(definitions, patch.was, isCurrent));
    if (conflicts.length > 0) throw new DraftChanged(theirs, { draft: draftView(theirs), conflicts });
    for (const path of patch.remove) definitions.delete(path);
    for (const [path, value] of Object.entries(patch.set)) definitions.set(path, value);
    const document = documentFrom(definitions);
    const { base, note, revision } = theirs;
    const head = { name, base, note, author, revision: revision + 1, updatedAt: deps.clock() };
    if (await updateDraft(deps.db, head, jsonOf(document))) return { ...head, document };
  }
  throw busy();
}

/**
 * Whether a definition is not as its editor saw it. A form may have been open for longer than its editor's copy of the draft,
 * so that what they say counts more than the revision, which counts where they say nothing.
 */
const isOther =
  (definitions: ReadonlyMap<string, unknown>, was: Patch["was"] = {}, isCurrent: boolean) =>
  (path: string): boolean =>
    Object.hasOwn(was, path) ? !meansSame(path, definitions.get(path) ?? null, was[path]) : !isCurrent;

/** Take over what was published since the draft began. @throws DraftChanged; DraftConflict; Problem 404, 413 */
export async function rebaseDraft(
  name: string,
  { revision, prefer }: { revision: number; prefer?: "mine" | "theirs" | undefined },
  author: string,
  deps: DraftDeps,
): Promise<Draft> {
  const draft = await requireDraft(deps.db, name);
  const { stable } = await currentPointer(deps.db, deps.kv);
  const [base, theirs] = [await versionDocument(deps.db, draft.base), await versionDocument(deps.db, stable)];
  const { document, conflicts } = mergeDocuments(base, theirs, draft.document, prefer);
  if (conflicts.length > 0) throw new DraftConflict(conflicts);
  const save = { revision, document, base: stable };
  return (await saveDraft(name, save, author, deps)).draft;
}

const busy = (): Problem =>
  new Problem(503, "release_busy", "Others keep changing the draft; nothing was saved. Try again.", {
    "retry-after": "1",
  });
