/**
 * The order in which files run: those that take longest first, so that none of them is left over when the others are done.
 * Without the memory of an earlier run, as in CI, vitest begins with the largest files, and the longest are among the
 * smallest. Named by vitest.config.mts.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { BaseSequencer, type TestSpecification } from "vitest/node";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** By what they take on two cores, from a minute down to ten seconds. */
const LONGEST = [
  "test/worker/identity/erasures.test.ts",
  "test/worker/identity/erasures-more.test.ts",
  "test/worker/subjects/crashes.test.ts",
  "test/worker/consent/interleavings.test.ts",
  "test/worker/identity/histories.test.ts",
  "test/worker/openapi.test.ts",
  "test/e2e/collect-load.test.ts",
  "test/e2e/console-roles.test.ts",
  "test/e2e/subject-requests.test.ts",
  "test/e2e/browser-script-delivery.test.ts",
  "test/e2e/browser-script-managers.test.ts",
  "test/e2e/browser-script-more.test.ts",
  "test/e2e/snowplow-clients.test.ts",
  "test/e2e/consent-banner.test.ts",
  "test/e2e/identity-proof.test.ts",
  "test/e2e/lead-to-loyalty.test.ts",
  "test/e2e/browser-script.test.ts",
  "test/e2e/browser-script-recorded.test.ts",
  "test/unit/scripts/audit-verify.test.ts",
];

export class LongestFirst extends BaseSequencer {
  /** @throws Error where a file of the list is no more: what it takes, it takes under another name */
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const gone = LONGEST.filter((path) => !existsSync(ROOT + path));
    if (gone.length > 0) throw new Error(`test/setup/longest-first.ts names ${gone.join()}, which is gone`);
    // Otherwise projects stay together: those that share an isolate lose it where another comes in between.
    return (await super.sort(files)).toSorted((a, b) => placeOf(a) - placeOf(b));
  }
}

function placeOf({ moduleId }: TestSpecification): number {
  const place = LONGEST.findIndex((path) => moduleId === ROOT + path);
  return place < 0 ? LONGEST.length : place;
}
