/**
 * Whose identifiers are one person's, for what a person may ask about themself. Their profile, and beyond it what devices
 * keep under the claim to be this person, since that is about them; and such a device itself where it claims to be nobody
 * else. Raw links are not followed: one that is conflicted leads to somebody else. Called by src/subjects.
 */
import { chunksOf } from "./chunks.ts";
import { isProvenPerson, isScoped, namesPerson, namespaceOf } from "./graph.ts";

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
  db: D1Database,
  start: readonly string[],
  scope: SubjectScope,
  withClaims = true,
): Promise<FoundSubjects> {
  if (scope === "device") return { subjects: (await ownOf(db, start)).sort(), whole: [] };
  const members = await membersOf(db, start);
  const unproved = withClaims ? new Set<string>() : await unprovedOf(db, members, start);
  // With such an id go the claims that were made under it.
  const whole = members.filter((key) => !unproved.has(key.split("|", 1)[0] ?? key));
  const { claims, devices } = await claimedBy(db, whole);
  if (withClaims) whole.push(...devices);
  return { subjects: [...new Set([...whole, ...claims])].sort(), whole: [...new Set(whole)].sort() };
}

/** The keys and all members of their profiles. */
async function membersOf(db: D1Database, keys: readonly string[]): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT value AS key FROM json_each(?1)
       UNION SELECT m.value FROM json_each(?1) n JOIN identifiers i ON i.key = n.value
         JOIN profiles p ON p.root = i.profile, json_each(p.members) m`,
    )
    .bind(JSON.stringify(keys))
    .all<{ key: string }>();
  return results.map(({ key }) => key);
}

/** Ids of devices among the keys that nothing has proved to be the person's: they joined because a browser named them. */
async function unprovedOf(
  db: D1Database,
  keys: readonly string[],
  start: readonly string[],
): Promise<Set<string>> {
  const { results } = await db
    .prepare(
      `SELECT k.value AS key FROM json_each(?1) k
       WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.node = k.value AND l.kind = 'proof' AND l.state = 'live')`,
    )
    .bind(JSON.stringify(keys.filter((key) => CLAIMABLE.has(namespaceOf(key)) && !start.includes(key))))
    .all<{ key: string }>();
  return new Set(results.map(({ key }) => key));
}

/** Ids that a client makes up for its device; our own cookie's is signed. */
const CLAIMABLE = new Set(["anonymous_id", "device_id"]);

/** Of devices: the rows of claims made on them, and the anonymous ids that they sent and that no other browser had first. */
async function ownOf(db: D1Database, devices: readonly string[]): Promise<string[]> {
  const { results } = await db
    .prepare(
      `SELECT value AS key FROM json_each(?1)
       UNION SELECT i.key FROM json_each(?1) n JOIN identifiers i ON i.key > n.value || '|' AND i.key < n.value || '}'
       UNION SELECT l.other FROM json_each(?1) n JOIN links l ON l.node = n.value AND l.kind = 'device' AND l.state = 'live'
         JOIN identifiers own ON own.key = n.value
         JOIN identifiers other ON other.key = l.other AND other.profile = own.profile`,
    )
    .bind(JSON.stringify(devices))
    .all<{ key: string }>();
  return results.map(({ key }) => key).filter((key) => !isProvenPerson(key) || devices.includes(key));
}

/** What devices keep under the claim to be one of these persons, and the devices (whole) that claim to be nobody else. */
async function claimedBy(
  db: D1Database,
  person: readonly string[],
): Promise<{ claims: string[]; devices: string[] }> {
  const persons = person.filter((key) => namesPerson(key) && !isScoped(key));
  const { results } = await db
    .prepare(
      `SELECT i.key FROM json_each(?1) n JOIN identifiers i
         ON instr(i.key, '|') > 0 AND substr(i.key, instr(i.key, '|') + 1) = n.value
       UNION SELECT l.other FROM json_each(?1) n JOIN links l ON l.node = n.value AND l.kind = 'claim'
         AND instr(l.other, '|') > 0`,
    )
    .bind(JSON.stringify(persons))
    .all<{ key: string }>();
  const claims = results.map(({ key }) => key);
  const own = new Set([...person, ...claims]);
  const devices: string[] = [];
  for (const members of await profilesOf(
    db,
    claims.map((key) => key.slice(0, key.indexOf("|"))),
  )) {
    // Another's claim, or another person proved on it: the device is shared, and the rest of it may be theirs.
    const isShared = members.some((key) => (isScoped(key) || isProvenPerson(key)) && !own.has(key));
    if (!isShared) devices.push(...members);
  }
  return { claims, devices };
}

/**
 * Of each device, itself and the members of its profile. Anybody can claim to be a person, on as many browsers as they
 * like: the number of statements does not grow with them.
 */
async function profilesOf(db: D1Database, devices: readonly string[]): Promise<Iterable<string[]>> {
  const members = new Map(devices.map((device) => [device, [device]]));
  if (members.size === 0) return [];
  const results = await db.batch<{ device: string; key: string }>(
    chunksOf([...members.keys()]).map((chunk) =>
      db
        .prepare(
          `SELECT n.value AS device, m.value AS key FROM json_each(?1) n JOIN identifiers i ON i.key = n.value
             JOIN profiles p ON p.root = i.profile, json_each(p.members) m WHERE m.value <> n.value`,
        )
        .bind(chunk),
    ),
  );
  for (const { results: rows } of results) for (const { device, key } of rows) members.get(device)?.push(key);
  return members.values();
}
