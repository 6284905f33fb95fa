/** Cloudflare Access: only its own good JWT lets somebody in, and only where a grant names them. */
import { SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, it } from "vitest";
import { cloudflareAccess, readAssertion } from "#console/access/access-jwt";
import { toBase64Url } from "#core/base64";
import { Problem } from "#core/problem";
import { AUDIENCE, type Fields, NOW, signer, TEAM, teamOf } from "./access-team.ts";

const ours = await signer("key-1");
const other = await signer("key-1");
const { access, now } = teamOf([ours.jwk]);
const SECONDS = NOW / 1_000;

const read = (text: string) => readAssertion(text, access, now);
async function codeOf(text: string): Promise<string> {
  const problem = await read(text).catch((error: unknown) => error);
  return problem instanceof Problem ? `${problem.status} ${problem.code}` : "let in";
}

describe("somebody whom Access lets in", () => {
  it("is who the JWT says, with the role of their own address", async () => {
    expect(await read(await ours.sign())).toEqual({
      actor: {
        id: "access:7335d417-61da-459d-899c-0a01c76a2f94",
        name: "ada@acme.example",
        role: "privacy_officer",
        personal: true,
        sources: undefined,
      },
      expiresAt: NOW + 3_600_000,
      ambient: true,
    });
  });

  it("has the role of the domain where the address has none, whatever its case", async () => {
    const { actor } = await read(await ours.sign({ email: "Bob@ACME.example" }));
    expect(actor).toMatchObject({
      name: "bob@acme.example",
      role: "viewer",
      personal: false,
      sources: ["web"],
    });
  });

  it("may be a service token, by its client id", async () => {
    const claims = { email: undefined, sub: "", common_name: "88bf3b6d86161464f6509f7219099e57.access" };
    const { actor } = await read(await ours.sign(claims));
    expect(actor).toMatchObject({ id: "access:88bf3b6d86161464f6509f7219099e57.access", role: "engineer" });
  });

  it.each<[string, Fields]>([
    ["another domain", { email: "eve@evil.example" }],
    ["a domain below ours", { email: "eve@sub.acme.example" }],
    ["a domain that ends as ours", { email: "eve@notacme.example" }],
    ["another service token", { email: undefined, sub: "", common_name: "00.access" }],
    ["a name that objects have", { email: undefined, sub: "", common_name: "constructor" }],
  ])("gets nothing without a grant: %s", async (_, claims) => {
    expect(await codeOf(await ours.sign(claims))).toBe("403 no_role");
  });

  it.each<[string, Fields]>([
    [
      "an address in the place of a client id",
      { email: undefined, sub: "", common_name: "ada@acme.example" },
    ],
    ["a domain in its place", { email: undefined, sub: "", common_name: "@acme.example" }],
    ["an address that is none", { email: "@acme.example" }],
    ["two addresses", { email: "eve@evil.example@acme.example" }],
    ["an address with a line break", { email: "eve@evil.example\n@acme.example" }],
    ["an address with another letter that becomes ours in lower case", { email: "\u212Aim@acme.example" }],
    ["an address in another form of Unicode", { email: "a\u0301da@acme.example" }],
    ["a list of addresses", { email: ["ada@acme.example"] }],
    ["an address without a subject", { sub: "" }],
    ["nobody", { email: undefined }],
  ])("is refused where the JWT does not say who: %s", async (_, claims) => {
    expect(await codeOf(await ours.sign(claims))).toBe("401 unauthorized");
  });
});

describe("a JWT that does not hold is refused", () => {
  it.each<[string, Fields]>([
    ["of another application", { aud: ["another"] }],
    ["of no application", { aud: undefined }],
    ["of another team", { iss: "https://evil.cloudflareaccess.com" }],
    ["of a team with a slash", { iss: `${TEAM}/` }],
    ["expired", { exp: SECONDS - 61 }],
    ["that never ends", { exp: undefined }],
    ["not yet valid", { nbf: SECONDS + 61 }],
    ["without the time it was made", { iat: undefined }],
  ])("%s", async (_, claims) => {
    expect(await codeOf(await ours.sign(claims))).toBe("401 unauthorized");
  });

  it("but clocks may differ by a minute", async () => {
    expect(await codeOf(await ours.sign({ exp: SECONDS - 59 }))).toBe("let in");
    expect(await codeOf(await ours.sign({ nbf: SECONDS + 59, iat: SECONDS + 59 }))).toBe("let in");
  });

  it("signed by another key of the same id", async () => {
    expect(await codeOf(await other.sign())).toBe("401 unauthorized");
  });

  it("without a signature: `alg: none`", async () => {
    const unsigned = new UnsecuredJWT({ email: "ada@acme.example", sub: "x" })
      .setIssuer(TEAM)
      .setAudience(AUDIENCE)
      .setIssuedAt(SECONDS)
      .setExpirationTime(SECONDS + 60)
      .encode();
    expect(await codeOf(unsigned)).toBe("401 unauthorized");
    const [, payload] = (await ours.sign()).split(".");
    const header = toBase64Url(new TextEncoder().encode('{"alg":"none","kid":"key-1"}'));
    expect(await codeOf(`${header}.${payload}.`)).toBe("401 unauthorized");
  });

  it("signed with the public key as if it were a shared secret: `alg: HS256`", async () => {
    const claims = {
      iss: TEAM,
      aud: AUDIENCE,
      email: "ada@acme.example",
      sub: "x",
      iat: SECONDS,
      exp: SECONDS + 60,
    };
    for (const secret of [JSON.stringify(ours.jwk), String(ours.jwk.n)]) {
      const forged = await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", kid: "key-1" })
        .sign(new TextEncoder().encode(secret));
      expect(await codeOf(forged)).toBe("401 unauthorized");
    }
  });

  it("that brings its own key, by value or by address", async () => {
    expect(await codeOf(await other.sign({}, { jwk: other.jwk }))).toBe("401 unauthorized");
    expect(await codeOf(await other.sign({}, { jku: "https://evil.example/keys" }))).toBe("401 unauthorized");
  });

  it("whose claims or header were changed", async () => {
    const [header = "", payload = "", signature] = (await ours.sign({ email: "bob@acme.example" })).split(
      ".",
    );
    const changed = toBase64Url(
      new TextEncoder().encode(atob(payload).replace("bob@acme.example", "ada@acme.example")),
    );
    expect(await codeOf(`${header}.${changed}.${signature}`)).toBe("401 unauthorized");
  });

  it.each([
    "",
    "x",
    "a.b",
    "a.b.c",
    "..",
    `${"a".repeat(9_000)}.b.c`,
    "e30.e30.e30",
    "null",
    '{"kid":"key-1"}',
  ])("that is none: %.20s", async (text) => {
    expect(await codeOf(text)).toBe("401 unauthorized");
  });

  it("that names no key, or one that Access does not have", async () => {
    const { access: team, fetched } = teamOf([ours.jwk, (await signer("key-2")).jwk]);
    const refused = { status: 401, code: "unauthorized" };
    await expect(readAssertion(await ours.sign({}, { kid: undefined }), team, now)).rejects.toMatchObject(
      refused,
    );
    await expect(readAssertion(await ours.sign({}, { kid: "key-9" }), team, now)).rejects.toMatchObject(
      refused,
    );
    expect(fetched).toEqual([`${TEAM}/cdn-cgi/access/certs`]);
  });
});

describe("the keys of Access", () => {
  it("are fetched once for a thousand JWTs of unknown keys", async () => {
    const { access: team, fetched, clock } = teamOf([ours.jwk]);
    const at = () => clock.now;
    await readAssertion(await ours.sign(), team, at);
    for (let n = 0; n < 1_000; n++) {
      const header = toBase64Url(new TextEncoder().encode(`{"alg":"RS256","kid":"flood-${n}"}`));
      await expect(readAssertion(`${header}.e30.AA`, team, at)).rejects.toMatchObject({ status: 401 });
    }
    expect(fetched).toHaveLength(1);
    clock.now += 60_000;
    for (let n = 0; n < 10; n++)
      await readAssertion(await other.sign({}, { kid: `flood-${n}` }), team, at).catch(() => {});
    expect(fetched).toHaveLength(2);
  });

  it("where none are known, nobody is let in, and it is said why", async () => {
    const team = cloudflareAccess(
      { ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUD: AUDIENCE, ACCESS_ROLES: {} },
      async () => new Response(null, { status: 502 }),
      now,
    );
    if (!team) throw new Error("the settings name a team");
    await expect(readAssertion(await ours.sign(), team, now)).rejects.toMatchObject({
      status: 503,
      code: "access_keys_unavailable",
    });
  });
});
