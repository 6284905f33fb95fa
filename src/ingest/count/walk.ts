/**
 * The nightly count: all profiles, page by page, a few seconds of each minute until it is through. Where the release has
 * RFM features it goes over them twice: the first time it draws the quantiles anew, the second time it counts, with them,
 * who is in each segment. Whoever is not in what they were when they were last looked at is due soon (../due.ts): so
 * new quantiles, a new release and what a crash has left reach those who never come again. Called by src/background.ts.
 */
import { fnv1a32 } from "#core/fnv";
import { profilesAfter } from "#identity/pages";
import { documentsOf } from "#release/pick";
import { cutsAmong, type Drawn, hasRfm, mergeDrawn, writeCuts } from "#segments/cuts";
import { lastSegments, movedBetween } from "#segments/history";
import type { Cuts } from "#segments/rfm";
import { addPerson, emptyTally, MAX_PAIRED } from "#segments/sizes";
import { writeSizes } from "#segments/sizes-store";
import type { DueDeps } from "../due.ts";
import { nextOf } from "../keep-membership.ts";
import { grantedSegments, type ProfileNow } from "../profiles.ts";
import { profilesOfPage } from "./look.ts";
import { type Count, isOverdue, makeDue, readCount, writeCount } from "./store.ts";

export interface CountDeps extends DueDeps {
  /** The first database. */
  db: D1Database;
  /** Count at each run and not once a day: in development nobody waits for the night. */
  isAnew?: boolean;
}

type Pass = NonNullable<Count["pass"]>;

/** Of the minute between two runs. */
const RUN_MS = 8_000;
const ROWS_PER_PAGE = 500;
/** Before that, whoever looks may still have the quantiles of the night before. */
const KNOWN_EVERYWHERE_MS = 120_000;

/** One run. @returns how many people were looked at in it */
export async function countPeople(deps: CountDeps, rowsPerPage = ROWS_PER_PAGE): Promise<number> {
  const { db, kv, release, clock } = deps;
  const begun = clock();
  let { count, stored } = await readCount(db);
  if (deps.isAnew) count = { ...count, done: null };
  let people = 0;
  for (let now = begun; now - begun < RUN_MS; now = clock()) {
    const day = new Date(now).toISOString().slice(0, 10);
    const pass = passOf(count, deps, day);
    if (!pass) break;
    const looked = await lookAtPage(pass, deps, rowsPerPage, now);
    people += looked.people;
    let next: Count = { ...count, pass: looked.next };
    if (looked.next.place >= deps.identity.all.length) {
      if (pass.kind === "draw") {
        const cuts = cutsIn(looked.next);
        await writeCuts(kv, cuts, now);
        next = { ...count, pass: { ...newPass("count", day, release.version), cuts } };
      } else {
        await writeSizes(db, pass.day, looked.next.tally);
        next = { pass: null, done: { day: pass.day, people: looked.next.tally.people } };
      }
    }
    const written = await writeCount(db, next, stored);
    // Another run is at it.
    if (written === undefined) break;
    count = next;
    stored = written;
  }
  return people;
}

/** The pass to go on with; undefined: today's count is done, or there is nothing to count. */
function passOf({ pass, done }: Count, { release }: CountDeps, day: string): Pass | undefined {
  const { document, version } = release;
  if (pass && pass.release === version) return pass;
  if (!pass && done && done.day >= day) return undefined;
  if (Object.keys(document.segments).length === 0 && !hasRfm(document)) return undefined;
  return newPass(hasRfm(document) ? "draw" : "count", day, version);
}

const newPass = (kind: Pass["kind"], day: string, release: number): Pass => ({
  day,
  release,
  kind,
  place: 0,
  after: "",
  tally: emptyTally(),
  drawn: {},
});

interface Looked {
  next: Pass;
  people: number;
}

async function lookAtPage(pass: Pass, deps: CountDeps, rowsPerPage: number, now: number): Promise<Looked> {
  const { identity, release } = deps;
  const { document } = release;
  const db = identity.all[pass.place];
  if (!db) return { next: pass, people: 0 };
  const page = await profilesAfter(identity, db, pass.after, rowsPerPage);
  const profiles = profilesOfPage(page, document, pass.cuts ?? deps.cuts, now);
  const next: Pass = page.isLast
    ? { ...pass, place: pass.place + 1, after: "" }
    : { ...pass, after: page.end };
  if (pass.kind === "draw") {
    next.drawn = { ...pass.drawn };
    const found = drawnFrom(profiles, deps);
    for (const [name, drawn] of found)
      next.drawn[name] = mergeDrawn(next.drawn[name] ?? [], drawn, found.size);
  } else {
    const arePaired = Object.keys(document.segments).length <= MAX_PAIRED;
    for (const profile of profiles) addPerson(next.tally, grantedSegments(profile), arePaired);
    await makeDue(
      db,
      profiles.filter((profile) => hasDrifted(profile, deps, now)).map(({ root }) => root),
      now + KNOWN_EVERYWHERE_MS,
    );
  }
  return { next, people: profiles.length };
}

/** Whether nobody has looked since it changed, or nobody will look in time. */
function hasDrifted(profile: ProfileNow, { release }: CountDeps, now: number): boolean {
  const { members } = profile;
  const dueAt = members.reduce((least, row) => Math.min(least, row.dueAt ?? least), Number.POSITIVE_INFINITY);
  if (members.some((row) => row.dueAt !== null && isOverdue(row.dueAt, now))) return true;
  if (dueAt <= now + KNOWN_EVERYWHERE_MS) return false;
  if (movedBetween(lastSegments(members), grantedSegments(profile))) return true;
  const next = nextOf(profile, documentsOf(release), now);
  return next !== undefined && next < dueAt;
}

/** By RFM feature, where the buyers among them stand. */
function drawnFrom(profiles: readonly ProfileNow[], { release }: CountDeps): Map<string, Drawn[]> {
  const found = new Map<string, Drawn[]>();
  for (const [name, feature] of Object.entries(release.document.features)) {
    if (!("rfm" in feature)) continue;
    const { recency, frequency, monetary } = feature.rfm;
    const drawn = profiles.flatMap(({ root, features: { personalization: values } }): Drawn[] => {
      const [r, f, m] = [recency, frequency, monetary].map((part) => values[part]);
      return typeof r === "number" && typeof f === "number" && typeof m === "number"
        ? [[fnv1a32(root), r, f, m]]
        : [];
    });
    found.set(name, drawn);
  }
  return found;
}

const cutsIn = ({ drawn }: Pass): Cuts =>
  Object.fromEntries(
    Object.entries(drawn).flatMap(([name, own]) => {
      const cuts = cutsAmong(own);
      return cuts ? [[name, cuts]] : [];
    }),
  );
