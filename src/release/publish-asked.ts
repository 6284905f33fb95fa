/**
 * Publishing as somebody asks for it, with a whole document or with a draft: to everybody, to a share of visitors, or at a
 * time to come. Called by routes.ts and drafts-routes.ts.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { DAY_MS, type NewId } from "#core/clock";
import { logError } from "#core/log";
import { Problem } from "#core/problem";
import type { Actor } from "#privacy/actor";
import type { NewAuditEntry } from "#privacy/audit/entry";
import type { Pointer } from "./moves.ts";
import { ADDED, currentPointer, versionStatement } from "./moves-store.ts";
import { checkedDocument, publish, type ReleaseDeps, requireSeen } from "./publish.ts";
import { type Scheduled, scheduleStatement } from "./schedule-store.ts";
import type { ReleaseIssue } from "./validate.ts";

export interface AskedDeps extends ReleaseDeps {
  newId: NewId;
  /** Appends to the audit log. */
  audit: (entry: NewAuditEntry) => Promise<unknown>;
  /** How fast each segment of a valid document takes effect; only src/segments knows. */
  speeds?: (document: ReleaseDocument) => Speeds;
}

/** By segment. */
export type Speeds = Record<string, { label: "next_request" | "within_120s"; reasons: string[] }>;

export interface Asked {
  document: unknown;
  note: string;
  share?: number | undefined;
  /** ISO. */
  at?: string | undefined;
  /** Whatever the stable version is by then. */
  force: boolean;
  /** The stable version that it was made from. */
  base?: number | undefined;
  if_revision?: number | undefined;
}

/** What is answered. */
export interface Answer {
  version: number;
  state: "stable" | "candidate" | "scheduled";
  revision: number;
  visible: string;
  warnings: ReleaseIssue[];
  speeds: Speeds;
  schedule: { id: string; at: string } | null;
}

/** A row for each attempt that another move has overtaken. */
const MAX_ATTEMPTS = 60;
const MAX_AHEAD_MS = 400 * DAY_MS;

/** @throws as publish.ts, and Problem 400 `invalid_at` */
export async function publishAsked(asked: Asked, actor: Actor, deps: AskedDeps): Promise<Answer> {
  const { document, note, share, force } = asked;
  const seen = { base: force ? undefined : asked.base, revision: asked.if_revision };
  if (asked.at !== undefined) return scheduleNew(asked, seen, actor, deps);
  const { version, active, warnings, copied, ...published } = await publish(
    { document, note, author: actor.name, share },
    seen,
    deps,
  );
  await auditDone("release.published", version, actor, active, deps);
  const state = share === undefined ? "stable" : "candidate";
  const { revision } = active;
  const speeds = deps.speeds?.(published.document) ?? {};
  return { version, state, revision, visible: visibleSoon(copied), warnings, speeds, schedule: null };
}

/** A change is everywhere when KV's copies have gone; where KV did not take it, a minute later. */
export const visibleSoon = (copied: boolean): string =>
  `at once here, everywhere within ${copied ? 120 : 240} s`;

async function scheduleNew(
  asked: Asked,
  seen: { base: number | undefined; revision: number | undefined },
  actor: Actor,
  deps: AskedDeps,
): Promise<Answer> {
  const at = requireAhead(asked.at ?? "", deps.clock());
  const { document, json, warnings } = checkedDocument(asked.document, deps.checks);
  const { db } = deps;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = await currentPointer(db, deps.kv);
    await requireSeen(db, now, seen);
    const shared = { note: asked.note, actor: actor.name };
    const entry = { ...shared, id: deps.newId(), at, version: ADDED, detail: baseOf(now, asked.force) };
    const version = {
      note: asked.note,
      author: actor.name,
      createdAt: deps.clock(),
      parent: now.stable || null,
    };
    const [, added] = await db.batch<Scheduled>([
      versionStatement(db, now.revision, version, json),
      scheduleStatement(db, entry, now.revision),
    ]);
    const row = added?.results[0];
    if (!row) continue;
    await auditDone("release.scheduled", row.version, actor, now, deps);
    return {
      version: row.version,
      state: "scheduled",
      revision: now.revision,
      visible: `within 180 s of ${new Date(at).toISOString()}`,
      warnings,
      speeds: deps.speeds?.(document) ?? {},
      schedule: { id: row.id, at: new Date(at).toISOString() },
    };
  }
  throw new Problem(503, "release_busy", "Others keep publishing; nothing was done. Try again.", {
    "retry-after": "1",
  });
}

/** What an entry remembers: the stable version that must still hold then. */
export const baseOf = ({ stable }: Pointer, force: boolean): string | null => (force ? null : String(stable));

/** @throws Problem 400 `invalid_at` */
export function requireAhead(text: string, now: number): number {
  const at = Date.parse(text);
  if (at > now && at - now <= MAX_AHEAD_MS) return at;
  throw new Problem(400, "invalid_at", "`at` must be in the future, 400 days ahead at most.");
}

/** Beside the entry that somebody was about to: what it became. It holds, whether or not this can be written. */
export async function auditDone(
  action: "release.published" | "release.scheduled" | "release.moved",
  target: number,
  actor: Actor,
  { revision, stable, candidate, share }: Pointer,
  { audit, clock }: Pick<AskedDeps, "audit" | "clock">,
): Promise<void> {
  const detail = { revision, stable, ...(candidate !== undefined && { candidate, share }) };
  await audit({ at: clock(), actor, action, target: String(target), detail }).catch((error: unknown) =>
    logError("a release has no second audit entry", error),
  );
}
