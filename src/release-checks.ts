/** What a release's destinations and content must satisfy; only their own folders know. For operators and the schedule. */
import { checkDestination } from "#forward/check";
import type { ReleaseChecks } from "#release/validate";
import { checkSource } from "#slots/cms/check";
import { sanitizeHtml } from "#slots/sanitize";
import { contentTemplateIssues } from "#slots/template-issues";
import { type Env, queueBinding, type Settings, stringBinding } from "./env.ts";

export const releaseChecks = (env: Env, { DEV }: Settings): ReleaseChecks => ({
  destination: (key, destination, document) =>
    checkDestination(
      key,
      destination,
      (name) => stringBinding(env, name),
      document,
      (name) => queueBinding(env, name),
      DEV,
    ),
  cms: (key, source) => checkSource(key, source, (name) => stringBinding(env, name), DEV),
  template: contentTemplateIssues,
  sanitize: sanitizeHtml,
});
