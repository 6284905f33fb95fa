/**
 * The proof that goes with the toy sign-in: a token signed by the site's server (HS256), which the page hands to
 * `doorstep.identify`. Doorstep knows the same secret (IDENTITY_ISSUERS of scripts/local/demo.ts), so that it believes the
 * token, and nobody else's word. docs/identity-proof.md; a real site has a key of its own, and a library.
 */
import { createHash, createHmac } from "node:crypto";

/** As in IDENTITY_ISSUERS. */
export const SIGN_IN = {
  issuer: "https://fjord-and-field.example/",
  audience: "doorstep-demo",
  secret: "fjord-and-field-demo-sign-in-secret",
} as const;

const LIFETIME_SECONDS = 900;

/** The account's number: the same for an address each time that it signs in. */
export const memberId = (email: string): string =>
  `member-${createHash("sha256").update(email).digest("hex").slice(0, 12)}`;

/** @param now ms since 1970 */
export function signInToken(email: string, now: number): string {
  const issued = Math.floor(now / 1_000);
  const claims = {
    ...{ iss: SIGN_IN.issuer, aud: SIGN_IN.audience, sub: memberId(email), email, email_verified: true },
    ...{ iat: issued, exp: issued + LIFETIME_SECONDS },
  };
  const text = [{ alg: "HS256", typ: "JWT" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  return `${text}.${createHmac("sha256", SIGN_IN.secret).update(text).digest("base64url")}`;
}
