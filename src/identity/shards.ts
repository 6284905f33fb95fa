/**
 * Where an identifier's rows are. Keys fall into a fixed number of virtual shards, and these lie in equal runs on the
 * databases that are bound: one by default. Rows of a claim made on a device lie with the device. Only this folder and
 * the ledger of consent, which lies beside the identifiers, know that there is more than one.
 */
import { fnv1a32 } from "#core/fnv";

/** Never changes: every stored row lies where this number put it. */
export const VIRTUAL_SHARDS = 1_024;

/** The virtual shard of a key, from 0. */
export const virtualShardOf = (key: string): number => {
  const end = key.indexOf("|");
  return fnv1a32(end < 0 ? key : key.slice(0, end)) % VIRTUAL_SHARDS;
};

export interface IdentityShards {
  /** The databases, in the order in which they are bound. */
  readonly all: readonly D1Database[];
  /** The database of a key. */
  of(key: string): D1Database;
  /** Records by the database of their key; databases without any are left out. */
  group<T>(records: Iterable<T>, keyOf: (record: T) => string): Map<D1Database, T[]>;
}

/** @param databases one or more @throws RangeError where there is none, or more than virtual shards */
export function identityShards(databases: readonly D1Database[]): IdentityShards {
  if (databases.length === 0 || databases.length > VIRTUAL_SHARDS)
    throw new RangeError(`${databases.length} databases for identifiers`);
  const of = (key: string): D1Database => {
    const place = Math.floor((virtualShardOf(key) * databases.length) / VIRTUAL_SHARDS);
    const database = databases[place] ?? databases[0];
    if (!database) throw new RangeError("no database for identifiers");
    return database;
  };
  return {
    all: databases,
    of,
    group<T>(records: Iterable<T>, keyOf: (record: T) => string) {
      const groups = new Map<D1Database, T[]>();
      for (const record of records) {
        const database = of(keyOf(record));
        const group = groups.get(database);
        if (group) group.push(record);
        else groups.set(database, [record]);
      }
      return groups;
    },
  };
}

const made = new WeakMap<D1Database, IdentityShards>();

/** The same shards for the same databases, as long as the isolate lives: what is known of them is kept with them. */
export function shardsOf(databases: readonly D1Database[]): IdentityShards {
  const [first] = databases;
  const known = first && made.get(first);
  if (known?.all.length === databases.length && known.all.every((db, n) => db === databases[n])) return known;
  const shards = identityShards(databases);
  if (first) made.set(first, shards);
  return shards;
}
