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
    await reset();
    await applyD1Migrations(env.IDENTITY_0, env.TEST_MIGRATIONS);
  });

await emptyStores();
// The file before may have published: an isolate does not go back to a release of before that by itself.
holdRelease(env.EDGE, await emptyRelease(), 0);
