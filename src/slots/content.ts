/**
 * Content by key. It travels inside the release and was sanitised when the release was published, so it goes into a
 * page as it is.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { ReleaseDocument } from "#contracts/definitions/release";

/** The content of a decision; undefined for the page's own baseline. */
export function contentOf(document: ReleaseDocument, key: string | null): ContentDefinition | undefined {
  return key !== null && Object.hasOwn(document.content, key) ? document.content[key] : undefined;
}
