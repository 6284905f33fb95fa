/** An issuer of identity tokens, for tests: keys of its own, the settings that trust it, and tokens as good or bad as asked for. */
import { exportJWK, generateKeyPair, type JWK, type JWTHeaderParameters, SignJWT } from "jose";

export const ISSUER = "https://login.shop.example/";
export const AUDIENCE = "doorstep-shop";

export interface TestIssuer {
  /** One entry of IDENTITY_ISSUERS, its public key in it. */
  settings: Record<string, unknown> & { jwks: { keys: JWK[] } };
  publicKey: JWK;
  /** A token. `claims` go over those of a good one; one that is undefined is left out. */
  token(claims?: Record<string, unknown>, header?: Partial<JWTHeaderParameters>): Promise<string>;
}

/** Seconds since 1970. */
export const inSeconds = (ms: number): number => Math.floor(ms / 1_000);

/** @param more settings over the usual ones */
export async function testIssuer(
  kid = "key-1",
  more: Record<string, unknown> = {},
  alg: "RS256" | "ES256" = "RS256",
): Promise<TestIssuer> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const jwk: JWK = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
  return {
    publicKey: jwk,
    settings: {
      issuer: ISSUER,
      audience: AUDIENCE,
      claims: { email: "email", phone: "phone_number" },
      jwks: { keys: [jwk] },
      ...more,
    },
    token: (claims = {}, header = {}) =>
      new SignJWT({ ...goodClaims(), ...claims })
        .setProtectedHeader({ alg, kid, ...header })
        .sign(privateKey),
  };
}

/** Claims of a token that was issued a minute ago and lives for an hour. */
export const goodClaims = (now = Date.now()): Record<string, unknown> => ({
  iss: ISSUER,
  aud: AUDIENCE,
  sub: "u-1",
  iat: inSeconds(now) - 60,
  exp: inSeconds(now) + 3_540,
});

const part = (value: unknown): string =>
  btoa(typeof value === "string" ? value : JSON.stringify(value))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** A token put together by hand. @param signature base64url, or bytes */
export const forged = (
  header: Record<string, unknown>,
  claims: Record<string, unknown>,
  signature: string | Uint8Array = "",
): string =>
  `${part(header)}.${part(claims)}.${typeof signature === "string" ? signature : part(String.fromCharCode(...signature))}`;
