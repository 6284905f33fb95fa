/** Whether a release may be published, as far as it can be said without the site: secrets and queues only the site knows. */

import { checkDestination } from "../../src/forward/check.ts";
import { definitionsOf } from "../../src/release/diff-definitions.ts";
import { type ReleaseIssue, type Validation, validateRelease } from "../../src/release/validate.ts";
import { checkSource } from "../../src/slots/cms/check.ts";
import { sanitizeHtml } from "../../src/slots/sanitize.ts";
import { contentTemplateIssues } from "../../src/slots/template-issues.ts";

export interface Checked {
  result: Validation;
  /** Secrets that the release names, sorted. */
  secrets: string[];
}

/** Also plain http is let through: whether the site is one for development only it knows. */
export function checkOffline(document: unknown): Checked {
  const secrets = new Set<string>();
  const secretOf = (name: string) => {
    secrets.add(name);
    return undefined;
  };
  const known = (issues: ReleaseIssue[]) =>
    issues.filter(({ message }) => ![...secrets].some((name) => message.startsWith(missing(name))));
  const result = validateRelease(document, {
    destination: (key, destination, whole) =>
      known(checkDestination(key, destination, secretOf, whole, undefined, true)),
    cms: (key, source) => known(checkSource(key, source, secretOf, true)),
    template: contentTemplateIssues,
    sanitize: sanitizeHtml,
  });
  return { result, secrets: [...secrets].sort() };
}

/** As src/forward/check.ts and src/slots/cms/settings.ts say it. */
const missing = (name: string): string => `the Worker has no secret "${name}"`;

/** The definitions as they would be published, HTML sanitised and defaults filled in; where it is wrong, as they are. */
export function published(document: Record<string, unknown>): Map<string, unknown> {
  const { result } = checkOffline(document);
  return definitionsOf(result.ok ? result.document : document);
}
