/** Readiness: whether each dependency that a request needs answers. Called by `GET /ready`. */
import { logError } from "#core/log";

export interface Readiness {
  ready: boolean;
  /** Dependency → `ok` or what is wrong with it. */
  checks: Record<string, string>;
}

/** Ask the database and the key-value store; both are read, neither is written. */
export async function checkReady(db: D1Database, kv: KVNamespace): Promise<Readiness> {
  const checks: Record<string, string> = {};
  const ask = async (name: string, question: () => Promise<unknown>) => {
    try {
      await question();
      checks[name] = "ok";
    } catch (error) {
      logError(`${name} does not answer`, error);
      checks[name] = "failed"; // why is in the log: this answer is public
    }
  };
  await Promise.all([
    ask("d1", () => db.prepare("SELECT key FROM identifiers LIMIT 1").first()),
    ask("kv", () => kv.get("release:active")),
  ]);
  return { ready: Object.values(checks).every((c) => c === "ok"), checks };
}
