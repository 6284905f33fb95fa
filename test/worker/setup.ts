/**
 * Gives every worker test file empty stores and a migrated database: files follow each other in one isolate, which
 * remembers what an isolate remembers.
 */
import { applyD1Migrations, reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { emptyRelease, holdRelease } from "#release/active";
import { betweenMessages } from "./main.ts";

/** Empty stores with the newest schema; nothing that was sent before is delivered any more. */
export const emptyStores = () =>
  betweenMessages(async () => {
    // The runtime leaves out a store that is not open, and would keep what is in it.
    await Promise.all([
      env.LAKE.list({ limit: 1 }),
      env.EDGE.list({ limit: 1 }),
      env.IDENTITY_0.exec("SELECT 1"),
    ]);
    await reset();
    const left = [...(await env.LAKE.list()).objects, ...(await env.EDGE.list()).keys];
    if (left.length > 0) throw new Error(`${left.length} are left of the file before`);
    await applyD1Migrations(env.IDENTITY_0, env.TEST_MIGRATIONS);
  });

await emptyStores();
// The file before may have published: an isolate does not go back to a release of before that by itself.
holdRelease(env.EDGE, await emptyRelease(), 0);
