/**
 * Folding a batch into the identity graph, in memory: claims, the recheck of consent, links, profiles and facts. Run
 * again on fresh rows when another consumer wrote one of them meanwhile; claims make that exact.
 */

import { stillGranted, whyNot } from "#consent/still-granted";
import type { LedgerRow } from "#consent/store";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type ClaimBook, openClaims } from "#identity/claims";
import { type Conflict, conflictsOf } from "#identity/conflicts";
import { type SubjectKeys, subjectKeys } from "#identity/golden/subject-keys";
import { emptyRow, type IdentifierRow, type Link } from "#identity/graph";
import { type Move, movesOf } from "#identity/moves";
import { type Partition, partition } from "#identity/partition";
import type { Graph } from "#identity/read";
import { identityRules } from "#identity/rules";
import { matesOf, saysSame } from "#identity/settle";
import type { Keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import { type FactState, foldEvent } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import type { Cuts } from "#segments/rfm";
import {
  type AppliedRecord,
  cookieOf,
  currentOf,
  joinedBefore,
  othersOf,
  profilesOf,
  surelyOf,
} from "./around.ts";
import { type IngestEvent, isBot, type SeenRecord, staysOut } from "./batch.ts";
import { onlyInCandidate } from "./candidate.ts";
import { applyRecord, bindOthers, noteGpc, optOutEntry } from "./decisions.ts";
import { openLinks } from "./learn.ts";
import { mergeTraits } from "./traits.ts";

/** What one run over the batch makes of the graph. */
export interface Folded {
  rows: Map<string, IdentifierRow>;
  /** Rows as they were read, for what entered and left. */
  before: Map<string, IdentifierRow>;
  /** Keys of rows to be written. */
  touched: Set<string>;
  /** New ones, and known ones of which earlier evidence came. */
  newLinks: Link[];
  partition: Partition;
  conflicts: Conflict[];
  moves: Move[];
  subjects: SubjectKeys;
  /** For the ledger. */
  decisions: LedgerRow[];
  /** Visitors whose rows this very request had changed already: a crash may have come before the steps that follow. */
  told: Set<string>;
  /** Visitors from whom a decision of this batch took personalization, whether or not a snapshot of them is known. */
  withdrawn: Set<string>;
  /** Key → imported lists that name it. */
  lists: ReadonlyMap<string, readonly string[]>;
  /** Of the release's RFM features. */
  cuts: Cuts | undefined;
}

/** Fold events into rows. Rows and events are changed in place; `graph` is this run's own copy. */
export async function foldBatch(
  items: readonly IngestEvent[],
  records: readonly SeenRecord[],
  graph: Graph,
  given: {
    document: ReleaseDocument;
    candidate?: ActiveRelease["candidate"];
    keys: Keyring;
    now: number;
    firstRun: boolean;
    cuts?: Cuts | undefined;
  },
): Promise<Folded> {
  const rows = graph.rows;
  const before = new Map([...rows].map(([key, row]) => [key, { ...row }]));
  const subjects = subjectKeys(graph.subjectKeys);
  const touched = new Set<string>();
  const books = new Map<string, ClaimBook>();
  const bookOf = (key: string): ClaimBook => {
    let claims = books.get(key);
    if (!claims) {
      claims = openClaims(rows.get(key)?.claims ?? []);
      books.set(key, claims);
    }
    return claims;
  };
  const scopes = Map.groupBy(rows.keys(), deviceOf);
  const book = openLinks(graph, (key) => rowOf(rows, key, scopes), touched);
  const decisions: LedgerRow[] = [];
  const told = new Set<string>();
  const withdrawn = new Set<string>();
  const profiles = profilesOf(rows.values());
  const applied: AppliedRecord[] = [];
  const bind = (others: readonly IdentifierRow[], { consent, before: was, seen }: AppliedRecord): void => {
    const bound = bindOthers(others, consent, was, seen);
    for (const { key } of bound) touched.add(key);
    if (!seen.record.granted.includes("personalization")) for (const { key } of bound) withdrawn.add(key);
  };
  const bindNow = (record: AppliedRecord): void => {
    applied.push(record);
    bind(othersOf(record.row, profiles), record);
  };
  for (const seen of records) {
    const row = rowOf(rows, seen.record.subject, scopes);
    // Of who was erased nothing is kept, not even what they decide.
    if (row.suppressed) continue;
    const was = row.consent;
    const outcome = applyRecord(row, seen);
    if (outcome.changed) {
      touched.add(row.key);
      if (!outcome.entry) continue; // `PUT /consent` has bound the others
      decisions.push(outcome.entry);
      bindNow({ row, consent: outcome.consent, before: was, seen });
    } else if (outcome.isKnown && row.consent?.t === seen.seenAt) {
      told.add(row.key);
      // The others may have been written by somebody else then, or a crash come before them.
      if (seen.record.source !== "choice") bindNow({ row, consent: row.consent, before: null, seen });
    }
  }
  const leftOf = (item: IngestEvent) =>
    stillGranted(item.event.consent, currentOf(item, rows, profiles), given.now);
  const recheck = (item: IngestEvent): void => {
    const current = currentOf(item, rows, profiles);
    item.granted = stillGranted(item.event.consent, current, given.now);
    if (item.granted.length === 0) item.code = whyNot(item.event.consent, current, given.now);
  };
  const note = (item: IngestEvent, row: IdentifierRow): void => {
    const browser = rows.get(cookieOf(item)?.key ?? "") ?? row;
    if (browser.suppressed) return;
    const { changed, isOptOut } = noteGpc(item, browser, surelyOf(row, browser, profiles));
    for (const { key } of changed) touched.add(key);
    if (isOptOut) decisions.push(optOutEntry(item, browser.key));
  };

  for (const item of items) {
    if (staysOut(item)) {
      recheck(item);
      if (item.granted.length > 0) keepOut(item);
      else item.outcome = "dropped";
      continue;
    }
    const row = rowOf(rows, item.resolution.factsKey, scopes);
    const claim = related(item.resolution.keys, rows, scopes)
      .map((key) => bookOf(key).holder(item.event.id))
      .find(Boolean);
    if (claim !== undefined && claim !== item.envelope) {
      item.outcome = "duplicate";
      // Of one event that was sent twice the earlier arrival dates its links, whichever is ingested first.
      const isAsBefore = bookOf(row.key).holder(item.event.id) !== undefined;
      if (isAsBefore && !isBot(item) && leftOf(item).length > 0) book.learn(item, row);
      continue;
    }
    recheck(item);
    if (item.granted.length === 0) {
      item.outcome = "dropped";
      // Whoever else withdrew what it names: that this browser opted out is no less true.
      const cookie = cookieOf(item);
      if (cookie && item.event.consent.gpc && item.code !== "suppressed" && !isBot(item))
        note(item, rowOf(rows, cookie.key, scopes));
      continue;
    }
    if (isBot(item)) {
      // Claimed, so that it is sent on once. Beyond that it has no effect.
      if (claim === undefined) {
        row.seenAt = item.receivedAt;
        bookOf(row.key).add(item.envelope, item.receivedAt, item.event.id);
        touched.add(row.key);
      }
      keepOut(item);
      continue;
    }
    if (claim === item.envelope) {
      // Ours: a run before this one, or a delivery of this envelope before a crash, has folded it.
      if (given.firstRun) item.redelivered = true;
      item.fresh = false;
      item.outcome = "folded";
      // What follows from it for other rows may not have been written.
      book.repeat(item, row);
      note(item, row);
      continue;
    }
    try {
      await mergeTraits(row, item.event, given.keys, subjects, item);
    } catch (error) {
      item.outcome = "dropped";
      item.code = error instanceof Error ? error.message : "unreadable";
      continue;
    }
    foldInto(row, item, given, given.now);
    bookOf(row.key).add(item.envelope, item.receivedAt, item.event.id);
    touched.add(row.key);
    book.learn(item, row);
    note(item, row);
    item.outcome = "folded";
    item.fresh = true;
  }

  for (const key of touched) {
    const claims = books.get(key);
    const row = rows.get(key);
    if (claims && row) row.claims = claims.close(given.now);
  }
  const all = [...book.all.values()];
  const parts = partition(rows.keys(), all, identityRules(given.document));
  book.giveBack(parts);
  for (const record of applied) bind(joinedBefore(record, parts, all, rows), record);
  // A browser of two proven persons shows neither's pages: also where both were proved in this very batch.
  for (const browser of parts.shared) if (rows.get(browser)?.snapshot) touched.add(browser);
  // A run before this one, or a consumer that crashed, may have written the links and not what follows from them.
  const again = items.filter(
    ({ outcome, redelivered }) => outcome === "folded" && (redelivered || !given.firstRun),
  );
  const news = [...book.news.values(), ...again.flatMap(({ resolution }) => resolution.links)];
  const changed = new Set(news.flatMap(({ a, b }) => [a, b]));
  const moved = new Set<string>();
  // A crash may have come before a member's first row: in the database that has it.
  for (const members of parts.members.values())
    if (members.length > 1) for (const key of members) rowOf(rows, key, scopes);
  for (const [key, row] of rows) {
    const members = parts.members.get(parts.rootOf.get(key) ?? key) ?? [key];
    // A row that exists for no reason but a pending claim is not written.
    if (saysSame(row.members, members)) continue;
    row.members = members.length > 1 ? members : null;
    moved.add(key);
    changed.add(key);
  }
  for (const key of matesOf(moved, parts)) touched.add(key);
  const conflicts = conflictsOf(all, parts, (key) => changed.has(key));
  const moves = movesOf(before, parts, changed);
  const found = { conflicts, moves, newLinks: [...book.news.values()], lists: graph.lists, cuts: given.cuts };
  return { rows, before, touched, partition: parts, subjects, decisions, told, withdrawn, ...found };
}

function keepOut(item: IngestEvent): void {
  item.outcome = "dropped";
  item.code = "bot";
}

/** Device (or identifier) → its own row and those scoped by claims made on it. */
type Scopes = Map<string, string[]>;

const deviceOf = (key: string): string => key.split("|", 1)[0] ?? key;

function rowOf(rows: Map<string, IdentifierRow>, key: string, scopes: Scopes): IdentifierRow {
  let row = rows.get(key);
  if (!row) {
    row = emptyRow(key);
    rows.set(key, row);
    const device = deviceOf(key);
    scopes.set(device, [...(scopes.get(device) ?? []), key]);
  }
  return row;
}

/**
 * All rows that could hold the claim of an event: it may have come before with fewer identifiers, when the visitor had
 * no cookie yet. So those of every profile that it names, and of every claim made on its devices.
 */
function related(keys: readonly string[], rows: Map<string, IdentifierRow>, scopes: Scopes): string[] {
  const found = new Set(keys.flatMap((key) => [key, ...(scopes.get(deviceOf(key)) ?? [])]));
  for (const key of keys) for (const member of rows.get(key)?.members ?? []) found.add(member);
  return [...found];
}

function foldInto(
  row: IdentifierRow,
  item: IngestEvent,
  release: Pick<ActiveRelease, "document" | "candidate">,
  now: number,
): void {
  const { event, receivedAt, granted } = item;
  let facts = row.facts as FactState; // written by foldEvent alone
  for (const purpose of granted) {
    facts = foldEvent(facts, event, featuresFor(release.document, purpose), now);
    facts = foldEvent(facts, event, onlyInCandidate(release, purpose), now);
  }
  row.facts = facts;
  row.seenAt = Math.max(row.seenAt, receivedAt);
}
