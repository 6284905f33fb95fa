/** SQL that several statements of the graph begin with. */

/** The named keys, and all members of their profiles. */
export const NAMED = `WITH named(key) AS (SELECT value FROM json_each(?1)),
  roots(root) AS (SELECT DISTINCT i.profile FROM identifiers i JOIN named n ON n.key = i.key WHERE i.profile IS NOT NULL),
  touched(key) AS (SELECT key FROM named UNION SELECT m.value FROM profiles p JOIN roots r ON r.root = p.root, json_each(p.members) m)`;
