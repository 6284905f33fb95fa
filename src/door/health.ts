/** Readiness: whether each dependency that a request needs answers. Called by `GET /ready`. */
import { logError } from "#core/log";
import type { Keyring } from "#privacy/keys";
import { subjectKeysOpen } from "#privacy/rewrap";

export interface Readiness {
  ready: boolean;
  /** Dependency → `ok` or what is wrong with it. */
  checks: Record<string, string>;
}

/**
 * Ask the databases and the key-value store; all are read, none is written. And whether the settings are those that the
 * databases were written with: on another number of them identifiers are not found, under another secret or tenant persons' keys do not open, and their events would be dropped.
 */
export async function checkReady(
  databases: readonly D1Database[],
  kv: KVNamespace,
  keys: () => Promise<Keyring>,
  shards: () => Promise<void>,
): Promise<Readiness> {
  const checks: Record<string, string> = {};
  const ask = async (name: string, question: () => Promise<unknown>) => {
    try {
      await question();
      checks[name] = "ok";
    } catch (error) {
      logError(`not ready: ${name}`, error);
      checks[name] = "failed"; // why is in the log: this answer is public
    }
  };
  await Promise.all([
    ask("d1", () =>
      Promise.all(databases.map((db) => db.prepare("SELECT key FROM identifiers LIMIT 1").first())),
    ),
    ask("databases", shards),
    ask("kv", () => kv.get("release:active")),
    ask("keys", async () => {
      const ring = await keys();
      const opened = await Promise.all(databases.map((db) => subjectKeysOpen(db, ring)));
      if (opened.includes(false)) throw new Error("keys of persons do not open");
    }),
  ]);
  return { ready: Object.values(checks).every((c) => c === "ok"), checks };
}
