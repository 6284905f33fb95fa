/** Content of a CMS, from its REST API to a visitor's slot, with real D1 and KV; the CMS is the demo's WordPress. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { INDEX_KEY } from "#slots/cms/at-edge";
import { openDrafts } from "#slots/cms/drafts";
import { preparation } from "#slots/cms/prepare";
import { publishContent } from "#slots/cms/publish";
import { readPulls } from "#slots/cms/pulls-store";
import { answerHook } from "#slots/cms/routes";
import { type ContentDeps, tendContent } from "#slots/cms/schedule";
import { readItems } from "#slots/cms/store";
import { openContents } from "#slots/content";
import { localeOf } from "#slots/locale";
import { createWordpress, type Post, type Wordpress } from "../../../demo/sandbox/wordpress/rest.ts";
import { emptyStores } from "../setup.ts";
import { signed } from "./signed.ts";

const SITE = "https://cms.example";
const SECRET = "whsec_Y29udGVudC13ZWJob29rLXNlY3JldC0wMDAx";
const CREDENTIAL = "editor:abcd efgh ijkl";
const MINUTE = 60_000;

const document = releaseSchema.parse({
  slots: { hero: {}, side: {} },
  content: { own: { html: "<p>Own</p>" } },
  cms: {
    blog: {
      type: "wordpress",
      url: SITE,
      locales: ["en", "sk"],
      defaultLocale: "en",
      pullMinutes: 5,
      settings: { languages: "lang", credential: { $secret: "WP" }, webhook_secret: { $secret: "HOOK" } },
    },
    feed: {
      type: "json",
      url: "https://feed.example/items.json",
      settings: { webhook_secret: { $secret: "HOOK" } },
    },
  },
  offers: {
    trip: { slot: "hero", content: "cms:blog/11" },
    sale: { slot: "side", content: "cms:blog/13" },
    plain: { slot: "side", content: "cms:feed/a" },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
});

const post = (id: number, more: Partial<Post> = {}): Post => ({
  ...{ id, type: "posts", slug: `p-${id}`, status: "publish", lang: "en", contentId: String(id) },
  ...{
    title: `Post ${id}`,
    content: `<p>Post ${id}</p>`,
    categories: ["winter"],
    modified: "2026-11-01T09:00:00",
  },
  ...more,
});

let now = Date.UTC(2026, 10, 20, 12);
let wordpress: Wordpress;
let feed: () => Response | Promise<Response>;
let asked: string[] = [];
let wordpressDown = false;

const fetchCms = async (address: string, init: RequestInit): Promise<Response> => {
  const url = new URL(address);
  asked.push(url.href);
  if (url.hostname === "feed.example") return feed();
  if (wordpressDown) throw new TypeError("connection refused");
  const authorization = new Headers(init.headers).get("authorization") ?? undefined;
  const { status, headers, body } = wordpress.answer({ method: "GET", url, authorization });
  return Response.json(body, { status, headers });
};

const deps = (): ContentDeps => ({
  db: env.IDENTITY_0,
  kv: env.EDGE,
  clock: () => now,
  fetch: fetchCms,
  secretOf: (name) => ({ WP: `${SITE} ${CREDENTIAL}`, HOOK: SECRET })[name],
  allowInsecure: false,
  sleep: async () => {},
  ...preparation(() => document),
});
const tend = () => tendContent([document], deps());

/** What a visitor's slot gets, in an isolate of its own. */
async function shown(key: string, accept = "en", locale?: string): Promise<string | undefined> {
  const kv = Object.create(env.EDGE, {
    get: { value: env.EDGE.get.bind(env.EDGE) },
  }) as KVNamespace; // another object: nothing is held for it
  const edge = { kv, now, startTimer: () => () => {}, waitUntil: () => {} };
  const contents = await openContents(document, () => ({ accept, locale }), edge, 50);
  await contents.load([key], 50);
  const content = contents.get(key);
  language = content && localeOf(content);
  return content?.html;
}
/** Of what was shown last. */
let language: string | undefined;

const hook = async (body: unknown, change: { source?: string; headers?: Record<string, string> } = {}) => {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  const headers = change.headers ?? (await signed(SECRET, text, now));
  const work: Promise<unknown>[] = [];
  const request = new Request("https://shop.example/hooks/cms/wordpress", {
    method: "POST",
    headers,
    body: text,
  });
  const named = { type: change.source === "feed" ? "json" : "wordpress", source: change.source };
  const answer = await answerHook(request, named, [document], {
    ...deps(),
    waitUntil: (one) => work.push(one),
  });
  await Promise.all(work);
  return answer;
};

beforeEach(async () => {
  await emptyStores();
  now += 86_400_000;
  asked = [];
  wordpressDown = false;
  feed = () => Response.json([{ id: "a", html: "<p>Feed</p>" }]);
  wordpress = createWordpress(
    [
      post(11, { title: "Hut &amp; hut" }),
      post(12, { contentId: "11", lang: "sk", content: "<p>Chata</p>" }),
      post(13, { status: "draft" }),
    ],
    { credential: CREDENTIAL, site: SITE, now: () => new Date(now).toISOString().slice(0, 19) },
  );
});

describe("a pull", () => {
  it("brings what is published to visitors in their language, and no draft to anybody", async () => {
    await tend();
    expect(await shown("cms:blog/11")).toBe("<p>Post 11</p>");
    expect(await shown("cms:blog/11", "sk-SK,sk;q=0.9,en;q=0.5")).toBe("<p>Chata</p>");
    expect(await shown("cms:blog/11", "de", "sk-SK")).toBe("<p>Chata</p>");
    expect(language).toBe("sk");
    expect(await shown("cms:blog/11", "de")).toBe("<p>Post 11</p>");
    expect(language).toBe("en");
    expect(await shown("cms:blog/13")).toBeUndefined();
    expect(await shown("cms:feed/a")).toBe("<p>Feed</p>");
    const [row] = await readItems(env.IDENTITY_0, "blog", ["11"]);
    expect(row).toMatchObject({
      state: "published",
      document: { shown: { title: "Hut & hut", topic: "winter" } },
    });
  });

  it("shows a draft to a preview, in the place of what is published", async () => {
    await tend();
    const contents = await openDrafts(document, { accept: "en" }, env.IDENTITY_0);
    expect(contents.get("cms:blog/13")?.html).toBe("<p>Post 13</p>");
    expect(contents.get("cms:blog/11")?.html).toBe("<p>Post 11</p>");
    expect(contents.get("own")?.html).toBe("<p>Own</p>");
  });

  it("writes nothing where nothing has changed, and asks only for what is new", async () => {
    await tend();
    const before = await env.IDENTITY_0.prepare("SELECT SUM(imported_at) AS at FROM content_items").first(
      "at",
    );
    now += 6 * MINUTE;
    asked = [];
    await tend();
    expect(asked.filter((url) => url.startsWith(SITE)).every((url) => url.includes("modified_after"))).toBe(
      true,
    );
    expect(await env.IDENTITY_0.prepare("SELECT SUM(imported_at) AS at FROM content_items").first("at")).toBe(
      before,
    );
    asked = [];
    now += MINUTE;
    await tend();
    expect(asked).toEqual([]);
  });

  it("keeps the last good version while one source is down, and the other goes on", async () => {
    await tend();
    wordpressDown = true;
    feed = () => Response.json([{ id: "a", html: "<p>New</p>" }]);
    now += 16 * MINUTE;
    await tend();
    expect(await shown("cms:blog/11")).toBe("<p>Post 11</p>");
    expect(await shown("cms:feed/a")).toBe("<p>New</p>");
    expect((await readPulls(env.IDENTITY_0)).get("blog")?.problem).toBe("en: it cannot be reached");
  });

  it("finds what no webhook has told: a full look now and then takes away what is gone", async () => {
    await tend();
    wordpress.posts.delete(12);
    now += 61 * MINUTE;
    await tend();
    expect(await shown("cms:blog/11", "sk")).toBe("<p>Post 11</p>");
  });

  it("does not believe at once that nearly everything is gone", async () => {
    const many = Array.from({ length: 12 }, (_, n) => ({ id: `i${n}`, html: "<p>x</p>" }));
    feed = () => Response.json([{ id: "a", html: "<p>Feed</p>" }, ...many]);
    await tend();
    feed = () => Response.json([]);
    now += 16 * MINUTE;
    await tend();
    expect(await shown("cms:feed/a")).toBe("<p>Feed</p>");
    expect((await readPulls(env.IDENTITY_0)).get("feed")?.problem).toContain(
      "13 of 13 items are gone at once",
    );
    now += 3 * MINUTE;
    await tend();
    expect(await shown("cms:feed/a")).toBeUndefined();
  });
});

describe("an item that is not good", () => {
  it("harms only itself, and its last good version stays", async () => {
    await tend();
    const huge = "x".repeat(5_000_000);
    wordpress.posts.set(11, post(11, { content: huge, modified: "2026-11-02T09:00:00" }));
    wordpress.posts.set(
      14,
      post(14, { content: '<b onclick="x()">Hi<script>x()</script>', modified: "2026-11-02T09:00:00" }),
    );
    now += 61 * MINUTE;
    await tend();
    expect(await shown("cms:blog/11")).toBe("<p>Post 11</p>");
    const rows = await readItems(env.IDENTITY_0, "blog", ["11", "14"]);
    expect(rows.find(({ id }) => id === "11")?.issues?.[0]).toMatchObject({
      code: "too_large",
      refused: true,
    });
    const mended = rows.find(({ id }) => id === "14");
    expect(mended?.document.shown?.html).toBe("<b>Hi</b>");
    expect(mended?.issues?.[0]).toMatchObject({ code: "unsafe_markup", refused: false });
  });

  it("that is of a time to come does not hide what changes before it", async () => {
    wordpress.posts.set(14, post(14, { modified: "2199-01-01T00:00:00" }));
    await tend();
    now += 6 * MINUTE;
    const modified = new Date(now - 1_000).toISOString().slice(0, 19);
    wordpress.posts.set(11, post(11, { content: "<p>Changed</p>", modified }));
    await tend();
    expect(await shown("cms:blog/11")).toBe("<p>Changed</p>");
  });

  it.each<[string, unknown, string]>([
    ["an unknown language", { id: "a", html: "<p>x</p>", locale: "fr" }, "unknown_locale"],
    ["data that run", { id: "a", data: { href: " java\nscript:alert(1)" } }, "unsafe_url"],
    ["nothing in it", { id: "a" }, "empty"],
    ["an id of other signs", { id: "a/b c", html: "x" }, "invalid_id"],
  ])("is named by what is wrong with it: %s", async (_, item, code) => {
    feed = () => Response.json([item, { id: "good", html: "<p>Good</p>" }]);
    await tend();
    const { results } = await env.IDENTITY_0.prepare(
      "SELECT id, state, issues FROM content_items WHERE source = 'feed' ORDER BY id",
    ).all();
    const [bad, good] = results;
    expect(JSON.parse(String(bad?.issues))[0].code).toBe(code);
    expect(bad?.state).toBe("unpublished");
    expect(good).toMatchObject({ id: "good", state: "published", issues: null });
  });

  it("counts once where it comes twice, and says so", async () => {
    feed = () =>
      Response.json([{ id: "a", html: "<p>1</p>" }, { id: "a", html: "<p>2</p>" }, { noid: true }]);
    await tend();
    expect(await shown("cms:feed/a")).toBe("<p>1</p>");
    const [row] = await readItems(env.IDENTITY_0, "feed", ["a"]);
    expect(row?.issues).toMatchObject([{ code: "duplicate_id" }]);
    expect((await readPulls(env.IDENTITY_0)).get("feed")?.cursor.unreadable).toEqual([
      'an item has nothing at "id"',
    ]);
  });
});

describe("a CMS that cannot be trusted", () => {
  it.each<[string, () => Response | Promise<Response>, string]>([
    [
      "a redirect",
      () => new Response(null, { status: 302, headers: { location: "http://10.0.0.1/" } }),
      "redirects",
    ],
    ["HTML", () => new Response("<html>", { headers: { "content-type": "text/html" } }), "no JSON"],
    [
      "broken JSON",
      () => new Response("[{", { headers: { "content-type": "application/json" } }),
      "broken JSON",
    ],
    [
      "deep JSON",
      () =>
        new Response(`${"[".repeat(9_000)}${"]".repeat(9_000)}`, {
          headers: { "content-type": "application/json" },
        }),
      "nested",
    ],
    [
      "an endless answer",
      () => new Response(endless(), { headers: { "content-type": "application/json" } }),
      "larger than",
    ],
    ["an error", () => new Response("", { status: 500 }), "answered 500"],
    [
      "20,000 items",
      () => Response.json(Array.from({ length: 20_000 }, (_, n) => ({ id: `n${n}`, html: "x" }))),
      "more than 10000 items",
    ],
  ])("changes nothing by %s", async (_, answer, problem) => {
    await tend();
    feed = answer;
    now += 16 * MINUTE;
    await tend();
    expect((await readPulls(env.IDENTITY_0)).get("feed")?.problem).toContain(problem);
    expect(await shown("cms:feed/a")).toBe("<p>Feed</p>");
  });

  it("is not asked at a private address, nor led to another host by its own pages", async () => {
    const elsewhere = structuredClone(document);
    elsewhere.cms = {
      inside: { ...document.cms.feed, url: "https://10.0.0.1/items.json" } as never,
      paged: { ...document.cms.feed, settings: { items: "items", next: "next" } } as never,
    };
    feed = () => Response.json({ items: [], next: "https://evil.example/2" });
    await tendContent([elsewhere], deps());
    const pulls = await readPulls(env.IDENTITY_0);
    expect(pulls.get("inside")?.problem).toContain("ip_address");
    expect(pulls.get("paged")?.problem).toContain("another host");
    expect(asked).toEqual(["https://feed.example/items.json"]);
  });

  it("is sent no credential that was made for another address", async () => {
    const moved = structuredClone(document);
    moved.cms = { blog: { ...document.cms.blog, url: "https://evil.example" } as never };
    await tendContent([moved], deps());
    expect((await readPulls(env.IDENTITY_0)).get("blog")?.problem).toContain(
      "does not begin with the address",
    );
    expect(asked).toEqual([]);
  });
});

/** Fourteen megabytes, a piece at a time. */
function endless(): ReadableStream {
  let left = 14;
  return new ReadableStream({
    pull(controller) {
      if (left-- > 0) controller.enqueue(new TextEncoder().encode(" ".repeat(1_000_000)));
      else controller.close();
    },
  });
}

describe("a webhook", () => {
  it("makes a change visible, and an unpublished post invisible, without waiting for a pull", async () => {
    await tend();
    wordpress.posts.set(11, post(11, { content: "<p>Changed</p>", modified: "2026-11-19T09:00:00" }));
    expect((await hook({ event: "saved", id: 11, content_id: "11" })).status).toBe(202);
    expect(await shown("cms:blog/11")).toBe("<p>Changed</p>");
    wordpress.posts.set(11, post(11, { status: "draft", modified: "2026-11-19T10:00:00" }));
    await hook({ event: "saved", id: 11, content_id: "11" });
    expect(await shown("cms:blog/11")).toBeUndefined();
    wordpress.posts.delete(12);
    await hook({ event: "removed", id: 12, content_id: "11", locale: "sk" });
    expect(await shown("cms:blog/11", "sk")).toBeUndefined();
    expect(await env.EDGE.get("content:blog/11:sk")).toBeNull();
  });

  it("takes an item as it was sent, and no older one after it", async () => {
    const item = (html: string, at: string) => ({ items: [{ id: "a", html, changed_at: at }] });
    await hook(item("<p>2</p>", "2026-11-02T00:00:00Z"), { source: "feed" });
    expect(await shown("cms:feed/a")).toBe("<p>2</p>");
    await hook(item("<p>1</p>", "2026-11-01T00:00:00Z"), { source: "feed" });
    expect(await shown("cms:feed/a")).toBe("<p>2</p>");
    await hook({ gone: ["a"] }, { source: "feed" });
    expect(await shown("cms:feed/a")).toBeUndefined();
    // What was sent before that comes again, or late.
    await hook(item("<p>2</p>", "2026-11-02T00:00:00Z"), { source: "feed" });
    expect(await shown("cms:feed/a")).toBeUndefined();
    await hook(item("<p>3</p>", new Date(now + 1_000).toISOString()), { source: "feed" });
    expect(await shown("cms:feed/a")).toBe("<p>3</p>");
    await hook({ gone: ["a"] }, { source: "feed" });
    await hook({ items: [{ id: "a", html: "<p>4</p>" }] }, { source: "feed" });
    expect(await shown("cms:feed/a")).toBe("<p>4</p>");
  });

  it("is refused without a signature, with a wrong one, for another body, and as a replay", async () => {
    const body = JSON.stringify({ event: "removed", content_id: "11" });
    const good = await signed(SECRET, body, now);
    await expect(hook(body, { headers: {} })).rejects.toMatchObject({
      status: 401,
      code: "invalid_signature",
    });
    await expect(hook(`${body} `, { headers: good })).rejects.toMatchObject({ status: 401 });
    const other = await signed("whsec_b3RoZXItc2VjcmV0LW90aGVyLXNlY3JldC0wMDAx", body, now);
    await expect(hook(body, { headers: other })).rejects.toMatchObject({ status: 401 });
    now += 6 * MINUTE;
    await expect(hook(body, { headers: good })).rejects.toMatchObject({
      status: 400,
      code: "invalid_timestamp",
    });
    await expect(hook(body, { source: "nowhere" })).rejects.toMatchObject({
      status: 404,
      code: "unknown_cms",
    });
    await expect(hook("{")).rejects.toMatchObject({ status: 400, code: "invalid_json" });
    await expect(hook(JSON.stringify("x".repeat(600_000)))).rejects.toMatchObject({ status: 413 });
    expect(asked).toEqual([]);
  });
});

describe("the index", () => {
  it("is written again by the next run where a write was cut off", async () => {
    await tend();
    const broken = Object.create(env.EDGE, {
      put: { value: () => Promise.reject(new Error("KV PUT failed: 500")) },
    }) as KVNamespace;
    wordpress.posts.set(11, post(11, { content: "<p>Changed</p>", modified: "2026-11-19T09:00:00" }));
    now += 61 * MINUTE;
    await expect(tendContent([document], { ...deps(), kv: broken })).rejects.toThrow();
    expect(await shown("cms:blog/11")).toBe("<p>Post 11</p>");
    now += MINUTE;
    await tend();
    expect(await shown("cms:blog/11")).toBe("<p>Changed</p>");
  });

  it("names only what a release refers to", async () => {
    await tend();
    const index = await env.EDGE.get<Record<string, unknown>>(INDEX_KEY, "json");
    expect(Object.keys(index ?? {}).sort()).toEqual(["blog/11", "feed/a"]);
    await publishContent([], deps());
    expect(await env.EDGE.get(INDEX_KEY, "json")).toEqual({});
  });
});

describe("a slot", () => {
  it("does without content that KV is too slow to give, and has it on the next page", async () => {
    await tend();
    let free = () => {};
    const slow = Object.create(env.EDGE, {
      get: {
        value: async (key: string, type: "json") => {
          if (key !== INDEX_KEY)
            await new Promise<void>((resolve) => {
              free = resolve;
            });
          return env.EDGE.get(key, type);
        },
      },
    }) as KVNamespace;
    const behind: Promise<unknown>[] = [];
    let late = () => {};
    const edge = {
      kv: slow,
      now,
      startTimer: (_: number, fire: () => void) => {
        late = fire;
        return () => {};
      },
      waitUntil: (work: Promise<unknown>) => behind.push(work),
    };
    const contents = await openContents(document, () => ({ accept: "en" }), edge, 50);
    expect(contents.has("cms:blog/11")).toBe(true);
    const loading = contents.load(["cms:blog/11"], 50);
    late();
    await loading;
    expect(contents.get("cms:blog/11")).toBeUndefined();
    free();
    await Promise.all(behind);
    expect(contents.get("cms:blog/11")?.html).toBe("<p>Post 11</p>");
    expect(contents.load(["cms:blog/11"], 50)).toBeUndefined();
  });
});
