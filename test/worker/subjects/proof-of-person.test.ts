/** Who asks with a signed token, and where callbacks may go where nothing is local: apps with settings of their own. */
import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { knownKeys } from "#privacy/lookup";
import { readRequest } from "#subjects/store";
import { createApp } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { ALL, Browser, HOST, publishRelease } from "../product.ts";
import { bodyOf, codeOf, email, keys, OWN_PAGE, statusIn } from "./world.ts";

const SECRET = "an-issuer-secret-of-more-than-32-characters";
const ISSUERS = [
  { issuer: "https://login.shop.example", audience: "doorstep", secret: SECRET, claims: { email: "email" } },
];
const withIssuer = createApp({ ...env, IDENTITY_ISSUERS: JSON.stringify(ISSUERS) });
const strict = createApp({
  ...env,
  DEV: "0",
  ADMIN_TOKEN: "admin_test_0123456789abcdef",
  SOURCES: JSON.stringify([{ id: "web", secretKey: "sk_strict_0123456789abcdef" }]),
});

beforeAll(async () => {
  await publishRelease();
});

async function send(
  app: ReturnType<typeof createApp>,
  path: string,
  init: RequestInit = {},
  bindings: Env = env,
) {
  const context = createExecutionContext();
  const response = await app.fetch(new Request(HOST + path, init), bindings, context);
  await waitOnExecutionContext(context);
  return response;
}

const post = (app: ReturnType<typeof createApp>, body: unknown, headers: Record<string, string> = OWN_PAGE) =>
  send(app, "/privacy/requests", {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

const tokenOf = (sub: string, claims: Record<string, unknown> = {}, secret = SECRET) =>
  new SignJWT(claims)
    .setProtectedHeader({ alg: "HS256" })
    .setIssuer("https://login.shop.example")
    .setAudience("doorstep")
    .setSubject(sub)
    .setIssuedAt()
    .setExpirationTime("10 minutes")
    .sign(new TextEncoder().encode(secret));

describe("a person with a signed token", () => {
  it("asks for exactly what the token proves, and reads it back with it", async () => {
    const token = await tokenOf("u-77", { email: "Token@Example.com", email_verified: true });
    const body = bodyOf("access", [], { identity_token: token });
    const made = await post(withIssuer, body);
    expect(made.status).toBe(201);
    expect(await statusIn(made)).toMatchObject({
      verification: "identity_token",
      request_status: "in_progress",
    });
    const id = body.subject_request_id;
    const row = await readRequest(env.IDENTITY_0, id);
    expect(row?.identityTypes).toEqual(["email", "user_id"]);
    expect(row?.subjects).toEqual(
      expect.arrayContaining([
        ...(await knownKeys(keys, "user_id", "u-77")),
        ...(await knownKeys(keys, "email", "token@example.com")),
      ]),
    );
    const own = await send(withIssuer, `/privacy/requests/${id}`, { headers: { "x-identity-token": token } });
    expect(own.status).toBe(200);
    const other = { "x-identity-token": await tokenOf("u-78") };
    expect(await codeOf(await send(withIssuer, `/privacy/requests/${id}`, { headers: other }))).toBe(
      "404 unknown_request",
    );
    expect(await codeOf(await send(withIssuer, `/privacy/requests/${id}`))).toBe("404 unknown_request");
  });

  it("cannot ask for somebody else beside it", async () => {
    const token = await tokenOf("u-79");
    const body = bodyOf("erasure", [email("victim@example.com")], { identity_token: token });
    expect(await codeOf(await post(withIssuer, body))).toBe("403 identity_not_proved");
    expect(await readRequest(env.IDENTITY_0, body.subject_request_id)).toBeUndefined();
  });

  it("whose address its issuer has not verified cannot ask for that address", async () => {
    const token = await tokenOf("u-80", { email: "claimed@example.com", email_verified: false });
    const body = bodyOf("access", [email("claimed@example.com")], { identity_token: token });
    expect(await codeOf(await post(withIssuer, body))).toBe("403 identity_not_proved");
  });

  it.each([
    ["is forged", () => tokenOf("u-81", {}, "another-secret-of-more-than-32-characters")],
    ["is no token", async () => "abc"],
    ["says alg none", async () => `${btoa('{"alg":"none"}')}.${btoa('{"sub":"u-1"}')}.`],
  ])("is refused where the token %s: it does not become a request of anybody", async (_title, make) => {
    const body = bodyOf("access", [email("forged@example.com")], { identity_token: await make() });
    expect(await codeOf(await post(withIssuer, body))).toBe("401 invalid_identity_token");
    expect(await readRequest(env.IDENTITY_0, body.subject_request_id)).toBeUndefined();
  });

  it("is asked for the token alone: the browser's cookie adds nothing", async () => {
    const browser = new Browser("SK");
    await browser.consent(ALL);
    const cookie = [...browser.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const body = bodyOf("access", [], { identity_token: await tokenOf("u-82") });
    await post(withIssuer, body, { cookie, ...OWN_PAGE });
    const row = await readRequest(env.IDENTITY_0, body.subject_request_id);
    expect(row?.subjects.some((key) => key.startsWith("visitor_id:"))).toBe(false);
  });
});

describe("callbacks, where nothing is local", () => {
  it.each([
    "http://hooks.example.com/",
    "https://127.0.0.1/",
    "https://[::1]/",
    "https://0x7f.1/",
    "https://169.254.169.254/latest/meta-data",
    "https://localhost/",
    "https://db.internal/",
    "https://hooks.example.com:22/",
    "https://user@hooks.example.com/",
  ])("%s is refused at once", async (url) => {
    const body = bodyOf("access", [email("c@example.com")], { status_callback_urls: [url] });
    const response = await post(strict, body, { authorization: "Bearer sk_strict_0123456789abcdef" });
    expect(await codeOf(response)).toBe("400 unsafe_callback_url");
    expect(await readRequest(env.IDENTITY_0, body.subject_request_id)).toBeUndefined();
  });
});
