/**
 * How many databases the identifiers lie on, as the first of them remembers. With one more or one less bound, every other
 * key would be looked for where it is not: nothing is read or written then. Asked once an isolate.
 */
import type { IdentityShards } from "./shards.ts";

const checked = new WeakSet<IdentityShards>();

/** @throws Error that says what to do, where the identifiers lie on another number of databases than are bound */
export async function requireShards(identity: IdentityShards): Promise<void> {
  if (checked.has(identity)) return;
  const [main] = identity.all;
  if (!main) throw new Error("no database is bound");
  const bound = identity.all.length;
  const [, stored] = await main.batch<{ state: string }>([
    main
      .prepare("INSERT INTO jobs (name, state) VALUES ('identity-databases', ?1) ON CONFLICT DO NOTHING")
      .bind(String(bound)),
    main.prepare("SELECT state FROM jobs WHERE name = 'identity-databases'"),
  ]);
  const written = Number(stored?.results[0]?.state);
  if (written !== bound)
    throw new Error(
      `identifiers lie on ${written} databases, and ${bound} are bound: bind IDENTITY_0 to IDENTITY_${written - 1}`,
    );
  checked.add(identity);
}
