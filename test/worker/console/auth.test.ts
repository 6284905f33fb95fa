/** The console's token: only the whole token, as a bearer, lets a request in. */
import { Hono } from "hono";
import { describe, expect, it } from "vitest";
import { carriesToken, requireToken } from "#console/auth";
import { Problem } from "#core/problem";

describe("the token", () => {
  it.each([
    ["Bearer secret-token", true],
    ["bearer secret-token", true],
    ["Bearer  secret-token ", true],
    ["Bearer secret-toke", false],
    ["Bearer secret-token2", false],
    ["Bearer Secret-token", false],
    ["Bearer", false],
    ["Bearer ", false],
    ["Basic secret-token", false],
    ["secret-token", false],
    ["Bearer secret-token extra", false],
    ["", false],
    [undefined, false],
  ])("%s: %s", async (header, expected) => {
    expect(await carriesToken(header, "secret-token")).toBe(expected);
  });

  it("lets nobody in where it is empty", async () => {
    expect(await carriesToken("Bearer ", "")).toBe(false);
    expect(await carriesToken("Bearer x", "")).toBe(false);
  });
});

describe("requireToken", () => {
  const app = new Hono()
    .use(requireToken("secret-token"))
    .get("/", (c) => c.text("in"))
    .onError((error) =>
      error instanceof Problem ? error.toResponse() : new Response(error.message, { status: 500 }),
    );

  it("lets the token in", async () => {
    const answer = await app.request("/", { headers: { authorization: "Bearer secret-token" } });
    expect(await answer.text()).toBe("in");
  });

  it("answers anything else with 401 and says how to ask", async () => {
    const answer = await app.request("/");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("www-authenticate")).toMatch(/^Bearer/);
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(await answer.json()).toMatchObject({ status: 401, code: "unauthorized" });
  });
});
