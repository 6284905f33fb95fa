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

const refusal = async (changes: Partial<Env>) => {
  const { status, text } = await ask(changes);
  return { status, detail: (JSON.parse(text) as { detail: string }).detail };
};

/** Not on one's own machine: tokens and secret keys have to be long. */
const PRODUCTION = {
  DEV: "0",
  ADMIN_TOKEN: "an-admin-token-of-some-length",
  SOURCES: '[{"id":"web","writeKey":"wk_demo","secretKey":"a-secret-key-of-some-length"}]',
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
    [
      "a short console token in production",
      { ...PRODUCTION, ADMIN_TOKEN: "admin_demo" },
      "ADMIN_TOKEN must have 16",
    ],
    [
      "a short secret key in production",
      { ...PRODUCTION, SOURCES: '[{"id":"web","secretKey":"sk_demo"}]' },
      "SOURCES has a secret key that must have 16",
    ],
    [
      "an audience of Access without its team",
      { ACCESS_AUD: "aud" },
      "ACCESS_AUD goes with ACCESS_TEAM_DOMAIN",
    ],
    ["a team of Access elsewhere", { ACCESS_TEAM_DOMAIN: "https://evil.example" }, "ACCESS_TEAM_DOMAIN"],
    ["an issuer without keys", { IDENTITY_ISSUERS: '[{"issuer":"a","audience":"b"}]' }, "IDENTITY_ISSUERS.0"],
    [
      "an issuer with a short secret",
      { IDENTITY_ISSUERS: '[{"issuer":"a","audience":"b","secret":"short"}]' },
      "IDENTITY_ISSUERS.0",
    ],
    [
      "an issuer whose algorithm is none",
      {
        IDENTITY_ISSUERS:
          '[{"issuer":"a","audience":"b","jwksUrl":"https://a.example","algorithms":["none"]}]',
      },
      "IDENTITY_ISSUERS.0",
    ],
    [
      "an issuer whose keys come in the clear, in production",
      {
        ...PRODUCTION,
        IDENTITY_ISSUERS: '[{"issuer":"a","audience":"b","jwksUrl":"http://a.example/jwks"}]',
      },
      "IDENTITY_ISSUERS.0.jwksUrl must begin with https:",
    ],
    ["a refused secret that is the current one", { MASTER_SECRETS_REFUSED: "[1]" }, "MASTER_SECRETS_REFUSED"],
    ["a short master secret", { MASTER_SECRET: "short" }, "MASTER_SECRET"],
    ["sources that are no JSON", { SOURCES: "{" }, "SOURCES is not JSON"],
    ["a source without an id", { SOURCES: '[{"writeKey":"wk_demo"}]' }, "SOURCES.0.id"],
    ["a base path without a slash", { BASE_PATH: "ds" }, "BASE_PATH"],
    [
      "one key for two sources",
      { SOURCES: '[{"id":"a","writeKey":"wk_demo"},{"id":"b","writeKey":["wk_new","wk_demo"]}]' },
      "SOURCES.1.writeKey lists a key that is listed before",
    ],
    ["paths that are no JSON", { PATHS: "/e" }, "PATHS is not JSON"],
    ["paths in a list", { PATHS: "[]" }, "PATHS"],
    ["a path that goes by a number", { PATHS: '{"/events":1}' }, "PATHS./events"],
    ["a path that is not ours", { PATHS: '{"/event":"/e"}' }, "PATHS./event is not a public path"],
    ["a path over the console", { PATHS: '{"/events":"/admin"}' }, 'PATHS./events cannot become "/admin"'],
    ["two paths of one name", { PATHS: '{"/events":"/e","/slots":"/e"}' }, "PATHS./slots cannot become"],
    ["a rate below zero", { CLIENT_RATE: "-1" }, "CLIENT_RATE"],
    ["a rate that is no number", { CLIENT_RATE: "many" }, "CLIENT_RATE"],
    ["a quarantine of no days", { QUARANTINE_DAYS: "0" }, "QUARANTINE_DAYS"],
    [
      "a site behind it without a base path, in production",
      { DEV: "0", ORIGIN: "https://cms.example" },
      "BASE_PATH is required with ORIGIN",
    ],
  ])("refuses %s and says so", async (_title, changes, text) => {
    const { status, detail } = await refusal(changes);
    expect([status, detail]).toEqual([503, expect.stringContaining(text)]);
  });
  it.each([
    [
      "an origin with a slash at the end",
      { origins: ["https://shop.example/"] },
      "SOURCES.0.origins.0 must be an origin",
    ],
    ["an origin in capitals", { origins: ["https://Shop.example"] }, "SOURCES.0.origins.0 must be an origin"],
    ["any origin", { origins: ["*"] }, "SOURCES.0.origins.0 must be an origin"],
    [
      "a key that is too short",
      { writeKey: "wk" },
      "SOURCES.0.writeKey Too small: expected string to have >=6",
    ],
    [
      "a key with an end that is no time",
      { writeKey: { key: "wk_demo", until: "soon" } },
      "SOURCES.0.writeKey must be",
    ],
    ["an empty list of keys", { secretKey: [] }, "SOURCES.0.secretKey Too small: expected array to have >=1"],
    [
      "one key as public and as secret",
      { writeKey: "k_both_of_them", secretKey: "k_both_of_them" },
      "SOURCES.0.secretKey lists a key that is listed before",
    ],
    [
      "a policy for unknown events that is none",
      { unknownEvents: "accept" },
      'SOURCES.0.unknownEvents must be "quarantine"',
    ],
    ["a field that no source has", { wrteKey: "wk_demo" }, "wrteKey"],
  ])("refuses a source with %s and says so", async (_title, more, text) => {
    const { status, detail } = await refusal({ SOURCES: JSON.stringify([{ id: "web", ...more }]) });
    expect([status, detail]).toEqual([503, expect.stringContaining(text)]);
  });
  it("says what is wrong with a key, and never the key", async () => {
    const SOURCES = JSON.stringify([
      { id: "a", secretKey: "sk_of_nobody_else" },
      { id: "b", secretKey: ["sk_of_nobody_else", "sk_x"] },
    ]);
    const { status, text } = await ask({ SOURCES });
    expect(status).toBe(503);
    expect(text).not.toContain("sk_");
  });
  it("is alive all the same", async () => {
    expect((await ask({ MASTER_SECRET: undefined } as unknown as Partial<Env>, "/health")).status).toBe(200);
  });
  it("with a base path, answers below it and nowhere else", async () => {
    expect((await ask({ BASE_PATH: "/ds" }, "/ds/health")).status).toBe(200);
    expect((await ask({ BASE_PATH: "/ds" }, "/health")).status).toBe(404);
  });
  it.each([
    [{ ...PRODUCTION, BASE_PATH: "/ds" }, "/ds/admin/api/typo", 401, "unauthorized"],
    [{ ...PRODUCTION, BASE_PATH: "/ds" }, "/ds/events/", 404, "not_found"],
    [{ ...PRODUCTION, BASE_PATH: "/ds" }, "/ds/nothing", 404, "not_found"],
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
