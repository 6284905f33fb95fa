/** The pure parts of content from a CMS: languages, reading what may be anything, signatures, credentials, checks of items. */
import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import { cmsSourceSchema } from "#contracts/definitions/cms";
import { releaseSchema } from "#contracts/definitions/release";
import { cmsIssues, contentProblem } from "#release/content-issues";
import { examples as jsonExamples } from "#slots/cms/adapters/json/examples";
import { json } from "#slots/cms/adapters/json/index";
import { examples as wordpressExamples } from "#slots/cms/adapters/wordpress/examples";
import { wordpress } from "#slots/cms/adapters/wordpress/index";
import { checkSource } from "#slots/cms/check";
import { checkItem } from "#slots/cms/check-item";
import type { CmsItem } from "#slots/cms/contract";
import { preparation } from "#slots/cms/prepare";
import { at, plain, time } from "#slots/cms/read";
import { CMS_TYPES, cmsAdapter } from "#slots/cms/registry";
import { verifySignature } from "#slots/cms/signature";
import { openContents } from "#slots/content";
import { chainsOf, localeOf } from "#slots/locale";

const SECRET = "whsec_Y29udGVudC13ZWJob29rLXNlY3JldC0wMDAx";
const source = { locales: ["en", "sk"], defaultLocale: "en" };

describe("languages", () => {
  it.each<[string, { locale?: string; accept?: string }, string[]]>([
    ["what is preferred first", { accept: "en;q=0.5, sk-SK, cs;q=0.8" }, ["sk-SK", "sk", "cs", "en"]],
    ["nothing that is refused", { accept: "sk;q=0, en" }, ["en"]],
    ["what was asked for, and nothing else", { locale: "pt-br", accept: "sk" }, ["pt-BR", "pt"]],
    ["scripts and regions", { accept: "zh-hant-tw" }, ["zh-Hant-TW", "zh-Hant", "zh"]],
    ["nothing of a malformed header", { accept: "*, ../etc, ;q=1, sk;q=x".repeat(90) }, []],
  ])("wants %s", (_, wanted, tags) => {
    expect(chainsOf(wanted).flat()).toEqual(tags);
  });

  const release = releaseSchema.parse({
    content: {
      plain: { html: "<p>Hello</p>", locales: { sk: { html: "<p>Ahoj</p>" } } },
      labelled: { html: "<p>Hello</p>", locales: { en: {}, sk: { html: "<p>Ahoj</p>" } } },
    },
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
  });
  const contentIn = async (key: string, accept: string) => {
    const edge = { kv: {} as KVNamespace, now: 0, startTimer: () => () => {}, waitUntil: () => {} }; // never asked
    return (await openContents(release, () => ({ accept }), edge, 1)).get(key);
  };
  const shown = async (key: string, accept: string) => (await contentIn(key, accept))?.html;
  it("are told where they are known", async () => {
    const told = async (key: string, accept: string) => {
      const content = await contentIn(key, accept);
      return content && localeOf(content);
    };
    expect(await told("plain", "sk-SK")).toBe("sk");
    expect(await told("plain", "en")).toBeUndefined();
    expect(await told("labelled", "en")).toBe("en");
    expect(await told("labelled", "de")).toBe("en");
    expect(await told("labelled", "de, sk")).toBe("sk");
  });
  it("are chosen among a content's own, and a text of no known language stays for other first languages", async () => {
    expect(await shown("plain", "sk-SK, en")).toBe("<p>Ahoj</p>");
    expect(await shown("plain", "de, sk")).toBe("<p>Hello</p>");
    expect(await shown("labelled", "de, sk")).toBe("<p>Ahoj</p>");
    expect(await shown("labelled", "de, en, sk")).toBe("<p>Hello</p>");
    expect(await shown("labelled", "de")).toBe("<p>Hello</p>");
  });
});

describe("reading", () => {
  it("finds what lies at a path or pointer, and nothing on a prototype", () => {
    const value = { data: { items: [{ "a.b": 1, c: 2 }] } };
    expect(at(value, "data.items.0.c")).toBe(2);
    expect(at(value, "/data/items/0/a.b")).toBe(1);
    expect(at(value, "data.constructor")).toBeUndefined();
    expect(at(value, "")).toBe(value);
  });
  it("takes times as CMSs write them, and nothing else for one", () => {
    expect(time("2026-11-01T09:00:00")).toBe(Date.UTC(2026, 10, 1, 9));
    expect(time("2026-11-01T09:00:00+01:00")).toBe(Date.UTC(2026, 10, 1, 8));
    expect(time(1_795_000_000)).toBe(1_795_000_000_000);
    expect(time("yesterday")).toBeUndefined();
  });
  it("makes a title plain", () => {
    expect(plain("Hut <b>&amp;</b> hut &#8217;&#x41; &bogus;")).toBe("Hut & hut ’A &bogus;");
  });
});

describe("a webhook's signature", () => {
  it("is the one that the WordPress plug-in makes: this one was made by PHP", async () => {
    const body = '{"event":"saved","id":12,"content_id":"12","locale":"sk","type":"post"}';
    const headers = new Headers({
      "webhook-id": "msg_vector",
      "webhook-timestamp": "1795373749",
      "webhook-signature": "v1,0yRPmz+9kztrNMpqevpmUcnYlLfC+NXpSIlWGt/7q34=",
    });
    expect(await verifySignature({ headers, body }, SECRET, 1_795_373_749_000)).toBeUndefined();
    expect(await verifySignature({ headers, body: `${body} ` }, SECRET, 1_795_373_749_000)).toBe(
      "signature_invalid",
    );
    expect(await verifySignature({ headers, body }, SECRET, 1_795_374_100_000)).toBe("timestamp_invalid");
    expect(await verifySignature({ headers, body }, undefined, 1_795_373_749_000)).toBe("signature_missing");
  });
  it("may be one of several while a secret is changed", async () => {
    const mac = createHmac("sha256", Buffer.from(SECRET.slice(6), "base64"))
      .update("1.1795373749.{}")
      .digest("base64");
    const headers = new Headers({
      ...{ "webhook-id": "1", "webhook-timestamp": "1795373749" },
      "webhook-signature": `v1,AAAA v1,${mac}`,
    });
    expect(await verifySignature({ headers, body: "{}" }, SECRET, 1_795_373_749_000)).toBeUndefined();
  });
});

describe("a source", () => {
  const check = (given: object, secrets: Record<string, string> = {}) =>
    checkSource(
      "blog",
      cmsSourceSchema.parse({ type: "wordpress", url: "https://cms.example", ...given }),
      (name) => secrets[name],
      false,
    );

  it.each<[string, object, Record<string, string>, string]>([
    ["an unknown type", { type: "drupal" }, {}, "cms.blog.type"],
    ["a private address", { url: "https://192.168.0.1" }, {}, "cms.blog.url"],
    [
      "a credential in the clear",
      { settings: { credential: "a:bcdefghij" } },
      {},
      "cms.blog.settings.credential",
    ],
    [
      "a secret of another address",
      { settings: { credential: { $secret: "S" } } },
      { S: "https://other.example a:bcdefghij" },
      "cms.blog.settings.credential",
    ],
    [
      "a secret that was never meant for a CMS",
      { settings: { credential: { $secret: "S" } } },
      { S: "pat-hubspot" },
      "cms.blog.settings.credential",
    ],
    [
      "one of Doorstep's own",
      { settings: { webhook_secret: { $secret: "ADMIN_TOKEN" } } },
      { ADMIN_TOKEN: SECRET },
      "cms.blog.settings.webhook_secret",
    ],
    [
      "a secret where none belongs",
      { settings: { types: { $secret: "S" } } },
      { S: "x" },
      "cms.blog.settings.types",
    ],
    ["a setting that it does not know", { settings: { nonsense: 1 } }, {}, "cms.blog.settings"],
  ])("is not published with %s", (_, given, secrets, path) => {
    expect(check(given, secrets).map((issue) => issue.path)).toEqual([path]);
  });

  it("is published with a credential for its own address", () => {
    const settings = { credential: { $secret: "S" }, webhook_secret: { $secret: "H" } };
    expect(check({ settings }, { S: "https://cms.example editor:abcd efgh", H: SECRET })).toEqual([]);
  });

  it("has its default language among its own, and offers name a source that there is", () => {
    const document = releaseSchema.parse({
      cms: { blog: { type: "json", url: "https://cms.example", locales: ["sk", "sk"] } },
      content: { own: { html: "x" } },
      policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
    });
    expect(cmsIssues(document, () => []).map(({ path }) => path)).toEqual([
      "cms.blog.defaultLocale",
      "cms.blog.locales",
    ]);
    expect(contentProblem("own", document)).toBeUndefined();
    expect(contentProblem("cms:blog/a.b-1", document)).toBeUndefined();
    expect(contentProblem("cms:shop/1", document)).toContain('no cms "shop"');
    expect(contentProblem("cms:blog/../x", document)).toContain("must be like");
    expect(contentProblem("nothing", document)).toContain('no content "nothing"');
  });
});

describe("an adapter's requests", () => {
  it("ask WordPress for drafts only with a credential, in the language wanted, from the mark on", () => {
    const settings = wordpress.settings.parse({ languages: "path", credential: "editor:abcd efgh" });
    const request = wordpress.request({
      source: { url: "https://cms.example/", ...source },
      settings,
      locale: "sk",
      since: "2026-11-01T10:00:00.000Z",
      page: "0.3",
    });
    const url = new URL(request.url);
    expect(url.pathname).toBe("/sk/wp-json/wp/v2/posts");
    expect(Object.fromEntries(url.searchParams)).toMatchObject({
      ...{ page: "3", context: "edit", modified_after: "2026-11-01T09:50:00.000Z" },
      status: expect.stringContaining("draft"),
    });
    expect(request.headers).toEqual({ authorization: `Basic ${btoa("editor:abcd efgh")}` });
    const open = wordpress.request({
      source: { url: "https://cms.example", ...source },
      settings: wordpress.settings.parse({}),
      locale: "en",
    });
    expect(new URL(open.url).searchParams.has("status")).toBe(false);
    expect(open.headers).toBeUndefined();
  });

  it("never show a post that is protected, private or in the trash", () => {
    const ask = {
      source: { url: "https://cms.example", ...source },
      settings: wordpress.settings.parse({}),
      locale: "en",
    };
    const post = (more: object) => ({
      id: 1,
      modified_gmt: "2026-11-01T09:00:00",
      title: { rendered: "T" },
      content: { rendered: "x" },
      ...more,
    });
    const stateOf = (more: object) =>
      wordpress.items(post(more), ask).map((found) => "state" in found && found.state);
    expect(stateOf({ content: { rendered: "x", protected: true }, status: "publish" })).toEqual([
      "unpublished",
    ]);
    for (const status of ["private", "trash", "inherit", "constructor"])
      expect(stateOf({ status })).toEqual(["unpublished"]);
    expect(stateOf({ status: "future" })).toEqual(["draft"]);
    expect(wordpress.items("nonsense", ask)).toEqual([{ unreadable: "a post has no id" }]);
  });

  it("fill the address of a JSON feed, and escape what they fill in", () => {
    const settings = json.settings.parse({
      item_url: "https://cms.example/item?id={id}&l={locale}",
      since: "after",
    });
    const ask = { source: { url: "https://cms.example/{locale}.json", ...source }, settings, locale: "sk" };
    expect(json.request({ ...ask, since: "2026-11-01T00:00:00Z" }).url).toBe(
      "https://cms.example/sk.json?after=2026-11-01T00%3A00%3A00Z",
    );
    expect(json.request({ ...ask, ids: ["a&b/../c"] }).url).toBe(
      "https://cms.example/item?id=a%26b%2F..%2Fc&l=sk",
    );
  });
});

describe("every adapter", () => {
  const examples = { json: jsonExamples, wordpress: wordpressExamples };
  it("has examples", () => expect(Object.keys(examples).sort()).toEqual([...CMS_TYPES].sort()));

  const all = Object.entries(examples).flatMap(([name, own]) => own.map((one) => ({ name, ...one })));
  it.each(all)("$name: $title", ({ name, settings, entry, found }) => {
    const adapter = cmsAdapter(name);
    const ask = {
      source: { url: "https://cms.example", ...source },
      settings: adapter?.settings.parse(settings),
      locale: "sk",
    };
    expect(adapter?.items(entry, ask)).toEqual(found);
  });
});

describe("an item", () => {
  const document = releaseSchema.parse({
    features: { top_topic: { event: "page_view", agg: "top", field: "content.topic" } },
    policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
  });
  const check = (more: Partial<CmsItem>, templates = false) =>
    checkItem(
      { id: "a", locale: "en", state: "published", title: "T", changedAt: 0, ...more },
      { locales: ["en"], templates },
      preparation(() => document),
    );

  it.each<[string, Partial<CmsItem>, string]>([
    ["a handler", { html: '<a href="/x" onmouseover="steal()">x</a>' }, "unsafe_markup"],
    ["an address that runs", { html: '<a href="jAvascript:x()">x</a>' }, "unsafe_markup"],
    ["tags that are never closed", { html: "<div><b>x" }, "broken_markup"],
    ["an address of its own that runs", { html: "x", url: "javascript:alert(1)" }, "unsafe_url"],
  ])("is mended, and that is said, with %s", (_, given, code) => {
    const { text, issues } = check(given);
    expect(issues).toMatchObject([{ code, refused: false }]);
    expect(JSON.stringify(text)).not.toMatch(/javascript|onmouseover/i);
  });

  it("is left as it is where nothing is wrong with it", () => {
    const html = '<h2>Hi</h2>\n<p>A <a href="/x">link</a></p>';
    expect(check({ html, url: "https://cms.example/a" })).toEqual({
      text: { title: "T", html, url: "https://cms.example/a" },
      issues: [],
    });
  });

  it("is refused as a template that asks for what the release does not know", () => {
    expect(check({ html: "<p>{{top_topic}}</p>" }, true).issues).toEqual([]);
    const { text, issues } = check({ html: "<p>{{secret}}</p>" }, true);
    expect(text).toBeUndefined();
    expect(issues).toMatchObject([{ code: "template", refused: true }]);
  });
});
