/**
 * The release that a preview is decided by. A draft goes through what publishing it would go through: content that was
 * never sanitised must not get into a page of the site. Called by context.ts, and by the operator's API, which names what
 * there is not before a link is made.
 */
import { type ReleaseDocument, releaseSchema } from "#contracts/definitions/release";
import type { PreviewRelease } from "#door/preview/token";
import { type Recent, recent } from "#door/recent";
import type { ActiveRelease } from "#release/active";
import { readDraft } from "#release/drafts-store";
import { candidateDocument } from "#release/pick";
import { type ReleaseChecks, validateRelease } from "#release/validate";
import { readVersion } from "./store.ts";

export interface PreviewReleaseDeps {
  /** Of releases and drafts. */
  db: D1Database;
  /** The release that holds, with the one on trial. */
  active(): Promise<ActiveRelease>;
  /** What content and definitions must satisfy. */
  checks(): Promise<ReleaseChecks>;
}

export type FoundRelease =
  | { ok: true; release: ActiveRelease; words: string }
  /** `unknown`: there is none of the name; `invalid`: it could not be published either. */
  | { ok: false; why: "unknown" | "invalid"; words: string };

/** What was validated lately, so that each page of a preview does not do it again, by database. */
const found = new WeakMap<D1Database, Recent<FoundRelease>>();
const MAX_FOUND = 5;

/** Find the release. Rejects where the database does not answer. */
export async function findRelease(wanted: PreviewRelease, deps: PreviewReleaseDeps): Promise<FoundRelease> {
  const active = await deps.active();
  if (wanted === "stable")
    return { ok: true, release: active, words: `release ${active.version}, which holds` };
  if (wanted === "candidate") {
    const { candidate } = active;
    if (!candidate) return { ok: false, why: "unknown", words: "no release is on trial now" };
    return { ok: true, release: candidate, words: `release ${candidate.version}, on trial` };
  }
  const known = foundIn(deps.db);
  const keep = (name: string, fresh: FoundRelease): FoundRelease => {
    // One that there is not may be there in a moment.
    if (fresh.ok || fresh.why === "invalid") known.keep(name, fresh);
    return fresh;
  };
  if (typeof wanted === "number") {
    const name = `${wanted} under ${active.version}`;
    return known.get(name) ?? keep(name, await findVersion(wanted, active, deps));
  }
  const draft = await readDraft(deps.db, wanted.draft);
  if (!draft) return { ok: false, why: "unknown", words: `there is no draft ${wanted.draft}` };
  const words = `draft ${wanted.draft}`;
  const name = `${words} ${draft.revision} under ${active.version}`;
  return known.get(name) ?? keep(name, await checkDraft(words, draft.document, active, deps));
}

function foundIn(db: D1Database): Recent<FoundRelease> {
  let known = found.get(db);
  if (!known) {
    known = recent(MAX_FOUND);
    found.set(db, known);
  }
  return known;
}

async function findVersion(
  version: number,
  active: ActiveRelease,
  { db }: PreviewReleaseDeps,
): Promise<FoundRelease> {
  const text = await readVersion(db, version);
  const words = `release ${version}`;
  if (text === undefined) return { ok: false, why: "unknown", words: `there is no ${words}` };
  // As it was when it was published: validated, with all defaults of its time.
  const document = candidateDocument(releaseSchema.parse(JSON.parse(text)), active.document);
  return { ok: true, release: { version, document }, words };
}

async function checkDraft(
  words: string,
  draft: unknown,
  active: ActiveRelease,
  deps: PreviewReleaseDeps,
): Promise<FoundRelease> {
  // Whether destinations can be reached says nothing of what pages show.
  const checks: ReleaseChecks = { ...(await deps.checks()), destination: () => [] };
  const checked = validateRelease(draft, checks);
  if (checked.ok) {
    // What is consented to, and who is who, are no matter of a draft.
    const document = candidateDocument(checked.document, active.document);
    return { ok: true, release: { version: 0, document }, words };
  }
  const [first] = checked.issues;
  const why = first ? `${first.path}: ${first.message}` : "it is malformed";
  return { ok: false, why: "invalid", words: `${words} cannot be published (${why})` };
}

/** Names of segments that the release does not have. */
export const unknownSegments = (document: ReleaseDocument, names: readonly string[]): string[] =>
  names.filter((name) => !Object.hasOwn(document.segments, name));
