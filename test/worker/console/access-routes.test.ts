/** Who I am, and tokens: made, shown once, listed and revoked. */
import { describe, expect, it } from "vitest";
import { DAY_MS } from "#core/clock";
import { auditedBy, bearer, consoleOf, ROOT, tokenFor } from "./access-app.ts";
import { NOW } from "./access-team.ts";

const { app, ask, clock } = consoleOf();
type Body = Record<string, unknown>;
const bodyOf = async (answer: Response) => (await answer.json()) as Body; // every answer is an object

describe("GET /me", () => {
  it("says who I am, what I may, and until when", async () => {
    const token = await tokenFor("marketer", { name: "Campaigns", sources: ["web"] });
    expect(await bodyOf(await ask("/me", bearer(token)))).toEqual({
      id: token.split("_")[1],
      name: "Campaigns",
      role: "marketer",
      permissions: [
        "events:read",
        "release:read",
        "release:write",
        "delivery:read",
        "quarantine:read",
        "consent:read",
        "identity:read",
      ],
      personal: false,
      sources: ["web"],
      expires_at: new Date(NOW + 365 * DAY_MS).toISOString(),
    });
    expect(await bodyOf(await ask("/me", ROOT))).toMatchObject({
      id: "root",
      role: "admin",
      personal: true,
      sources: null,
      expires_at: null,
    });
  });
});

const post = async (body: string): Promise<Response> =>
  await app.request("/admin/api/access/tokens", { method: "POST", headers: ROOT, body });
const ENGINEER = { name: "Deploys", role: "engineer", expires_in_days: 30 };

describe("a token", () => {
  it("is made, shown once, used, and revoked at once", async () => {
    const made = await ask("/access/tokens", ROOT, { ...ENGINEER, personal: true, sources: ["web", "app"] });
    expect(made.status).toBe(201);
    const { token, ...shown } = await bodyOf(made);
    expect(token).toMatch(/^dst_[0-9a-f-]{36}_[\w-]{43}$/);
    expect(shown).toEqual({
      id: String(token).split("_")[1],
      name: "Deploys",
      role: "engineer",
      personal: true,
      sources: ["web", "app"],
      created_at: new Date(NOW).toISOString(),
      created_by: "root",
      expires_at: new Date(NOW + 30 * DAY_MS).toISOString(),
      revoked_at: null,
      last_used_day: null,
    });
    const its = bearer(String(token));
    expect(await bodyOf(await ask("/me", its))).toMatchObject({
      id: shown.id,
      role: "engineer",
      sources: ["web", "app"],
    });

    const listed = await ask("/access/tokens", ROOT);
    const text = await listed.text();
    expect(JSON.parse(text).tokens).toContainEqual({ ...shown, last_used_day: "2026-11-22" });
    expect(text).not.toContain(String(token).slice(-43));

    const revoked = await bodyOf(await ask(`/access/tokens/${shown.id}/revoke`, ROOT, {}));
    expect(revoked).toEqual({
      ...shown,
      last_used_day: "2026-11-22",
      revoked_at: new Date(NOW).toISOString(),
    });
    expect((await ask("/me", its)).status).toBe(401);
    clock.now += 1_000;
    expect(await bodyOf(await ask(`/access/tokens/${shown.id}/revoke`, ROOT, {}))).toEqual(revoked);
    clock.now = NOW;
  });

  it("that is made or revoked is in the audit log by its id", async () => {
    let id = "";
    const entries = await auditedBy(async () => {
      id = String((await bodyOf(await ask("/access/tokens", ROOT, ENGINEER))).id);
      await ask(`/access/tokens/${id}/revoke`, ROOT, {});
    });
    expect(entries).toEqual([`root access_token.create ${id}`, `root access_token.revoke ${id}`]);
  });

  it("that nobody has cannot be revoked", async () => {
    const answer = await ask("/access/tokens/none/revoke", ROOT, {});
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([404, "unknown_token"]);
  });

  it.each<[string, Body]>([
    ["without a name", { name: " " }],
    ["of a long name", { name: "x".repeat(101) }],
    ["of a name with a line break", { name: "Ada\r\nset-cookie: a=b" }],
    ["of a name that turns text around", { name: "ada\u202e" }],
    ["of no role", { role: "owner" }],
    ["of a name that objects have", { role: "constructor" }],
    ["without an end", { expires_in_days: undefined }],
    ["that has ended", { expires_in_days: 0 }],
    ["for more than a year", { expires_in_days: 366 }],
    ["for parts of a day", { expires_in_days: 1.5 }],
    ["of no source", { sources: [] }],
    ["of a source that cannot be", { sources: ["web", "*"] }],
    ["with a field that is none", { expires_at: "2999-01-01" }],
    ["that brings its own hash", { hash: "1.x" }],
  ])("is not made %s", async (_, wrong) => {
    const answer = await ask("/access/tokens", ROOT, { ...ENGINEER, ...wrong });
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([400, "invalid_body"]);
  });

  it("gets nothing through the prototype of what is sent", async () => {
    const body = `{"name":"x","role":"viewer","expires_in_days":1,"__proto__":{"personal":true,"role":"admin"}}`;
    const answer = await post(body);
    expect([answer.status, (await bodyOf(answer)).code]).toEqual([400, "invalid_body"]);
    expect(Object.hasOwn(Object.prototype, "personal")).toBe(false);
  });

  it("is not made of what is no JSON, or too much", async () => {
    expect(await bodyOf(await post("{"))).toMatchObject({ status: 400, code: "invalid_json" });
    expect(await bodyOf(await post(`"${"x".repeat(9_000)}"`))).toMatchObject({
      status: 413,
      code: "body_too_large",
    });
  });

  it("shows no more than whoever makes it may see", async () => {
    const make = async (maker: string, more: Body) => {
      const answer = await ask("/access/tokens", bearer(maker), { ...ENGINEER, ...more });
      return answer.status === 201 ? 201 : (await bodyOf(answer)).code;
    };
    const plain = await tokenFor("admin");
    expect(await make(plain, {})).toBe(201);
    expect(await make(plain, { personal: true })).toBe("exceeds_own");
    expect(await make(plain, { sources: ["web"] })).toBe(201);
    const limited = await tokenFor("admin", { personal: true, sources: ["web", "app"] });
    expect(await make(limited, { personal: true, sources: ["app"] })).toBe(201);
    expect(await make(limited, { sources: ["web", "shop"] })).toBe("exceeds_own");
    expect(await make(limited, {})).toBe("exceeds_own");
    expect(await make(limited, { sources: null })).toBe("exceeds_own");
  });

  it("lives no longer than the token that makes it: a stolen one cannot outlive its end", async () => {
    const maker = bearer(await tokenFor("admin", { expiresAt: NOW + 30 * DAY_MS }));
    const make = async (days: number) =>
      bodyOf(await ask("/access/tokens", maker, { ...ENGINEER, expires_in_days: days }));
    expect(await make(365)).toMatchObject({ expires_at: new Date(NOW + 30 * DAY_MS).toISOString() });
    expect(await make(7)).toMatchObject({ expires_at: new Date(NOW + 7 * DAY_MS).toISOString() });
  });
});
