/**
 * Folding a batch into the identity graph, in memory: claims, the recheck of consent, links, profiles and facts. Run
 * again on fresh rows when another consumer wrote one of them meanwhile; claims make that exact.
 */

import { packPurposes } from "#consent/cookie";
import { stillGranted } from "#consent/decide";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type ClaimBook, openClaims } from "#identity/claims";
import { emptyRow, endsOf, type IdentifierRow, isScoped, type Link, linkId } from "#identity/graph";
import { type Partition, partition } from "#identity/partition";
import type { Graph } from "#identity/store";
import { toCurrent } from "#identity/store";
import type { Keyring } from "#privacy/keys";
import { type FactState, foldEvent } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { type IngestEvent, isBot, staysOut } from "./batch.ts";
import { mergeTraits, type SubjectKeys, subjectKeys } from "./traits.ts";

/** What one run over the batch makes of the graph. */
export interface Folded {
  rows: Map<string, IdentifierRow>;
  /** Rows as they were read, for what entered and left. */
  before: Map<string, IdentifierRow>;
  /** Keys of rows to be written. */
  touched: Set<string>;
  newLinks: Link[];
  partition: Partition;
  subjects: SubjectKeys;
}

/** Fold events into rows. Rows and events are changed in place; `graph` is this run's own copy. */
export async function foldBatch(
  items: readonly IngestEvent[],
  graph: Graph,
  given: { document: ReleaseDocument; keys: Keyring; now: number; firstRun: boolean },
): Promise<Folded> {
  const rows = graph.rows;
  const before = new Map([...rows].map(([key, row]) => [key, { ...row }]));
  const subjects = subjectKeys(graph.subjectKeys);
  const touched = new Set<string>();
  const known = new Set(graph.links.map(linkId));
  const newLinks: Link[] = [];
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

  for (const item of items) {
    if (staysOut(item)) {
      recheck(item, rows);
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
      continue;
    }
    recheck(item, rows);
    if (item.granted.length === 0) {
      item.outcome = "dropped";
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
      await mergeTraits(row, item.event, given.keys, subjects);
    } catch (error) {
      item.outcome = "dropped";
      item.code = error instanceof Error ? error.message : "unreadable";
      continue;
    }
    foldInto(row, item, given.document, given.now);
    bookOf(row.key).add(item.envelope, item.receivedAt, item.event.id);
    touched.add(row.key);
    for (const link of item.resolution.links) {
      if (known.has(linkId(link)) || isTaken(link, graph.links, newLinks)) continue;
      known.add(linkId(link));
      newLinks.push(link);
      if (link.state === "live") for (const end of [link.a, link.b]) inherit(rowOf(rows, end, scopes), row);
    }
    item.outcome = "folded";
    item.fresh = true;
  }

  for (const key of touched) {
    const book = books.get(key);
    const row = rows.get(key);
    if (book && row) row.claims = book.close(given.now);
  }
  const links = [...graph.links, ...newLinks];
  const parts = partition(rows.keys(), links);
  for (const [key, row] of rows) {
    const members = parts.members.get(parts.rootOf.get(key) ?? key) ?? [key];
    const profile = members.length > 1 ? (members[0] ?? null) : null;
    // A row that exists for no reason but a pending claim is not written.
    if (row.profile !== profile) {
      row.profile = profile;
      touched.add(key);
    }
  }
  return { rows, before, touched, newLinks, partition: parts, subjects };
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
  const profiles = new Set(keys.flatMap((key) => rows.get(key)?.profile ?? []));
  const found = new Set(keys.flatMap((key) => [key, ...(scopes.get(deviceOf(key)) ?? [])]));
  if (profiles.size > 0) {
    for (const row of rows.values())
      if (row.profile !== null && profiles.has(row.profile)) found.add(row.key);
  }
  return [...found];
}

/**
 * Whether a claimed anonymous id has a browser already. Such a link could never join anything as long as the first one
 * lives, and an id that a site has hard-coded would collect one for every visitor: it is not kept.
 */
function isTaken(link: Link, stored: readonly Link[], fresh: readonly Link[]): boolean {
  if (link.kind !== "device") return false;
  const { claimed, device } = endsOf(link);
  return [...stored, ...fresh].some((other) => {
    if (other.kind !== "device" || other.state !== "live") return false;
    const ends = endsOf(other);
    return ends.claimed === claimed && ends.device !== device;
  });
}

/** A new row starts with the consent of the row that it is linked to: a withdrawal binds it from its first moment. */
function inherit(row: IdentifierRow, from: IdentifierRow): void {
  if (row.consent === null && !isProvenElsewhere(row.key, from.key)) row.consent = from.consent;
}

const isProvenElsewhere = (key: string, from: string): boolean =>
  isScoped(from) && !isScoped(key) && !from.startsWith(key);

/** Take away what a later decision of any of the event's identifiers no longer grants. */
function recheck(item: IngestEvent, rows: Map<string, IdentifierRow>): void {
  const current = item.resolution.keys.flatMap((key) => {
    const row = rows.get(key);
    return row && (row.consent !== null || row.suppressed) ? [toCurrent(row.consent, row.suppressed)] : [];
  });
  item.granted = stillGranted(item.event.consent, current);
  if (item.granted.length === 0)
    item.code = current.some((c) => c.suppressed) ? "suppressed" : "consent_withdrawn";
}

function foldInto(row: IdentifierRow, item: IngestEvent, document: ReleaseDocument, now: number): void {
  const { event, receivedAt, granted } = item;
  let facts = row.facts as FactState; // written by foldEvent alone
  for (const purpose of granted) facts = foldEvent(facts, event, featuresFor(document, purpose), now);
  row.facts = facts;
  row.seenAt = Math.max(row.seenAt, receivedAt);
  // Only a decision of the ledger becomes the row's: anyone can send a statement with an event.
  const { decidedAt, receipt, ledger } = event.consent;
  if (ledger && decidedAt >= (row.consent?.t ?? 0)) {
    row.consent = { g: packPurposes(ledger), t: decidedAt, r: receipt };
  }
}
