/**
 * A database with any number of identifiers, made by SQL alone: groups of ten, in the proportions of a shop where one
 * visitor in three logs in. Which key an identifier has follows from its number, here and in SQL, so that the bench knows
 * those that are there; keys lie scattered, as hashes do.
 */
import type { IdentifierRef } from "#contracts/messages/event_envelope";

/** Identifiers of a group. */
export const GROUP = 10;

/** Places of a group's identifiers. Those of a person: user, e-mail, two browsers, the anonymous id of the first. */
const NAMESPACES = [
  "user_id",
  "email",
  "visitor_id",
  "visitor_id",
  "anonymous_id",
  // A browser with facts under a claim; one with an anonymous id; one of which nothing else is known.
  "visitor_id",
  "scoped",
  "visitor_id",
  "anonymous_id",
  "visitor_id",
] as const;

/** Linear congruential generators, which meet each number once: their parts are as scattered as a hash's. */
const HASHES = [
  { factor: 1_103_515_245, plus: 12_345 },
  { factor: 69_069, plus: 907_633_385 },
] as const;
const RANGE = 2 ** 31;

const hashOf = (number: number): string =>
  HASHES.map(({ factor, plus }) =>
    Number((BigInt(number) * BigInt(factor) + BigInt(plus)) % BigInt(RANGE))
      .toString(16)
      .padStart(8, "0"),
  ).join("");
const hashSql = (number: string): string =>
  HASHES.map(({ factor, plus }) => `printf('%08x', (${number} * ${factor} + ${plus}) % ${RANGE})`).join(
    " || ",
  );

/** The key at a place of a group. */
export function keyAt(group: number, place: number): string {
  if (NAMESPACES[place] === "scoped") return `${keyAt(group, 5)}|${keyAt(group, 1)}`;
  return `${NAMESPACES[place]}:1.${hashOf(group * GROUP + place)}`;
}

function keySql(place: number): string {
  if (NAMESPACES[place] === "scoped") return `${keySql(5)} || '|' || ${keySql(1)}`;
  return `'${NAMESPACES[place]}:1.' || ${hashSql(`(g * ${GROUP} + ${place})`)}`;
}

/** Members of the profile of a place, sorted as keys are. */
function membersSql(place: number): string {
  if (place <= 4)
    return `json_array(${keySql(4)}, ${keySql(1)}, ${keySql(0)}, min(${keySql(2)}, ${keySql(3)}), max(${keySql(2)}, ${keySql(3)}))`;
  if (place <= 6) return `json_array(${keySql(5)}, ${keySql(6)})`;
  if (place <= 8) return `json_array(${keySql(8)}, ${keySql(7)})`;
  return "NULL";
}

const LINKS: readonly [from: number, to: number, kind: "proof" | "device", strength: number][] = [
  [0, 1, "proof", 90],
  [0, 2, "proof", 90],
  [0, 3, "proof", 90],
  [2, 4, "device", 50],
  [7, 8, "device", 50],
];

const GROUPS = "WITH RECURSIVE groups(g) AS (SELECT 0 UNION ALL SELECT g + 1 FROM groups WHERE g + 1 < ?1)";

/** A row as ingest has written it, of which all others get what they hold. */
export interface ModelRow {
  facts: string;
  claims: string;
  consent: string | null;
  snapshot: string | null;
}

/** @param identifiers a multiple of ten @param model of browsers; others have no snapshot */
export async function fill(db: D1Database, identifiers: number, model: ModelRow, now: number): Promise<void> {
  const groups = identifiers / GROUP;
  for (const [place, namespace] of NAMESPACES.entries()) {
    const snapshot = namespace === "visitor_id" ? model.snapshot : null;
    await db
      .prepare(
        `${GROUPS} INSERT INTO identifiers (key, members, facts, claims, consent, snapshot, version, seen_at, first_at)
         SELECT ${keySql(place)} AS key, ${membersSql(place)}, ?2, ?3, ?4, ?5, 1, ?6, ?6 FROM groups ORDER BY key`,
      )
      .bind(groups, model.facts, model.claims, model.consent, snapshot, now)
      .run();
  }
  for (const [from, to, kind, strength] of LINKS)
    for (const [node, other] of [
      [from, to],
      [to, from],
    ] as const)
      await db
        .prepare(
          `${GROUPS} INSERT INTO links (node, other, kind, strength, event_id, source, at, state)
           SELECT ${keySql(node)} AS node, ${keySql(other)}, ?2, ?3, 'e' || g, 'web', ?4, 'live' FROM groups ORDER BY node`,
        )
        .bind(groups, kind, strength, now)
        .run();
}

/** What an event of a known identifier, or of a new one, names. */
export function namedBy(group: number, roll: number, fresh: string): IdentifierRef[] {
  const cookie = (place: number): IdentifierRef => ({ key: keyAt(group, place), proof: "cookie" });
  const claim = (place: number): IdentifierRef => ({ key: keyAt(group, place), proof: "claim" });
  if (roll < 0.15) return [{ key: `visitor_id:1.${fresh}`, proof: "cookie" }];
  if (roll < 0.25)
    return [
      { key: `visitor_id:1.${fresh}`, proof: "cookie" },
      { key: `anonymous_id:1.${fresh}`, proof: "claim" },
    ];
  if (roll < 0.45) return [cookie(9)];
  if (roll < 0.6) return [cookie(7), claim(8)];
  if (roll < 0.7) return [cookie(5), claim(1)];
  if (roll < 0.85) return [cookie(2), claim(4)];
  // A login: on the person's own browser, or on one that is new.
  const browser: IdentifierRef = roll < 0.95 ? cookie(3) : { key: `visitor_id:1.${fresh}`, proof: "cookie" };
  return [browser, { key: keyAt(group, 0), proof: "token" }];
}
