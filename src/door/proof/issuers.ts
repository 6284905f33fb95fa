/**
 * The issuers of the settings with the way to their keys. Made once per isolate; an address is first asked when a token
 * names its issuer. Used by verifier.ts.
 */
import type { JSONWebKeySet } from "jose";
import type { Clock } from "#core/clock";
import { type JwksOptions, jwksSource } from "#privacy/jwks";
import type { IdentityIssuer } from "../../settings/identity-issuers.ts";

/** How long a key that its issuer has taken back may go on. */
export const KEY_MAX_AGE_MS = 600_000;
/** Half of it is the age at which an address is read again, the other half what its keys have verified is remembered. */
const HALF_MS = KEY_MAX_AGE_MS / 2;

export interface KeyDeps {
  /** Of the platform: reads an issuer's keys. */
  fetch: JwksOptions["fetch"];
  clock: Clock;
  /** Takes keys from an `http:` address: in local development. */
  allowInsecure?: boolean;
}

/** An issuer, and either the secret that it shares with us or its public keys. */
export interface KeyedIssuer {
  settings: IdentityIssuer;
  /** How long what its keys have verified may be relied on without asking them again, in ms; without it: always. */
  recheckMs?: number;
  secret?: Uint8Array;
  /** Keys that hold now, read again where `kid` is not among them; undefined: none are to be had. */
  keyset?(kid: string | undefined): Promise<JSONWebKeySet | undefined>;
}

/** Issuers by what a token's `iss` says. */
export function keyedIssuers(
  issuers: readonly IdentityIssuer[],
  { fetch, clock, allowInsecure = false }: KeyDeps,
): ReadonlyMap<string, KeyedIssuer> {
  return new Map(issuers.map((settings) => [settings.issuer, keyed(settings)]));

  function keyed(settings: IdentityIssuer): KeyedIssuer {
    if ("secret" in settings) return { settings, secret: new TextEncoder().encode(settings.secret) };
    if ("jwks" in settings) {
      // Checked to be objects; what is no key among them matches no token.
      const set = settings.jwks as unknown as JSONWebKeySet;
      return { settings, keyset: async () => set };
    }
    const { jwksUrl: url } = settings;
    const source = jwksSource({ url, fetch, clock, allowInsecure, maxAgeMs: HALF_MS });
    return { settings, recheckMs: HALF_MS, keyset: source.keyset };
  }
}
