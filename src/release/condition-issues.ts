/** What is wrong with one condition of a release, by its path in the document. Pure; shared by the checks of a release. */
import { checkCondition } from "#core/condition";
import type { AttributeType } from "./attribute-types.ts";
import type { ReleaseIssue } from "./validate.ts";

/**
 * @param path of the condition in the document
 * @param known what it may ask about, by name
 */
export const conditionIssues = (
  path: string,
  condition: unknown,
  known: ReadonlyMap<string, AttributeType>,
): ReleaseIssue[] =>
  checkCondition(condition, known).map((issue) => ({
    path: issue.path ? `${path}.${issue.path}` : path,
    message: issue.message,
  }));
