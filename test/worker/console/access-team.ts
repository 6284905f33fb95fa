/** A team of Cloudflare Access for tests: a real RSA key, its JWKS behind a `fetch`, and the JWTs that Access would add. */
import {
  exportJWK,
  generateKeyPair,
  type JWK,
  type JWTHeaderParameters,
  type JWTPayload,
  SignJWT,
} from "jose";
import { type AccessSettings, cloudflareAccess } from "#console/access/access-jwt";

export const TEAM = "https://acme.cloudflareaccess.com";
export const AUDIENCE = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";
export const NOW = Date.parse("2026-11-22T10:30:00Z");

const ROLES: AccessSettings["ACCESS_ROLES"] = {
  "ada@acme.example": { role: "privacy_officer", personal: true },
  "@acme.example": { role: "viewer", personal: false, sources: ["web"] },
  "88bf3b6d86161464f6509f7219099e57.access": { role: "engineer", personal: false },
};

/** Claims or header fields, also of kinds that Access would never write. */
export type Fields = Record<string, unknown>;

export interface Signer {
  kid: string;
  jwk: JWK;
  /** A JWT as Access makes it; claims and header fields are over those that it has. */
  sign(claims?: Fields, header?: Fields): Promise<string>;
}

export async function signer(kid: string): Promise<Signer> {
  const { publicKey, privateKey } = await generateKeyPair("RS256");
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: "RS256", use: "sig" };
  const seconds = NOW / 1_000;
  return {
    kid,
    jwk,
    sign: (claims = {}, header = {}) =>
      new SignJWT({
        iss: TEAM,
        aud: [AUDIENCE],
        email: "ada@acme.example",
        sub: "7335d417-61da-459d-899c-0a01c76a2f94",
        type: "app",
        iat: seconds - 60,
        nbf: seconds - 60,
        exp: seconds + 3_600,
        ...claims,
      } as JWTPayload)
        .setProtectedHeader({ alg: "RS256", kid, ...header } as JWTHeaderParameters)
        .sign(privateKey),
  };
}

/** Access as the console is given it, with the addresses that were fetched. The clock can be moved. */
export function teamOf(keys: readonly JWK[], roles = ROLES) {
  const clock = { now: NOW };
  const fetched: string[] = [];
  const access = cloudflareAccess(
    { ACCESS_TEAM_DOMAIN: TEAM, ACCESS_AUD: AUDIENCE, ACCESS_ROLES: roles },
    async (url) => {
      fetched.push(url);
      return Response.json({ keys });
    },
    () => clock.now,
  );
  if (!access) throw new Error("the settings name a team");
  return { access, fetched, clock, now: () => clock.now };
}
