/**
 * What the database knows of a visitor, asked where KV cannot say it: of somebody who comes back and was never worth a
 * write to KV; of consent that may have been given again; and of the person whom a token has just proved in this browser,
 * whose history its pages show before ingest has joined the two. Called by read-visitor.ts, within the slot's time.
 */
import { unpackPurposes } from "#consent/cookie";
import { type Buckets, tokenBuckets } from "#door/buckets";
import type { RequestContext } from "#door/context";
import { type Recent, recent } from "#door/recent";
import { hasErasures, requireErasures } from "#identity/erasures";
import { hasDecided } from "#identity/graph";
import type { IdentityShards } from "#identity/shards";
import {
  isSettled,
  listsNaming,
  profileStandings,
  type Standing,
  type Standings,
  standingsOf,
} from "#identity/snapshots";
import { identityState } from "#identity/state";
import { type FactState, mergeFacts } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { buildSnapshot } from "#segments/snapshot";
import { parseSnapshot, readable } from "#segments/snapshot-text";
import type { AtEdge } from "#segments/store";

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
  const read = await (persons.length === 0
    ? ownRow(visitor, context.now, deps)
    : personRows(visitor, persons, context, deps));
  if (!read) return atEdge;
  const { rows, isTold } = read;
  const own = fromRow(rows.get(visitor), atEdge);
  // Once it is decided whose the browser is that holds, also where it is that it is nobody's.
  if (isTold || own.withdrawnAt !== undefined) return own;
  return withPerson(own, visitor, persons, read, context);
}

function fromRow(row: Standing | undefined, { snapshot, withdrawnAt }: AtEdge): Known {
  if (!row) return withdrawnAt === undefined ? { snapshot } : { withdrawnAt };
  // Of who was erased nothing is shown, not even by what their browser remembers.
  if (row.suppressed) return { withdrawnAt: Number.POSITIVE_INFINITY };
  const { consent } = row;
  if (hasDecided(row) && denies(row)) return { withdrawnAt: Math.max(consent?.t ?? 0, withdrawnAt ?? 0) };
  const isGrantedSince = hasDecided(row) && (consent?.t ?? 0) >= (withdrawnAt ?? 0);
  if (withdrawnAt !== undefined && !isGrantedSince) return { withdrawnAt };
  const stored = row.snapshot === null ? undefined : parseSnapshot(row.snapshot);
  return { snapshot: stored && readable(stored) };
}

const denies = ({ consent }: Standing): boolean =>
  !unpackPurposes(consent?.g ?? "").includes("personalization");

/** The snapshot that ingest will make of the proof: of the person's profile and this browser's together. */
function withPerson(
  own: Known,
  visitor: string,
  persons: readonly string[],
  { rows, lists }: Read,
  { consent, now, release }: RequestContext,
): Known {
  const mine = profileOf([visitor], rows);
  const theirs = profileOf(persons, rows);
  if (persons.some((key) => rows.get(key)?.suppressed)) return own;
  const all = [...new Set([...mine, ...theirs])];
  const denial = all.find((row) => (row.consent?.t ?? 0) > consent.decidedAt && denies(row));
  if (denial?.consent) return { withdrawnAt: denial.consent.t };
  const snapshot = buildSnapshot({
    facts: mergeFacts(all.map(({ facts }) => JSON.parse(facts) as FactState)), // written by foldEvent alone
    features: featuresFor(release.document, "personalization"),
    segments: [],
    version: 0,
    asOf: now,
    release: release.version,
    state: identityState([...persons, ...all.map(({ key }) => key)], consent.granted),
    granted: consent.granted,
    units: own.snapshot?.units,
    lists: [...lists].filter((name) => Object.hasOwn(release.document.lists, name)),
  });
  return {
    snapshot: readable(snapshot),
    since: mine.reduce((newest, { seenAt }) => Math.max(newest, seenAt), 0),
  };
}

/** Rows of some identifiers' profiles, without those that were erased. */
function profileOf(keys: readonly string[], rows: ReadonlyMap<string, Standing>): Standing[] {
  const members = new Set(keys.flatMap((key) => [key, ...(rows.get(key)?.members ?? [])]));
  return [...members].flatMap((key) => rows.get(key) ?? []).filter(({ suppressed }) => !suppressed);
}

/** As long as KV's own memory: a page with several requests, and a visitor of whom there is nothing, ask once. */
const REMEMBERED_MS = 30_000;
/** Of whom a token has just proved: ingest joins them within seconds, and its word is waited for. */
const PROVED_MS = 2_000;
const MAX_REMEMBERED = 2_000;
/**
 * Reads of an isolate: ids of visitors are had for the asking, and whoever comes with ever new ones must not slow down what
 * ingest does with the same database.
 */
const READS_PER_SECOND = 50;
const MAX_READS_AT_ONCE = 50;

interface Read {
  rows: Standings["rows"];
  /** Imported lists that name the person or this browser. */
  lists: ReadonlySet<string>;
  /** Ingest or an operator has decided whose the browser is. */
  isTold: boolean;
}

interface Reading {
  remembered: Recent<Read & { readAt: number }>;
  allowance: Buckets;
}

const readings = new WeakMap<IdentityShards, Reading>();

const ownRow = (visitor: string, now: number, deps: RowDeps): Promise<Read | undefined> =>
  seldom(visitor, REMEMBERED_MS, now, deps, async () => ({
    rows: await current(() => standingsOf(deps.identity, [visitor]), now, deps),
    lists: NO_LISTS,
    isTold: true,
  }));

const personRows = (
  visitor: string,
  persons: readonly string[],
  { now, release }: RequestContext,
  deps: RowDeps,
): Promise<Read | undefined> =>
  seldom([visitor, ...persons].join(" "), PROVED_MS, now, deps, async () => {
    const [rows, isTold] = await Promise.all([
      current(() => profileStandings(deps.identity, [visitor, ...persons]), now, deps),
      isSettled(deps.identity, visitor, persons),
    ]);
    const asksLists = !isTold && Object.keys(release.document.lists).length > 0;
    const keys = asksLists
      ? [visitor, ...persons].flatMap((key) => [key, ...(rows.get(key)?.members ?? [])])
      : [];
    const lists = asksLists ? await listsNaming(deps.identity, [...new Set(keys)]) : NO_LISTS;
    return { rows, lists, isTold };
  });

const NO_LISTS: ReadonlySet<string> = new Set();

/** What was read under this name lately, or is read now; undefined where this isolate has read too much. */
async function seldom(
  name: string,
  ms: number,
  now: number,
  { identity }: RowDeps,
  read: () => Promise<Read>,
): Promise<Read | undefined> {
  let reading = readings.get(identity);
  if (!reading) {
    const allowance = tokenBuckets(READS_PER_SECOND, MAX_READS_AT_ONCE, 2);
    reading = { remembered: recent(MAX_REMEMBERED), allowance };
    readings.set(identity, reading);
  }
  const known = reading.remembered.get(name);
  if (known && now - known.readAt < ms) return known;
  if (reading.allowance.take(0, now) > 0) return undefined;
  const fresh = { ...(await read()), readAt: now };
  reading.remembered.keep(name, fresh);
  return fresh;
}

/** A database that was restored from an older copy learns first who was erased; and rows are not used while somebody is. */
export async function current(
  read: () => Promise<Standings>,
  now: number,
  { identity, lake }: RowDeps,
): Promise<Standings["rows"]> {
  const { rows, erasures } = await read();
  if (hasErasures(identity, erasures, now)) return rows;
  const done = await requireErasures(identity, lake, now);
  return done === 0 && erasures >= 0 ? rows : (await read()).rows;
}
