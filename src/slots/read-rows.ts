/**
 * What the database knows of a visitor, asked where KV cannot say it: of somebody who comes back and was never worth a
 * write to KV; of consent that may have been given again; and of the person whom a token has just proved in this browser,
 * whose history its pages show before ingest has joined the two. Called by read-visitor.ts, within the slot's time.
 */
import { unpackPurposes } from "#consent/cookie";
import type { RequestContext } from "#door/context";
import { type Recent, recent } from "#door/recent";
import { hasErasures, requireErasures } from "#identity/erasures";
import { hasDecided } from "#identity/graph";
import type { IdentityShards } from "#identity/shards";
import { isSettled, profileStandings, type Standing, type Standings, standingsOf } from "#identity/snapshots";
import { identityState } from "#identity/state";
import { type FactState, mergeFacts } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { buildSnapshot, type EdgeSnapshot } from "#segments/snapshot";
import { type AtEdge, parseSnapshot } from "#segments/store";

/** Where rows are read. */
export interface RowDeps {
  identity: IdentityShards;
  /** For the log of erasures, without which nothing may be made of a row. */
  lake: R2Bucket;
}

/** What is known of a visitor. */
export interface Known extends AtEdge {
  /** Epoch ms: events of the session until then are in the snapshot; `asOf`, if not told. */
  since?: number;
}

/**
 * @param atEdge what KV says; a withdrawal there holds, unless the row says that it was granted again
 * @param persons keys of a person whom a token has proved here just now; none: the visitor's own row is all there is
 */
export async function readRows(
  context: RequestContext,
  visitor: string,
  atEdge: AtEdge,
  persons: readonly string[],
  deps: RowDeps,
): Promise<Known> {
  if (persons.length === 0) return fromRow(await ownRow(visitor, context.now, deps), atEdge);
  const keys = [visitor, ...persons];
  const [rows, isTold] = await Promise.all([
    current(() => profileStandings(deps.identity, keys), context.now, deps),
    isSettled(deps.identity, visitor),
  ]);
  const own = fromRow(rows.get(visitor), atEdge);
  // Once ingest has seen whose the browser is its word holds, also where that is that it is nobody's.
  if (isTold || own.withdrawnAt !== undefined) return own;
  return withPerson(own, visitor, persons, rows, context);
}

function fromRow(row: Standing | undefined, { snapshot, withdrawnAt }: AtEdge): Known {
  if (!row) return withdrawnAt === undefined ? { snapshot } : { withdrawnAt };
  // Of who was erased nothing is shown, not even by what their browser remembers.
  if (row.suppressed) return { withdrawnAt: Number.POSITIVE_INFINITY };
  const { consent } = row;
  if (hasDecided(row) && denies(row)) return { withdrawnAt: Math.max(consent?.t ?? 0, withdrawnAt ?? 0) };
  const isGrantedSince = hasDecided(row) && (consent?.t ?? 0) >= (withdrawnAt ?? 0);
  if (withdrawnAt !== undefined && !isGrantedSince) return { withdrawnAt };
  return { snapshot: row.snapshot === null ? undefined : parseSnapshot(row.snapshot) };
}

const denies = ({ consent }: Standing): boolean =>
  !unpackPurposes(consent?.g ?? "").includes("personalization");

/** The snapshot that ingest will make of the proof: of the person's profile and this browser's together. */
function withPerson(
  own: Known,
  visitor: string,
  persons: readonly string[],
  rows: ReadonlyMap<string, Standing>,
  { consent, now, release }: RequestContext,
): Known {
  const mine = profileOf([visitor], rows);
  const theirs = profileOf(persons, rows);
  if (persons.some((key) => rows.get(key)?.suppressed)) return own;
  const all = [...new Set([...mine, ...theirs])];
  const denial = all.find((row) => (row.consent?.t ?? 0) > consent.decidedAt && denies(row));
  if (denial?.consent) return { withdrawnAt: denial.consent.t };
  const snapshot: EdgeSnapshot = buildSnapshot({
    facts: mergeFacts(all.map(({ facts }) => JSON.parse(facts) as FactState)), // written by foldEvent alone
    features: featuresFor(release.document, "personalization"),
    segments: [],
    version: 0,
    asOf: now,
    release: release.version,
    state: identityState([...persons, ...all.map(({ key }) => key)], consent.granted),
    granted: consent.granted,
    units: own.snapshot?.units,
  });
  return { snapshot, since: mine.reduce((newest, { seenAt }) => Math.max(newest, seenAt), 0) };
}

/** Rows of some identifiers' profiles, without those that were erased. */
function profileOf(keys: readonly string[], rows: ReadonlyMap<string, Standing>): Standing[] {
  const members = new Set(keys.flatMap((key) => [key, ...(rows.get(key)?.members ?? [])]));
  return [...members].flatMap((key) => rows.get(key) ?? []).filter(({ suppressed }) => !suppressed);
}

/** As long as KV's own memory: a page with several requests, and a visitor of whom there is nothing, ask once. */
const REMEMBERED_MS = 30_000;
const MAX_REMEMBERED = 2_000;
const remembered = new WeakMap<IdentityShards, Recent<{ row: Standing | undefined; readAt: number }>>();

async function ownRow(visitor: string, now: number, deps: RowDeps): Promise<Standing | undefined> {
  let memory = remembered.get(deps.identity);
  if (!memory) {
    memory = recent(MAX_REMEMBERED);
    remembered.set(deps.identity, memory);
  }
  const known = memory.get(visitor);
  if (known && now - known.readAt < REMEMBERED_MS) return known.row;
  const rows = await current(() => standingsOf(deps.identity, [visitor]), now, deps);
  const row = rows.get(visitor);
  memory.keep(visitor, { row, readAt: now });
  return row;
}

/** A database that was restored from an older copy learns first who was erased; and rows are not used while somebody is. */
async function current(
  read: () => Promise<Standings>,
  now: number,
  { identity, lake }: RowDeps,
): Promise<Standings["rows"]> {
  const { rows, erasures } = await read();
  if (hasErasures(identity, erasures, now)) return rows;
  const done = await requireErasures(identity, lake, now);
  return done === 0 && erasures >= 0 ? rows : (await read()).rows;
}
