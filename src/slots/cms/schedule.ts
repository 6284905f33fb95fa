/**
 * Each minute: the sources whose time has come are pulled, side by side, and what visitors are shown is brought up to date.
 * One source that fails harms no other. Called by src/background.ts, only where a release has a CMS.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { logError } from "#core/log";
import { publishContent } from "./publish.ts";
import { type PullDeps, type Pulled, pullSource } from "./pull.ts";
import { claimPull, notePull, type PullState, readPulls } from "./pulls-store.ts";

export interface ContentDeps extends PullDeps {
  kv: KVNamespace;
  sleep(ms: number): Promise<void>;
}

/** A failed pull is tried again this soon. */
const RETRY_MINUTES = 2;
const MINUTE_MS = 60_000;
/** The schedule's minutes are not exact: what is due within this is due. */
const SLACK_MS = 5_000;

/** Sources of all the releases that hold, by key; where they disagree about one, the first has it. */
export function sourcesOf(documents: readonly ReleaseDocument[]): Map<string, CmsSource> {
  const sources = new Map<string, CmsSource>();
  for (const { cms } of documents)
    for (const [key, source] of Object.entries(cms)) if (!sources.has(key)) sources.set(key, source);
  return sources;
}

export async function tendContent(documents: readonly ReleaseDocument[], deps: ContentDeps): Promise<void> {
  const sources = sourcesOf(documents);
  if (sources.size === 0) return;
  const pulls = await readPulls(deps.db);
  const now = deps.clock();
  const due = [...sources].filter(([key, source]) => isDue(source, pulls.get(key), now));
  const done = await Promise.allSettled(
    due.map(([key, source]) => pullOne(key, source, pulls.get(key), {}, deps)),
  );
  for (const one of done) if (one.status === "rejected") logError("a pull of content failed", one.reason);
  await publishContent(documents, deps);
  const failed = done.find((one) => one.status === "rejected");
  if (failed) throw new Error("content could not be pulled", { cause: failed.reason });
}

function isDue({ pullMinutes }: CmsSource, state: PullState | undefined, now: number): boolean {
  if (!state) return true;
  const minutes = state.problem === null ? pullMinutes : Math.min(pullMinutes, RETRY_MINUTES);
  return now - state.triedAt >= minutes * MINUTE_MS - SLACK_MS;
}

/** @returns undefined where another run has just begun with it */
export async function pullOne(
  key: string,
  source: CmsSource,
  state: PullState | undefined,
  how: { full?: boolean },
  deps: PullDeps,
): Promise<Pulled | undefined> {
  const { db, clock } = deps;
  if (!(await claimPull(db, key, state?.triedAt, clock()))) return undefined;
  const pulled = await pullSource(key, source, state?.cursor ?? {}, how, deps);
  await notePull(db, key, { ...pulled, items: pulled.items ?? state?.items ?? 0, now: clock() });
  return pulled;
}
