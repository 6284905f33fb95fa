/** What each role may: the table beside the routes that the app really has, and each role at each route over HTTP. */
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import {
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROUTES,
  type RouteRule,
} from "#console/access/permissions";
import { ROLES, type Role } from "#contracts/taxonomy";
import { createApp } from "../../../src/app.ts";
import { readSettings } from "../../../src/env.ts";
import { operatorApi } from "../../../src/operator.ts";
import { bearer, tokenFor } from "./access-app.ts";

const settings = readSettings(env);
if (!settings.ok) throw new Error(settings.problems.join());
const operator = operatorApi(env, settings.settings, async () => {});
const app = createApp(env);
const MOUNT = "/admin/api";

/** As the table names them. */
const routes = [
  ...new Set(
    operator.routes
      .filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.slice(MOUNT.length)}`),
  ),
];

describe("the table", () => {
  it("has every route of the app", () => {
    expect(routes.length).toBeGreaterThan(15);
    expect(routes.filter((route) => !Object.hasOwn(ROUTES, route))).toEqual([]);
  });

  it("stands before every route: what answers all methods is nothing but the guard and what keeps caches out", () => {
    const all = operator.routes.filter(({ method }) => method === "ALL").map(({ path }) => path);
    // The first asks after erasures that a restored database has forgotten.
    expect(all).toEqual(["/*", `${MOUNT}/*`, `${MOUNT}/*`]);
    const first = operator.routes.findIndex(({ method }) => method !== "ALL");
    expect(operator.routes.slice(first).every(({ method }) => method !== "ALL")).toBe(true);
  });

  it("audits every change, and every look at persons", () => {
    for (const [route, rule] of Object.entries(ROUTES)) {
      if (!route.startsWith("GET ") || rule.personal) expect(rule.audit, route).toMatch(/^[a-z_]+\.[a-z_]+$/);
    }
  });

  it("asks for every permission somewhere", () => {
    const asked = new Set(Object.values(ROUTES).flatMap(({ permission }) => permission ?? []));
    expect([...asked].sort()).toEqual([...PERMISSIONS].sort());
  });
});

/** What each role may, once more: a slip in the table is to be seen here. */
const MAY: Record<Role, Permission[]> = {
  viewer: [
    "events:read",
    "release:read",
    "delivery:read",
    "quarantine:read",
    "consent:read",
    "identity:read",
  ],
  marketer: [
    "events:read",
    "release:read",
    "release:write",
    "delivery:read",
    "quarantine:read",
    "consent:read",
    "identity:read",
  ],
  engineer: [
    "events:read",
    "release:read",
    "release:write",
    "delivery:read",
    "delivery:operate",
    "quarantine:read",
    "quarantine:repair",
    "consent:read",
    "identity:read",
    "keys:rotate",
  ],
  privacy_officer: [
    "events:read",
    "release:read",
    "delivery:read",
    "quarantine:read",
    "consent:read",
    "identity:read",
    "person:read",
    "identity:manage",
    "subjects:read",
    "subjects:manage",
    "audit:read",
  ],
  admin: [...PERMISSIONS],
};

/** Send a request as the route has it, with something in the place of each parameter and no body. */
function send(route: string, headers: Record<string, string>): Promise<Response> {
  const [method = "", path = ""] = route.split(" ");
  return Promise.resolve(
    app.request(
      `https://shop.example${MOUNT}${path.replaceAll(/:\w+/g, "none")}`,
      { method, headers, ...(method !== "GET" && { body: "no JSON" }) },
      env,
    ),
  );
}

describe.each(ROLES)("the role %s", (role) => {
  it("has exactly its permissions", () => {
    expect(permissionsOf(role).sort()).toEqual([...MAY[role]].sort());
  });

  it.each([
    ["may see personal data", { personal: true, sources: undefined }],
    ["may see none", { personal: false, sources: undefined }],
    ["may see one source", { personal: true, sources: ["web"] }],
  ] as const)(
    "gets into what it may and nothing else, where the token %s",
    async (_, { personal, sources }) => {
      const headers = bearer(await tokenFor(role, { personal, sources, expiresAt: Date.now() + 60_000 }));
      for (const route of routes) {
        const rule = ROUTES[route] as RouteRule; // that it is in the table is the first test
        const may =
          (rule.permission === null || MAY[role].includes(rule.permission)) &&
          (personal || !rule.personal) &&
          (sources === undefined || !rule.everySource);
        const response = await send(route, headers);
        const text = await response.text();
        if (may) expect([401, 403], `${route} ${text}`).not.toContain(response.status);
        else expect([response.status, JSON.parse(text).code], route).toEqual([403, "forbidden"]);
        expect(response.headers.get("cache-control"), route).toBe("no-store");
      }
    },
  );
});

describe("nobody", () => {
  it.each([
    ["without a token", {}],
    ["with a wrong one", { authorization: "Bearer admin_tesT" }],
    ["with a source's secret key", { authorization: "Bearer sk_demo" }],
    ["with a header of Access where there is no Access", { "cf-access-jwt-assertion": "e30.e30.e30" }],
  ] as const)("gets into any route %s", async (_, headers) => {
    for (const route of [...routes, "GET /nothing", "DELETE /live"]) {
      const response = await send(route, { ...headers });
      expect(response.status, route).toBe(401);
      expect(await response.json()).toMatchObject({ code: "unauthorized" });
      expect(response.headers.get("www-authenticate")).toMatch(/^Bearer/);
    }
  });

  it("learns which paths there are: a known one and an unknown one answer the same", async () => {
    const [known, unknown] = await Promise.all([send("GET /live", {}), send("GET /nothing", {})]);
    expect(await known.text()).toBe(await unknown.text());
  });
});
