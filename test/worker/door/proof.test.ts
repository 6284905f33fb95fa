/** Identity tokens as the door checks them: what proves somebody, and everything that does not. */
import { exportSPKI, importJWK, SignJWT } from "jose";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { TokenProblem } from "#contracts/taxonomy";
import { KEY_MAX_AGE_MS } from "#door/proof/issuers";
import type { Verdict } from "#door/proof/verdict";
import { MAX_TOKEN_CHARS, tokenVerifier } from "#door/proof/verifier";
import { issuersSchema } from "../../../src/settings/identity-issuers.ts";
import {
  AUDIENCE,
  forged,
  goodClaims,
  ISSUER,
  inSeconds,
  type TestIssuer,
  testIssuer,
} from "../../setup/identity-tokens.ts";

const NOW = Date.now();
const SECRET = "a-secret-of-the-shop-and-of-us-0123456789";
const noFetch = () => Promise.reject(new Error("nothing is to be fetched"));

function verifierOf(settings: unknown[], more: { fetch?: typeof fetch; clock?: () => number } = {}) {
  const made = tokenVerifier(issuersSchema().parse(settings), { fetch: noFetch, clock: () => NOW, ...more });
  if (!made) throw new Error("no issuer");
  return made;
}
const problemOf = (verdict: Verdict): TokenProblem | "good" => (verdict.ok ? "good" : verdict.problem);

let issuer: TestIssuer;
let other: TestIssuer;
beforeAll(async () => {
  [issuer, other] = await Promise.all([testIssuer(), testIssuer()]);
});

const check = async (token: unknown, settings: unknown[] = [issuer.settings], source = "web", now = NOW) =>
  problemOf(await verifierOf(settings).verify(token, source, now));

describe("a token of a configured issuer, for us, in force", () => {
  it("proves its sub, and what its issuer has verified", async () => {
    const token = await issuer.token({
      email: "Ida@Example.com",
      email_verified: true,
      phone_number: "+421905123456",
      phone_number_verified: true,
    });
    expect(await verifierOf([issuer.settings]).verify(token, "web", NOW)).toEqual({
      ok: true,
      person: { namespace: "user_id", value: "u-1" },
      others: [
        { namespace: "email", value: "Ida@Example.com" },
        { namespace: "phone", value: "+421905123456" },
      ],
      unverified: [],
    });
  });

  it.each([
    ["without the mark", {}],
    ["marked false", { email_verified: false, phone_number_verified: false }],
    ["marked by a text", { email_verified: "true", phone_number_verified: "true" }],
  ])("proves no address that is not verified: %s", async (_title, marks) => {
    const token = await issuer.token({ email: "ida@example.com", phone_number: "+421905123456", ...marks });
    expect(await verifierOf([issuer.settings]).verify(token, "web", NOW)).toMatchObject({
      ok: true,
      others: [],
      unverified: ["email", "phone"],
    });
  });

  it("names a person in the namespace that the settings say, and never a visitor id", async () => {
    const claims = { visitor_id: "vid", crm_id: "crm" };
    const settings = { ...issuer.settings, namespace: "customer_id", claims };
    const token = await issuer.token({ vid: "AAAAAAAAAAAAAAAAAAAAAA", crm: 4711 });
    expect(await verifierOf([settings]).verify(token, "web", NOW)).toMatchObject({
      person: { namespace: "customer_id", value: "u-1" },
      others: [{ namespace: "crm_id", value: "4711" }],
    });
  });

  it.each([
    ["white space at its end", "u-1 "],
    ["white space of another kind", "\u00a0u-1"],
    ["a letter that Unicode holds for the same", "\u212Aim"],
    ["an accent as a letter of its own", "zuzana-s\u030c"],
  ])("names nobody by a sub with %s: it would be read as another's", async (_title, sub) => {
    expect(await check(await issuer.token({ sub }), [issuer.settings])).toBe("token_names_nobody");
    const more = { ...issuer.settings, claims: { customer_id: "customer" } };
    const token = await issuer.token({ customer: sub });
    expect(await verifierOf([more]).verify(token, "web", NOW)).toMatchObject({ ok: true, others: [] });
  });

  it("may be signed by ES256, or by a shared secret where the settings have one", async () => {
    const es = await testIssuer("es", {}, "ES256");
    expect(await check(await es.token(), [es.settings])).toBe("good");
    const hs = { issuer: ISSUER, audience: AUDIENCE, secret: SECRET };
    const signed = await new SignJWT(goodClaims(NOW))
      .setProtectedHeader({ alg: "HS256" })
      .sign(new TextEncoder().encode(SECRET));
    expect(await check(signed, [hs])).toBe("good");
  });

  it("counts for the listed sources alone", async () => {
    const settings = { ...issuer.settings, sources: ["shop"] };
    const verifier = verifierOf([settings]);
    const token = await issuer.token();
    expect(problemOf(await verifier.verify(token, "shop", NOW))).toBe("good");
    expect(problemOf(await verifier.verify(token, "blog", NOW))).toBe("token_wrong_source");
  });
});

describe("a token proves nothing", () => {
  const rsaPem = async () => {
    const key = await importJWK({ ...issuer.publicKey, alg: "RS256" }, "RS256", { extractable: true });
    return exportSPKI(key as CryptoKey);
  };
  const hmac = async (secret: string, kid?: string) =>
    new SignJWT(goodClaims(NOW))
      .setProtectedHeader({ alg: "HS256", ...(kid && { kid }) })
      .sign(new TextEncoder().encode(secret));

  it.each<[string, TokenProblem, () => string | Promise<string>]>([
    ["with alg none", "token_bad_algorithm", () => forged({ alg: "none" }, goodClaims(NOW))],
    ["with alg None", "token_bad_algorithm", () => forged({ alg: "None", kid: "key-1" }, goodClaims(NOW))],
    [
      "with alg none and a signature",
      "token_bad_algorithm",
      async () => forged({ alg: "none" }, goodClaims(NOW), (await issuer.token()).split(".")[2]),
    ],
    [
      "signed as HS256 with the issuer's public key",
      "token_bad_algorithm",
      async () => hmac(await rsaPem(), "key-1"),
    ],
    ["signed by another key under the same id", "token_bad_signature", () => other.token()],
    [
      "whose claims were changed",
      "token_bad_signature",
      async () => {
        const [head, , signature] = (await issuer.token()).split(".");
        return `${head}.${forged({}, { ...goodClaims(NOW), sub: "u-2" }).split(".")[1]}.${signature}`;
      },
    ],
    [
      "that brings its own key along",
      "token_bad_signature",
      () =>
        other.token(
          {},
          { jwk: other.publicKey, jku: "https://evil.example/keys", x5u: "https://evil.example/x" },
        ),
    ],
    [
      "with a critical header that nobody here knows",
      "token_bad_algorithm",
      () => forged({ alg: "RS256", kid: "key-1", crit: ["exp2"], exp2: 1 }, goodClaims(NOW), "AAAA"),
    ],
    ["of an unknown key id", "token_unknown_key", () => issuer.token({}, { kid: "key-2" })],
    ["whose key id is a path", "token_unknown_key", () => issuer.token({}, { kid: "../../../../dev/null" })],
    [
      "whose key id is a statement of SQL",
      "token_unknown_key",
      () => issuer.token({}, { kid: "x' UNION SELECT 'key" }),
    ],
    [
      "whose key id is an address",
      "token_unknown_key",
      () => issuer.token({}, { kid: "https://evil.example/jwks.json" }),
    ],
    [
      "of an issuer that is not configured",
      "token_unknown_issuer",
      () => issuer.token({ iss: "https://evil.example/" }),
    ],
    [
      "of an issuer that only begins alike",
      "token_unknown_issuer",
      () => issuer.token({ iss: ISSUER.slice(0, -1) }),
    ],
    ["of several issuers", "token_unknown_issuer", () => issuer.token({ iss: [ISSUER] })],
    ["without an issuer", "token_unknown_issuer", () => issuer.token({ iss: undefined })],
    ["for another audience", "token_wrong_audience", () => issuer.token({ aud: "another-app" })],
    [
      "replayed from another tenant of the same issuer",
      "token_wrong_audience",
      () => issuer.token({ aud: ["doorstep-other-shop", "login"] }),
    ],
    ["for nobody in particular", "token_wrong_audience", () => issuer.token({ aud: undefined })],
    [
      "that has expired",
      "token_expired",
      () => issuer.token({ iat: inSeconds(NOW) - 7_200, exp: inSeconds(NOW) - 3_600 }),
    ],
    ["that is not valid yet", "token_not_yet_valid", () => issuer.token({ nbf: inSeconds(NOW) + 600 })],
    [
      "that was issued in the future",
      "token_not_yet_valid",
      () => issuer.token({ iat: inSeconds(NOW) + 600, exp: inSeconds(NOW) + 700 }),
    ],
    ["that never expires", "token_lacks_claim", () => issuer.token({ exp: undefined })],
    ["that does not say when it was issued", "token_lacks_claim", () => issuer.token({ iat: undefined })],
    ["that names nobody", "token_lacks_claim", () => issuer.token({ sub: undefined })],
    ["whose sub is empty", "token_names_nobody", () => issuer.token({ sub: "" })],
    ["whose sub is an object", "token_names_nobody", () => issuer.token({ sub: { toString: "u-1" } })],
    ["whose end is a text", "token_malformed", () => issuer.token({ exp: "2099-01-01" })],
    [
      "that lives longer than the settings allow",
      "token_lives_too_long",
      () => issuer.token({ iat: inSeconds(NOW), exp: inSeconds(NOW) + 86_401 }),
    ],
    [
      "that ends at infinity",
      "token_lives_too_long",
      async () => {
        const text = JSON.stringify(goodClaims(NOW)).replace(/"exp":\d+/, '"exp":1e999');
        const head = forged({ alg: "HS256" }, {}).split(".")[0];
        const body = btoa(text).replaceAll("=", "");
        const key = await crypto.subtle.importKey(
          "raw",
          new TextEncoder().encode(SECRET),
          { name: "HMAC", hash: "SHA-256" },
          false,
          ["sign"],
        );
        const mac = new Uint8Array(
          await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(`${head}.${body}`)),
        );
        return `${head}.${body}.${mac.toBase64({ alphabet: "base64url", omitPadding: true })}`;
      },
    ],
    ["of two parts", "token_malformed", () => "a.b"],
    ["that is no JSON", "token_malformed", () => "aaaa.bbbb.cccc"],
    ["that is an encrypted one", "token_malformed", () => "a.b.c.d.e"],
    ["that is empty", "token_malformed", () => " "],
  ])("%s", async (title, problem, make) => {
    const hs = { issuer: ISSUER, audience: AUDIENCE, secret: SECRET };
    expect(await check(await make(), [title === "that ends at infinity" ? hs : issuer.settings])).toBe(
      problem,
    );
  });

  it.each([[42], [{}], [["a"]], [true]])("that is no text: %j", async (token) => {
    expect(await check(token)).toBe("token_malformed");
  });

  it("that is larger than 8 KB, whoever signed it", async () => {
    const token = await issuer.token({ more: "x".repeat(MAX_TOKEN_CHARS) });
    expect(await check(token)).toBe("token_too_large");
    expect(await check("x".repeat(1_000_000))).toBe("token_too_large");
  });

  it("signed with a public key by an issuer whose settings have a secret", async () => {
    const hs = { issuer: ISSUER, audience: AUDIENCE, secret: SECRET };
    expect(await check(await issuer.token(), [hs])).toBe("token_bad_algorithm");
    expect(await check(await hmac("another-secret-0123456789-0123456789"), [hs])).toBe("token_bad_signature");
  });

  it("of one issuer for another issuer's people", async () => {
    const second = await testIssuer("key-1", { issuer: "https://b.example/" });
    const settings = [issuer.settings, second.settings];
    expect(await check(await second.token({ iss: ISSUER }), settings)).toBe("token_bad_signature");
    expect(await check(await second.token({ iss: "https://b.example/" }), settings)).toBe("good");
  });

  it("of an algorithm that the settings do not list, though the key could", async () => {
    const settings = { ...issuer.settings, algorithms: ["ES256"] };
    expect(await check(await issuer.token(), [settings])).toBe("token_bad_algorithm");
  });

  it("where no issuer is configured at all", () => {
    expect(tokenVerifier([], { fetch: noFetch, clock: () => NOW })).toBeUndefined();
  });

  it("whose issuer's keys are no keys: said in the log, without a word of the token", async () => {
    const settings = {
      ...issuer.settings,
      jwks: { keys: [{ kty: "RSA", kid: "key-1", n: "!", e: "AQAB" }] },
    };
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const token = await issuer.token();
    expect(await check(token, [settings])).toBe("token_keys_unavailable");
    expect(log).toHaveBeenCalledOnce();
    expect(JSON.stringify(log.mock.calls)).not.toContain(token.slice(0, 20));
    log.mockRestore();
  });
});

describe("clocks may differ by 60 seconds", () => {
  const at = inSeconds(NOW) * 1_000;
  it.each<[string, Record<string, number>, TokenProblem | "good"]>([
    ["ended 59 s ago", { exp: inSeconds(at) - 59, iat: inSeconds(at) - 600 }, "good"],
    ["ended 61 s ago", { exp: inSeconds(at) - 61, iat: inSeconds(at) - 600 }, "token_expired"],
    ["begins in 59 s", { nbf: inSeconds(at) + 59 }, "good"],
    ["begins in 61 s", { nbf: inSeconds(at) + 61 }, "token_not_yet_valid"],
    ["was issued 59 s from now", { iat: inSeconds(at) + 59 }, "good"],
    ["was issued 61 s from now", { iat: inSeconds(at) + 61 }, "token_not_yet_valid"],
  ])("a token that %s", async (_title, claims, expected) => {
    expect(await check(await issuer.token(claims), [issuer.settings], "web", at)).toBe(expected);
  });
});

describe("a good token is remembered", () => {
  it("so that it costs one check, and no longer than until it ends", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const verifier = verifierOf([issuer.settings]);
    const token = await issuer.token({ exp: inSeconds(NOW) + 100 });
    for (let n = 0; n < 5; n++) expect(problemOf(await verifier.verify(token, "web", NOW))).toBe("good");
    expect(verify).toHaveBeenCalledOnce();
    expect(problemOf(await verifier.verify(token, "web", NOW + 159_000))).toBe("good");
    expect(problemOf(await verifier.verify(token, "web", NOW + 161_000))).toBe("token_expired");
    verify.mockRestore();
  });

  it("and a bad one is not: it could push out the good ones", async () => {
    const verify = vi.spyOn(crypto.subtle, "verify");
    const verifier = verifierOf([issuer.settings]);
    const token = await other.token();
    for (let n = 0; n < 3; n++)
      expect(problemOf(await verifier.verify(token, "web", NOW))).toBe("token_bad_signature");
    expect(verify).toHaveBeenCalledTimes(3);
    verify.mockRestore();
  });
});

describe("keys at an address", () => {
  const URL_OF_KEYS = "https://login.shop.example/jwks.json";
  const settingsOf = (one: TestIssuer) => {
    const { jwks, ...rest } = one.settings;
    return { ...rest, jwksUrl: URL_OF_KEYS };
  };
  /** Serves these keys, and counts how often it is asked. */
  const keyServer = (keys: unknown[]) => {
    const server = { keys, asked: 0, down: false, clock: NOW };
    const ask = async (url: RequestInfo | URL): Promise<Response> => {
      expect(String(url)).toBe(URL_OF_KEYS);
      server.asked++;
      return server.down ? new Response("", { status: 503 }) : Response.json({ keys: server.keys });
    };
    return Object.assign(server, { fetch: ask as typeof fetch });
  };
  const verifierFor = (server: ReturnType<typeof keyServer>) =>
    verifierOf([settingsOf(issuer)], { fetch: server.fetch, clock: () => server.clock });

  it("are fetched with the first token, once for many", async () => {
    const server = keyServer([issuer.publicKey]);
    const verifier = verifierFor(server);
    expect(server.asked).toBe(0);
    for (const sub of ["u-1", "u-2", "u-3"])
      expect(problemOf(await verifier.verify(await issuer.token({ sub }), "web", NOW))).toBe("good");
    expect(server.asked).toBe(1);
  });

  it("are fetched once more, and no more, for a flood of unknown key ids", async () => {
    const server = keyServer([issuer.publicKey]);
    const verifier = verifierFor(server);
    await verifier.verify(await issuer.token(), "web", NOW);
    server.clock += 61_000;
    for (let n = 0; n < 50; n++) {
      const token = await issuer.token({}, { kid: `made-up-${n}` });
      expect(problemOf(await verifier.verify(token, "web", NOW))).toBe("token_unknown_key");
    }
    expect(server.asked).toBe(2);
  });

  it("are not asked for by a token whose algorithm or issuer is not ours", async () => {
    const server = keyServer([issuer.publicKey]);
    const verifier = verifierFor(server);
    await verifier.verify(forged({ alg: "none", kid: "a" }, goodClaims(NOW)), "web", NOW);
    await verifier.verify(forged({ alg: "HS256", kid: "b" }, goodClaims(NOW), "AAAA"), "web", NOW);
    await verifier.verify(await issuer.token({ iss: "https://evil.example/" }), "web", NOW);
    expect(server.asked).toBe(0);
  });

  it("are rotated: a new one is found at once, and one that was taken back is refused within its greatest age", async () => {
    const server = keyServer([issuer.publicKey]);
    const verifier = verifierFor(server);
    const old = await issuer.token({ exp: inSeconds(NOW) + 80_000 });
    expect(problemOf(await verifier.verify(old, "web", server.clock))).toBe("good");

    const next = await testIssuer("key-2");
    server.keys = [next.publicKey];
    server.clock += 61_000;
    expect(problemOf(await verifier.verify(await next.token(), "web", server.clock))).toBe("good");
    // The old one is still remembered as good, and for no longer than this.
    server.clock = NOW + KEY_MAX_AGE_MS / 2 - 1;
    expect(problemOf(await verifier.verify(old, "web", server.clock))).toBe("good");
    server.clock = NOW + KEY_MAX_AGE_MS;
    expect(problemOf(await verifier.verify(old, "web", server.clock))).toBe("token_unknown_key");
  });

  it("that were taken back end within their greatest age, also for a token that was first seen late", async () => {
    const server = keyServer([issuer.publicKey]);
    const verifier = verifierFor(server);
    await verifier.verify(await issuer.token(), "web", NOW);
    server.keys = [(await testIssuer("key-2")).publicKey];
    const late = await issuer.token({ sub: "u-2", exp: inSeconds(NOW) + 80_000 });
    for (const minutes of [2, 4, 6, 8, 9.9]) {
      server.clock = NOW + minutes * 60_000;
      await verifier.verify(late, "web", server.clock);
    }
    server.clock = NOW + 600_000;
    expect(problemOf(await verifier.verify(late, "web", server.clock))).toBe("token_unknown_key");
  });

  it("that cannot be had prove nothing, and are not asked for again at once", async () => {
    const server = keyServer([]);
    server.down = true;
    const log = vi.spyOn(console, "error").mockImplementation(() => {});
    const verifier = verifierFor(server);
    for (let n = 0; n < 5; n++)
      expect(problemOf(await verifier.verify(await issuer.token(), "web", NOW))).toBe(
        "token_keys_unavailable",
      );
    expect(server.asked).toBe(1);
    log.mockRestore();
  });
});
