/**
 * Gives every worker test file a migrated database. Storage is isolated per file, and migrations that are applied
 * already are skipped, so this may run any number of times. After `reset()` a test calls `migrate()` again.
 */
import { applyD1Migrations } from "cloudflare:test";
import { env } from "cloudflare:workers";

/** Brings the test's D1 databases to the newest schema. */
export async function migrate(): Promise<void> {
  await applyD1Migrations(env.IDENTITY_0, env.TEST_MIGRATIONS);
}

await migrate();
