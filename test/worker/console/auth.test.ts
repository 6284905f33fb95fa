/** Who asks: ADMIN_TOKEN, a token of the table, or Cloudflare Access; and nobody else, with the same answer and work. */
import { env } from "cloudflare:workers";
import { describe, expect, it, vi } from "vitest";
import { type AuthenticateDeps, authenticate } from "#console/access/authenticate";
import { mayExplain } from "#console/access/explain";
import { findToken, revokeToken } from "#console/access/store";
import { DAY_MS } from "#core/clock";
import { Problem } from "#core/problem";
import { keyring } from "#privacy/keys";
import { bearer, SECRET, tokenFor } from "./access-app.ts";
import { NOW, signer, teamOf } from "./access-team.ts";

const clock = { now: NOW };
const deps: AuthenticateDeps = {
  adminToken: "admin_test",
  db: env.IDENTITY_0,
  keys: () => keyring(SECRET),
  clock: () => clock.now,
};
const ask = (headers: Record<string, string>, more: Partial<AuthenticateDeps> = {}) =>
  authenticate(new Headers(headers), { ...deps, ...more });

async function codeOf(headers: Record<string, string>, more?: Partial<AuthenticateDeps>): Promise<string> {
  const problem = await ask(headers, more).catch((error: unknown) => error);
  return problem instanceof Problem ? `${problem.status} ${problem.code}` : "let in";
}

describe("ADMIN_TOKEN", () => {
  it.each([
    ["Bearer admin_test", "let in"],
    ["bearer admin_test", "let in"],
    ["Bearer  admin_test ", "let in"],
    ["Bearer admin_tes", "401 unauthorized"],
    ["Bearer admin_test2", "401 unauthorized"],
    ["Bearer Admin_test", "401 unauthorized"],
    ["Bearer", "401 unauthorized"],
    ["Bearer ", "401 unauthorized"],
    ["Basic admin_test", "401 unauthorized"],
    ["admin_test", "401 unauthorized"],
    ["Bearer admin_test extra", "401 unauthorized"],
    ["Bearer admin_test, Bearer admin_test", "401 unauthorized"],
    ["", "401 unauthorized"],
  ])("only the whole token, as a bearer: %s: %s", async (authorization, expected) => {
    expect(await codeOf({ authorization })).toBe(expected);
  });

  it("is root, who may see everything and never ends", async () => {
    expect(await ask(bearer("admin_test"))).toEqual({
      actor: { id: "root", name: "ADMIN_TOKEN", role: "admin", personal: true, sources: undefined },
      expiresAt: null,
      ambient: false,
    });
  });

  it("lets nobody in where it is empty", async () => {
    for (const authorization of ["Bearer ", "Bearer x", "", "Bearer"])
      expect(await codeOf({ authorization }, { adminToken: "" })).toBe("401 unauthorized");
  });
});

describe("a token of the table", () => {
  it("is its role, what it may see, and its end", async () => {
    const token = await tokenFor("engineer", { name: "Deploys", personal: true, sources: ["web"] });
    expect(await ask(bearer(token))).toEqual({
      actor: { id: token.split("_")[1], name: "Deploys", role: "engineer", personal: true, sources: ["web"] },
      expiresAt: NOW + 365 * DAY_MS,
      ambient: false,
    });
  });

  it("is kept as a keyed hash alone", async () => {
    const token = await tokenFor("viewer");
    const [, id = "", secret = ""] = token.split("_");
    const { results } = await env.IDENTITY_0.prepare("SELECT * FROM access_tokens WHERE id = ?1")
      .bind(id)
      .all();
    expect(results).toHaveLength(1);
    expect(JSON.stringify(results)).not.toContain(secret);
    expect((await findToken(env.IDENTITY_0, id))?.hash).toMatch(/^1\.[\w-]{43}$/);
  });

  it("holds after a rotation of the master secret, and not under a secret that was given up", async () => {
    const token = await tokenFor("viewer");
    const next = "another-master-secret-0123456789abcdef";
    const rotated = {
      MASTER_SECRET: next,
      MASTER_SECRET_VERSION: 2,
      MASTER_SECRETS_BEFORE: { "1": SECRET },
      TENANT: "doorstep",
    };
    const given = await tokenFor("viewer", {}, rotated);
    for (const one of [token, given])
      expect(await codeOf(bearer(one), { keys: () => keyring(rotated) })).toBe("let in");
    expect(await codeOf(bearer(given))).toBe("401 unauthorized");
    expect(await codeOf(bearer(token), { keys: () => keyring(next) })).toBe("401 unauthorized");
  });

  it("that was revoked ends at once, and is not told to be", async () => {
    const token = await tokenFor("admin");
    expect(await codeOf(bearer(token))).toBe("let in");
    await revokeToken(env.IDENTITY_0, token.split("_")[1] ?? "", NOW);
    expect(await codeOf(bearer(token))).toBe("401 unauthorized");
  });

  it("that has expired is told so to whoever has its secret, and to nobody else", async () => {
    const token = await tokenFor("admin", { expiresAt: NOW });
    expect(await codeOf(bearer(token))).toBe("401 token_expired");
    const guess = `${token.slice(0, -1)}${token.endsWith("A") ? "Q" : "A"}`;
    expect(await codeOf(bearer(guess))).toBe("401 unauthorized");
    expect(await codeOf(bearer(await tokenFor("admin", { expiresAt: NOW + 1 })))).toBe("let in");
    const both = await tokenFor("admin", { expiresAt: NOW });
    await revokeToken(env.IDENTITY_0, both.split("_")[1] ?? "", NOW);
    expect(await codeOf(bearer(both))).toBe("401 unauthorized");
  });

  it("does not hold with the secret of another token, nor its row with another's hash", async () => {
    const [admin, viewer] = [await tokenFor("admin"), await tokenFor("viewer")];
    const [, adminId = ""] = admin.split("_");
    const viewerSecret = viewer.slice(viewer.lastIndexOf("_", 41) + 1);
    expect(await codeOf(bearer(`dst_${adminId}_${viewerSecret}`))).toBe("401 unauthorized");
    await env.IDENTITY_0.prepare(
      "UPDATE access_tokens SET hash = (SELECT hash FROM access_tokens WHERE id = ?1) WHERE id = ?2",
    )
      .bind(viewer.split("_")[1], adminId)
      .run();
    expect(await codeOf(bearer(`dst_${adminId}_${viewerSecret}`))).toBe("401 unauthorized");
  });

  it("notes the day of its last use, once a day", async () => {
    const token = await tokenFor("viewer");
    const [, id = ""] = token.split("_");
    const changed = async () => {
      const before = writes;
      await ask(bearer(token), { db: counted });
      return writes - before;
    };
    expect([await changed(), await changed(), await changed()]).toEqual([1, 0, 0]);
    expect((await findToken(env.IDENTITY_0, id))?.token.lastUsedDay).toBe("2026-11-22");
    clock.now += DAY_MS;
    expect([await changed(), await changed()]).toEqual([1, 0]);
    clock.now = NOW;
    expect((await findToken(env.IDENTITY_0, id))?.token.lastUsedDay).toBe("2026-11-23");
  });
});

/** The real database, with its statements counted. */
let reads = 0;
let writes = 0;
const counted = new Proxy(env.IDENTITY_0, {
  get: (db, name) => {
    if (name !== "prepare") throw new Error(`${String(name)} was not expected`);
    return (sql: string) => {
      if (sql.startsWith("SELECT")) reads += 1;
      else writes += 1;
      return db.prepare(sql);
    };
  },
});

describe("whatever is wrong with a token", () => {
  it("costs the same look-up and answers the same", async () => {
    const [revoked, expired, good] = [
      await tokenFor("admin"),
      await tokenFor("admin", { expiresAt: 1 }),
      await tokenFor("admin"),
    ];
    await revokeToken(env.IDENTITY_0, revoked.split("_")[1] ?? "", NOW);
    const wrong = {
      unknown: `dst_${crypto.randomUUID()}_${"A".repeat(43)}`,
      "of another secret": `${good.slice(0, -43)}${"B".repeat(43)}`,
      "expired, of another secret": `${expired.slice(0, -43)}${"B".repeat(43)}`,
      revoked,
      "another token": "admin_tesT",
      "another form": "dst_x_y",
      "with more behind it": `${good}A`,
      "cut short": good.slice(0, -1),
      long: `dst_${"a".repeat(5_000)}`,
      "with SQL": "dst_'OR'1'='1_x",
    };
    const answers = new Set<string>();
    const sign = vi.spyOn(crypto.subtle, "sign");
    for (const [kind, token] of Object.entries(wrong)) {
      [reads, writes] = [0, 0];
      sign.mockClear();
      const problem = await ask(bearer(token), { db: counted }).catch((error: unknown) => error);
      expect({ reads, writes, macs: sign.mock.calls.length }, kind).toEqual({ reads: 1, writes: 0, macs: 1 });
      if (!(problem instanceof Problem)) throw new Error(`${kind} was let in`);
      answers.add(JSON.stringify([await problem.toResponse().json(), problem.headers]));
    }
    expect(answers.size).toBe(1);
    sign.mockRestore();
  });

  it("and a row whose role is none lets nobody in", async () => {
    const token = await tokenFor("admin");
    await env.IDENTITY_0.prepare("UPDATE access_tokens SET role = 'owner' WHERE id = ?1")
      .bind(token.split("_")[1])
      .run();
    await expect(ask(bearer(token))).rejects.toThrow();
  });
});

describe("Cloudflare Access", async () => {
  const ours = await signer("k");
  const { access } = teamOf([ours.jwk]);
  const assertion = { "cf-access-jwt-assertion": await ours.sign() };

  it("counts where the settings name its team, and nowhere else", async () => {
    expect(await codeOf(assertion, { access })).toBe("let in");
    expect(await codeOf(assertion)).toBe("401 unauthorized");
  });

  it("is its JWT in its header: no cookie, and no header that only says who", async () => {
    const jwt = assertion["cf-access-jwt-assertion"];
    for (const headers of [
      { cookie: `CF_Authorization=${jwt}` },
      { "cf-access-authenticated-user-email": "ada@acme.example" },
      { "x-forwarded-user": "ada@acme.example" },
      { "cf-access-token": jwt },
      bearer(jwt),
    ] as Record<string, string>[])
      expect(await codeOf(headers, { access })).toBe("401 unauthorized");
  });

  it("sent twice counts as none", async () => {
    const jwt = assertion["cf-access-jwt-assertion"];
    const headers = new Headers(assertion);
    headers.append("cf-access-jwt-assertion", jwt);
    await expect(authenticate(headers, { ...deps, access })).rejects.toMatchObject({ code: "unauthorized" });
  });

  it("together with a token counts only where both grant the same", async () => {
    const officer = await tokenFor("privacy_officer", { personal: true });
    const both = (token: string) => codeOf({ ...assertion, ...bearer(token) }, { access });
    expect(await both(officer)).toBe("let in");
    expect(await both("admin_test")).toBe("401 credentials_disagree");
    for (const more of [{ personal: false }, { personal: true, sources: ["web"] }])
      expect(await both(await tokenFor("privacy_officer", more))).toBe("401 credentials_disagree");
    expect(await both("dst_wrong")).toBe("401 unauthorized");
    const expired = { "cf-access-jwt-assertion": await ours.sign({ exp: 1 }) };
    expect(await codeOf({ ...expired, ...bearer(officer) }, { access })).toBe("401 unauthorized");
  });
});

describe("why an offer lost", () => {
  it("is told to operators alone", async () => {
    const may = (headers: Record<string, string>) => mayExplain(new Headers(headers), deps);
    expect(await may({})).toBe(false);
    expect(await may(bearer("admin_test"))).toBe(true);
    expect(await may(bearer(await tokenFor("viewer")))).toBe(true);
    expect(await may(bearer(await tokenFor("viewer", { expiresAt: 1 })))).toBe(false);
    expect(await may(bearer("sk_demo"))).toBe(false);
    expect(await may(bearer("wrong"))).toBe(false);
  });
});
