/**
 * What is wrong with a release's segments, and with what its lifecycle stages ask of them: conditions, references to lists
 * and other segments, cycles among them. Called by validate.ts. Pure.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Purpose } from "#contracts/taxonomy";
import type { AttributeType } from "./attribute-types.ts";
import { chainIssues } from "./chains.ts";
import { conditionIssues } from "./condition-issues.ts";
import { asksFor, namesIn } from "./names-in.ts";
import type { ReleaseIssue } from "./validate.ts";

/** Of all stages together: a condition that asks for one may have to look at each. No segment has such a name. */
const STAGE = "the lifecycle stage";

/** @param known what a segment may ask about, by name */
export function segmentIssues(
  document: ReleaseDocument,
  known: ReadonlyMap<string, AttributeType>,
): ReleaseIssue[] {
  const { segments, lists, profile } = document;
  const issues: ReleaseIssue[] = [];
  const say = (path: string, message: string) => issues.push({ path, message });
  const checkNames = (path: string, when: unknown, purpose: Purpose) => {
    for (const name of namesIn(when, "segments")) {
      const other = Object.hasOwn(segments, name) ? segments[name] : undefined;
      if (!other) say(path, `there is no segment "${name}"`);
      else if (other.purpose !== purpose)
        say(path, `the segment "${name}" serves ${other.purpose}, and this one ${purpose}`);
    }
    for (const name of namesIn(when, "lists"))
      if (!Object.hasOwn(lists, name)) say(path, `there is no list "${name}"`);
  };
  for (const [key, { when, purpose }] of Object.entries(segments)) {
    const path = `segments.${key}.when`;
    issues.push(...conditionIssues(path, when, known));
    checkNames(path, when, purpose);
  }
  // Their conditions are checked by profile-issues.ts.
  const stages = profile?.stages ?? {};
  for (const [stage, when] of Object.entries(stages))
    checkNames(`profile.stages.${stage}`, when, profile?.purpose ?? "personalization");

  const asked = (name: string): string[] => {
    const when = name === STAGE ? stages : segments[name]?.when;
    return [...namesIn(when, "segments"), ...(asksFor(when, "lifecycle_stage") ? [STAGE] : [])];
  };
  for (const { name, message } of chainIssues([...Object.keys(segments), STAGE], asked, "asks about itself"))
    say(name === STAGE ? "profile.stages" : `segments.${name}.when`, message);
  return issues;
}
