/** What is wrong with a release's slots: their fallbacks. Called by validate.ts. Pure. */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { contentProblem } from "./content-issues.ts";
import type { ReleaseIssue } from "./validate.ts";

export function slotIssues(document: ReleaseDocument): ReleaseIssue[] {
  return Object.entries(document.slots).flatMap(([key, { fallback, kind }]) => {
    if (fallback === null) return [];
    const message = contentProblem(fallback, document) ?? kindProblem(kind, fallback, document);
    return message === undefined ? [] : [{ path: `slots.${key}.fallback`, message }];
  });
}

/** Why a slot of this kind cannot show a content of the release; of a CMS's it is seen when it is imported. */
export function kindProblem(
  kind: ReleaseDocument["slots"][string]["kind"],
  content: string,
  document: ReleaseDocument,
): string | undefined {
  if (kind !== "message" || !Object.hasOwn(document.content, content)) return undefined;
  return document.content[content]?.html === undefined
    ? `the content "${content}" has no html, which a message needs`
    : undefined;
}
