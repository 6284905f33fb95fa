/**
 * What is around identifiers that lie in several databases, for their erasure: read while nobody writes (the entry is being
 * done everywhere), and before anything of it goes, so that it is found again after a crash. A batch of events that was
 * broken off by the erasure may have written some of its rows: they are reached over its links, which all were there
 * before the first row.
 */
import type { Erasure } from "#privacy/erasure-log";
import { chunksOf } from "./chunks.ts";
import { claimedToBe, madeOnDevices, type StoredEnd } from "./erase-store.ts";
import { isMatch } from "./rules.ts";
import type { IdentityShards } from "./shards.ts";

export interface Near {
  /** Who has joined what is erased, without being among its subjects. */
  strays: string[];
  /** Rows that stay and name an erased one as a member. */
  rows: string[];
  /** Links of the erased, as they are stored under their other ends. */
  ends: StoredEnd[];
}

/** Links that join, by kind; claims, of which there may be any number, lead to nobody's profile. */
const JOINING: ReadonlySet<string> = new Set(["version", "manual", "proof", "rule", "device"]);
/** Of partners by one kind of link so many are followed: what has more joins nothing. */
const FAN = 501;
const MAX_ROUNDS = 8;
const MAX_KEYS = 20_000;

export async function nearOf(
  identity: IdentityShards,
  { subjects, partial }: Pick<Erasure, "subjects" | "partial">,
): Promise<Near> {
  const named = new Set(subjects);
  const apart = new Set(partial);
  // And what is kept under a claim to be one of them, or on one of them: it is erased with them.
  const isNamed = (key: string) => named.has(key) || key.split("|").some((part) => named.has(part));
  const isWhole = (key: string) => named.has(key) && !apart.has(key);
  const rows = new Set<string>();
  const strays = new Set(await claimsOf(identity, subjects));
  const ends: StoredEnd[] = [];
  const asked = new Set<string>();
  let next = subjects;
  for (let round = 0; round < MAX_ROUNDS && next.length > 0 && asked.size <= MAX_KEYS; round++) {
    for (const key of next) asked.add(key);
    const found = new Set<string>();
    const read = await readAround(identity, next, round === 0);
    for (const { key, members } of read.rows) {
      for (const member of members) found.add(member);
      if (isWhole(key)) for (const member of members) strays.add(member);
      if (named.has(key) || !members.some(isNamed)) continue;
      rows.add(key);
      if (members.some(isWhole)) strays.add(key);
    }
    for (const { node, kind, other } of read.links) {
      if (round === 0) ends.push({ node: other, kind, other: node });
      if (JOINING.has(kind)) found.add(other);
    }
    next = [...found].filter((key) => !asked.has(key));
  }
  return {
    strays: [...strays].filter((key) => !named.has(key) && !isMatch(key)).sort(),
    rows: [...rows],
    ends,
  };
}

async function claimsOf(identity: IdentityShards, subjects: readonly string[]): Promise<string[]> {
  const own = identity.group(subjects, (key) => key);
  const found = await Promise.all(
    identity.all.map(async (db) => {
      const statements = [...madeOnDevices(db, own.get(db) ?? []), ...claimedToBe(db, subjects)];
      return statements.length > 0 ? db.batch<{ key: string }>(statements) : [];
    }),
  );
  return found.flat().flatMap(({ results }) => results.map(({ key }) => key));
}

interface Around {
  rows: { key: string; members: string[] }[];
  links: StoredEnd[];
}

/** @param isFirst of the erased themselves all links are read: each has another end */
async function readAround(
  identity: IdentityShards,
  keys: readonly string[],
  isFirst: boolean,
): Promise<Around> {
  const around: Around = { rows: [], links: [] };
  await Promise.all(
    [...identity.group(keys, (key) => key)].map(async ([db, own]) => {
      const results = await db.batch(
        chunksOf(own).flatMap((chunk) => [
          db
            .prepare(
              "SELECT i.key, i.members FROM json_each(?1) n JOIN identifiers i ON i.key = n.value WHERE i.members IS NOT NULL",
            )
            .bind(chunk),
          isFirst ? allLinks(db, chunk) : someLinks(db, chunk),
        ]),
      );
      for (let n = 0; n < results.length; n += 2) {
        for (const { key, members } of (results[n]?.results ?? []) as { key: string; members: string }[])
          around.rows.push({ key, members: JSON.parse(members) as string[] }); // of stored.ts
        around.links.push(...((results[n + 1]?.results ?? []) as StoredEnd[]));
      }
    }),
  );
  return around;
}

const allLinks = (db: D1Database, nodes: string): D1PreparedStatement =>
  db
    .prepare("SELECT l.node, l.kind, l.other FROM json_each(?1) n JOIN links l ON l.node = n.value")
    .bind(nodes);

const someLinks = (db: D1Database, nodes: string): D1PreparedStatement =>
  db
    .prepare(
      `SELECT node, kind, other FROM (
         SELECT l.node, l.kind, l.other, ROW_NUMBER() OVER (PARTITION BY l.node, l.kind ORDER BY l.other) AS place
         FROM json_each(?1) n JOIN links l ON l.node = n.value AND l.kind IN (${[...JOINING].map((kind) => `'${kind}'`).join()})
       ) WHERE place <= ?2`,
    )
    .bind(nodes, FAN);
