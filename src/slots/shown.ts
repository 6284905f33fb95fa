/**
 * What of a content is shown to one visitor: a template is filled with what is known to this request, all else stays the text
 * that it is. Templates are taken apart when they are first shown, once per release (or per version of a CMS's item).
 * Called by render.ts and serve.ts.
 */
import type { ContentDefinition } from "#contracts/definitions/content";
import type { Person } from "./person-fields.ts";
import { fillTemplate, htmlTemplate, type Lookup, type Template, textTemplate } from "./template.ts";

/** What templates may say of the visitor. */
export interface View {
  /** As src/segments/attributes.ts has them; empty without consent to personalization. */
  attributes: Record<string, unknown>;
  /** Undefined: nobody is proved here, or their data may not be used. */
  person?: Person | undefined;
}

/** For whom nothing is known: templates show what they have for everybody. */
export const NO_VIEW: View = { attributes: {} };

interface Taken {
  html: Template | undefined;
  /** The strings of the data that are templates. */
  data: ReadonlyMap<string, Template>;
  asksForPerson: boolean;
}

const known = new WeakMap<ContentDefinition, Taken>();

function takenApart(content: ContentDefinition): Taken {
  let taken = known.get(content);
  if (!taken) {
    const html = content.html === undefined ? undefined : htmlTemplate(content.html);
    const data = new Map<string, Template>();
    for (const text of stringsIn(content.data)) if (text.includes("{{")) data.set(text, textTemplate(text));
    const all = [...(html ? [html] : []), ...data.values()];
    taken = { html, data, asksForPerson: all.some(({ names }) => names.has("person")) };
    known.set(content, taken);
  }
  return taken;
}

/** Whether it can only be filled with a person's own data at hand. */
export const asksForPerson = (content: ContentDefinition | undefined): boolean =>
  content?.template === true && takenApart(content).asksForPerson;

/** The HTML to show; undefined where the content has none. */
export function htmlOf(content: ContentDefinition, view: View): string | undefined {
  if (!content.template) return content.html;
  const { html } = takenApart(content);
  return html && fillTemplate(html, lookupOf(view));
}

/** The data to give. Its strings are filled as plain text: whoever puts them into a page escapes them there. */
export function dataOf(content: ContentDefinition, view: View): unknown {
  if (!content.template || content.data === undefined) return content.data;
  const { data } = takenApart(content);
  if (data.size === 0) return content.data;
  const lookup = lookupOf(view);
  const filled = (value: unknown): unknown => {
    if (typeof value === "string") {
      const template = data.get(value);
      return template ? fillTemplate(template, lookup) : value;
    }
    if (Array.isArray(value)) return value.map(filled);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, filled(inner)]));
  };
  return filled(content.data);
}

const lookupOf =
  ({ attributes, person }: View): Lookup =>
  (name) =>
    name === "person" ? person : name.startsWith("__") ? undefined : attributes[name];

function* stringsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const inner of Object.values(value)) yield* stringsIn(inner);
}
