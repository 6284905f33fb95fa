/** A CMS's HTML made safe, and its templates checked against what a release knows. Given to pull.ts and hook.ts; pure. */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { attributeTypes } from "#release/attribute-types";
import { sanitizeHtml } from "../sanitize.ts";
import { contentTemplateIssues } from "../template-issues.ts";
import type { Preparation } from "./check-item.ts";

/** @param document whose features a template may ask for */
export function preparation(document: () => ReleaseDocument): Preparation {
  let known: ReadonlySet<string> | undefined;
  return {
    prepare({ html, data }, template) {
      if (template) {
        known ??= new Set(attributeTypes(document()).keys());
        // Parsed JSON is JSON.
        const content = { html, data, template } as ContentDefinition;
        const [issue] = contentTemplateIssues(content, known);
        if (issue) return { problem: `${issue.path} ${issue.message}` };
      }
      return { html: html === undefined ? "" : sanitizeHtml(html) };
    },
  };
}
