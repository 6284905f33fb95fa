/** The commands of `npm run release`, each from the folder and the site to what is printed. */
import { diffDefinitions, diffDocuments } from "../../src/release/diff.ts";
import { definitionsOf, documentFrom, isSame } from "../../src/release/diff-definitions.ts";
import { mergeDocuments } from "../../src/release/diff-merge.ts";
import { checkOffline, published } from "./check.ts";
import { hasFiles, type Lock, readFolder, readLock, writeFolder, writeLock } from "./files.ts";
import type { Command, Options } from "./options.ts";
import { diffLines, holdsLine, issueLines } from "./say.ts";
import { type Active, expected, type Issue, type Move, movesIn, refusalOf, type Site } from "./site.ts";
import { Stop } from "./stop.ts";

/** @param site undefined where none is told @param say prints a line */
type Run = (options: Options, site: Site | undefined, say: (line: string) => void) => Promise<void>;

const asked = (site: Site | undefined): Site => {
  if (site) return site;
  throw new Stop(2, "It needs the site: --url, or DOORSTEP_URL in the environment.");
};

interface Stable {
  version: number;
  revision: number;
  document: Record<string, unknown>;
  candidate: { version: number; share: number } | null;
}

const stableOf = async (site: Site): Promise<Stable> =>
  expected(await site("GET", "/releases/active"), 200) as unknown as Stable; // its shape is in the API's document

const documentOf = async (site: Site, version: number): Promise<unknown> =>
  version === 0 ? {} : expected(await site("GET", `/releases/${version}`), 200).document;

/** The moves since long before anybody pulled, newest first. */
const movesOf = async (site: Site): Promise<Move[]> =>
  (expected(await site("GET", "/releases/moves?limit=200"), 200) as unknown as { moves: Move[] }).moves;

/**
 * The stable version that the files are based on: the last one pushed that became stable, or the one that was pulled. A
 * canary that was aborted is none, and what was rolled back still is, so that nobody pushes over that unawares.
 */
const baseOf = ({ version, pushed }: Lock, moves: readonly Move[]): number =>
  pushed.findLast((one) => moves.some(({ stable }) => stable === one)) ?? version;

const pull: Run = async ({ folder, dryRun, prefer }, given, say) => {
  const site = asked(given);
  const stable = await stableOf(site);
  const lock = await readLock(folder);
  const mine = lock ? await readFolder(folder) : undefined;
  if (mine === undefined && prefer === undefined) await requireEmpty(folder);
  const { document, conflicts } =
    mine && lock
      ? await merged(site, lock, stable, mine, prefer)
      : { document: stable.document, conflicts: [] };
  if (conflicts.length > 0)
    throw new Stop(
      1,
      `Both you and others changed ${conflicts.map(({ path }) => path).join(", ")}. Nothing was written: pull again with --mine or --theirs, or undo yours.`,
    );
  if (dryRun) {
    for (const line of diffLines(diffDocuments(mine ?? {}, document))) say(line);
    return;
  }
  const changed = await writeFolder(folder, document);
  await writeLock(folder, { version: stable.version, pushed: [] });
  say(
    `Version ${stable.version} is in ${folder}: ${changed.length === 0 ? "nothing changed" : changed.join(", ")}.`,
  );
};

/** Files of which nobody knows what they are would be lost. */
async function requireEmpty(folder: string): Promise<void> {
  if (await hasFiles(folder))
    throw new Stop(
      1,
      `${folder} has files that no version is known of: pull with --theirs to replace them, or with another --folder.`,
    );
}

/** What was changed here and what was changed there, together; what means the same stays as it is written here. */
async function merged(
  site: Site,
  lock: Lock,
  stable: Stable,
  mine: Record<string, unknown>,
  prefer: Options["prefer"],
) {
  const own = published(mine);
  const base = await documentOf(site, baseOf(lock, await movesOf(site)));
  const { document, conflicts } = mergeDocuments(base, stable.document, documentFrom(own), prefer);
  const written = definitionsOf(mine);
  const definitions = definitionsOf(document);
  for (const [path, value] of definitions)
    if (written.has(path) && isSame(value, own.get(path))) definitions.set(path, written.get(path));
  return { document: documentFrom(definitions), conflicts };
}

const validate: Run = async ({ folder, offline }, site, say) => {
  const document = await readFolder(folder);
  if (site && !offline) {
    const body = expected(await site("POST", "/releases/validate", { document }), 200);
    for (const line of issueLines("warning", (body.warnings ?? []) as Issue[])) say(line);
    if (body.ok !== true) throw new Stop(1, issueLines("", body.issues as Issue[]).join("\n"));
    const speeds = (body.speeds ?? {}) as Record<string, { label: string }>;
    for (const [name, { label }] of Object.entries(speeds)) say(`segment ${name}: ${label}`);
    say("The release may be published.");
    return;
  }
  const { result, secrets } = checkOffline(document);
  if (!result.ok) throw new Stop(1, issueLines("", result.issues).join("\n"));
  for (const line of issueLines("warning", result.warnings)) say(line);
  if (secrets.length > 0) say(`Not checked without the site: the secrets ${secrets.join(", ")}.`);
  say("The release may be published, as far as can be said without the site.");
};

const diff: Run = async ({ folder, words }, given, say) => {
  const site = asked(given);
  const [from, to] = words;
  if (from !== undefined) {
    const query = new URLSearchParams({ from, to: to ?? "stable" });
    const body = expected(await site("GET", `/releases/diff?${query}`), 200);
    for (const line of diffLines(body.changes as Parameters<typeof diffLines>[0])) say(line);
    return;
  }
  const stable = await stableOf(site);
  const own = published(await readFolder(folder));
  for (const line of diffLines(diffDefinitions(definitionsOf(stable.document), own))) say(line);
};

const push: Run = async ({ folder, note, share, at, force, dryRun }, given, say) => {
  const site = asked(given);
  const document = await readFolder(folder);
  const lock = await readLock(folder);
  const { result } = checkOffline(document);
  if (!result.ok) throw new Stop(1, issueLines("", result.issues).join("\n"));
  const stable = await stableOf(site);
  const moves = await movesOf(site);
  if (!force && (!lock || baseOf(lock, moves) !== stable.version)) throw movedOn(lock, stable, moves);
  const own = definitionsOf(result.document);
  const changes = diffDefinitions(definitionsOf(stable.document), own);
  for (const line of diffLines(changes)) say(line);
  if (dryRun) {
    const body = expected(await site("POST", "/releases/validate", { document }), 200);
    if (body.ok !== true) throw new Stop(1, issueLines("", body.issues as Issue[]).join("\n"));
    say("It may be published; nothing was.");
    return;
  }
  if (changes.length === 0) return;
  const body = { document, note, ...(!force && { base: stable.version }), share, at, force };
  const answer = await site("POST", "/releases", body);
  if (answer.body.code === "release_changed") throw new Stop(1, `${refusalOf(answer)}\n${PULL}`);
  const done = expected(answer, 201);
  const version = Number(done.version);
  const known = lock && !force ? lock : { version: stable.version, pushed: [] };
  await writeLock(folder, { ...known, pushed: [...known.pushed, version] });
  say(`Version ${version} is published as ${String(done.state)}: visible ${String(done.visible)}.`);
};

const PULL = "`npm run release -- pull` merges what others did with what you did; then push again.";

/** Who did what since the files were pulled. */
function movedOn(lock: Lock | undefined, { version }: Stable, moves: readonly Move[]): Stop {
  if (!lock)
    return new Stop(1, `The files were not pulled from this site, where version ${version} holds. ${PULL}`);
  const base = baseOf(lock, moves);
  const since = moves.findIndex(({ stable }) => stable === base);
  const what = `The files are of version ${base}, and version ${version} holds now. Nothing was published.`;
  return new Stop(1, [what, ...movesIn(moves.slice(0, since < 0 ? 10 : since)), PULL].join("\n"));
}

const promote: Run = async ({ share, note }, given, say) => {
  const site = asked(given);
  const answer =
    share === undefined
      ? await site("POST", "/releases/promote", { note })
      : await site("POST", "/releases/share", { share, note });
  say(holdsLine(expected(answer, 200).active as Active));
};

const rollback: Run = async ({ words, note }, given, say) => {
  const site = asked(given);
  const [version] = words;
  if (version !== undefined && !/^[1-9]\d{0,8}$/.test(version))
    throw new Stop(2, `${version} is no version.`);
  const { candidate, version: stable } = await stableOf(site);
  let path = `/releases/${version}/rollback`;
  if (version === undefined && candidate) path = "/releases/abort";
  else if (version === undefined) path = `/releases/${await before(site, stable)}/rollback`;
  say(holdsLine(expected(await site("POST", path, { note }), 200).active as Active));
};

/** The version that was stable before this one was. */
async function before(site: Site, stable: number): Promise<number> {
  const earlier = (await movesOf(site)).find((move) => move.stable !== stable && move.stable > 0);
  if (earlier) return earlier.stable;
  throw new Stop(1, "No other version was stable before: name one, `npm run release -- rollback 3`.");
}

const status: Run = async ({ folder }, given, say) => {
  const site = asked(given);
  const list = expected(await site("GET", "/releases?limit=1"), 200);
  const active = list.active as Active;
  say(holdsLine(active));
  const { scheduled } = expected(await site("GET", "/releases/schedule"), 200) as unknown as {
    scheduled: { at: string; version: number; actor: string; state: string; reason: string | null }[];
  };
  for (const one of scheduled.filter(({ state }) => state === "waiting" || state === "failed"))
    say(`Scheduled: version ${one.version} at ${one.at}, by ${one.actor}: ${one.reason ?? one.state}.`);
  const lock = await readLock(folder);
  if (!lock) say(`${folder} was not pulled.`);
  else if (baseOf(lock, await movesOf(site)) === active.stable)
    say(`${folder} is up to date with version ${active.stable}.`);
  else say(`${folder} is of version ${lock.version}: pull.`);
};

export const RUN: Readonly<Record<Command, Run>> = { pull, validate, diff, push, promote, rollback, status };
