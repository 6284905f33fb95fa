/**
 * Whether a template may be published: Mustache's own parser reads it, every name is known, every tag stands where escaping
 * makes it safe, every section is markup that is whole by itself, and sanitising leaves all of it as it was. Called with
 * the checks of a release and of what a CMS sends; never for a visitor.
 */
import Mustache from "mustache";
import type { ContentDefinition } from "#contracts/definitions/content";
import { PERSON_FIELDS } from "./person-fields.ts";
import { sanitizeHtml } from "./sanitize.ts";
import { MAX_OPEN, plainTagsOf, SELF_CLOSING, type Tag, tagsOf } from "./template-tags.ts";

export interface TemplateIssue {
  /** Where it begins, in characters of the text. */
  at: number;
  message: string;
}

const MAX_ISSUES = 20;
const PERSON = "person";

/**
 * What is wrong with a template's HTML.
 * @param known names that it may ask for besides `person.…`: features and built-in attributes
 */
export function templateIssues(html: string, known: ReadonlySet<string>): TemplateIssue[] {
  const tags = tagsOf(html);
  const issues = textIssues(html, tags, known);
  for (const { place, start, name, open } of tags) {
    if (typeof place === "object") issues.push({ at: start, message: `{{${name}}} ${place.refused}` });
    if (open.length > MAX_OPEN)
      issues.push({ at: start, message: `{{${name}}} stands in more than ${MAX_OPEN} elements` });
  }
  if (issues.length > 0) return cut(issues);
  const sanitised = sanitizeHtml(html);
  const kept = tagsOf(sanitised);
  if (signature(kept) !== signature(tags))
    return [
      { at: 0, message: "has tags in markup that sanitising takes out, or in the middle of what it repairs" },
    ];
  return cut(sectionIssues(kept));
}

/** What is wrong with a string of JSON that is a template. It is filled as plain text. */
export const textTemplateIssues = (text: string, known: ReadonlySet<string>): TemplateIssue[] =>
  cut(textIssues(text, plainTagsOf(text), known));

/** All of a content's issues, by path below it; none where it is no template. */
export function contentTemplateIssues(
  content: ContentDefinition,
  known: ReadonlySet<string>,
): { path: string; message: string }[] {
  if (!content.template) return [];
  const issues: { path: string; message: string }[] = [];
  const say = (path: string, found: readonly TemplateIssue[]) => {
    for (const { at, message } of found) issues.push({ path, message: `at character ${at + 1}: ${message}` });
  };
  const parts = (path: string, { html, data }: Pick<ContentDefinition, "html" | "data">) => {
    if (html !== undefined) say(`${path}html`, templateIssues(html, known));
    for (const [where, text] of stringsIn(data, `${path}data`)) say(where, textTemplateIssues(text, known));
  };
  parts("", content);
  for (const [locale, own] of Object.entries(content.locales ?? {})) parts(`locales.${locale}.`, own);
  return issues.slice(0, MAX_ISSUES);
}

const cut = (issues: TemplateIssue[]): TemplateIssue[] =>
  issues.sort((a, b) => a.at - b.at).slice(0, MAX_ISSUES);

function textIssues(text: string, tags: readonly Tag[], known: ReadonlySet<string>): TemplateIssue[] {
  const syntax = syntaxIssue(text);
  if (syntax) return [syntax];
  const issues: TemplateIssue[] = [];
  const ours = new Set(tags.map(({ start }) => start));
  let depth = 0;
  for (const { index: at } of text.matchAll(/\{\{/g)) {
    if (ours.has(at)) continue;
    const rest = text.slice(at, at + 40);
    issues.push({ at, message: `${JSON.stringify(rest)} ${whyNoTag(rest)}` });
  }
  for (const { kind, name, start } of tags) {
    if (kind === "!") {
      if (/[<>"'`&]/.test(name))
        issues.push({ at: start, message: "a comment may not hold markup or quotes" });
      continue;
    }
    if (kind === "/") depth--;
    else {
      const message = nameIssue(name, depth, known);
      if (message) issues.push({ at: start, message });
      if (kind !== "") depth++;
    }
  }
  return issues;
}

const whyNoTag = (tag: string): string => {
  if (/^\{\{\s*[{&]/.test(tag)) return "would not be escaped: write {{name}}";
  if (/^\{\{\s*>/.test(tag)) return "is a partial: there are none";
  if (/^\{\{\s*=/.test(tag)) return "changes the delimiters: they are always {{ and }}";
  return "is no tag";
};

const NAME = /^[a-z0-9_][\w-]*(\.[\w-]+)*$/i;

function nameIssue(name: string, depth: number, known: ReadonlySet<string>): string | undefined {
  if (name === ".") return depth > 0 ? undefined : "{{.}} stands in no section";
  if (!NAME.test(name)) return `${JSON.stringify(name)} is no name`;
  const [root = "", field, ...rest] = name.split(".");
  if (root === PERSON) {
    if (field === undefined) return `name a field, such as person.${PERSON_FIELDS[0]}`;
    if (rest.length > 0 || !PERSON_FIELDS.some((one) => one === field))
      return `there is no person.${field}: there are ${PERSON_FIELDS.join(", ")}`;
    return undefined;
  }
  return known.has(root) ? undefined : `there is no feature or attribute "${root}"`;
}

/** What Mustache's own parser says. */
function syntaxIssue(text: string): TemplateIssue | undefined {
  try {
    Mustache.parse(text);
    return undefined;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const at = Number(/ at (\d+)$/.exec(message)?.[1] ?? 0);
    return { at, message: message.replace(/ at \d+$/, "") };
  }
}

/** A section's markup is whole by itself: shown or not, or many times, what is around it stays the same. */
function sectionIssues(tags: readonly Tag[]): TemplateIssue[] {
  const issues: TemplateIssue[] = [];
  const sections: Tag[] = [];
  const elements = (tag: Tag) => tag.open.filter((name) => !SELF_CLOSING.has(name)).join();
  for (const tag of tags) {
    if (tag.kind === "#" || tag.kind === "^") sections.push(tag);
    else if (tag.kind === "/") {
      const begun = sections.pop();
      if (!begun) continue;
      if (
        begun.attribute !== tag.attribute ||
        elements(begun) !== elements(tag) ||
        tag.kept < begun.open.length
      )
        issues.push({ at: begun.start, message: `the section "${begun.name}" cuts through an element` });
    }
  }
  return issues;
}

/** The tags without their places: sanitising moves them, and may do nothing else. */
const signature = (tags: readonly Tag[]): string =>
  JSON.stringify(tags.map(({ kind, name, place }) => [kind, kind === "!" ? "" : name, place]));

function* stringsIn(value: unknown, path: string): Generator<[path: string, text: string]> {
  if (typeof value === "string") yield [path, value];
  else if (typeof value === "object" && value !== null)
    for (const [key, inner] of Object.entries(value)) yield* stringsIn(inner, `${path}.${key}`);
}
