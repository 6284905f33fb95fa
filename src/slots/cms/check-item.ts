/**
 * Whether an item of a CMS may be shown, and its text as it is kept: sanitised now, so that nothing has to be done with it
 * per request. What is wrong is named for whoever edits it; it harms this item alone. Called by import.ts. Pure.
 */
import type { CmsSource } from "#contracts/definitions/cms";
import { isDeeper } from "#core/depth";
import { CONTENT_ID } from "#release/content-ref";
import type { CmsItem } from "./contract.ts";

/** What is kept of an item, and shown. */
export interface ItemText {
  title: string;
  html?: string | undefined;
  data?: unknown;
  template?: boolean;
  url?: string | undefined;
  topic?: string | undefined;
  terms?: readonly string[];
}

/** `refused`: this version is not taken, and the last good one stays. Else it was taken, mended. */
export interface ItemIssue {
  code:
    | "invalid_id"
    | "unknown_locale"
    | "duplicate_id"
    | "empty"
    | "too_large"
    | "too_deep"
    | "unsafe_url"
    | "unsafe_markup"
    | "broken_markup"
    | "template"
    | "unreadable";
  message: string;
  refused: boolean;
}

export interface Preparation {
  /** HTML made safe, or what is wrong with the item as a template. */
  prepare(
    item: { html?: string | undefined; data?: unknown },
    template: boolean,
  ): { html: string } | { problem: string };
}

/** Of the HTML, and of the data as JSON. */
export const MAX_ITEM_CHARS = 100_000;
const MAX_DATA_DEPTH = 32;
const MAX_TITLE_CHARS = 300;
const MAX_TERM_CHARS = 100;
const MAX_URL_CHARS = 2_000;

const RUNS =
  /<\s*(?:script|iframe|object|embed|form|style|svg|math|base|meta|link)\b|<[^>]*\son[a-z]+\s*=|(?:java|vb)script\s*:/i;
/** Read as browsers do: without the characters that they skip. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: browsers skip these in an address, and so must we
const SKIPPED = /[\u0000-\u0020]+/g;
const RUNNING_URL = /^(?:javascript|vbscript|data:text\/html)/i;

/** @returns without `text` where it is refused */
export function checkItem(
  item: CmsItem,
  source: Pick<CmsSource, "locales" | "templates">,
  { prepare }: Preparation,
): { text?: ItemText; issues: ItemIssue[] } {
  const issues: ItemIssue[] = [];
  const refuse = (code: ItemIssue["code"], message: string) => issues.push({ code, message, refused: true });
  const note = (code: ItemIssue["code"], message: string) => issues.push({ code, message, refused: false });

  if (!CONTENT_ID.test(item.id))
    refuse("invalid_id", "an id is 1 to 128 letters, digits, dots, hyphens and underscores");
  if (!source.locales.includes(item.locale))
    refuse("unknown_locale", "the source does not have this language among its `locales`");
  if (item.html === undefined && item.data === undefined) refuse("empty", "there is neither HTML nor data");
  if (isDeeper(item.data, MAX_DATA_DEPTH))
    refuse("too_deep", `its data are nested deeper than ${MAX_DATA_DEPTH} levels`);
  const size = Math.max(item.html?.length ?? 0, issues.length > 0 ? 0 : charsOf(item.data));
  if (size > MAX_ITEM_CHARS)
    refuse("too_large", `it has ${size} characters; at most ${MAX_ITEM_CHARS} are shown in a slot`);
  else if (hasRunningUrl(item.data)) refuse("unsafe_url", "its data have an address that runs code");
  if (issues.length > 0) return { issues };

  const prepared = prepare(item, source.templates);
  if ("problem" in prepared) {
    refuse("template", prepared.problem);
    return { issues };
  }
  let html = item.html;
  if (html !== undefined) {
    if (RUNS.test(html)) note("unsafe_markup", "what runs code, or loads a document, was taken out");
    else if (tagsOf(prepared.html) !== tagsOf(html))
      note(
        "broken_markup",
        "tags were not closed, not opened, or are none that a slot shows: they were mended",
      );
    html = prepared.html;
  }
  const url = addressOf(item.url);
  if (item.url !== undefined && url === undefined)
    note("unsafe_url", "its address is none of a page: left out");
  return {
    text: {
      title: item.title.slice(0, MAX_TITLE_CHARS),
      ...(html !== undefined && { html }),
      ...(item.data !== undefined && { data: item.data }),
      ...(source.templates && { template: true }),
      ...(url !== undefined && { url }),
      ...(item.topic !== undefined && { topic: item.topic.slice(0, MAX_TERM_CHARS) }),
      ...(item.terms?.length && { terms: item.terms.map((term) => term.slice(0, MAX_TERM_CHARS)) }),
    },
    issues,
  };
}

const charsOf = (data: unknown): number => (data === undefined ? 0 : JSON.stringify(data).length);

/** Data go to the page as they are: an address in them must not run when it is followed. */
function hasRunningUrl(value: unknown): boolean {
  if (typeof value === "string") return RUNNING_URL.test(value.slice(0, 200).replace(SKIPPED, ""));
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasRunningUrl);
}

/** A page's address, absolute or a path of the site; undefined for anything else. */
function addressOf(url: string | undefined): string | undefined {
  if (url === undefined || url.length > MAX_URL_CHARS) return undefined;
  if (/^\/(?![/\\])/.test(url)) return url;
  const parsed = URL.parse(url);
  return parsed && /^https?:$/.test(parsed.protocol) ? parsed.href : undefined;
}

/** The tags in order, without attributes: what sanitising has changed besides spelling. */
const tagsOf = (html: string): string => (html.match(/<\/?[a-z][a-z0-9-]*/gi) ?? []).join("").toLowerCase();
