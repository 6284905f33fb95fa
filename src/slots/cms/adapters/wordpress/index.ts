/**
 * WordPress by its REST API, as every WordPress since 5.7 has it: posts of some types, page by page, newest changes first.
 * The plug-in in demo/wordpress adds a field `doorstep` with the content id that translations share (Polylang, WPML), and
 * sends the webhook; without it, each post is its own content. https://developer.wordpress.org/rest-api/reference/posts/
 */
import type { Ask, CmsAdapter, Found, ItemState } from "../../contract.ts";
import { list, plain, record, text, time } from "../../read.ts";
import { verifySignature } from "../../signature.ts";
import { type WordpressSettings, wordpressSettings } from "./settings.ts";

type WordpressAsk = Ask<WordpressSettings>;

const PER_PAGE = 50;
const FIELDS =
  "id,slug,status,link,title,content,modified_gmt,type,lang,translations,doorstep,_links,_embedded";
/** With an application password; `private` is for nobody but the editors, and `trash` takes away what was there. */
const ALL_STATES = "publish,draft,pending,future,private,trash";
/** Server and CMS may disagree about the time, and WordPress about its zone: a little is read twice. */
const OVERLAP_MS = 10 * 60_000;

export const wordpress: CmsAdapter<WordpressSettings> = {
  name: "wordpress",
  settings: wordpressSettings,
  secrets: { bound: ["credential"], kept: ["webhook_secret"] },
  draftsBeside: false,
  perLocale: ({ languages }) => languages !== "none",
  incremental: () => true,
  idsPerRequest: PER_PAGE,

  request(ask) {
    const { source, settings, locale, since, ids } = ask;
    const { type, page } = placeOf(ask);
    const { credential, languages } = settings;
    const language = languages === "path" && locale !== source.defaultLocale ? `/${locale}` : "";
    const url = new URL(`${source.url.replace(/\/+$/, "")}${language}/wp-json/wp/v2/${type}`);
    const query = url.searchParams;
    query.set("per_page", String(PER_PAGE));
    query.set("page", String(page));
    query.set("orderby", "modified");
    query.set("order", "asc");
    query.set("_fields", FIELDS);
    query.set("_embed", "wp:term");
    if (languages === "lang") query.set("lang", locale);
    if (ids) query.set("include", ids.join());
    if (since !== undefined)
      query.set("modified_after", new Date(Date.parse(since) - OVERLAP_MS).toISOString());
    if (credential === undefined) return { url: url.href };
    query.set("status", ALL_STATES);
    query.set("context", "edit");
    return { url: url.href, headers: { authorization: `Basic ${base64(credential)}` } };
  },

  read({ body, headers }, ask) {
    const { index, page } = placeOf(ask);
    const pages = Number(headers.get("x-wp-totalpages") ?? 1);
    const isLastType = index + 1 >= ask.settings.types.length;
    const next = page < pages ? `${index}.${page + 1}` : isLastType ? undefined : `${index + 1}.1`;
    return { entries: list(body), next };
  },

  items: (entry, ask) => [itemOf(record(entry), ask)],

  verify: (request, { webhook_secret }, now) => verifySignature(request, webhook_secret, now),

  /** `{"event": "saved" | "removed", "id": 12, "content_id": "12", "locale": "sk"}`, from the plug-in. */
  hook({ body }) {
    const { event, id, content_id, locale } = record(body);
    const post = text(id);
    const gone = text(content_id);
    const language = text(locale);
    const ids = post !== undefined && /^\d{1,18}$/.test(post) ? { ids: [post] } : {};
    if (event !== "removed" || gone === undefined) return ids;
    // Gone at once; what it is by now, a draft perhaps, is asked after that.
    return { found: [{ gone, ...(language !== undefined && { locale: language }) }], ...ids };
  },
};

/** `0.2`: the second page of the first type. */
function placeOf({ page, settings }: WordpressAsk): { index: number; type: string; page: number } {
  const [index = 0, number = 1] = (page ?? "0.1").split(".").map(Number);
  return { index, type: settings.types[index] ?? "posts", page: number };
}

function itemOf(post: Record<string, unknown>, { locale, source, settings }: WordpressAsk): Found {
  const own = record(post.doorstep);
  const number = text(post.id);
  const id = text(own.content_id) ?? text(record(post.translations)[source.defaultLocale]) ?? number;
  if (id === undefined) return { unreadable: "a post has no id" };
  const changedAt = time(post.modified_gmt);
  if (changedAt === undefined) return { unreadable: "has no time of change", id };
  const content = record(post.content);
  const said = text(own.locale) ?? text(post.lang);
  const terms = termsOf(post);
  const html = text(content.rendered);
  return {
    id,
    locale: settings.languages === "none" ? (said ?? locale) : locale,
    state:
      content.protected === true
        ? "unpublished"
        : (STATES.get(text(post.status) ?? "publish") ?? "unpublished"),
    title: plain(text(record(post.title).rendered) ?? ""),
    html: html?.trim() ?? "",
    url: text(post.link),
    topic: text(own.topic) ?? terms[0],
    terms,
    changedAt,
  };
}

const STATES = new Map<string, ItemState>([
  ["publish", "published"],
  ["draft", "draft"],
  ["pending", "draft"],
  ["future", "draft"],
]);

/** Slugs of the categories and tags, in the order in which WordPress has them. */
function termsOf(post: Record<string, unknown>): string[] {
  const groups = list(record(post._embedded)["wp:term"]);
  return groups.flatMap((group) => list(group).flatMap((term) => text(record(term).slug) ?? [])).slice(0, 20);
}

/** Names and passwords may have letters beyond Latin 1, which `btoa` does not take. */
const base64 = (credential: string): string =>
  btoa(String.fromCharCode(...new TextEncoder().encode(credential)));
