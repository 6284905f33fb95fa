/** What the databases say in the end, and where that is not what the history comes to. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { openClaims } from "#identity/claims";
import { conflictsOf } from "#identity/conflicts";
import { traitRules } from "#identity/golden/choose";
import { goldenRecord } from "#identity/golden/record";
import { subjectKeys } from "#identity/golden/subject-keys";
import { endsOf, type IdentifierRow, isScoped, type Link, linkId } from "#identity/graph";
import { partition } from "#identity/partition";
import { identityRules } from "#identity/rules";
import type { IdentityShards } from "#identity/shards";
import { parseLink, parseRow, ROW_COLUMNS, type StoredLink, type StoredRow } from "#identity/stored";
import type { Keyring } from "#privacy/keys";
import type { Truth } from "./oracle.ts";

/** All that is stored of some keys, by database. */
export interface Stored {
  rows: Map<string, IdentifierRow>;
  /** `node > other kind` → the link as it lies under that end. */
  ends: Map<string, Link>;
  subjectKeys: Map<string, string>;
  /** `a b kind` of the queue of conflicts. */
  conflicts: Set<string>;
  /** Keys in a database that is not theirs. */
  astray: string[];
}

export async function storedOf(shards: IdentityShards, keys: Iterable<string>): Promise<Stored> {
  const json = JSON.stringify([...keys]);
  const stored: Stored = {
    rows: new Map(),
    ends: new Map(),
    subjectKeys: new Map(),
    conflicts: new Set(),
    astray: [],
  };
  for (const db of shards.all) {
    const [rows, links, subjects, conflicts] = await db.batch([
      db
        .prepare(`SELECT ${ROW_COLUMNS} FROM json_each(?1) k JOIN identifiers i ON i.key = k.value`)
        .bind(json),
      db
        .prepare(
          "SELECT l.node, l.other, l.kind, l.event_id, l.source, l.at, l.state FROM json_each(?1) k JOIN links l ON l.node = k.value",
        )
        .bind(json),
      db
        .prepare(
          "SELECT s.subject, s.wrapped FROM json_each(?1) k JOIN subject_keys s ON s.subject = k.value",
        )
        .bind(json),
      db
        .prepare("SELECT c.a, c.b, c.kind FROM json_each(?1) k JOIN identity_conflicts c ON c.a = k.value")
        .bind(json),
    ]);
    const note = (key: string) => {
      if (shards.of(key) !== db) stored.astray.push(key);
    };
    for (const row of ((rows?.results ?? []) as StoredRow[]).map(parseRow)) {
      note(row.key);
      stored.rows.set(row.key, row);
    }
    for (const link of ((links?.results ?? []) as StoredLink[]).map(parseLink)) {
      note(link.a);
      stored.ends.set(`${link.a} > ${link.b} ${link.kind}`, link);
    }
    for (const { subject, wrapped } of (subjects?.results ?? []) as { subject: string; wrapped: string }[]) {
      note(subject);
      stored.subjectKeys.set(subject, wrapped);
    }
    for (const { a, b, kind } of (conflicts?.results ?? []) as { a: string; b: string; kind: string }[]) {
      note(a);
      stored.conflicts.add(`${a} ${b} ${kind}`);
    }
  }
  return stored;
}

/** Where what is stored is not the truth; empty where it is. */
export async function faultsOf(
  stored: Stored,
  truth: Truth,
  document: ReleaseDocument,
  keys: Keyring,
): Promise<string[]> {
  const faults: string[] = [];
  const check = (what: string, found: unknown, expected: unknown) => {
    const [one, other] = [canonical(found), canonical(expected)];
    if (one !== other) faults.push(`${what}: ${one} instead of ${other}`);
  };
  check("rows in a database that is not theirs", stored.astray, []);
  for (const key of truth.keys) {
    const row = stored.rows.get(key);
    const members = truth.parts.members.get(truth.parts.rootOf.get(key) ?? key) ?? [key];
    check(`members of ${key}`, row?.members ?? [key], members);
    check(`facts of ${key}`, row?.facts ?? {}, truth.facts.get(key) ?? {});
    const claims = openClaims(row?.claims ?? []);
    const events = [...(truth.events.get(key) ?? [])];
    const claimed = (row?.claims ?? []).reduce((sum, [, , ids]) => sum + ids.length, 0);
    check(
      `claims of ${key}`,
      [claimed, events.filter((id) => claims.holder(id) === undefined)],
      [events.length, []],
    );
  }
  for (const fault of linkFaults(stored, truth)) faults.push(fault);
  const proposed = conflictsOf([...truth.links.values()], truth.parts, () => true);
  const missing = proposed.filter(
    ({ a, b, kind, reason }) => !stored.conflicts.has(`${a} ${b} ${kind}`) && reason !== "too_many_partners",
  );
  check("conflicts that are not in the queue", missing, []);
  const links = [...stored.ends.values()].filter(({ kind }) => kind !== "claim");
  const scopes = [...truth.keys].flatMap((key) => scopesOf(key));
  const own = new Map([...links, ...scopes].map((link) => [linkId(link), link]));
  const again = partition(truth.keys, [...own.values()], identityRules(document));
  check("the partition of what is stored", [...again.rootOf].sort(), [...truth.parts.rootOf].sort());
  for (const [root, expected] of truth.golden) {
    const members = truth.parts.members.get(root) ?? [];
    const rows = members.flatMap((key) => stored.rows.get(key) ?? []);
    const subjects = subjectKeys(stored.subjectKeys);
    const record = await goldenRecord(rows, keys, subjects, { rules: traitRules(document) });
    check(`golden record of ${root}`, record, expected);
  }
  return faults;
}

/** Each link under both ends, as its earliest evidence has it. */
function* linkFaults({ ends }: Stored, { links, parts }: Truth): Generator<string> {
  const expected = new Set<string>();
  for (const [id, link] of links) {
    // One that comes when another browser has the anonymous id already joins nothing, and is not kept. Nor is one of too many.
    const isIdle = isSecond(link, links) || parts.crowded.has(link.a) || parts.crowded.has(link.b);
    for (const [node, other] of [
      [link.a, link.b],
      [link.b, link.a],
    ] as const) {
      const name = `${node} > ${other} ${link.kind}`;
      expected.add(name);
      const end = ends.get(name);
      // Claims are not read: of several the first that came dates them.
      const mayBeLater = isIdle || link.kind === "claim";
      if (!end ? !isIdle : mayBeLater ? end.at < link.at : !isSame(end, link))
        yield `${name} is ${JSON.stringify(end)} instead of ${JSON.stringify(links.get(id))}`;
    }
  }
  for (const name of ends.keys()) if (!expected.has(name)) yield `${name} is nobody's evidence`;
}

const isSame = (one: Link, other: Link): boolean =>
  one.at === other.at &&
  one.eventId === other.eventId &&
  one.source === other.source &&
  one.state === other.state;

function isSecond(link: Link, links: ReadonlyMap<string, Link>): boolean {
  if (link.kind !== "device") return false;
  const { claimed, device } = endsOf(link);
  return [...links.values()].some((other) => {
    if (other.kind !== "device") return false;
    const ends = endsOf(other);
    const isFirst = other.at < link.at || (other.at === link.at && linkId(other) < linkId(link));
    return ends.claimed === claimed && ends.device !== device && isFirst;
  });
}

const scopesOf = (key: string): Link[] =>
  isScoped(key) && !key.startsWith("event:")
    ? [
        {
          a: key.slice(0, key.indexOf("|")),
          b: key,
          kind: "scope",
          eventId: "",
          source: "",
          at: 0,
          state: "live",
        },
      ]
    : [];

/** JSON with sorted names, so that what is equal is equal as text. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, one: unknown) =>
    typeof one === "object" && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
