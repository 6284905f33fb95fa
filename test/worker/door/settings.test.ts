import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { createApp } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";

const ask = async (changes: Partial<Env>, path = "/events") => {
  const app = createApp({ ...env, ...changes } as Env);
  const response = await app.request(`https://shop.example${path}`, {
    method: path === "/events" ? "POST" : "GET",
  });
  return { status: response.status, text: await response.text() };
};

describe("a Worker without its settings", () => {
  it.each(["MASTER_SECRET", "ADMIN_TOKEN", "SOURCES"] as const)("answers 503 and names %s", async (name) => {
    const { status, text } = await ask({ [name]: undefined } as unknown as Partial<Env>);
    expect(status).toBe(503);
    expect(text).toContain(`${name} is missing`);
    expect(text).toContain(`wrangler secret put ${name}`);
  });
  it("names all of them at once", async () => {
    const { text } = await ask({
      MASTER_SECRET: undefined,
      ADMIN_TOKEN: undefined,
      SOURCES: undefined,
    } as unknown as Partial<Env>);
    for (const name of ["MASTER_SECRET", "ADMIN_TOKEN", "SOURCES"]) expect(text).toContain(name);
  });
  it.each([
    ["a short master secret", { MASTER_SECRET: "short" }, "MASTER_SECRET"],
    ["sources that are no JSON", { SOURCES: "{" }, "SOURCES is not JSON"],
    ["a source without an id", { SOURCES: '[{"writeKey":"wk_demo"}]' }, "SOURCES.0.id"],
    ["a base path without a slash", { BASE_PATH: "ds" }, "BASE_PATH"],
    [
      "a site behind it without a base path, in production",
      { DEV: "0", ORIGIN: "https://cms.example" },
      "BASE_PATH is required with ORIGIN",
    ],
  ])("refuses %s and says so", async (_title, changes, text) => {
    const answer = await ask(changes);
    expect(answer.status).toBe(503);
    expect(answer.text).toContain(text);
  });
  it("is alive all the same", async () => {
    expect((await ask({ MASTER_SECRET: undefined } as unknown as Partial<Env>, "/health")).status).toBe(200);
  });
  it("with a base path, answers below it and nowhere else", async () => {
    expect((await ask({ BASE_PATH: "/ds" }, "/ds/health")).status).toBe(200);
    expect((await ask({ BASE_PATH: "/ds" }, "/health")).status).toBe(404);
  });
  it.each([
    [{ DEV: "0", BASE_PATH: "/ds" }, "/ds/admin/api/typo", 401, "unauthorized"],
    [{ DEV: "0", BASE_PATH: "/ds" }, "/ds/events/", 404, "not_found"],
    [{ DEV: "0", BASE_PATH: "/ds" }, "/ds/nothing", 404, "not_found"],
    [{}, "/admin/api/typo", 401, "unauthorized"],
    [{}, "/admin/typo", 404, "not_found"],
    [{}, "/v1/typo", 404, "not_found"],
    [{}, "/a-page-of-the-site", 502, "origin_unreachable"],
  ])(
    "a slip in our own address never reaches the site behind us (%j %s)",
    async (changes, path, expected, code) => {
      // Nothing listens there: what went on would be answered 502.
      const { status, text } = await ask({ ...changes, ORIGIN: "http://127.0.0.1:9" }, path);
      expect([status, (JSON.parse(text) as { code: string }).code]).toEqual([expected, code]);
    },
  );
  it("is ready only when its stores answer, and names the one that does not", async () => {
    const broken = {
      prepare: () => ({ first: () => Promise.reject(new Error("D1 is down")) }),
    } as unknown as D1Database;
    const { status, text } = await ask({ IDENTITY_0: broken }, "/ready");
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({ ready: false, checks: { d1: "failed", kv: "ok" } });
  });
});
