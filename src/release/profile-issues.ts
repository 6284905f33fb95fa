/**
 * What is wrong with a release's `profile`, and with the changes of profiles that its destinations ask for. Called by
 * validate.ts; what the destination's type can do is checked by src/forward/check.ts. Pure.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { AttributeType } from "./attribute-types.ts";
import { conditionIssues } from "./condition-issues.ts";
import type { ReleaseIssue } from "./validate.ts";

/** @param known what a segment's condition may ask about, by name */
export function profileIssues(
  document: ReleaseDocument,
  known: ReadonlyMap<string, AttributeType>,
): ReleaseIssue[] {
  const { profile } = document;
  const issues: ReleaseIssue[] = [];
  const say = (path: string, message: string) => issues.push({ path, message });
  for (const [stage, when] of Object.entries(profile?.stages ?? {}))
    issues.push(...conditionIssues(`profile.stages.${stage}`, when, known));
  for (const name of Object.keys(profile?.score?.points ?? {})) {
    if (!Object.hasOwn(document.features, name))
      say(`profile.score.points.${name}`, `there is no feature "${name}"`);
  }
  for (const key of Object.keys(document.destinations)) issues.push(...changeIssues(key, document));
  return issues;
}

function changeIssues(key: string, { destinations, segments, profile }: ReleaseDocument): ReleaseIssue[] {
  const { changes, purposes = [] } = destinations[key] ?? {};
  if (!changes) return [];
  const path = `destinations.${key}.changes`;
  const issues: ReleaseIssue[] = [];
  const say = (at: string, message: string) => issues.push({ path: `${path}${at}`, message });
  if (changes.segments !== "all") {
    for (const [i, name] of changes.segments.entries()) {
      const purpose = Object.hasOwn(segments, name) ? segments[name]?.purpose : undefined;
      if (!purpose) say(`.segments.${i}`, `there is no segment "${name}"`);
      else if (!purposes.includes(purpose))
        say(`.segments.${i}`, `the segment "${name}" serves ${purpose}, and the destination does not`);
    }
  }
  const asks = { stage: Object.keys(profile?.stages ?? {}).length > 0, score: profile?.score !== undefined };
  for (const part of ["stage", "score"] as const) {
    if (!changes[part]) continue;
    if (!profile || !asks[part]) say(`.${part}`, `the release's profile says no ${part}`);
    else if (!purposes.includes(profile.purpose))
      say(`.${part}`, `the ${part} serves ${profile.purpose}, and the destination does not`);
  }
  if (changes.traits.length > 0 && !purposes.includes("marketing"))
    say(".traits", "only a destination that serves marketing may have traits");
  const watchesSegments = changes.segments === "all" || changes.segments.length > 0;
  if (!watchesSegments && !changes.stage && !changes.score && changes.traits.length === 0)
    say("", "must name segments, stage, score or traits");
  return issues;
}
