/** The guard: who is refused, what is audited before it is done, and that nothing is done where it cannot be. */
import { env } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Act, type GuardDeps, guard } from "#console/access/guard";
import { ROUTES } from "#console/access/permissions";
import type { AccessVariables } from "#console/access/session";
import { answerError, type Problem } from "#core/problem";
import { createApp } from "../../../src/app.ts";
import { auditedBy, bearer, consoleOf, HOST, ROOT, tokenFor } from "./access-app.ts";
import { signer, teamOf } from "./access-team.ts";

const { app, ask, published } = consoleOf();
/** The whole operator's API: with delivery and subject requests. */
const whole = createApp(env);
const full = async (path: string, method: string) =>
  await whole.request(
    `${HOST}/admin/api${path}`,
    { method, headers: bearer("admin_test"), ...(method === "POST" && { body: "{}" }) },
    env,
  );
const RELEASE = { document: { slots: {} }, note: "Jane Doe <jane@doe.example>" };

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the audit log", () => {
  it("names who did what to what, and nothing of what was sent", async () => {
    const token = await tokenFor("marketer");
    const id = token.split("_")[1];
    expect(await auditedBy(() => ask("/releases?secret=1", bearer(token), RELEASE))).toEqual([
      `${id} release.publish new`,
    ]);
    expect(await auditedBy(() => ask("/consent/ledger", ROOT, { visitor: "visitor_id:1.x" }))).toEqual([
      "root person.read all",
      expect.stringMatching(/^root person\.shown person:[\w-]{22}$/),
    ]);
    const { results } = await env.IDENTITY_0.prepare("SELECT * FROM audit").all();
    expect(JSON.stringify(results)).not.toMatch(/jane|secret|visitor_id/i);
  });

  it("has no entry of what was refused, of reading what is nobody's, or of a path that is none", async () => {
    const viewer = bearer(await tokenFor("viewer"));
    const entries = await auditedBy(async () => {
      expect((await ask("/releases", viewer, RELEASE)).status).toBe(403);
      expect((await ask("/releases", {}, RELEASE)).status).toBe(401);
      expect((await ask("/live", viewer)).status).toBe(200);
      expect((await ask("/trace/x", viewer)).status).toBe(404);
      expect((await ask("/nothing", ROOT, {})).status).toBe(404);
    });
    expect(entries).toEqual([]);
  });

  it("is written before the act", async () => {
    const order: string[] = [];
    const small = guarded(async ({ action, target }) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      order.push(`${action} ${target}`);
    }, order);
    expect((await small("/destinations/hub%73pot/pause")).status).toBe(200);
    expect(order).toEqual(["delivery.pause hubspot", "done"]);
  });

  it.each([
    ["a token", `/access/tokens/dst_${crypto.randomUUID()}_${"Ab3-".repeat(10)}xyz/revoke`],
    ["a token's secret", `/access/tokens/${"Ab3-".repeat(10)}xyz/revoke`],
    ["a telephone number", "/subject-requests/+421900123456/verify"],
    ["the same, without its plus", "/subject-requests/421900123456/verify"],
    ["a name", "/subject-requests/Jane%20Doe/results"],
    ["an e-mail address, encoded twice", "/subject-requests/jane%2540doe.example/results"],
    ["an event's id, which its sender has chosen", "/failures/order-of-jane-doe/replay"],
    ["a name in the place of a destination", "/destinations/J%C3%A1n/pause"],
  ])("keeps nothing that was typed into a path and is no id: %s", async (_, path) => {
    const isRead = path.endsWith("/results");
    const [entry = ""] = await auditedBy(() => full(path, isRead ? "GET" : "POST"));
    expect(entry).toMatch(/^root [a-z_.]+ \(left out: it is no id\)$/);
  });

  it("where it cannot be written, nothing is done", async () => {
    const order: string[] = [];
    const small = guarded(() => Promise.reject(new Error("D1 is down")), order);
    const answer = await small("/destinations/hubspot/pause");
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ code: "audit_unavailable" });
    expect(answer.headers.get("retry-after")).toBe("5");
    expect(order).toEqual([]);
  });

  it("that is gone from the database stops changes and reads of persons, and no others", async () => {
    const before = published.length;
    await env.IDENTITY_0.exec("ALTER TABLE audit RENAME TO audit_gone");
    try {
      expect((await ask("/releases", ROOT, RELEASE)).status).toBe(503);
      expect((await ask("/consent/ledger", ROOT, { visitor: "visitor_id:1.x" })).status).toBe(503);
      expect(
        (await ask("/access/tokens", ROOT, { name: "x", role: "admin", expires_in_days: 1 })).status,
      ).toBe(503);
      expect((await ask("/live", ROOT)).status).toBe(200);
    } finally {
      await env.IDENTITY_0.exec("ALTER TABLE audit_gone RENAME TO audit");
    }
    expect(published).toHaveLength(before);
    expect(
      (await env.IDENTITY_0.prepare("SELECT id FROM access_tokens WHERE name = 'x'").all()).results,
    ).toEqual([]);
  });
});

/** A small app behind the guard, with a route that says when it is done. */
function guardedApp(audit: GuardDeps["audit"], order: string[]) {
  return new Hono<{ Variables: AccessVariables }>()
    .use(guard({ authenticate: async () => session, audit, clock: () => 0, newId: () => "id" }))
    .post("/destinations/:key/pause", (c) => {
      order.push("done");
      return c.json({});
    })
    .get("/not-in-the-table", (c) => c.json({}))
    .get("/constructor", (c) => c.json({}))
    .onError(answerError);
}
function guarded(audit: GuardDeps["audit"], order: string[]) {
  const small = guardedApp(audit, order);
  return async (path: string, method = "POST") => await small.request(`${HOST}${path}`, { method });
}
const session = {
  actor: { id: "root", name: "root", role: "admin", personal: true, sources: undefined },
  expiresAt: null,
  ambient: false,
} as const;

describe("a route that is not in the table", () => {
  it.each(["/not-in-the-table", "/constructor"])("is refused to everybody, root too: %s", async (path) => {
    const entries: Act[] = [];
    const answer = await guarded(async (entry) => entries.push(entry), [])(path, "GET");
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: "forbidden" });
  });
});

describe("the table", () => {
  it("holds below any base path", async () => {
    const order: string[] = [];
    const entries: Act[] = [];
    const at = new Hono()
      .route(
        "/ds/admin/api",
        guardedApp(async (entry) => entries.push(entry), order),
      )
      .onError(answerError);
    expect(
      (await at.request(`${HOST}/ds/admin/api/destinations/hubspot/pause`, { method: "POST" })).status,
    ).toBe(200);
    expect(entries.map(({ action, target }) => `${action} ${target}`)).toEqual(["delivery.pause hubspot"]);
    expect((await at.request(`${HOST}/ds/admin/api/not-in-the-table`)).status).toBe(403);
  });
});

describe("an address that is written in another way", () => {
  it.each([
    "/admin/api/releases/",
    "/admin/api//releases",
    "/admin/api/./releases/../releases",
    "/admin/api/%72eleases",
    "/ADMIN/API/RELEASES",
    "/admin/api/live/../releases",
    "/admin/api/releases;x",
    "/admin/api/releases%00",
    "/admin/api/releases%2F",
  ])("is no way around: %s", async (path) => {
    const before = published.length;
    const headers = bearer(await tokenFor("viewer"));
    const answer = await app.request(`${HOST}${path}`, {
      method: "POST",
      headers,
      body: JSON.stringify(RELEASE),
    });
    expect([403, 404]).toContain(answer.status);
    expect(published).toHaveLength(before);
  });

  it("HEAD asks for what GET does", async () => {
    const headers = bearer(await tokenFor("viewer"));
    expect((await app.request(`${HOST}/admin/api/live`, { method: "HEAD", headers })).status).toBe(200);
    expect((await app.request(`${HOST}/admin/api/access/tokens`, { method: "HEAD", headers })).status).toBe(
      403,
    );
  });

  it("no header turns one method or path into another", async () => {
    const headers = {
      ...bearer(await tokenFor("viewer")),
      "x-http-method-override": "GET",
      "x-original-url": "/admin/api/live",
      "x-rewrite-url": "/admin/api/live",
      "x-forwarded-prefix": "/admin/api/live?",
    };
    expect((await ask("/releases", headers, RELEASE)).status).toBe(403);
  });
});

describe("with Cloudflare Access, whose JWT browsers send by themselves", async () => {
  const ours = await signer("k");
  const { access } = teamOf([ours.jwk], {
    "ada@acme.example": { role: "admin", personal: true },
    "eve@acme.example": { role: "viewer", personal: false },
  });
  const behind = consoleOf(access);
  const ada = { "cf-access-jwt-assertion": await ours.sign() };
  const change = (headers: Record<string, string>) =>
    behind.ask("/releases", { ...ada, ...headers }, RELEASE);

  it.each([
    ["another site", { "sec-fetch-site": "cross-site", origin: "https://evil.example" }],
    ["another host of our site", { "sec-fetch-site": "same-site", origin: "https://blog.shop.example" }],
    ["a followed link", { "sec-fetch-site": "none" }],
    ["an old browser at another site", { origin: "https://evil.example" }],
    ["a page without an origin", { origin: "null" }],
    ["a program that says nothing", {}],
    ["another site that claims our origin", { "sec-fetch-site": "cross-site", origin: HOST }],
  ])("a change that %s asks for is refused, and not audited", async (_, headers) => {
    const before = behind.published.length;
    const entries = await auditedBy(async () => {
      const answer = await change(headers);
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: "cross_site" });
    });
    expect(entries).toEqual([]);
    expect(behind.published).toHaveLength(before);
  });

  it("a change that our own page asks for is made, in the name of the person", async () => {
    const entries = await auditedBy(async () => {
      expect((await change({ "sec-fetch-site": "same-origin" })).status).toBe(201);
      expect((await change({ origin: HOST })).status).toBe(201);
    });
    expect(entries).toEqual(Array(2).fill("access:7335d417-61da-459d-899c-0a01c76a2f94 release.publish new"));
  });

  it("every route that is audited needs our own page, whatever its method", async () => {
    for (const [route, { audit }] of Object.entries(ROUTES)) {
      const [method = "", path = ""] = route.split(" ");
      if (!behind.app.routes.some((one) => one.method === method && one.path === `/admin/api${path}`))
        continue;
      const answer = await behind.app.request(`${HOST}/admin/api${path.replaceAll(/:\w+/g, "x")}`, {
        method,
        headers: { ...ada, "sec-fetch-site": "cross-site" },
      });
      if (audit === undefined) expect(answer.status, route).not.toBe(403);
      else expect(await answer.json(), route).toMatchObject({ code: "cross_site" });
    }
  });

  it("a token needs no such proof: no browser sends it by itself", async () => {
    const headers = { ...bearer(await tokenFor("marketer")), "sec-fetch-site": "cross-site" };
    expect((await behind.ask("/releases", headers, RELEASE)).status).toBe(201);
  });

  it("the role is that of the grant", async () => {
    const eve = { "cf-access-jwt-assertion": await ours.sign({ email: "eve@acme.example" }) };
    const own = { "sec-fetch-site": "same-origin" };
    expect((await behind.ask("/releases", { ...eve, ...own }, RELEASE)).status).toBe(403);
    expect((await behind.ask("/live", eve)).status).toBe(200);
    const nobody = { "cf-access-jwt-assertion": await ours.sign({ email: "bob@acme.example" }) };
    const answer = await behind.ask("/live", nobody);
    expect([answer.status, ((await answer.json()) as Problem).code]).toEqual([403, "no_role"]);
  });

  it("says who I am, and until when", async () => {
    const answer = await behind.ask("/me", ada);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      id: "access:7335d417-61da-459d-899c-0a01c76a2f94",
      name: "ada@acme.example",
      role: "admin",
      expires_at: "2026-11-22T11:30:00.000Z",
    });
  });
});

describe("a refusal in the log of the Worker", () => {
  it("names a code, an id and a pattern, and nothing that was typed", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
    const token = await tokenFor("viewer");
    await ask("/live", bearer("a-secret-that-is-wrong"));
    await ask("/live");
    expect(warn.mock.calls.filter(([line]) => String(line).startsWith("admin API"))).toEqual([
      ["admin API refused: unauthorized", "nobody"],
    ]);
    await ask("/access/tokens/jane@doe.example/revoke?token=abc", bearer(token), {});
    expect(warn.mock.calls.at(-1)).toEqual([
      "admin API refused: forbidden",
      `${token.split("_")[1]} POST /access/tokens/:id/revoke`,
    ]);
  });
});
