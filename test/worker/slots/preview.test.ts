/**
 * Previews through the whole app, with a site behind it: what a link shows, that nothing of it is recorded anywhere, that
 * the visitor's own cookies come out as they went in, and that a link is nothing but a look at a page.
 */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { packPurposes } from "#consent/cookie";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import { type PreviewTerms, packPreview } from "#door/preview/token";
import { keyring } from "#privacy/keys";
import { knownKeys } from "#privacy/lookup";
import { compileFeatures } from "#segments/compile";
import { foldEvent } from "#segments/features";
import { createApp } from "../../../src/app.ts";
import { readSettings } from "../../../src/env.ts";
import { ALL, Browser, event, HOST, publishRelease, RELEASE } from "../product.ts";

const DOCUMENT: ReleaseInput = {
  ...RELEASE,
  slots: { hero: { fallback: "plain", holdout: 1 }, band: {}, story: {} },
  cms: { blog: { type: "json", url: "https://blog.example/items.json" } },
  offers: {
    thanks: { slot: "hero", audience: { segments: { $in: ["loyal"] } }, priority: 5, content: "thanks" },
    winter: { slot: "hero", audience: { segments: { $in: ["winter-fan"] } }, content: "winter" },
    slovak: {
      slot: "band",
      audience: { country: "SK" },
      content: "slovak",
      caps: [{ count: 1, per: "lifetime", exact: true }],
    },
    story: { slot: "story", content: "cms:blog/one" },
    xmas: {
      slot: "band",
      priority: 9,
      schedule: { from: "2030-12-24T00:00:00Z", to: "2030-12-27T00:00:00Z" },
      content: "xmas",
    },
  },
  content: {
    plain: { html: "<p>Hello</p>" },
    thanks: { html: "<p>Thanks</p>" },
    winter: { html: "<p>Winter</p>" },
    slovak: { html: "<p>Ahoj</p>" },
    xmas: { html: "<p>Merry</p>" },
  },
};
const PAGE = `<!doctype html><title>Shop</title><main data-doorstep-slot="hero">baseline</main><aside data-doorstep-slot="band">none</aside><section data-doorstep-slot="story">no story</section>`;
const OPERATOR = { authorization: "Bearer admin_test", "content-type": "application/json" };

const site = { ...env, ORIGIN: "https://cms.internal", TRACE_SLOTS: "1" };
/** What goes into the queue still does; it is noted as well. */
const sent: unknown[] = [];
const watched = new Proxy(env.EVENTS, {
  get(target, name) {
    const value = Reflect.get(target, name) as unknown;
    if (typeof value !== "function") return value;
    return (...given: unknown[]) => {
      sent.push(given);
      return (value as (...args: unknown[]) => unknown).apply(target, given);
    };
  },
});
const app = createApp({ ...site, EVENTS: watched });
const ask = async (path: string, init?: RequestInit): Promise<Response> => {
  const context = createExecutionContext();
  const response = await app.fetch(
    new Request(`${HOST}${path}`, { redirect: "manual", ...init }),
    site,
    context,
  );
  const body = response.body === null ? null : await response.arrayBuffer();
  await waitOnExecutionContext(context);
  return new Response(body, response);
};

const origin = vi.fn(async (_: Request) => new Response(PAGE, { headers: { "content-type": "text/html" } }));
const HTML = { accept: "text/html" };

interface Made {
  url: string;
  expires_at: string;
  token_id: string;
}
const make = async (terms: object): Promise<Response> =>
  ask("/admin/api/previews", { method: "POST", headers: OPERATOR, body: JSON.stringify(terms) });
const linkTo = async (terms: object): Promise<string> => {
  const response = await make(terms);
  expect(response.status, await response.clone().text()).toBe(201);
  const { url } = await response.json<Made>();
  return url.slice(HOST.length);
};
/** A browser that has followed a link. */
const previewing = async (terms: object, browser = new Browser("DE", {}, ask)): Promise<Browser> => {
  const followed = await browser.fetch(await linkTo(terms), { headers: HTML });
  expect(followed.status).toBe(303);
  return browser;
};
const pageOf = async (browser: Browser, path = "/") => (await browser.fetch(path, { headers: HTML })).text();
const slotsOf = async (browser: Browser) => {
  const response = await browser.fetch("/slots", {
    method: "POST",
    body: JSON.stringify({ slots: ["hero", "band"] }),
  });
  const { slots, preview } = await response.json<{ preview?: boolean; slots: { offer: string | null }[] }>();
  return { preview, offers: slots.map(({ offer }) => offer) };
};

let version: number;
beforeAll(async () => {
  version = await publishRelease(DOCUMENT);
});
beforeEach(() => {
  vi.stubGlobal("fetch", origin);
  origin.mockClear();
  sent.length = 0;
});
afterEach(() => vi.unstubAllGlobals());

const settings = readSettings(env as unknown as Parameters<typeof readSettings>[0]);
if (!settings.ok) throw new Error(settings.problems.join());
const keys = await keyring(settings.settings);

describe("a link", () => {
  it("sets a cookie, and leads to the address without itself", async () => {
    const link = await linkTo({ segments: ["loyal"], path: "/offers?b=2&c=%20x" });
    const followed = await ask(link, { headers: HTML });
    expect(followed.status).toBe(303);
    expect(followed.headers.get("location")).toBe(`${HOST}/offers?b=2&c=%20x`);
    const [cookie] = followed.headers.getSetCookie();
    expect(cookie).toMatch(/^ds_preview=1-0\.[\w-]+; Path=\/; SameSite=Lax; HttpOnly$/);
    expect(followed.headers.get("referrer-policy")).toBe("no-referrer");
    expect(followed.headers.get("cache-control")).toBe("private, no-store");
    expect(origin).not.toHaveBeenCalled();
  });

  it("never leads to another host, however its path begins", async () => {
    const response = await ask("//other.example/?ds_preview=off");
    expect(response.headers.get("location")).toBe(`${HOST}//other.example/`);
  });

  it("that is left where the door serves no pages is left on a page that says so", async () => {
    const response = await ask("/preview?ds_preview=off");
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([
      "ds_preview=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly",
    ]);
    expect(await response.text()).toMatch(/<h1>The preview is over<\/h1>(?!.*href)/s);
  });

  it("says nothing that can be read, and is another one each time", async () => {
    const [one, two] = [await linkTo({ segments: ["loyal"] }), await linkTo({ segments: ["loyal"] })];
    expect(one).not.toBe(two);
    const sealed = atob(
      one
        .slice(one.indexOf(".") + 1)
        .replaceAll("-", "+")
        .replaceAll("_", "/"),
    );
    expect(sealed).not.toContain("loyal");
  });

  const terms: PreviewTerms = {
    id: "t",
    expiresAt: Date.now() + 60_000,
    release: "stable",
    segments: ["loyal"],
    drafts: false,
    holdouts: false,
    to: "/",
  };
  const ofAnother = async () =>
    packPreview(await keyring({ ...settings.settings, TENANT: "another" }), terms);
  const ofAnotherSecret = async () => packPreview(await keyring("x".repeat(40)), terms);
  it.each<[string, number, () => Promise<string>]>([
    ["that is over", 410, () => packPreview(keys, { ...terms, expiresAt: Date.now() - 1 })],
    ["of another deployment", 403, ofAnother],
    ["under another secret", 403, ofAnotherSecret],
    ["that was changed", 403, async () => `${(await packPreview(keys, terms)).slice(0, -4)}AAAA`],
    ["that was cut", 403, async () => (await packPreview(keys, terms)).slice(0, 40)],
    ["of something else that we sealed", 403, async () => "1-0.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
    ["that is a script", 403, async () => "%3Cscript%3Ealert(1)%3C/script%3E"],
  ])(
    "%s is refused on a page of its own; as a cookie it is taken away, and the page is as ever",
    async (_title, status, token) => {
      const value = await token();
      const refused = await ask(`/?ds_preview=${value}`, { headers: HTML });
      expect(refused.status).toBe(status);
      expect(refused.headers.getSetCookie()).toEqual([]);
      const text = await refused.text();
      expect(text).toContain('href="?ds_preview=off"');
      expect(text).not.toContain("script");
      const page = await ask("/", { headers: { ...HTML, cookie: `ds_preview=${value}` } });
      expect(page.status).toBe(200);
      expect(page.headers.getSetCookie()).toEqual(["ds_preview=; Path=/; Max-Age=0; SameSite=Lax; HttpOnly"]);
      const body = await page.text();
      expect(body).toContain("<p>Hello</p>");
      expect(body).not.toContain("doorstep-preview");
    },
  );
});

describe("what a preview shows", () => {
  it("is the page of the segments that it names, and of no others, with a bar that says so", async () => {
    const browser = await previewing({ segments: ["loyal"] });
    const response = await browser.fetch("/", { headers: HTML });
    expect(response.headers.get("cache-control")).toBe("private, no-store");
    const page = await response.text();
    expect(page).toContain('data-doorstep-offer="thanks"><p>Thanks</p>');
    expect(page).toContain("<p>Preview: as loyal.");
    expect(page).toContain(`By release ${version}, which holds.`);
    expect(page).toContain('<a href="?ds_preview=off">Leave the preview</a>');
    expect(page).toContain('<script src="/doorstep-preview.js" defer></script>');
    // Why the others lost, on demand.
    expect(page).toContain("&quot;offer&quot;:&quot;winter&quot;,&quot;reason&quot;:&quot;audience&quot;");
    expect(await slotsOf(browser)).toEqual({ preview: true, offers: ["thanks", null] });
    // The CMS never sees the cookie.
    expect(origin.mock.calls.map(([request]) => request.headers.get("cookie"))).toEqual([
      "ds_dev_country=DE",
    ]);
  });

  it("is what a stranger sees where it names none", async () => {
    const page = await pageOf(await previewing({}));
    expect(page).toContain("<p>Hello</p>");
    expect(page).toContain("as a visitor of no segment");
  });

  it("is at the time, from the place and on the device that it names", async () => {
    expect((await slotsOf(await previewing({ at: "2030-12-25T12:00:00+01:00" }))).offers).toEqual([
      null,
      "xmas",
    ]);
    const browser = await previewing({ country: "SK", device: "mobile", at: "2031-01-01T00:00:00Z" });
    expect((await slotsOf(browser)).offers).toEqual([null, "slovak"]);
    expect(await pageOf(browser)).toContain("from SK, on mobile, at 2031-01-01 00:00 UTC");
  });

  it("holds nobody out, unless it is to", async () => {
    expect((await slotsOf(await previewing({ segments: ["loyal"] }))).offers[0]).toBe("thanks");
    const browser = await previewing({ segments: ["loyal"], holdouts: true });
    expect((await slotsOf(browser)).offers[0]).toBe(null);
    expect(await pageOf(browser)).toContain("<p>Hello</p>");
  });

  it("has drafts of the CMS's content where it is asked for, and no visitor has", async () => {
    const text = { title: "One", html: "<i>Not yet</i>" };
    await env.IDENTITY_0.prepare(
      `INSERT INTO content_items (source, id, locale, state, document, hash, changed_at, imported_at)
       VALUES ('blog', 'one', 'en', 'draft', ?1, 'h', 1, 1)`,
    )
      .bind(JSON.stringify({ from: {}, draft: text }))
      .run();
    expect(await pageOf(await previewing({ drafts: true }))).toContain("<i>Not yet</i>");
    expect(await pageOf(await previewing({}))).toContain("no story");
    expect(await pageOf(new Browser("DE", {}, ask))).toContain("no story");
  });

  it("is by an earlier release, or by a draft as it is when it is looked at", async () => {
    const draft = (html: string, more: object = {}) =>
      env.IDENTITY_0.prepare(
        `INSERT INTO release_drafts (name, document, base, revision, author, updated_at) VALUES ('summer', ?1, 1, 1, 'ann', 1)
         ON CONFLICT (name) DO UPDATE SET document = ?1, revision = revision + 1`,
      )
        .bind(JSON.stringify({ ...DOCUMENT, ...more, content: { ...DOCUMENT.content, thanks: { html } } }))
        .run();
    await draft("<p>Sun</p><script>steal()</script>");
    const browser = await previewing({ release: "draft:summer", segments: ["loyal"] });
    const page = await pageOf(browser);
    expect(page).toContain("<p>Sun</p>");
    expect(page).toContain("draft summer");
    // Nothing of it was ever published: it is made safe here.
    expect(page).not.toContain("steal");
    await draft("<p>More sun</p>");
    expect(await pageOf(browser)).toContain("<p>More sun</p>");
    await draft("<p>x</p>", { offers: { bad: { slot: "nowhere", content: "thanks" } } });
    const broken = await pageOf(browser);
    expect(broken).toContain("baseline");
    expect(broken).toContain("draft summer cannot be published");
    await env.IDENTITY_0.prepare("DELETE FROM release_drafts").run();
    expect(await pageOf(browser)).toContain("there is no draft summer");

    const old = await previewing({ release: version, segments: ["winter-fan"] });
    expect(await pageOf(old)).toContain("<p>Winter</p>");
  });
});

describe("a preview as a person", () => {
  const who = { namespace: "email", value: "ann@example.com" };
  const store = async (granted: ("personalization" | "analytics")[], decidedAt: number, suppressed = 0) => {
    const [key = ""] = await knownKeys(keys, "email", who.value);
    const features = compileFeatures(releaseSchema.parse(DOCUMENT));
    const bought = { name: "purchase", properties: {}, occurredAt: Date.now() };
    await env.IDENTITY_0.prepare(
      `INSERT INTO identifiers (key, facts, consent, suppressed, version, seen_at) VALUES (?1, ?2, ?3, ?4, 1, 1)
       ON CONFLICT (key) DO UPDATE SET facts = ?2, consent = ?3, suppressed = ?4`,
    )
      .bind(
        key,
        JSON.stringify(foldEvent({}, bought, features, Date.now())),
        JSON.stringify({ g: packPurposes(granted), t: decidedAt, r: "r" }),
        suppressed,
      )
      .run();
    return key;
  };

  it("shows what their rows say, names them nowhere, and tells not why the others lost", async () => {
    const key = await store(["personalization"], Date.now() - 1_000);
    const browser = await previewing({ profile: who });
    const page = await pageOf(browser);
    expect(page).toContain("<p>Thanks</p>");
    expect(page).toContain("Preview: as one person.");
    expect(page).not.toContain("reason");
    for (const secret of [who.value, key, key.slice(key.indexOf(".") + 1), "loyal"])
      expect(page).not.toContain(secret);
    // Nor is it anybody's login.
    const consent = await browser.fetch("/consent");
    expect(await consent.text()).not.toContain("granted");
    expect(consent.headers.getSetCookie()).toEqual([]);
  });

  it.each([
    ["did not agree to personal pages", () => store(["analytics"], Date.now() - 1_000), "has not agreed"],
    [
      "agreed too long ago",
      () => store(["personalization"], Date.now() - 400 * 86_400_000),
      "has not agreed",
    ],
    ["was erased", () => store(["personalization"], Date.now() - 1_000, 1), "nothing is known any more"],
  ])("who %s is shown nothing personal, and the bar says so", async (_title, prepare, says) => {
    await store(["personalization"], Date.now() - 1_000);
    const link = await linkTo({ profile: who });
    await prepare();
    const browser = new Browser("DE", {}, ask);
    await browser.fetch(link, { headers: HTML });
    const page = await pageOf(browser);
    expect(page).toContain("<p>Hello</p>");
    expect(page).toContain(says);
  });

  it("is made by those alone who may see persons, and the audit log says of whom without a name", async () => {
    await store(["personalization"], Date.now() - 1_000);
    const tokens = await Promise.all(
      (["viewer", "marketer", "privacy_officer"] as const).flatMap((role) =>
        [false, true].map(async (personal) => {
          const response = await ask("/admin/api/access/tokens", {
            method: "POST",
            headers: OPERATOR,
            body: JSON.stringify({ name: `${role} ${personal}`, role, personal, expires_in_days: 1 }),
          });
          return { role, personal, ...(await response.json<{ token: string }>()) };
        }),
      ),
    );
    const allowed: string[] = [];
    for (const { role, personal, token } of tokens) {
      const headers = { ...OPERATOR, authorization: `Bearer ${token}` };
      const as = (terms: object) =>
        ask("/admin/api/previews", { method: "POST", headers, body: JSON.stringify(terms) });
      expect((await as({ segments: ["loyal"] })).status).toBe(201);
      const response = await as({ profile: who });
      expect([201, 403]).toContain(response.status);
      if (response.status === 201) allowed.push(`${role} ${personal}`);
    }
    expect(allowed).toEqual(["privacy_officer true"]);
    const made = await (await make({ profile: who })).json<Made>();
    const { results } = await env.IDENTITY_0.prepare("SELECT * FROM audit").all();
    const log = JSON.stringify(results);
    expect(log).toContain(made.token_id);
    expect(log).toContain("preview.person");
    expect(log).not.toContain(who.value);
    expect(log).not.toContain((await knownKeys(keys, "email", who.value))[0]);
  });
});

describe("what is asked for", () => {
  it.each<[string, number, string, object]>([
    ["a release that there is not", 404, "unknown_release", { release: 999 }],
    ["a draft that there is not", 404, "unknown_release", { release: "draft:none" }],
    ["a candidate where none is on trial", 404, "unknown_release", { release: "candidate" }],
    ["a segment that there is not", 400, "unknown_segment", { segments: ["nobody"] }],
    ["segments of a person", 400, "invalid_body", { segments: ["loyal"], profile: { key: "email:1.x" } }],
    ["a person of whom nothing is stored", 404, "unknown_person", { profile: { key: "email:1.nobody" } }],
    ["more than a day", 400, "invalid_body", { expires_in: 86_401 }],
    ["another site", 400, "invalid_path", { path: "https://evil.example/" }],
    ["another site without a scheme", 400, "invalid_path", { path: "//evil.example/" }],
    ["another site, by a backslash", 400, "invalid_path", { path: "/\\evil.example" }],
    ["a link in a link", 400, "invalid_path", { path: "/?ds_preview=off" }],
  ])("%s is refused", async (_title, status, code, terms) => {
    const response = await make(terms);
    expect([response.status, (await response.json<{ code: string }>()).code]).toEqual([status, code]);
  });

  it("leads to a source's site where the Worker is not in front of one", async () => {
    const bare = createApp(env as unknown as Parameters<typeof createApp>[0]);
    const made = await bare.request(`${HOST}/admin/api/previews`, {
      method: "POST",
      headers: OPERATOR,
      body: JSON.stringify({ path: "https://app.example/sale?x=1", segments: ["loyal"] }),
    });
    const { url } = await made.json<Made>();
    expect(url).toContain(`${HOST}/preview?ds_preview=`);
    const followed = await bare.request(url, { redirect: "manual" });
    expect(followed.headers.get("location")).toBe("https://app.example/sale?x=1");
    expect(followed.headers.getSetCookie()[0]).toContain("ds_preview=1-0.");
  });
});

/** All that is stored anywhere. */
async function stores(): Promise<unknown> {
  const { results } = await env.IDENTITY_0.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>();
  const tables = await Promise.all(
    results.map(async ({ name }) => [
      name,
      (await env.IDENTITY_0.prepare(`SELECT * FROM "${name}"`).all()).results,
    ]),
  );
  const kv = (await env.EDGE.list()).keys;
  const files = (await env.LAKE.list()).objects.map(({ key, etag }) => [key, etag]);
  const live = await (await ask("/admin/api/live", { headers: OPERATOR })).json();
  return { tables, kv, files, live };
}

describe("a preview is recorded nowhere", () => {
  it("whatever its pages send, by any protocol, and each client is answered as ever", async () => {
    const browser = new Browser("DE", {}, ask);
    await browser.consent(ALL);
    await previewing({ segments: ["loyal"] }, browser);
    const before = await stores();
    sent.length = 0;
    const cookies = new Map(browser.cookies);
    const json = (body: unknown): RequestInit => ({ method: "POST", body: JSON.stringify(body) });
    const segment = {
      type: "track",
      event: "Order Completed",
      anonymousId: "a",
      messageId: "m",
      writeKey: "wk_demo",
    };
    const seen = { offer: "thanks", slot: "hero" };
    const calls: [string, RequestInit, unknown][] = [
      [
        "/events",
        json({
          write_key: "wk_demo",
          events: [event("content_impression", seen), event("purchase", { x: {} })],
        }),
        { accepted: 2, rejected: [] },
      ],
      ["/v1/t", json(segment), { success: true }],
      ["/v1/b", json({ batch: [segment], writeKey: "wk_demo" }), { success: true }],
      [
        "/com.snowplowanalytics.snowplow/tp2?write_key=wk_demo",
        {
          ...json({
            schema: "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4",
            data: [{ e: "pv", url: `${HOST}/`, aid: "wk_demo", p: "web", tv: "js-4" }],
          }),
          headers: { "content-type": "application/json" },
        },
        undefined,
      ],
      [
        "/g/collect?v=2&tid=wk_demo&cid=1.2&en=page_view&write_key=wk_demo",
        { method: "POST", body: "en=purchase" },
        undefined,
      ],
    ];
    for (const [path, init, answer] of calls) {
      const response = await browser.fetch(path, init);
      expect(response.ok, `${path}: ${response.status} ${await response.clone().text()}`).toBe(true);
      expect(response.headers.getSetCookie()).toEqual([]);
      if (answer !== undefined) expect(await response.json()).toMatchObject(answer as object);
    }
    await pageOf(browser);
    await slotsOf(browser);
    await (await browser.fetch("/slots/hero", { headers: HTML })).text();
    await browser.fetch("/consent");
    expect(sent).toEqual([]);
    expect(await stores()).toEqual(before);
    expect(browser.cookies).toEqual(cookies);
    // The same events of the same browser, once it has left.
    await browser.fetch("/?ds_preview=off", { headers: HTML });
    await browser.fetch(calls[0]?.[0] ?? "", calls[0]?.[1]);
    expect(sent).toHaveLength(1);
  });

  it("and the visitor is as before once they have left", async () => {
    const browser = new Browser("DE", {}, ask);
    await browser.consent(ALL);
    await browser.send([event("page_view", { content: { content_id: "x", topic: "winter" } })]);
    const own = new Map(browser.cookies);
    // Held out of the hero; the band has nothing for Germany.
    const before = await slotsOf(browser);
    await previewing({ segments: ["loyal"], country: "SK" }, browser);
    expect((await slotsOf(browser)).offers).toEqual(["thanks", "slovak"]);
    await browser.send([event("content_impression", { slot: "band", offer: "slovak" }), event("purchase")]);
    const left = await browser.fetch("/a?ds_preview=off", { headers: HTML });
    expect([left.status, left.headers.get("location")]).toEqual([303, `${HOST}/a`]);
    expect(browser.cookies).toEqual(own);
    expect(await slotsOf(browser)).toEqual(before);
    expect(await pageOf(browser)).not.toContain("doorstep-preview");
  });

  it("no decision on consent is taken, and nobody is told that one was", async () => {
    const browser = new Browser("DE", {}, ask);
    await browser.consent(ALL);
    const own = new Map(browser.cookies);
    await previewing({ segments: ["loyal"] }, browser);
    const before = await stores();
    const refused = await browser.consent({ personalization: "denied" });
    expect([refused.status, (await refused.json<{ code: string }>()).code]).toEqual([409, "in_preview"]);
    const form = { method: "POST", body: "decision=none" };
    expect((await browser.fetch("/consent/page", form)).status).toBe(409);
    expect(await stores()).toEqual(before);
    await browser.fetch("/?ds_preview=off", { headers: HTML });
    expect(browser.cookies).toEqual(own);
  });

  it("a new visitor who follows a link is given no id", async () => {
    const browser = new Browser("US", {}, ask);
    await previewing({ segments: ["loyal"] }, browser);
    await browser.fetch("/consent");
    await browser.send([event("page_view")]);
    await pageOf(browser);
    expect([...browser.cookies.keys()].sort()).toEqual(["ds_dev_country", "ds_preview"]);
  });
});
