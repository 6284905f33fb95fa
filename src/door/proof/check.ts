/**
 * Checks one identity token: signature by a key of its issuer, under an algorithm that the settings allow, then whom it
 * is for and when. Loaded with the first token, by verifier.ts, since it brings `jose` along. Nothing in a token's header
 * is followed (`jku`, `jwk`, `x5u`): `kid` only says which of the issuer's known keys to take.
 * Source: RFC 7519 and RFC 8725 (best current practices)
 */
import {
  createLocalJWKSet,
  decodeJwt,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
} from "jose";
import type { IdentifierNamespace, TokenProblem } from "#contracts/taxonomy";
import { cleanText } from "#core/clean-text";
import { logError } from "#core/log";
import type { KeyedIssuer } from "./issuers.ts";
import { type GenuineToken, type Proved, refuse, type Verdict } from "./verdict.ts";

/** Clocks may differ by this much. */
export const SKEW_SECONDS = 60;
const MAX_VALUE_CHARS = 128;

/** A verdict, and for how long a good one holds without asking again. */
export interface Checked {
  verdict: Verdict;
  issuer?: KeyedIssuer;
  /** Epoch ms at which the token ends, skew included. */
  endsAt?: number;
}

/** @param now epoch ms */
export async function checkToken(
  token: string,
  issuers: ReadonlyMap<string, KeyedIssuer>,
  now: number,
): Promise<Checked> {
  try {
    // Read before it is verified, to know whose keys to ask; what is used afterwards is read from the verified one.
    const { iss } = decodeJwt(token);
    const issuer = typeof iss === "string" ? issuers.get(iss) : undefined;
    if (!issuer) return { verdict: refuse("token_unknown_issuer") };
    const { settings, secret } = issuer;
    const rules = {
      issuer: settings.issuer,
      audience: settings.audience,
      algorithms: [...settings.algorithms],
      requiredClaims: ["exp", "iat", "sub"],
      clockTolerance: SKEW_SECONDS,
      currentDate: new Date(now),
    };
    const { payload } = secret
      ? await jwtVerify(token, secret, rules)
      : await jwtVerify(token, (header: JWTHeaderParameters) => publicKey(issuer, header), rules);
    const { exp = 0, iat = 0 } = payload; // both are required, and numbers
    if (iat > now / 1_000 + SKEW_SECONDS) return { verdict: refuse("token_not_yet_valid") };
    if (exp - iat > settings.maxLifetimeSeconds) return { verdict: refuse("token_lives_too_long") };
    const verdict = personOf(payload, issuer);
    return { verdict, issuer, endsAt: (exp + SKEW_SECONDS) * 1_000 };
  } catch (error) {
    return { verdict: refuse(problemOf(error)) };
  }
}

class NoKeys extends Error {}

/**
 * The key to check a signature with. Selected anew for each token: `jose` would keep a promise of one request for the
 * next, and workerd lets no request await another's.
 */
async function publicKey({ keyset }: KeyedIssuer, header: JWTHeaderParameters) {
  const set = await keyset?.(typeof header.kid === "string" ? header.kid : undefined);
  if (!set) throw new NoKeys();
  return createLocalJWKSet(set)(header);
}

/** @returns `token_names_nobody` where `sub` is no usable text */
function personOf(payload: JWTPayload, { settings }: KeyedIssuer): Verdict {
  const person = textOf(payload.sub);
  if (person === undefined) return refuse("token_names_nobody");
  const others: Proved[] = [];
  const unverified: string[] = [];
  for (const [name, claim] of Object.entries(settings.claims) as [IdentifierNamespace, string][]) {
    const value = Object.hasOwn(payload, claim) ? textOf(payload[claim]) : undefined;
    // The visitor id is ours to say: an issuer that named one would hand a browser to a person.
    if (value === undefined || name === "visitor_id" || name === settings.namespace) continue;
    if (isVerified(name, payload)) others.push({ namespace: name, value });
    else unverified.push(name);
  }
  return {
    ok: true,
    person: { namespace: settings.namespace, value: person },
    others,
    unverified,
  } satisfies GenuineToken;
}

/** Of an e-mail address and a telephone number the issuer has to say that it has verified them, as OpenID Connect has it. */
function isVerified(namespace: IdentifierNamespace, payload: JWTPayload): boolean {
  if (namespace === "email") return payload.email_verified === true;
  return namespace !== "phone" || payload.phone_number_verified === true;
}

/**
 * An identifier: a text, or a number as its digits. To an issuer `u-1` and `u-1 ` may be two people, or two forms of Unicode:
 * what src/identity/normalise.ts would read as another text names nobody, or one could be registered for the other's data.
 */
function textOf(claim: unknown): string | undefined {
  const text = typeof claim === "number" && Number.isSafeInteger(claim) ? String(claim) : claim;
  if (typeof text !== "string" || text === "" || text.length > MAX_VALUE_CHARS) return undefined;
  return text === cleanText(text) ? text : undefined;
}

/** By the codes of `jose`. */
const PROBLEMS: Record<string, TokenProblem> = {
  ERR_JWT_INVALID: "token_malformed",
  ERR_JWS_INVALID: "token_malformed",
  ERR_JWT_EXPIRED: "token_expired",
  ERR_JOSE_ALG_NOT_ALLOWED: "token_bad_algorithm",
  ERR_JOSE_NOT_SUPPORTED: "token_bad_algorithm",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "token_bad_signature",
  ERR_JWKS_NO_MATCHING_KEY: "token_unknown_key",
  // Without a key id there is no telling which of several keys is meant.
  ERR_JWKS_MULTIPLE_MATCHING_KEYS: "token_unknown_key",
  ERR_JWKS_INVALID: "token_keys_unavailable",
};

function problemOf(error: unknown): TokenProblem {
  if (error instanceof NoKeys) return "token_keys_unavailable";
  if (error instanceof errors.JWTClaimValidationFailed) return problemOfClaim(error);
  const problem = error instanceof errors.JOSEError ? PROBLEMS[error.code] : undefined;
  if (problem !== undefined) return problem;
  // A key of the issuer that is none. No token is worth an event, so that this one is a claim, and the operator is told.
  logError("a token cannot be checked", error);
  return "token_keys_unavailable";
}

function problemOfClaim({ claim, reason }: errors.JWTClaimValidationFailed): TokenProblem {
  if (reason === "missing") return claim === "aud" ? "token_wrong_audience" : "token_lacks_claim";
  if (claim === "nbf" && reason === "check_failed") return "token_not_yet_valid";
  if (claim === "aud") return "token_wrong_audience";
  return claim === "iss" ? "token_unknown_issuer" : "token_malformed";
}
