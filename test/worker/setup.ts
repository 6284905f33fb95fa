/**
 * Gives every worker test file empty stores and a migrated database: files follow each other in one isolate, which
 * remembers what an isolate remembers. After `reset()` a test calls `migrate()` again.
 */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { emptyRelease, holdRelease } from "#release/active";

/** Brings the test's D1 databases to the newest schema. */
export async function migrate(): Promise<void> {
  await applyD1Migrations(env.IDENTITY_0, env.TEST_MIGRATIONS);
}

await reset();
await migrate();
// The file before may have published: an isolate does not go back to a release of before that by itself.
holdRelease(env.EDGE, await emptyRelease(), 0);
