/**
 * Which headers each kind of answer carries, over every route that the app has. docs/security/headers.md is the table in
 * words.
 */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { beforeAll, describe, expect, it } from "vitest";
import { DATA_HEADERS, DATA_POLICY, strictHeaders } from "#core/headers";
import { Problem } from "#core/problem";
import { createApp } from "../../../src/app.ts";
import { ALL, Browser, event, HOST, publishRelease, RELEASE, request } from "../product.ts";
import { publicRoutes } from "../public-routes.ts";

const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
const STRONG = "admin_test_0123456789";
const production = () => {
  const sources = [
    { id: "web", writeKey: "wk_demo", secretKey: "sk_demo_0123456789", origins: ["https://app.example"] },
  ];
  return createApp({ ...env, DEV: "0", ADMIN_TOKEN: STRONG, SOURCES: JSON.stringify(sources) });
};
const ask = async (path: string, init: RequestInit = {}, base = HOST): Promise<Response> =>
  production().request(`${base}${path}`, init, env, context as unknown as ExecutionContext);
const OPERATOR = { authorization: `Bearer ${STRONG}` };
const HSTS = "max-age=63072000";

beforeAll(async () => {
  const slots = { hero: { fallback: "plain" } };
  await publishRelease({ ...RELEASE, slots, content: { plain: { html: "<p>Hello</p>" } } });
});

/** Every route of the app, with values in the place of parameters. */
const routes = publicRoutes(env)
  .filter(({ method }) => method !== "ALL")
  .map(({ method, path }) => ({
    method,
    path: path.replace(/:vendor\{[^}]*\}/, "com.acme").replaceAll(/:[a-z_]+/g, "x"),
  }));

describe("every route of the app", () => {
  it("is known", () => {
    expect(routes.length).toBeGreaterThan(20);
    expect(routes.map(({ path }) => path)).toEqual(expect.arrayContaining(["/events", "/consent", "/admin"]));
  });

  it.each(routes.map(({ method, path }) => [method, path]))("%s %s", async (method = "", path = "") => {
    const body = method === "POST" || method === "PUT" ? "{" : null;
    const response = await ask(path, { method, body, headers: { origin: "https://app.example" } });
    const { headers } = response;
    const type = headers.get("content-type") ?? "";
    const policy = headers.get("content-security-policy");
    if (type.startsWith("application/problem+json")) {
      expect([policy, headers.get("x-content-type-options"), headers.get("cache-control")]).toEqual([
        DATA_POLICY,
        "nosniff",
        "no-store",
      ]);
    }
    // A page has a policy that begins with nothing, and says what it may do after that.
    if (type.startsWith("text/html")) expect(policy).toMatch(/^default-src 'none'; /);
    // Nothing that is ours may guess, and only what another site's page needs is for it.
    expect(headers.get("access-control-allow-origin") ?? "https://app.example").toMatch(
      /^(\*|https:\/\/app\.example)$/,
    );
    if (headers.get("access-control-allow-origin") === "*") expect(path).toMatch(/^\/doorstep/);
    if (headers.has("access-control-allow-credentials"))
      expect([headers.get("access-control-allow-origin"), headers.get("vary")]).toEqual([
        "https://app.example",
        "Origin",
      ]);
    expect(headers.has("server")).toBe(false);
    expect(headers.has("x-powered-by")).toBe(false);
    await response.body?.cancel();
  });
});

const STRICT = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
  "strict-transport-security": HSTS,
};
const headersOf = (response: Response, names: object) =>
  Object.fromEntries(Object.keys(names).map((name) => [name, response.headers.get(name)]));

describe("the operator's side", () => {
  it.each([
    ["/admin/api/me", OPERATOR],
    ["/admin/api/live", OPERATOR],
    ["/admin/api/nothing", OPERATOR],
    ["/admin/api/me", {}],
    ["/admin/api/releases/active", OPERATOR],
    ["/admin/openapi.json", {}],
    ["/admin/console.js", {}],
    ["/admin", {}],
  ])("is strict in data, pages, files and errors: %s %o", async (path, headers) => {
    const response = await ask(path, { headers });
    expect(headersOf(response, STRICT)).toEqual(STRICT);
    expect(response.headers.get("content-security-policy")).toMatch(
      /^default-src 'none'; .*frame-ancestors 'none'/,
    );
    await response.body?.cancel();
  });

  it("says nothing of transport over plain http, or in local development", async () => {
    const plain = await ask("/admin/api/me", { headers: OPERATOR }, "http://shop.example");
    expect(plain.headers.has("strict-transport-security")).toBe(false);
    const local = await request("/admin/api/me", { headers: { authorization: "Bearer admin_test" } });
    expect(local.headers.has("strict-transport-security")).toBe(false);
  });

  it("each answer of its page has a nonce of its own", async () => {
    const nonces = await Promise.all(
      [1, 2, 3].map(async () => {
        const response = await ask("/admin");
        const html = await response.text();
        const nonce = /script-src 'nonce-([\w-]{22,})'/.exec(
          response.headers.get("content-security-policy") ?? "",
        )?.[1];
        expect(html).toContain(`nonce="${nonce}"`);
        return nonce;
      }),
    );
    expect(new Set(nonces).size).toBe(3);
  });
});

describe("subject requests", () => {
  const id = crypto.randomUUID();
  it.each([
    ["GET", "/privacy/discovery"],
    ["GET", `/privacy/requests/${id}`],
    ["GET", `/privacy/requests/${id}/results`],
    ["POST", "/privacy/requests"],
    ["GET", "/privacy/requests/x"],
  ])("are strict in answers and errors: %s %s", async (method, path) => {
    const response = await ask(path, { method, headers: { "content-type": "application/json" } });
    expect(headersOf(response, STRICT)).toEqual(STRICT);
    expect(response.headers.get("content-security-policy")).toBe(DATA_POLICY);
    expect(response.headers.get("cache-control")).toContain("no-store");
    await response.body?.cancel();
  });
});

describe("a visitor's own", () => {
  it("decision is data", async () => {
    for (const path of ["/consent", "/consent/history"]) {
      const { headers } = await ask(path);
      expect(headersOf({ headers } as Response, DATA_HEADERS)).toEqual(DATA_HEADERS);
    }
  });

  it("page runs nothing, is framed by the sites of sources alone, and is asked for by https from then on", async () => {
    const { headers } = await ask("/consent/page");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(
      /^default-src 'none'; style-src 'nonce-[\w-]{22}'; form-action 'self'; base-uri 'none'; frame-ancestors 'self' https:\/\/app\.example$/,
    );
    expect(headers.get("strict-transport-security")).toBe(HSTS);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
  });

  it("slot is data or a fragment: neither does anything where its own address is opened", async () => {
    const data = await ask("/slots/hero");
    expect(data.headers.get("x-content-type-options")).toBe("nosniff");
    const fragment = await ask("/slots/hero", { headers: { accept: "text/html" } });
    expect(fragment.headers.get("content-security-policy")).toMatch(/^default-src 'none'; img-src \* data:;/);
    expect(fragment.headers.get("content-security-policy")).not.toContain("script");
  });
});

it("the hot path carries no header but its own: what a collect request is answered has not grown", async () => {
  const browser = new Browser("SK");
  await browser.consent(ALL);
  const response = await browser.send([event("page_view")]);
  const names = [...response.headers.keys()].filter(
    (name) => name !== "set-cookie" && name !== "content-length",
  );
  expect([response.status, names]).toEqual([202, ["content-type"]]);
  const origin = "https://app.example";
  const asked = await request("/events", { method: "OPTIONS", headers: { origin } });
  expect([...asked.headers.keys()].sort()).toEqual([
    "access-control-allow-credentials",
    "access-control-allow-headers",
    "access-control-allow-methods",
    "access-control-allow-origin",
    "access-control-max-age",
    "vary",
  ]);
});

it("the browser script may be loaded by any site's page, and is taken for nothing but a script", async () => {
  const { headers } = await ask("/doorstep.js");
  expect(headers.get("cross-origin-resource-policy")).toBe("cross-origin");
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(headers.get("x-content-type-options")).toBe("nosniff");
  expect(headers.get("content-type")).toContain("javascript");
});

describe("strict headers", () => {
  const app = new Hono();
  app.use("/own/*", strictHeaders(false));
  app.get("/own/page", (c) =>
    c.html("<p>", 200, { "content-security-policy": "default-src 'none'; img-src data:" }),
  );
  app.get("/own/file", () => fetch("data:text/plain,x"));
  app.get("/own/problem", () => {
    throw new Problem(418, "a_problem", "x");
  });
  app.onError((error) =>
    error instanceof Problem ? error.toResponse() : new Response(null, { status: 500 }),
  );

  it("leave a page the policy that it has", async () => {
    const { headers } = await app.request(`${HOST}/own/page`);
    expect(headers.get("content-security-policy")).toBe("default-src 'none'; img-src data:");
    expect(headersOf({ headers } as Response, STRICT)).toEqual(STRICT);
  });

  it.each(["problem", "file", "nothing"])(
    "are on what was thrown, fetched or not found, too: %s",
    async (path) => {
      const response = await app.request(`${HOST}/own/${path}`);
      expect(headersOf(response, { ...STRICT, ...DATA_HEADERS })).toEqual({ ...STRICT, ...DATA_HEADERS });
      await response.body?.cancel();
    },
  );
});
