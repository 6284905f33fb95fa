/**
 * Who an identity token says that a visitor is. Made once per isolate by src/shared.ts from the setting IDENTITY_ISSUERS,
 * asked by src/collect/prove.ts. A token that was good is remembered until it ends, and no longer than its issuer's keys
 * may be relied on, since it comes with every event of a visit. Refusals are not remembered: who makes up tokens could
 * push the good ones out.
 */
import type { IdentityIssuer } from "../../settings/identity-issuers.ts";
import { recent } from "../recent.ts";
import { type KeyDeps, type KeyedIssuer, keyedIssuers } from "./issuers.ts";
import { type GenuineToken, refuse, type Verdict } from "./verdict.ts";

/** Tokens of real issuers are 300 to 2,000 characters. */
export const MAX_TOKEN_CHARS = 8_192;
const MAX_REMEMBERED = 500;

export interface TokenVerifier {
  /**
   * @param token as it came; only a text can be one
   * @param source id of the source that the event comes from; undefined: it is no event that it comes with
   * @param now epoch ms
   */
  verify(token: unknown, source: string | undefined, now: number): Promise<Verdict>;
}

interface Remembered {
  verdict: GenuineToken;
  issuer: KeyedIssuer;
  /** Epoch ms. */
  until: number;
}

/** @returns undefined where the settings name no issuer: then no token proves anything */
export function tokenVerifier(issuers: readonly IdentityIssuer[], deps: KeyDeps): TokenVerifier | undefined {
  if (issuers.length === 0) return undefined;
  let keyed: ReadonlyMap<string, KeyedIssuer> | undefined;
  const known = recent<Remembered>(MAX_REMEMBERED);

  const checked = async (token: string, now: number): Promise<Remembered | Verdict> => {
    const { checkToken } = await import("./check.ts");
    keyed ??= keyedIssuers(issuers, deps);
    const { verdict, issuer, endsAt = 0 } = await checkToken(token, keyed, now);
    if (!verdict.ok || !issuer) return verdict;
    const made = { verdict, issuer, until: Math.min(endsAt, now + (issuer.recheckMs ?? endsAt)) };
    known.keep(token, made);
    return made;
  };

  return {
    async verify(token, source, now) {
      if (typeof token !== "string") return refuse("token_malformed");
      if (token.length > MAX_TOKEN_CHARS) return refuse("token_too_large");
      const held = known.get(token);
      const made = held && now < held.until ? held : await checked(token, now);
      if (!("issuer" in made)) return made;
      const { sources } = made.issuer.settings;
      return sources && source !== undefined && !sources.includes(source)
        ? refuse("token_wrong_source")
        : made.verdict;
    },
  };
}
