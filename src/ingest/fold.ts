/**
 * Folding a batch into the identity graph, in memory: claims, the recheck of consent, links, profiles and facts. Run
 * again on fresh rows when another consumer wrote one of them meanwhile; claims make that exact.
 */

import { type CurrentConsent, stillGranted, whyNot } from "#consent/still-granted";
import type { LedgerRow } from "#consent/store";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import { type ClaimBook, openClaims } from "#identity/claims";
import { type Conflict, conflictsOf } from "#identity/conflicts";
import { toCurrent } from "#identity/consent-store";
import { type SubjectKeys, subjectKeys } from "#identity/golden/subject-keys";
import {
  emptyRow,
  endsOf,
  hasDecided,
  type IdentifierRow,
  isScoped,
  type Link,
  linkId,
  rootOf,
} from "#identity/graph";
import { type Move, movesOf } from "#identity/moves";
import { type Partition, partition } from "#identity/partition";
import { type Graph, isCrowdedOut } from "#identity/read";
import { identityRules, isMatch } from "#identity/rules";
import { matesOf } from "#identity/settle";
import type { Keyring } from "#privacy/keys";
import { type FactState, foldEvent } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { type IngestEvent, isBot, type SeenRecord, staysOut } from "./batch.ts";
import { applyRecord, bindOthers, noteGpc, optOutEntry } from "./decisions.ts";
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
}

/** Fold events into rows. Rows and events are changed in place; `graph` is this run's own copy. */
export async function foldBatch(
  items: readonly IngestEvent[],
  records: readonly SeenRecord[],
  graph: Graph,
  given: { document: ReleaseDocument; keys: Keyring; now: number; firstRun: boolean },
): Promise<Folded> {
  const rows = graph.rows;
  const before = new Map([...rows].map(([key, row]) => [key, { ...row }]));
  const subjects = subjectKeys(graph.subjectKeys);
  const touched = new Set<string>();
  const links = new Map(graph.links.map((link) => [linkId(link), link]));
  const newLinks = new Map(graph.torn.map((link) => [linkId(link), link]));
  const browsers = new Map<string, Link[]>();
  for (const link of graph.links) noteBrowser(link, browsers);
  const books = new Map<string, ClaimBook>();
  const bookOf = (key: string): ClaimBook => {
    let book = books.get(key);
    if (!book) {
      book = openClaims(rows.get(key)?.claims ?? []);
      books.set(key, book);
    }
    return book;
  };
  const scopes = Map.groupBy(rows.keys(), deviceOf);
  const decisions: LedgerRow[] = [];
  const told = new Set<string>();
  const withdrawn = new Set<string>();
  const profiles: Profiles = Map.groupBy(rows.values(), rootOf);
  for (const seen of records) {
    const row = rowOf(rows, seen.record.subject, scopes);
    // Of who was erased nothing is kept, not even what they decide.
    if (row.suppressed) continue;
    const decidedBefore = row.consent;
    const applied = applyRecord(row, seen);
    if (applied.changed) {
      touched.add(row.key);
      if (!applied.entry) continue; // `PUT /consent` has bound the others
      decisions.push(applied.entry);
      const bound = bindOthers(membersOf(row, profiles), applied.consent, decidedBefore, seen);
      for (const { key } of bound) touched.add(key);
      if (!seen.record.granted.includes("personalization")) for (const { key } of bound) withdrawn.add(key);
    } else if (applied.isKnown && row.consent?.t === seen.seenAt) told.add(row.key);
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
    const { changed, isOptOut } = noteGpc(item, browser, own(row, browser, profiles));
    for (const { key } of changed) touched.add(key);
    if (isOptOut) decisions.push(optOutEntry(item, browser.key));
  };

  const learn = (item: IngestEvent, row: IdentifierRow): void => {
    for (const link of item.resolution.links) {
      const known = links.get(linkId(link));
      if (known ? isNoEarlier(link, known) : isTaken(link, browsers) || isCrowdedOut(link, graph)) continue;
      const merged = known ? { ...link, state: known.state } : link;
      links.set(linkId(link), merged);
      newLinks.set(linkId(link), merged);
      noteBrowser(merged, browsers);
      if (link.kind === "claim") continue;
      for (const end of [link.a, link.b]) {
        const other = rowOf(rows, end, scopes);
        if (merged.state === "live" && link.kind !== "rule") inherit(other, row);
        // Also where it joins nothing: who comes to something else meanwhile, without knowing of it, has to meet it here.
        if (merged.state !== "revoked" && link.kind !== "scope") touched.add(end);
      }
    }
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
      if (isAsBefore && !isBot(item) && leftOf(item).length > 0) learn(item, row);
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
      continue;
    }
    try {
      await mergeTraits(row, item.event, given.keys, subjects, item);
    } catch (error) {
      item.outcome = "dropped";
      item.code = error instanceof Error ? error.message : "unreadable";
      continue;
    }
    foldInto(row, item, given.document, given.now);
    bookOf(row.key).add(item.envelope, item.receivedAt, item.event.id);
    touched.add(row.key);
    learn(item, row);
    note(item, row);
    item.outcome = "folded";
    item.fresh = true;
  }

  for (const key of touched) {
    const book = books.get(key);
    const row = rows.get(key);
    if (book && row) row.claims = book.close(given.now);
  }
  const all = [...links.values()];
  const parts = partition(rows.keys(), all, identityRules(given.document));
  // A browser of two proven persons shows neither's pages: also where both were proved in this very batch.
  for (const browser of parts.shared) if (rows.get(browser)?.snapshot) touched.add(browser);
  // A run before this one, or a consumer that crashed, may have written the links and not what follows from them.
  const again = items.filter(
    ({ outcome, redelivered }) => outcome === "folded" && (redelivered || !given.firstRun),
  );
  const news = [...newLinks.values(), ...again.flatMap(({ resolution }) => resolution.links)];
  const changed = new Set(news.flatMap(({ a, b }) => [a, b]));
  const moved = new Set<string>();
  // A crash may have come before a member's first row: in the database that has it.
  for (const members of parts.members.values())
    if (members.length > 1) for (const key of members) rowOf(rows, key, scopes);
  for (const [key, row] of rows) {
    const members = parts.members.get(parts.rootOf.get(key) ?? key) ?? [key];
    // A row that exists for no reason but a pending claim is not written.
    if (isSame(row.members, members)) continue;
    row.members = members.length > 1 ? members : null;
    moved.add(key);
    changed.add(key);
  }
  for (const key of matesOf(moved, parts)) touched.add(key);
  const conflicts = conflictsOf(all, parts, (key) => changed.has(key));
  const moves = movesOf(before, parts, changed);
  const found = { conflicts, moves, newLinks: [...newLinks.values()] };
  return { rows, before, touched, partition: parts, subjects, decisions, told, withdrawn, ...found };
}

/** Whether a row says already who its profile's members are. */
const isSame = (stored: readonly string[] | null, members: readonly string[]): boolean =>
  stored === null
    ? members.length < 2
    : stored.length === members.length && stored.every((key, n) => key === members[n]);

/** Of several pieces of evidence for one link the earliest dates it, in whatever order they come. */
const isNoEarlier = (link: Link, known: Link): boolean =>
  known.at < link.at || (known.at === link.at && known.eventId <= link.eventId);

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

/**
 * Whether a claimed anonymous id had a browser before. Such a link could never join anything as long as the first one
 * lives, and an id that a site has hard-coded would collect one for every visitor: it is not kept.
 */
function isTaken(link: Link, browsers: ReadonlyMap<string, Link[]>): boolean {
  if (link.kind !== "device") return false;
  const { claimed, device } = endsOf(link);
  return (browsers.get(claimed) ?? []).some(
    (other) => endsOf(other).device !== device && isBefore(other, link),
  );
}

/** As partition.ts orders two links of one kind. */
const isBefore = (one: Link, other: Link): boolean =>
  one.at < other.at || (one.at === other.at && linkId(one) < linkId(other));

/** Claimed id → the links to browsers that sent it. */
function noteBrowser(link: Link, browsers: Map<string, Link[]>): void {
  if (link.kind !== "device" || link.state !== "live") return;
  const { claimed } = endsOf(link);
  browsers.set(claimed, [...(browsers.get(claimed) ?? []), link]);
}

/** A new row starts with the consent of the row that it is linked to: a withdrawal binds it from its first moment. */
function inherit(row: IdentifierRow, from: IdentifierRow): void {
  if (hasDecided(row) || !from.consent || isProvenElsewhere(row.key, from.key)) return;
  const { g, t, r, o } = from.consent;
  row.consent = { ...row.consent, g, t, r, b: 1, ...(o !== undefined && { o }) };
}

const isProvenElsewhere = (key: string, from: string): boolean =>
  isScoped(from) && !isScoped(key) && !from.startsWith(key);

/** Root → rows of the profile, as they were read. */
type Profiles = Map<string, IdentifierRow[]>;

/** What holds now for the identifiers of an event, and for the others of their profiles. */
function currentOf(
  item: IngestEvent,
  rows: Map<string, IdentifierRow>,
  profiles: Profiles,
): CurrentConsent[] {
  const current: CurrentConsent[] = [];
  for (const key of item.resolution.keys) {
    const row = rows.get(key);
    // That two people agree in something binds neither by what the other decides.
    if (!row || isMatch(key)) continue;
    if (row.consent !== null || row.suppressed) current.push(toCurrent(row.consent, row.suppressed));
    for (const other of membersOf(row, profiles))
      if (other.consent !== null) current.push(toCurrent(other.consent, false));
  }
  return current;
}

/** The others of a row's profile. */
const membersOf = (row: IdentifierRow, profiles: Profiles): IdentifierRow[] =>
  row.members === null ? [] : (profiles.get(rootOf(row)) ?? []).filter((other) => other !== row);

/** The browser whose signed cookie came along. */
const cookieOf = ({ event }: IngestEvent): IdentifierRef | undefined =>
  event.identifiers.find(({ proof }) => proof === "cookie");

/** The other rows that are surely the sender's: where the facts went, and the profiles; none that is only claimed. */
function own(row: IdentifierRow, browser: IdentifierRow, profiles: Profiles): IdentifierRow[] {
  const found = new Set([row]);
  for (const one of [row, browser]) for (const other of membersOf(one, profiles)) found.add(other);
  found.delete(browser);
  return [...found];
}

function foldInto(row: IdentifierRow, item: IngestEvent, document: ReleaseDocument, now: number): void {
  const { event, receivedAt, granted } = item;
  let facts = row.facts as FactState; // written by foldEvent alone
  for (const purpose of granted) facts = foldEvent(facts, event, featuresFor(document, purpose), now);
  row.facts = facts;
  row.seenAt = Math.max(row.seenAt, receivedAt);
}
