/**
 * Reading the identity graph: the rows of keys, their profiles' other members, and whatever a live link could join to
 * them. Where no cache is stale that is two rounds over the databases that have any of the keys: what is named, and what
 * that names. What was read is what `write.ts` compares with.
 */
import { LAST_ERASURE, lastErasure, markOf } from "#privacy/erasure-mark";
import { chunksOf } from "./chunks.ts";
import { COUNTED } from "./constraints.ts";
import {
  type IdentifierRow,
  isScoped,
  type Link,
  type LinkKind,
  linkId,
  namespaceOf,
  scopeLink,
} from "./graph.ts";
import { DEFAULT_RULES, type IdentityRules, isMatch } from "./rules.ts";
import type { IdentityShards } from "./shards.ts";
import { parseLink, parseRow, ROW_COLUMNS, type StoredLink, type StoredRow } from "./stored.ts";

export interface Graph {
  rows: Map<string, IdentifierRow>;
  links: Link[];
  /** Links to identifiers that were erased since: to be deleted. */
  dead: Link[];
  /** Those that lie under one end alone, or differ: a crash came between two databases. To be written again. */
  torn: Link[];
  /** What there are too many of already (`fanOf`): no more are kept, since none of them can join. */
  crowded: Set<string>;
  /** Subject → wrapped key, for rows that have sealed traits. */
  subjectKeys: Map<string, string>;
  /** Key → imported lists that name it, also where it has no row yet. */
  lists: Map<string, string[]>;
  /**
   * Number of the last erasure that the databases have; a later one forbids to write what is made of this. -1 where they
   * differ: an erasure is being done, or was broken off.
   */
  erasures: number;
}

/** Links of all kinds but claims, which join nothing and of which anybody can make any number. */
const READ_KINDS: readonly LinkKind[] = ["version", "aside", "apart", "manual", "proof", "rule", "device"];

/** What events are evidence for, and ingest writes; all else operators do. */
const OF_EVENTS: readonly LinkKind[] = ["version", ...COUNTED];

/** Rounds after the first two, where caches are stale or a conflict leads on. */
const MAX_ROUNDS = 8;
/**
 * In these rounds. What nobody's data comes to: beyond it nothing more is read, and what is missing joins nothing. What is
 * asked for and its profiles are always read: an unread row could never be written.
 */
const MAX_FOLLOWED = 20_000;

/** Read rows of keys, of their profiles, and of everything that a live link could join to them. */
export async function readClosed(
  shards: IdentityShards,
  keys: readonly string[],
  rules: IdentityRules = DEFAULT_RULES,
): Promise<Graph> {
  const crowded = new Set<string>();
  const graph: Graph = {
    rows: new Map(),
    links: [],
    dead: [],
    torn: [],
    crowded,
    subjectKeys: new Map(),
    lists: new Map(),
    erasures: 0,
  };
  const asked = new Set<string>();
  const marks = new Set<number>();
  const copies = new Map<string, Link[]>();
  let next = [...new Set(keys)];
  let round = 0;
  let followed = 0;
  for (; round < MAX_ROUNDS && next.length > 0 && followed < MAX_FOLLOWED; round++) {
    if (round > 1) followed += next.length;
    for (const key of next) asked.add(key);
    const read = await readOnce(shards, next, rules);
    for (const mark of read.marks) marks.add(mark);
    for (const row of read.rows) graph.rows.set(row.key, row);
    for (const [subject, wrapped] of read.subjectKeys) graph.subjectKeys.set(subject, wrapped);
    for (const { key, list } of read.lists) graph.lists.set(key, [...(graph.lists.get(key) ?? []), list]);
    for (const name of crowdedOf(read.links, rules)) crowded.add(name);
    const found = new Set<string>();
    for (const { members } of read.rows) for (const key of members ?? []) found.add(key);
    for (const link of read.links) {
      // Under the other end it comes again.
      copies.set(linkId(link), [...(copies.get(linkId(link)) ?? []), link]);
      // What joins nothing leads nowhere.
      if (link.state === "live" && !crowded.has(fanOf(link))) found.add(link.b);
    }
    next = [...found].filter((key) => !asked.has(key));
  }
  // Always two, or how long it takes would tell whether a claim names somebody who is known.
  if (round === 1) await readOnce(shards, [`${keys[0]}|`], rules);
  for (const [one, other] of copies.values()) {
    if (!one) continue;
    const link = other ? earlier(one, other) : one;
    graph.links.push(link);
    const isWhole = other
      ? one.at === other.at && one.eventId === other.eventId
      : one.a === one.b || !asked.has(one.b);
    if (!isWhole && OF_EVENTS.includes(link.kind) && !isCrowdedOut(one, graph)) graph.torn.push(link);
  }
  settleErased(graph);
  if (next.length > 0) leaveOut(graph, next, asked);
  if (keys.length === 0) marks.add(await lastErasure(shards));
  // Who asks for nothing has read no mark: nothing is written then either.
  graph.erasures = marks.size > 1 ? -1 : ([...marks][0] ?? 0);
  return graph;
}

/**
 * What was not read any more, and profiles that were read in part: a part of one says nothing of the whole, and must not be
 * written. What joins them to the others joins nothing, as far as they are stored.
 */
function leaveOut(graph: Graph, unread: readonly string[], asked: ReadonlySet<string>): void {
  const leftOut = new Set(unread);
  for (const { members } of graph.rows.values())
    if (members?.some((key) => !asked.has(key))) for (const key of members) leftOut.add(key);
  for (const key of leftOut) graph.rows.delete(key);
  const isRead = ({ a, b }: Link) => !leftOut.has(a) && !leftOut.has(b);
  graph.links = graph.links.filter(isRead);
  graph.torn = graph.torn.filter(isRead);
}

/** Of the links under node `a`, those of a kind and a namespace of partner. */
const fanOf = ({ a, b, kind }: Pick<Link, "a" | "b" | "kind">): string => `${a}~${kind}~${namespaceOf(b)}`;

/** Whether a new link could never join, since one of its ends has too many such partners already. */
export const isCrowdedOut = ({ a, b, kind }: Link, { crowded }: Pick<Graph, "crowded">): boolean =>
  crowded.has(fanOf({ a, b, kind })) || crowded.has(fanOf({ a: b, b: a, kind }));

/** Of two copies of a link what the earlier evidence says; and it is revoked where one of them says so. */
function earlier(one: Link, other: Link): Link {
  const isOne = one.at < other.at || (one.at === other.at && one.eventId <= other.eventId);
  const link = isOne ? one : other;
  return one.state === "revoked" || other.state === "revoked" ? { ...link, state: "revoked" } : link;
}

/** Whether what a match rule found joins is for the rules of today to say, not for those under which it was found. */
function asRuled(link: Link, rules: IdentityRules): Link {
  if (link.kind !== "rule" || link.state === "revoked") return link;
  const match = namespaceOf(isMatch(link.a) ? link.a : link.b);
  return { ...link, state: rules.mergesBy(match) ? "live" : "pending" };
}

/** Of which there are too many: constraints.ts lets none of them join. */
function crowdedOf(links: readonly Link[], rules: IdentityRules): string[] {
  const live = links.filter(({ state, kind }) => state === "live" && COUNTED.includes(kind));
  const fans = Map.groupBy(live, fanOf);
  return [...fans].flatMap(([name, { length, 0: first }]) =>
    first && length > rules.maxPartners(namespaceOf(first.b)) ? [name] : [],
  );
}

/** Of who was erased there is nothing to join: neither what devices keep under claims, nor a link that came too late. */
function settleErased(graph: Graph): void {
  const isGone = (key: string) => graph.rows.get(key)?.suppressed === true;
  for (const { key, suppressed } of graph.rows.values()) {
    if (suppressed || !isScoped(key)) continue;
    const scope = scopeLink(key);
    if (scope) graph.links.push(scope);
  }
  const live: Link[] = [];
  for (const link of graph.links) (isGone(link.a) || isGone(link.b) ? graph.dead : live).push(link);
  graph.links = live;
  graph.torn = graph.torn.filter(({ a, b }) => !isGone(a) && !isGone(b));
}

interface Read {
  rows: IdentifierRow[];
  /** Under each end that was asked for: `a` is that end. */
  links: Link[];
  subjectKeys: [subject: string, wrapped: string][];
  lists: { key: string; list: string }[];
  /** The last erasure of each database. */
  marks: number[];
}

/** One round: each database that has any of the keys is asked once. */
async function readOnce(
  shards: IdentityShards,
  keys: readonly string[],
  rules: IdentityRules,
): Promise<Read> {
  const read: Read = { rows: [], links: [], subjectKeys: [], lists: [], marks: [] };
  const groups = [...shards.group(keys, (key) => key)];
  await Promise.all(
    groups.map(async ([db, own]) => {
      const chunks = chunksOf(own);
      const results = await db.batch([
        db.prepare(LAST_ERASURE),
        ...chunks.flatMap((chunk) => [
          db
            .prepare(`SELECT ${ROW_COLUMNS} FROM json_each(?1) n JOIN identifiers i ON i.key = n.value`)
            .bind(chunk),
          linksOf(db, chunk, rules.maxPartnersOfAny + 1),
          db
            .prepare(
              "SELECT s.subject, s.wrapped FROM json_each(?1) n JOIN subject_keys s ON s.subject = n.value",
            )
            .bind(chunk),
          db
            .prepare("SELECT m.key, m.list FROM json_each(?1) n JOIN list_members m ON m.key = n.value")
            .bind(chunk),
        ]),
      ]);
      read.marks.push(markOf((results[0]?.results as { state: string }[] | undefined)?.[0]));
      for (let n = 1; n < results.length; n += 4) {
        read.rows.push(...((results[n]?.results ?? []) as StoredRow[]).map(parseRow));
        for (const stored of (results[n + 1]?.results ?? []) as StoredLink[])
          read.links.push(asRuled(parseLink(stored), rules));
        for (const { subject, wrapped } of (results[n + 2]?.results ?? []) as {
          subject: string;
          wrapped: string;
        }[])
          read.subjectKeys.push([subject, wrapped]);
        read.lists.push(...((results[n + 3]?.results ?? []) as Read["lists"]));
      }
    }),
  );
  return read;
}

/** Links of nodes; of each kind and namespace of partner no more than tell that there are too many. */
const linksOf = (db: D1Database, nodes: string, limit: number): D1PreparedStatement =>
  db
    .prepare(
      `SELECT node, other, kind, event_id, source, at, state FROM (
         SELECT l.node, l.other, l.kind, l.event_id, l.source, l.at, l.state, ROW_NUMBER() OVER (
           PARTITION BY l.node, l.kind, l.state, substr(l.other, 1, instr(l.other, ':')) ORDER BY l.at, l.other) AS place
         FROM json_each(?1) n JOIN links l ON l.node = n.value AND l.kind IN (${READ_KINDS.map((kind) => `'${kind}'`).join()})
       ) WHERE place <= ?2`,
    )
    .bind(nodes, limit);
