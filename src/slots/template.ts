/**
 * Logic-less templates: content with Mustache tags, filled for one visitor. Values, sections, inverted sections and lists are
 * Mustache's (https://mustache.github.io/mustache.5.html); there are no lambdas, no partials and no unescaped tags. Whatever
 * a value is, it comes out as text: no tag can make markup. A template is taken apart once, when it is first shown
 * (shown.ts keeps it), and its tags were checked when the release was published (template-issues.ts). Pure.
 */
import { type Place, plainTagsOf, type Tag, tagsOf } from "./template-tags.ts";

/** What the outermost names mean. */
export type Lookup = (name: string) => unknown;

/** A template, taken apart. */
export interface Template {
  parts: readonly Part[];
  /** The outermost names that it asks for. */
  names: ReadonlySet<string>;
}

type Part = string | Value | Section;
interface Value {
  path: readonly string[];
  write(text: string): string;
}
interface Section {
  path: readonly string[];
  inverted: boolean;
  parts: Part[];
}

/** Take HTML apart. */
export const htmlTemplate = (html: string): Template => taken(html, tagsOf(html));

/** Take a text apart that is no HTML: nothing in it is escaped. */
export const textTemplate = (text: string): Template => taken(text, plainTagsOf(text));

function taken(text: string, tags: readonly Tag[]): Template {
  const names = new Set<string>();
  const parts: Part[] = [];
  const sections: Part[][] = [parts];
  let at = 0;
  for (const { kind, name, start, end, place } of tags) {
    const inner = sections.at(-1) ?? parts;
    if (start > at) inner.push(text.slice(at, start));
    at = end;
    if (kind === "!" || (kind === "" && typeof place === "object")) continue; // nothing is filled where nothing may stand
    if (kind === "/") {
      if (sections.length > 1) sections.pop();
      continue;
    }
    const path = name === "." ? [] : name.split(".");
    if (path[0] !== undefined) names.add(path[0]);
    if (kind === "") inner.push({ path, write: WRITERS[place as keyof typeof WRITERS] });
    else {
      const section: Section = { path, inverted: kind === "^", parts: [] };
      inner.push(section);
      sections.push(section.parts);
    }
  }
  if (at < text.length) (sections.at(-1) ?? parts).push(text.slice(at));
  return { parts, names };
}

/**
 * Parts that one filling may write, of up to 64 characters each. Sections in sections over lists repeat each other: what
 * comes to more than this would take the page's time and memory, and is nothing instead.
 */
const MAX_WRITTEN = 20_000;
let written = 0;

/** The template with its tags filled. */
export function fillTemplate({ parts }: Template, lookup: Lookup): string {
  written = 0;
  const text = filled(parts, lookup, undefined);
  return written > MAX_WRITTEN ? "" : text;
}

/** What a section has put before the outermost names. */
interface Frame {
  value: unknown;
  outer: Frame | undefined;
}

function filled(parts: readonly Part[], lookup: Lookup, frame: Frame | undefined): string {
  let text = "";
  for (const part of parts) {
    written += typeof part === "string" ? 1 + (part.length >> 6) : 1;
    if (written > MAX_WRITTEN) return "";
    if (typeof part === "string") text += part;
    else if ("write" in part) text += part.write(textOf(valueAt(part.path, lookup, frame)));
    else text += filledSection(part, lookup, frame);
  }
  return text;
}

function filledSection({ path, inverted, parts }: Section, lookup: Lookup, frame: Frame | undefined): string {
  const value = valueAt(path, lookup, frame);
  const isEmpty = !value || (Array.isArray(value) && value.length === 0);
  if (inverted) return isEmpty ? filled(parts, lookup, frame) : "";
  if (isEmpty) return "";
  if (!Array.isArray(value)) return filled(parts, lookup, { value, outer: frame });
  let text = "";
  for (const one of value) {
    if (written > MAX_WRITTEN) break;
    text += filled(parts, lookup, { value: one, outer: frame });
  }
  return text;
}

/** Only own fields of plain values: no prototype, and nothing that could be called. */
function valueAt(path: readonly string[], lookup: Lookup, frame: Frame | undefined): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return frame?.value;
  let inner = frame;
  while (inner && !hasOwn(inner.value, first)) inner = inner.outer;
  let value = inner ? fieldOf(inner.value, first) : lookup(first);
  for (const name of rest) value = hasOwn(value, name) ? fieldOf(value, name) : undefined;
  return typeof value === "function" ? undefined : value;
}

const hasOwn = (value: unknown, name: string): boolean =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name);
const fieldOf = (value: unknown, name: string): unknown => (value as Record<string, unknown>)[name]; // it has it

const textOf = (value: unknown): string =>
  typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : "";

const ENTITIES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
  "=": "&#61;",
};

/** As text, and in an attribute's value. */
export const escapeHtml = (text: string): string =>
  /[&<>"'`=]/.test(text) ? text.replace(/[&<>"'`=]/g, (one) => ENTITIES[one] ?? "") : text;

/** One part of a path, or of a query: it adds no other, and climbs up to none. */
const encodeUrl = (text: string): string =>
  /^\.*$/.test(text) ? "" : encodeURIComponent(text.toWellFormed()).replaceAll("'", "%27");

const WRITERS: Record<Extract<Place, string>, (text: string) => string> = {
  text: escapeHtml,
  value: escapeHtml,
  url: encodeUrl,
  plain: (text) => text,
};
