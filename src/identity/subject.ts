/**
 * Whose identifiers are one person's, for what a person may ask about themself. Their profile, and beyond it what devices
 * keep under the claim to be this person, since that is about them; and such a device itself where it claims to be nobody
 * else. Raw links are not followed: one that is conflicted leads to somebody else. Called by src/subjects.
 */
import { chunksOf } from "./chunks.ts";
import { claimedToBe } from "./erase-store.ts";
import { isProvenPerson, isScoped, namesPerson, namespaceOf } from "./graph.ts";
import { isMatch } from "./rules.ts";
import type { IdentityShards } from "./shards.ts";

/**
 * `person`: it was proved who asks. `device`: only a browser's cookie was shown, so that no more than the browser's own
 * is given: a cookie on a shared device proves no person.
 */
export type SubjectScope = "person" | "device";

export interface FoundSubjects {
  /** All identifier keys of the person or device, sorted; those that were asked about are among them in any case. */
  subjects: string[];
  /**
   * Those of them whose profiles are meant whole: who joins one of these is the same person. What another's profile has
   * of the person is meant by itself.
   */
  whole: string[];
}

/**
 * @param start keys by which they are named, under all versions of the look-up key
 * @param withClaims also what rests on a claim alone: devices that claim to be this person and nobody else, and ids that
 *   their browsers made up or overheard. To erase too much of it harms nobody; to show it would give a person what
 *   somebody else did, who once typed their address or whose id they name
 */
export async function findSubjects(
  identity: IdentityShards,
  start: readonly string[],
  scope: SubjectScope,
  withClaims = true,
): Promise<FoundSubjects> {
  if (scope === "device") return { subjects: (await ownOf(identity, start)).sort(), whole: [] };
  const members = await membersOf(identity, start);
  const unproved = withClaims ? new Set<string>() : await unprovedOf(identity, members, start);
  // With such an id go the claims that were made under it.
  const whole = members.filter((key) => !unproved.has(key.split("|", 1)[0] ?? key));
  const { claims, devices } = await claimedBy(identity, whole);
  if (withClaims) whole.push(...devices);
  return { subjects: [...new Set([...whole, ...claims])].sort(), whole: [...new Set(whole)].sort() };
}

/** The keys and all members of their profiles, but what match rules derive: others may agree in it, and it is theirs too. */
async function membersOf(identity: IdentityShards, keys: readonly string[]): Promise<string[]> {
  const found = await ask(
    identity,
    keys,
    "SELECT m.value AS key FROM json_each(?1) n JOIN identifiers i ON i.key = n.value, json_each(i.members) m",
  );
  return [...new Set([...keys, ...found])].filter((key) => !isMatch(key));
}

/** Ids of devices among the keys that nothing has proved to be the person's: they joined because a browser named them. */
async function unprovedOf(
  identity: IdentityShards,
  keys: readonly string[],
  start: readonly string[],
): Promise<Set<string>> {
  const claimable = keys.filter((key) => CLAIMABLE.has(namespaceOf(key)) && !start.includes(key));
  return new Set(
    await ask(
      identity,
      claimable,
      `SELECT k.value AS key FROM json_each(?1) k
       WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.node = k.value AND l.kind = 'proof' AND l.state = 'live')`,
    ),
  );
}

/** Ids that a client makes up for its device; our own cookie's is signed. */
const CLAIMABLE = new Set(["anonymous_id", "device_id"]);

/** Of devices: the rows of claims made on them, and the anonymous ids that they sent and that no other browser had first. */
async function ownOf(identity: IdentityShards, devices: readonly string[]): Promise<string[]> {
  const found = await ask(
    identity,
    devices,
    `SELECT i.key FROM json_each(?1) n JOIN identifiers i ON i.key > n.value || '|' AND i.key < n.value || '}'
     UNION SELECT l.other FROM json_each(?1) n JOIN identifiers own ON own.key = n.value
       JOIN json_each(own.members) m
       JOIN links l ON l.node = n.value AND l.kind = 'device' AND l.other = m.value AND l.state = 'live'`,
  );
  const all = new Set([...devices, ...found]);
  return [...all].filter((key) => !isProvenPerson(key) || devices.includes(key));
}

/** What devices keep under the claim to be one of these persons, and the devices (whole) that claim to be nobody else. */
async function claimedBy(
  identity: IdentityShards,
  person: readonly string[],
): Promise<{ claims: string[]; devices: string[] }> {
  const persons = person.filter((key) => namesPerson(key) && !isScoped(key));
  const [scoped, linked] = await Promise.all([
    // They lie with the devices, wherever these are.
    Promise.all(identity.all.map((db) => answered<{ key: string }>(db, claimedToBe(db, persons)))),
    ask(
      identity,
      persons,
      `SELECT l.other AS key FROM json_each(?1) n JOIN links l ON l.node = n.value AND l.kind = 'claim'
         AND instr(l.other, '|') > 0`,
    ),
  ]);
  const claims = [...new Set([...scoped.flat().map(({ key }) => key), ...linked])];
  const own = new Set([...person, ...claims]);
  const devices: string[] = [];
  for (const members of await profilesOf(
    identity,
    claims.map((key) => key.slice(0, key.indexOf("|"))),
  )) {
    // Another's claim, or another person proved on it: the device is shared, and the rest of it may be theirs.
    const isShared = members.some((key) => (isScoped(key) || isProvenPerson(key)) && !own.has(key));
    if (!isShared) devices.push(...members);
  }
  return { claims, devices };
}

/** Of each device, the members of its profile, itself at least. */
async function profilesOf(identity: IdentityShards, devices: readonly string[]): Promise<Iterable<string[]>> {
  const profiles = new Map(devices.map((device) => [device, [device]]));
  const groups = [...identity.group(profiles.keys(), (key) => key)];
  const found = await Promise.all(
    groups.map(([db, own]) =>
      askIn<{ key: string; members: string }>(
        db,
        own,
        "SELECT i.key, i.members FROM json_each(?1) n JOIN identifiers i ON i.key = n.value WHERE i.members IS NOT NULL",
      ),
    ),
  );
  for (const { key, members } of found.flat())
    profiles.set(
      key,
      (JSON.parse(members) as string[]).filter((member) => !isMatch(member)), // of stored.ts
    );
  return profiles.values();
}

/** Ask the databases of some keys, each for its own. Anybody can claim to be a person, on as many browsers as they like. */
async function ask(identity: IdentityShards, keys: readonly string[], sql: string): Promise<string[]> {
  const groups = [...identity.group(keys, (key) => key)];
  const found = await Promise.all(groups.map(([db, own]) => askIn<{ key: string }>(db, own, sql)));
  return [...new Set(found.flat().map(({ key }) => key))];
}

/** @param sql of a JSON array of keys */
const askIn = <T>(db: D1Database, keys: readonly string[], sql: string): Promise<T[]> =>
  answered<T>(
    db,
    chunksOf(keys).map((chunk) => db.prepare(sql).bind(chunk)),
  );

async function answered<T>(db: D1Database, statements: D1PreparedStatement[]): Promise<T[]> {
  if (statements.length === 0) return [];
  return (await db.batch<T>(statements)).flatMap(({ results }) => results);
}
