import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { jwtVerify } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { contentSchema } from "../../../contracts/event.ts";
import { startDemo } from "../../../demo/server.ts";
import { PRODUCTS } from "../../../demo/site/content.ts";
import { CAPABILITIES } from "../../../demo/site/pages/try/pages.ts";
import { SEED_ARTICLES } from "../../../demo/site/seed-articles.ts";
import { SIGN_IN } from "../../../demo/site/sign-in-token.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
const folder = mkdtempSync(join(tmpdir(), "doorstep-demo-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const text = async (path: string, headers: Record<string, string> = {}) =>
  (await demo.get(path, headers)).text();
const metaOf = (page: string) =>
  JSON.parse(
    (/<meta name="doorstep:content" content='([^']*)'>/.exec(page)?.[1] ?? "null")
      .replaceAll("&#39;", "'")
      .replaceAll("&amp;", "&"),
  );
const cookieOf = (response: Response, name: string) =>
  response.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`)) ?? "";

const PAGES = [
  "/",
  ...SEED_ARTICLES.map(({ slug }) => `/articles/${slug}`),
  ...PRODUCTS.map(({ slug }) => `/products/${slug}`),
  "/topics/climbing",
  "/cart",
  "/newsletter",
  "/newsletter/thanks",
  "/login",
  "/privacy",
  "/cms",
  "/try",
  ...CAPABILITIES.map(({ slug }) => `/try/${slug}`),
];
/** The Worker's, which fronts the site. */
const OF_THE_WORKER = ["/doorstep.js", "/doorstep-slots.js", "/consent/page", "/admin"];

describe("every page", () => {
  it.each(PAGES)(
    "%s has the script, the banner, the privacy link, the dev strip, and nothing inline or from elsewhere",
    async (path) => {
      const response = await demo.get(path);
      expect(response.status).toBe(200);
      const page = await response.text();
      expect(page).toContain('<script src="/doorstep.js" data-write-key="wk_demo" defer></script>');
      expect(page).toContain('data-consent="reject"');
      expect(page).toContain('data-consent="accept"');
      expect(page).toContain("Privacy choices");
      expect(page).toContain("data-dev-country");
      expect(page).not.toMatch(/ (?:style|on\w+)=|(?:src|href)="(?:https?:)?\/\//);
      expect([...page.matchAll(/<script(?! src=| type="application\/json")/g)]).toEqual([]);
      expect(response.headers.get("content-security-policy")).toContain("default-src 'self'");
    },
  );

  it.each(PAGES)("%s links and loads nothing that is not there", async (path) => {
    const page = await text(path);
    const targets = [...page.matchAll(/ (?:href|src)="(\/[^"#]*)/g)]
      .map((match) => match[1] ?? "")
      .filter((target) => !OF_THE_WORKER.includes(target));
    const answers = await Promise.all(
      [...new Set(targets)].map(async (target) => [target, (await demo.get(target)).status]),
    );
    expect(answers.filter(([, status]) => status !== 200)).toEqual([]);
  });

  it("is a 404 page where there is nothing", async () => {
    for (const path of [
      "/nowhere",
      "/articles/none",
      "/topics/none",
      "/products/none",
      "/thanks?order=none",
    ]) {
      const response = await demo.get(path);
      expect(response.status).toBe(404);
      expect(await response.text()).toContain("walked off the map");
    }
  });

  it("says which content it has, in the contract's terms", async () => {
    const article = SEED_ARTICLES[0];
    expect(contentSchema().parse(metaOf(await text(`/articles/${article?.slug}`)))).toEqual({
      content_id: article?.slug,
      content_type: "article",
      topic: article?.topic,
      taxonomy: [article?.topic, ...(article?.tags ?? [])],
      author: article?.author,
      publish_date: article?.publishDate,
    });
    expect(contentSchema().parse(metaOf(await text("/products/ember-flask")))).toMatchObject({
      content_type: "product",
      topic: "winter",
    });
    for (const path of ["/", "/topics/sailing", "/newsletter", "/privacy"])
      contentSchema().parse(metaOf(await text(path)));
  });

  it("has the hero slot with a baseline inside on home, articles and products", async () => {
    for (const path of ["/", "/articles/forty-hours-of-blue", "/products/skarn-60-rope"]) {
      const slots = [
        ...(await text(path)).matchAll(
          /<section [^>]*data-doorstep-slot="hero"[^>]*>\s*<div class="hero[\s\S]*?<\/section>/g,
        ),
      ];
      expect(slots).toHaveLength(1);
    }
  });

  it("is shared only while it shows nothing of the visitor", async () => {
    const cacheOf = async (path: string, cookie = "") =>
      (await demo.get(path, { cookie })).headers.get("cache-control");
    expect(await cacheOf("/")).toContain("public");
    expect(await cacheOf("/", "cart=ember-flask%3A1")).toContain("private");
    expect(await cacheOf("/", "session_user=ada%40example.com")).toContain("private");
    expect(await cacheOf("/cart")).toContain("private");
  });
});

describe("the shop", () => {
  it("goes from product to order without JavaScript", async () => {
    const added = await demo.post("/cart", { product: "skarn-60-rope", quantity: "2" });
    expect([added.status, added.headers.get("location")]).toEqual([303, "/cart"]);
    const cart = cookieOf(added, "cart").split(";")[0] ?? "";
    expect(await text("/cart", { cookie: cart })).toContain("€378.00");
    const checkout = await text("/checkout", { cookie: cart });
    expect(checkout).toContain(
      'data-doorstep-form="checkout" data-doorstep-fields="email,first_name,last_name"',
    );

    const placed = await demo.post(
      "/checkout",
      { email: "ada@example.com", first_name: "Ada", last_name: "L" },
      { cookie: cart },
    );
    expect(placed.status).toBe(303);
    expect(cookieOf(placed, "cart")).toContain("Max-Age=0");
    const thanks = await text(placed.headers.get("location") ?? "");
    expect(
      JSON.parse(/<script type="application\/json" id="order">(.*?)<\/script>/.exec(thanks)?.[1] ?? ""),
    ).toEqual({
      order_id: expect.stringMatching(/^FF-[0-9A-F]{10}$/),
      value: 378,
      currency: "EUR",
      items: [
        {
          product_id: "skarn-60-rope",
          name: "Skarn 60 m rope",
          category: "climbing",
          price: 189,
          quantity: 2,
        },
      ],
    });
    expect(thanks).not.toContain("ada@example.com");
  });

  it("asks again for what is missing, and has nothing to sell to an empty cart", async () => {
    const cookie = "cart=ember-flask%3A1";
    const response = await demo.post(
      "/checkout",
      { email: "nope", first_name: "", last_name: "L" },
      { cookie },
    );
    expect(response.status).toBe(422);
    const page = await response.text();
    expect(page).toContain("Please give an e-mail address.");
    expect(page).toContain("Please give your first name.");
    expect((await demo.get("/checkout")).headers.get("location")).toBe("/cart");
    expect((await demo.post("/checkout", {})).headers.get("location")).toBe("/cart");
  });

  it("makes sense of any cart cookie", async () => {
    for (const cart of ["none:1", "ember-flask:999", "ember-flask:-1", "%E0%A4%A", "||::", "__proto__:1"]) {
      expect((await demo.get("/cart", { cookie: `cart=${cart}` })).status).toBe(200);
    }
  });
});

describe("people", () => {
  it("subscribes with the lead form", async () => {
    expect(await text("/newsletter")).toContain(
      'data-doorstep-form="newsletter" data-doorstep-fields="email,first_name"',
    );
    expect(
      (await demo.post("/newsletter", { email: "ada@example.com", first_name: "Ada" })).headers.get(
        "location",
      ),
    ).toBe("/newsletter/thanks");
    expect((await demo.post("/newsletter", { email: "ada" })).status).toBe(422);
  });

  it("signs in, is greeted, and signs out", async () => {
    const response = await demo.post("/login", { email: "Ada.L@example.com" });
    const session = cookieOf(response, "session_user");
    expect(session).toContain("HttpOnly");
    const page = await text("/", { cookie: session.split(";")[0] ?? "" });
    expect(page).toContain("Hello, Ada");
    const told = JSON.parse(/id="member">([^<]*)</.exec(page)?.[1] ?? "null");
    const secret = new TextEncoder().encode(SIGN_IN.secret);
    const { payload } = await jwtVerify(told.token, secret, {
      issuer: SIGN_IN.issuer,
      audience: SIGN_IN.audience,
    });
    expect(payload).toMatchObject({ sub: told.user_id, email: "ada.l@example.com", email_verified: true });
    const left = await demo.post("/logout", {});
    for (const name of ["session_user", "ds_id", "ds_session"])
      expect(cookieOf(left, name)).toContain("Max-Age=0");
    expect((await demo.post("/login", { email: "x" })).status).toBe(422);
  });

  it("escapes what people type", async () => {
    const page = await text("/", { cookie: `session_user=${encodeURIComponent("<img src=x>@example.com")}` });
    expect(page).not.toContain("<img src=x>");
    const form = await (await demo.post("/newsletter", { email: '"><script>alert(1)</script>' })).text();
    expect(form).not.toContain("<script>alert");
  });

  it("sets and clears the developer's country, and only returns to its own pages", async () => {
    const set = await demo.post("/dev/country", { country: "US", back: "/topics/winter" });
    expect([set.headers.get("location"), cookieOf(set, "ds_dev_country")]).toEqual([
      "/topics/winter",
      expect.stringContaining("ds_dev_country=US"),
    ]);
    expect(cookieOf(await demo.post("/dev/country", { country: "" }), "ds_dev_country")).toContain(
      "Max-Age=0",
    );
    for (const back of ["//evil.example", "/\\evil.example", "https://evil.example", "/%2Fevil.example"]) {
      expect((await demo.post("/dev/country", { country: "SK", back })).headers.get("location")).toBe("/");
    }
  });
});

describe("the editor's page", () => {
  it("publishes an article that is on the site at once, and keeps it across a restart", async () => {
    const first = await startDemo({ port: 0, stateDir: folder });
    const form = {
      title: "Ice & <Fire>",
      topic: "Winter",
      author: "Ida",
      summary: "It's cold.",
      body: "One.\r\n\r\n## Two\r\n\r\n<b>Three</b>",
    };
    const response = await fetch(`${first.url}/cms`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams(form),
    });
    expect([response.status, response.headers.get("location")]).toEqual([303, "/articles/ice-fire"]);
    const page = await (await fetch(`${first.url}/articles/ice-fire`)).text();
    expect(page).toContain("<h2>Two</h2>");
    expect(page).not.toContain("<b>Three</b>");
    expect(contentSchema().parse(metaOf(page))).toMatchObject({
      content_id: "ice-fire",
      topic: "winter",
      author: "Ida",
      publish_date: new Date().toISOString().slice(0, 10),
    });
    expect(await (await fetch(`${first.url}/`)).text()).toContain("/articles/ice-fire");
    const again = await fetch(`${first.url}/cms`, {
      method: "POST",
      redirect: "manual",
      body: new URLSearchParams(form),
    });
    expect(again.headers.get("location")).toBe("/articles/ice-fire-2");
    await first.close();

    const second = await startDemo({ port: 0, stateDir: folder });
    expect((await fetch(`${second.url}/articles/ice-fire`)).status).toBe(200);
    await second.close();
  });

  it("says what is wrong with a draft", async () => {
    const response = await demo.post("/cms", { title: "A", topic: "!!!", body: "" });
    expect(response.status).toBe(422);
    const page = await response.text();
    for (const problem of ["A title has 3", "A topic has letters", "A story has 1"])
      expect(page).toContain(problem);
  });

  it("starts with the seeds when its file is damaged", async () => {
    writeFileSync(join(folder, "articles.json"), "{broken");
    const started = await startDemo({ port: 0, stateDir: folder });
    expect((await fetch(`${started.url}/articles/forty-hours-of-blue`)).status).toBe(200);
    await started.close();
  });
});

it("answers 405 to methods that a page does not have", async () => {
  expect((await demo.call("/", { body: "x" })).status).toBe(405);
  expect((await demo.get("/logout")).status).toBe(405);
  const head = await demo.call("/", { method: "HEAD" });
  expect([head.status, await head.text()]).toEqual([200, ""]);
});

it("tells a browser that it has an asset already", async () => {
  const first = await demo.get("/assets/art/winter-7.svg");
  expect(first.headers.get("content-type")).toContain("image/svg+xml");
  expect(
    (await demo.get("/assets/art/winter-7.svg", { "if-none-match": first.headers.get("etag") ?? "" })).status,
  ).toBe(304);
  for (const path of ["/assets/../server.ts", "/assets/nothing.css", "/assets/products/none.svg"])
    expect((await demo.get(path)).status).toBe(404);
});
