/**
 * WordPress's REST API as far as content is read and edited by it: lists with pages, states, languages (as Polylang and WPML
 * answer `lang`) and changes since a time, and POST and DELETE of single posts with an application password. Pure, without
 * node's own, so that tests in workerd use it as well. https://developer.wordpress.org/rest-api/reference/posts/
 */

/** One post as WordPress keeps it. */
export interface Post {
  id: number;
  type: string;
  slug: string;
  status: "publish" | "draft" | "pending" | "future" | "private" | "trash";
  title: string;
  content: string;
  password?: string;
  lang: string;
  /** The content that it is a translation of: what the plug-in tells as `doorstep.content_id`. */
  contentId?: string;
  categories: readonly string[];
  /** ISO, UTC. */
  modified: string;
}

export interface RestReply {
  status: number;
  headers: Record<string, string>;
  body: unknown;
}

export interface RestRequest {
  method: string;
  url: URL;
  authorization?: string | undefined;
  body?: unknown;
}

export interface Wordpress {
  posts: Map<number, Post>;
  answer(request: RestRequest): RestReply;
}

const ROUTE = /\/wp-json\/wp\/v2\/([a-z0-9_-]+)(?:\/(\d+))?$/;

/** @param credential `user:application password` of the one editor @param now ISO, of an edit */
export function createWordpress(
  seed: readonly Post[],
  { credential, site, now }: { credential: string; site: string; now: () => string },
): Wordpress {
  const posts = new Map(seed.map((post) => [post.id, post]));

  const list = (type: string, query: URLSearchParams, isEditor: boolean): RestReply => {
    const states = (query.get("status") ?? "publish").split(",");
    if (!isEditor && (states.some((state) => state !== "publish") || query.get("context") === "edit"))
      return problem(isEditor ? 400 : 401, "rest_forbidden_status", "Status is forbidden.");
    const perPage = Number(query.get("per_page") ?? 10);
    const page = Number(query.get("page") ?? 1);
    if (!(perPage >= 1 && perPage <= 100)) return problem(400, "rest_invalid_param", "per_page");
    const after = query.get("modified_after");
    const include = query.get("include")?.split(",").map(Number);
    const lang = query.get("lang");
    const found = [...posts.values()]
      .filter((post) => post.type === type && states.includes(post.status))
      .filter((post) => !include || include.includes(post.id))
      .filter((post) => lang === null || post.lang === lang)
      .filter((post) => after === null || Date.parse(`${post.modified}Z`) > Date.parse(after))
      .sort((a, b) => a.modified.localeCompare(b.modified) || a.id - b.id);
    const pages = Math.ceil(found.length / perPage);
    if (page > Math.max(pages, 1)) return problem(400, "rest_post_invalid_page_number", "page");
    const shown = found.slice((page - 1) * perPage, page * perPage);
    return {
      status: 200,
      headers: { "x-wp-total": String(found.length), "x-wp-totalpages": String(pages) },
      body: shown.map((post) => fields(viewOf(post, site), query.get("_fields"))),
    };
  };

  return {
    posts,
    answer({ method, url, authorization, body }) {
      const [, type = "", number] = ROUTE.exec(url.pathname) ?? [];
      if (type === "") return problem(404, "rest_no_route", "No route was found.");
      const isEditor = authorization === `Basic ${btoa(credential)}`;
      if (authorization !== undefined && !isEditor)
        return problem(401, "incorrect_password", "The password is an invalid application password.");
      if (method === "GET" && number === undefined) return list(type, url.searchParams, isEditor);
      if (!isEditor) return problem(401, "rest_cannot_edit", "Sorry, you are not allowed to edit this post.");
      const known = number === undefined ? undefined : posts.get(Number(number));
      if (number !== undefined && !known) return problem(404, "rest_post_invalid_id", "Invalid post ID.");
      if (method === "DELETE" && known) {
        posts.set(known.id, { ...known, status: "trash", modified: now() });
        return { status: 200, headers: {}, body: viewOf({ ...known, status: "trash" }, site) };
      }
      if (method !== "POST") return problem(405, "rest_no_route", "No route was found.");
      const id = known?.id ?? Math.max(0, ...posts.keys()) + 1;
      const base: Post = known ?? {
        ...{ id, type, slug: `post-${id}`, status: "draft", title: "", content: "" },
        ...{ lang: "en", categories: [], modified: now() },
      };
      const post = { ...base, ...(body as Partial<Post>), id, type: base.type, modified: now() };
      posts.set(id, post);
      return { status: known ? 200 : 201, headers: {}, body: viewOf(post, site) };
    },
  };
}

const problem = (status: number, code: string, message: string): RestReply => ({
  status,
  headers: {},
  body: { code, message, data: { status } },
});

/** As WordPress answers it, with `_embed=wp:term`. */
function viewOf(post: Post, site: string): Record<string, unknown> {
  const terms = post.categories.map((slug, n) => ({ id: n + 1, slug, name: slug, taxonomy: "category" }));
  return {
    id: post.id,
    type: post.type === "pages" ? "page" : "post",
    slug: post.slug,
    status: post.status,
    link: `${site}/${post.slug}/`,
    modified_gmt: post.modified,
    title: { rendered: post.title },
    content: { rendered: post.password ? "" : post.content, protected: Boolean(post.password) },
    lang: post.lang,
    ...(post.contentId !== undefined && {
      doorstep: { content_id: post.contentId, locale: post.lang, topic: post.categories[0] ?? null },
    }),
    _embedded: { "wp:term": [terms] },
  };
}

function fields(view: Record<string, unknown>, wanted: string | null): Record<string, unknown> {
  const names = wanted?.split(",");
  return names ? Object.fromEntries(Object.entries(view).filter(([name]) => names.includes(name))) : view;
}
