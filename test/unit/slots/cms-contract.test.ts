/**
 * The adapter contract carries the CMSs that are to come: each has here an adapter of a few lines over the shapes that its
 * documentation shows, and everything else (requests, storage, languages, drafts) is as for those that are built.
 */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { Ask, CmsAdapter, CmsItem, Found, Refusal, SignedRequest } from "#slots/cms/contract";
import { list, record, text, time } from "#slots/cms/read";
import { hmac } from "#slots/cms/signature";

type Settings = { token: string };
type Own = Pick<CmsAdapter<Settings>, "draftsBeside" | "request" | "read" | "items" | "verify" | "hook">;

const NOW = Date.UTC(2026, 10, 20, 12);
const bytes = (value: string) => new TextEncoder().encode(value);
const hex = (value: Uint8Array) => [...value].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const authorised = async ({ headers }: SignedRequest, { token }: Settings): Promise<Refusal> =>
  headers.get("authorization") === `Bearer ${token}` ? undefined : "signature_invalid";
const adapter = (own: Own): CmsAdapter<Settings> => ({
  name: "throwaway",
  settings: z.strictObject({ token: z.string() }),
  secrets: { bound: ["token"], kept: [] },
  perLocale: () => true,
  incremental: () => true,
  idsPerRequest: 1,
  ...own,
});
const ask = (more: Partial<Ask<Settings>> = {}): Ask<Settings> => ({
  source: { url: "https://cms.example", locales: ["en", "sk"], defaultLocale: "en" },
  settings: { token: "t" },
  locale: "en",
  ...more,
});
const item = (
  id: string,
  locale: string,
  state: CmsItem["state"],
  title: string,
  at: string,
  html?: string,
): CmsItem => ({
  ...{ id, locale, state, title, html, changedAt: Date.parse(at) },
});
const changed = (value: unknown): number => time(value) ?? 0;

/** All languages in one entry; deletions as entries; a mark of its own; a signature over method, path, headers and body. */
const contentful = adapter({
  draftsBeside: true,
  request: ({ since, page, settings }) => ({
    url: page ?? since ?? "https://cms.example/spaces/s/environments/master/sync?initial=true&type=Entry",
    headers: { authorization: `Bearer ${settings.token}` },
  }),
  read: ({ body }) => {
    const { items, nextSyncUrl, nextPageUrl } = record(body);
    return { entries: list(items), next: text(nextPageUrl), mark: text(nextSyncUrl) };
  },
  items(entry, { source }): Found[] {
    const { sys, fields } = record(entry);
    const { id, type, updatedAt } = record(sys);
    if (type === "DeletedEntry") return [{ gone: String(id) }];
    return source.locales.flatMap((locale) => {
      const title = text(record(record(fields).title)[locale]);
      if (title === undefined) return [];
      const html = text(record(record(fields).body)[locale]);
      return [
        { id: String(id), locale, state: "published" as const, title, html, changedAt: changed(updatedAt) },
      ];
    });
  },
  async verify({ url, headers, body }, { token }) {
    const names = headers.get("x-contentful-signed-headers")?.split(",") ?? [];
    const signed = names.map((name) => `${name}:${headers.get(name) ?? ""}`).join(";");
    const canonical = ["POST", new URL(url).pathname, signed, body].join("\n");
    const expected = hex(await hmac("SHA-256", bytes(token), canonical));
    return headers.get("x-contentful-signature") === expected ? undefined : "signature_invalid";
  },
  hook: ({ body }) => {
    const { id, type } = record(record(body).sys);
    return type === "DeletedEntry" ? { found: [{ gone: String(id) }] } : { ids: [String(id)] };
  },
});

/** One language a request; draft and published asked for apart; the document id is what languages share. */
const strapi = adapter({
  draftsBeside: true,
  request: ({ locale, page, settings }) => ({
    url: `https://cms.example/api/articles?locale=${locale}&pagination[page]=${page ?? 1}`,
    headers: { authorization: `Bearer ${settings.token}` },
  }),
  read: ({ body }) => {
    const { page, pageCount } = record(record(record(body).meta).pagination);
    const next = Number(page) < Number(pageCount) ? String(Number(page) + 1) : undefined;
    return { entries: list(record(body).data), next };
  },
  items: (entry, { locale }) => [strapiItem(record(entry), locale)],
  verify: authorised,
  hook: ({ body }) => {
    const { event, entry } = record(body);
    const { documentId, locale } = record(entry);
    if (event === "entry.unpublish" || event === "entry.delete")
      return { found: [{ gone: String(documentId), locale: String(locale) }] };
    return { found: [strapiItem(record(entry), String(locale))] };
  },
});
const strapiItem = (entry: Record<string, unknown>, locale: string): CmsItem => ({
  id: String(entry.documentId),
  locale: text(entry.locale) ?? locale,
  state: entry.publishedAt === null ? "draft" : "published",
  title: String(entry.title),
  html: text(entry.body),
  changedAt: changed(entry.updatedAt),
});

/** Translations inside the entry; the state is a field; a flow's webhook names keys. */
const directus = adapter({
  draftsBeside: false,
  request: ({ since }) => ({
    url: `https://cms.example/items/articles?fields=*,translations.*${since ? `&filter[date_updated][_gt]=${since}` : ""}`,
  }),
  read: ({ body }) => ({ entries: list(record(body).data) }),
  items(entry): Found[] {
    const { id, status, date_updated, translations } = record(entry);
    const state = status === "published" || status === "draft" ? status : "unpublished";
    return list(translations).map((one) => {
      const { languages_code, title, body } = record(one);
      const locale = String(languages_code).slice(0, 2);
      return {
        id: String(id),
        locale,
        state,
        title: String(title),
        html: text(body),
        changedAt: changed(date_updated),
      };
    });
  },
  verify: authorised,
  hook: ({ body }) => {
    const { event, keys, key } = record(body);
    const ids = key === undefined ? list(keys).map(String) : [String(key)];
    return String(event).endsWith(".delete") ? { found: ids.map((gone) => ({ gone })) } : { ids };
  },
});

/** Drafts are documents of their own whose id says so; the language is a field; what was done is in a header. */
const sanity = adapter({
  draftsBeside: true,
  request: ({ locale }) => ({
    url: `https://cms.example/v2021-06-07/data/query/production?query=${encodeURIComponent(`*[language=="${locale}"]`)}`,
  }),
  read: ({ body }) => ({ entries: list(record(body).result) }),
  items: (entry) => [sanityItem(record(entry))],
  async verify({ headers, body }, { token }, now) {
    const [, seconds = "", given] =
      /^t=(\d+)[, ]+v1=([^, ]+)$/.exec(headers.get("sanity-webhook-signature") ?? "") ?? [];
    if (Math.abs(now - Number(seconds)) > 300_000) return "timestamp_invalid";
    const mac = await hmac("SHA-256", bytes(token), `${seconds}.${body}`);
    const expected = Buffer.from(mac).toString("base64url");
    return given === expected ? undefined : "signature_invalid";
  },
  hook: ({ body, headers }) =>
    headers.get("sanity-operation") === "delete"
      ? { found: [{ gone: String(record(body)._id) }] }
      : { found: [sanityItem(record(body))] },
});
const sanityItem = ({ _id, _updatedAt, language, title, content_id }: Record<string, unknown>): CmsItem => ({
  id: text(content_id) ?? String(_id).replace(/^drafts\./, ""),
  locale: String(language),
  state: String(_id).startsWith("drafts.") ? "draft" : "published",
  title: String(title),
  data: { title },
  changedAt: changed(_updatedAt),
});

/** Pages by a header; the token is in the address; a webhook signed with SHA-1. */
const storyblok = adapter({
  draftsBeside: true,
  request: ({ locale, page, settings, since }) => ({
    url: `https://cms.example/v2/cdn/stories?token=${settings.token}&language=${locale}&per_page=25&page=${page ?? 1}${since ? `&published_at_gt=${since}` : ""}`,
  }),
  read: ({ body, headers }, { page = "1" }) => ({
    entries: list(record(body).stories),
    next: Number(page) * 25 < Number(headers.get("total")) ? String(Number(page) + 1) : undefined,
  }),
  items: (entry, { locale }): Found[] => {
    const { uuid, name, content, published_at, full_slug, tag_list } = record(entry);
    return [
      {
        ...{ id: String(uuid), locale, state: "published", title: String(name), data: content },
        ...{ url: `/${full_slug}`, terms: list(tag_list).map(String), changedAt: changed(published_at) },
      },
    ];
  },
  async verify({ headers, body }, { token }) {
    const expected = hex(await hmac("SHA-1", bytes(token), body));
    return headers.get("webhook-signature") === expected ? undefined : "signature_invalid";
  },
  hook: ({ body }) => {
    const { action, story_id } = record(body);
    return action === "published" ? { ids: [String(story_id)] } : {};
  },
});

const AT = "2026-11-19T08:00:00.000Z";
const CASES: [
  string,
  CmsAdapter<Settings>,
  unknown,
  Record<string, string>,
  { next?: string; mark?: string },
  Found[],
][] = [
  [
    "Contentful's sync",
    contentful,
    {
      sys: { type: "Array" },
      items: [
        {
          sys: { id: "5KsD", type: "Entry", updatedAt: AT, contentType: { sys: { id: "offer" } } },
          fields: { title: { en: "Hi", sk: "Ahoj" }, body: { en: "<p>Hi</p>" } },
        },
        { sys: { id: "gone1", type: "DeletedEntry", deletedAt: AT } },
      ],
      nextSyncUrl: "https://cms.example/spaces/s/environments/master/sync?sync_token=w5",
    },
    {},
    { mark: "https://cms.example/spaces/s/environments/master/sync?sync_token=w5" },
    [
      item("5KsD", "en", "published", "Hi", AT, "<p>Hi</p>"),
      item("5KsD", "sk", "published", "Ahoj", AT),
      { gone: "gone1" },
    ],
  ],
  [
    "Strapi's REST",
    strapi,
    {
      data: [
        {
          id: 2,
          documentId: "h90l",
          title: "Hi",
          body: "<p>Hi</p>",
          locale: "en",
          publishedAt: AT,
          updatedAt: AT,
        },
        {
          id: 3,
          documentId: "h90l",
          title: "Hi 2",
          body: "<p>2</p>",
          locale: "en",
          publishedAt: null,
          updatedAt: AT,
        },
      ],
      meta: { pagination: { page: 1, pageSize: 25, pageCount: 2, total: 30 } },
    },
    {},
    { next: "2" },
    [
      item("h90l", "en", "published", "Hi", AT, "<p>Hi</p>"),
      item("h90l", "en", "draft", "Hi 2", AT, "<p>2</p>"),
    ],
  ],
  [
    "Directus's items",
    directus,
    {
      data: [
        {
          ...{ id: 7, status: "archived", date_updated: AT },
          translations: [
            { languages_code: "en-US", title: "Hi", body: "<p>Hi</p>" },
            { languages_code: "sk-SK", title: "Ahoj", body: null },
          ],
        },
      ],
    },
    {},
    {},
    [item("7", "en", "unpublished", "Hi", AT, "<p>Hi</p>"), item("7", "sk", "unpublished", "Ahoj", AT)],
  ],
  [
    "Sanity's query",
    sanity,
    {
      ms: 3,
      query: "*",
      result: [
        {
          _id: "a1",
          _type: "offer",
          _rev: "r",
          _updatedAt: AT,
          language: "sk",
          title: "Ahoj",
          content_id: "hi",
        },
        {
          _id: "drafts.a1",
          _type: "offer",
          _rev: "r",
          _updatedAt: AT,
          language: "sk",
          title: "Ahoj 2",
          content_id: "hi",
        },
      ],
    },
    {},
    {},
    [
      { ...item("hi", "sk", "published", "Ahoj", AT), data: { title: "Ahoj" } },
      { ...item("hi", "sk", "draft", "Ahoj 2", AT), data: { title: "Ahoj 2" } },
    ],
  ],
  [
    "Storyblok's stories",
    storyblok,
    {
      stories: [
        {
          ...{ id: 107, uuid: "ac0d-1", name: "Hi", slug: "hi", full_slug: "offers/hi", lang: "default" },
          ...{ published_at: AT, tag_list: ["winter"], content: { component: "offer", headline: "Hi" } },
        },
      ],
      cv: 1795,
      rels: [],
    },
    { total: "60" },
    { next: "2" },
    [
      {
        ...item("ac0d-1", "en", "published", "Hi", AT),
        ...{ data: { component: "offer", headline: "Hi" }, url: "/offers/hi", terms: ["winter"] },
      },
    ],
  ],
];

describe("the adapter contract", () => {
  it.each(CASES)("carries %s", (_, adapter, body, headers, { next, mark }, found) => {
    const page = adapter.read({ body, headers: new Headers(headers) }, ask());
    expect({ next: page.next, mark: page.mark }).toEqual({ next, mark });
    expect(page.entries.flatMap((entry) => adapter.items(entry, ask()))).toEqual(found);
    expect(adapter.request(ask({ page: page.next })).url).toMatch(/^https:\/\/cms\.example\//);
  });

  const HOOKS: [
    string,
    CmsAdapter<Settings>,
    unknown,
    (body: string) => Promise<Record<string, string>>,
    unknown,
  ][] = [
    [
      "Contentful's",
      contentful,
      { sys: { type: "DeletedEntry", id: "5KsD" } },
      async (body) => {
        const names = "x-contentful-signed-headers,x-contentful-timestamp";
        const signed = `x-contentful-signed-headers:${names};x-contentful-timestamp:${NOW}`;
        const canonical = ["POST", "/hooks/cms/contentful", signed, body].join("\n");
        return {
          "x-contentful-signed-headers": names,
          "x-contentful-timestamp": String(NOW),
          "x-contentful-signature": hex(await hmac("SHA-256", bytes("t"), canonical)),
        };
      },
      { found: [{ gone: "5KsD" }] },
    ],
    [
      "Strapi's",
      strapi,
      { event: "entry.unpublish", model: "article", entry: { id: 2, documentId: "h90l", locale: "sk" } },
      async () => ({ authorization: "Bearer t" }),
      { found: [{ gone: "h90l", locale: "sk" }] },
    ],
    [
      "Directus's",
      directus,
      { event: "articles.items.update", collection: "articles", keys: [7, 8], payload: { title: "x" } },
      async () => ({ authorization: "Bearer t" }),
      { ids: ["7", "8"] },
    ],
    [
      "Sanity's",
      sanity,
      { _id: "a1" },
      async (body) => {
        const mac = Buffer.from(await hmac("SHA-256", bytes("t"), `${NOW}.${body}`)).toString("base64url");
        return { "sanity-webhook-signature": `t=${NOW},v1=${mac}`, "sanity-operation": "delete" };
      },
      { found: [{ gone: "a1" }] },
    ],
    [
      "Storyblok's",
      storyblok,
      { action: "published", space_id: 1, story_id: 107, full_slug: "offers/hi", text: "published" },
      async (body) => ({ "webhook-signature": hex(await hmac("SHA-1", bytes("t"), body)) }),
      { ids: ["107"] },
    ],
  ];
  it.each(HOOKS)("carries %s webhook, and refuses it unsigned", async (_, adapter, sent, sign, told) => {
    const body = JSON.stringify(sent);
    const headers = new Headers(await sign(body));
    const url = "https://shop.example/hooks/cms/contentful";
    expect(await adapter.verify({ url, headers, body }, { token: "t" }, NOW)).toBeUndefined();
    expect(await adapter.verify({ url, headers: new Headers(), body }, { token: "t" }, NOW)).toMatch(
      /_invalid$/,
    );
    expect(adapter.hook({ body: sent, headers }, ask())).toEqual(told);
  });
});
