/**
 * Making a version hold: validate whole, store, move the pointer, bring KV to it, and hold it in this isolate at once. The
 * version and the move are one transaction; what a crash leaves of the rest the schedule repairs (schedule.ts).
 */
import { type ReleaseDocument, releaseSchema } from "#contracts/definitions/release";
import type { Clock } from "#core/clock";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import { holdPointer } from "./active.ts";
import { type Change, diffDocuments } from "./diff.ts";
import { type Move, moveView, type Next, type Pointer, pointerAfter, pointerView } from "./moves.ts";
import {
  ADDED,
  currentPointer,
  listMoves,
  moveStatement,
  revisionOf,
  versionStatement,
} from "./moves-store.ts";
import { readDocuments, readVersion, writePointer } from "./store.ts";
import { type ReleaseChecks, type ReleaseIssue, validateRelease } from "./validate.ts";

export interface ReleaseDeps {
  db: D1Database;
  kv: KVNamespace;
  checks: ReleaseChecks;
  clock: Clock;
  /** Told after each move: what else isolates read is to be there with it. Where it fails, the schedule does it again. */
  published?: (() => Promise<void>) | undefined;
}

/** A row of D1 has 2 MB, and what stands beside the document is in it as well. */
export const MAX_RELEASE_BYTES = 2_000_000;
const MAX_STORED_BYTES = MAX_RELEASE_BYTES - 20_000;
/** So often it is tried again where others move at the same time. */
const MAX_ATTEMPTS = 60;

/** A 422 that lists what is wrong with a release. */
export class InvalidRelease extends Problem {
  readonly issues: ReleaseIssue[];
  constructor(issues: ReleaseIssue[]) {
    super(422, "invalid_release", `The release was not published: ${issues.length} issue(s).`);
    this.issues = issues;
  }
  override toResponse(): Response {
    return super.toResponse({ issues: this.issues });
  }
}

/** A 409: what was published is not what its author started from. */
export class ReleaseChanged extends Problem {
  readonly active: Pointer;
  /** Since then, newest first. */
  readonly moves: Move[];
  /** What was changed since then, without values. */
  readonly changes: Change[];
  constructor(active: Pointer, moves: Move[], changes: Change[]) {
    const by = moves[0] ? `: ${moves[0].actor} did ${moves[0].action}` : "";
    super(
      409,
      "release_changed",
      `Version ${active.stable} is the stable one now, at revision ${active.revision}${by}. Nothing was published.`,
    );
    this.active = active;
    this.moves = moves;
    this.changes = changes;
  }
  override toResponse(): Response {
    return super.toResponse({
      active: pointerView(this.active),
      moves: this.moves.map(moveView),
      changes: this.changes.map(({ kind, key, change }) => ({ kind, key, change })),
    });
  }
}

/** What an author has seen: the stable version they started from, and the last move. */
export interface Seen {
  base?: number | undefined;
  revision?: number | undefined;
}

/** @throws ReleaseChanged where it is no longer so */
export async function requireSeen(db: D1Database, now: Pointer, { base, revision }: Seen): Promise<void> {
  const isBase = base === undefined || base === now.stable;
  if (isBase && (revision === undefined || revision === now.revision)) return;
  const since = revision ?? (await revisionOf(db, base ?? now.stable));
  const moves = (await listMoves(db, Number.MAX_SAFE_INTEGER, 20)).filter((move) => move.revision > since);
  throw new ReleaseChanged(now, moves, isBase ? [] : await changesBetween(db, base, now.stable));
}

async function changesBetween(db: D1Database, from: number, to: number): Promise<Change[]> {
  const documents = await readDocuments(db, [from, to]);
  const parsed = (version: number): unknown => JSON.parse(documents.get(version) ?? "{}");
  return diffDocuments(parsed(from), parsed(to));
}

/** The document with its defaults, as JSON that can be stored. @throws InvalidRelease; Problem 413 `release_too_large` */
export function checkedDocument(
  document: unknown,
  checks: ReleaseChecks,
): { document: ReleaseDocument; json: string; warnings: ReleaseIssue[] } {
  const result = validateRelease(document, checks);
  if (!result.ok) throw new InvalidRelease(result.issues);
  const json = JSON.stringify(result.document);
  if (new TextEncoder().encode(json).length > MAX_STORED_BYTES) throw tooLarge();
  return { document: result.document, json, warnings: result.warnings };
}

export const tooLarge = (): Problem =>
  new Problem(
    413,
    "release_too_large",
    `A release may have at most ${MAX_RELEASE_BYTES / 1e6} MB, with all defaults filled in.`,
  );

export interface Publication {
  document: unknown;
  note: string;
  author: string;
  /** 0 to 1: a canary. */
  share?: number | undefined;
}

export interface Published {
  version: number;
  active: Pointer;
  /** As it was checked, with its defaults. */
  document: ReleaseDocument;
  warnings: ReleaseIssue[];
  /** KV has it; else the schedule brings it there within a minute. */
  copied: boolean;
}

/**
 * Publish a document: to everybody, or to a share. Visible here at once, everywhere within 120 s.
 * @throws InvalidRelease; ReleaseChanged; Problem 413 `release_too_large`, 409 of moves.ts
 */
export async function publish(
  { document, note, author, share }: Publication,
  seen: Seen,
  deps: ReleaseDeps,
): Promise<Published> {
  const { document: checked, json, warnings } = checkedDocument(document, deps.checks);
  const next: Next =
    share === undefined ? { action: "publish", version: ADDED } : { action: "canary", version: ADDED, share };
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = await currentPointer(deps.db, deps.kv);
    await requireSeen(deps.db, now, seen);
    const to = pointerAfter(now, next);
    const at = deps.clock();
    const version = { note, author, createdAt: at, parent: now.stable || null };
    const [added, moved] = await deps.db.batch<{ version: number }>([
      versionStatement(deps.db, now.revision, version, json),
      moveStatement(deps.db, to, { at, actor: author, action: next.action, note }),
    ]);
    const row = added?.results[0];
    if (!row || moved?.results.length !== 1) continue;
    const known = (one: number | undefined) => (one === ADDED ? row.version : one);
    const active = { ...to, stable: known(to.stable) ?? 0, candidate: known(to.candidate) };
    const copied = await bringToKv(deps, active);
    return { version: row.version, active, document: checked, warnings, copied };
  }
  throw busy();
}

/**
 * Move the pointer without a new version.
 * @throws ReleaseChanged; Problem 404 `unknown_release`, 409 of moves.ts; InvalidRelease where a version can no longer be read
 */
export async function move(
  next: Next,
  by: { actor: string; note: string },
  seen: Seen,
  deps: ReleaseDeps,
): Promise<{ active: Pointer; copied: boolean }> {
  if ("version" in next) await requireReadable(deps.db, next.version);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = await currentPointer(deps.db, deps.kv);
    await requireSeen(deps.db, now, seen);
    const active = pointerAfter(now, next);
    const mover = { at: deps.clock(), action: next.action, ...by };
    const { results } = await moveStatement(deps.db, active, mover).all();
    if (results.length === 1) return { active, copied: await bringToKv(deps, active) };
  }
  throw busy();
}

/** What a grammar of long ago allowed may not be readable any more: with it nothing would decide at all. */
async function requireReadable(db: D1Database, version: number): Promise<void> {
  const known = await readVersion(db, version);
  if (!known) throw unknownRelease(version);
  const parsed = releaseSchema.safeParse(JSON.parse(known.document));
  if (!parsed.success)
    throw new InvalidRelease(
      parsed.error.issues.slice(0, 100).map(({ path, message }) => ({ path: path.join("."), message })),
    );
}

export const unknownRelease = (version: number | string): Problem =>
  new Problem(404, "unknown_release", `There is no release ${version}.`);

const busy = (): Problem =>
  new Problem(503, "release_busy", "Others keep publishing; nothing was done. Try again.", {
    "retry-after": "1",
  });

/**
 * What follows a move: KV, this isolate, and what else isolates read.
 * @returns false where KV did not take it: it holds all the same, and the schedule brings it there.
 */
export async function bringToKv(deps: ReleaseDeps, active: Pointer): Promise<boolean> {
  const copied = await copyToKv(deps).then(
    () => true,
    (error: unknown) => {
      logError("a release is published, but not in KV yet", error);
      return false;
    },
  );
  await holdPointer(
    deps.kv,
    active,
    async (version) => releaseSchema.parse(JSON.parse((await readVersion(deps.db, version))?.document ?? "")),
    deps.clock(),
  );
  await deps
    .published?.()
    .catch((error: unknown) => logError("content of a release is not in KV yet", error));
  return copied;
}

/** Bring KV to what D1 says. Called after each move, and by the schedule where they differ. */
export async function copyToKv({ db, kv }: Pick<ReleaseDeps, "db" | "kv">): Promise<Pointer> {
  for (;;) {
    const pointer = await currentPointer(db, kv);
    const versions = [pointer.stable, pointer.candidate ?? 0].filter((version) => version > 0);
    await writePointer(kv, pointer, await readDocuments(db, versions));
    // Somebody may have moved it meanwhile and been overtaken on the way to KV.
    if ((await currentPointer(db, kv)).revision === pointer.revision) return pointer;
  }
}
