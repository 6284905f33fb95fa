/** Publishing a release: validate whole, store, point to it, and hold it in this isolate at once. */
import { Problem } from "#core/problem";
import { holdRelease } from "./active.ts";
import { writeRelease } from "./store.ts";
import { type ReleaseChecks, type ReleaseIssue, validateRelease } from "./validate.ts";

/** A 422 that lists what is wrong with a release. */
export class InvalidRelease extends Problem {
  readonly issues: ReleaseIssue[];
  constructor(issues: ReleaseIssue[]) {
    super(422, "invalid_release", `The release was not published: ${issues.length} issue(s).`);
    this.issues = issues;
  }
  override toResponse(): Response {
    return super.toResponse({ issues: this.issues });
  }
}

/**
 * Publish a document. Visible here at once, everywhere within 120 s.
 * @throws InvalidRelease
 */
export async function publish(
  document: unknown,
  note: string,
  checks: ReleaseChecks,
  at: { db: D1Database; kv: KVNamespace; now: number },
): Promise<{ version: number }> {
  const result = validateRelease(document, checks);
  if (!result.ok) throw new InvalidRelease(result.issues);
  const version = await writeRelease(at.db, at.kv, result.document, note, at.now);
  holdRelease(at.kv, { version, document: result.document }, at.now);
  return { version };
}
