/**
 * What an identity token comes to: a person, as its issuer names them, or the reason why it proves nothing. Values are
 * still as the issuer wrote them; src/collect/prove.ts makes identifiers of them.
 */
import type { IdentifierNamespace, TokenProblem } from "#contracts/taxonomy";

/** A value that a token proves. */
export interface Proved {
  namespace: IdentifierNamespace;
  value: string;
}

/** A token that was signed by an issuer of ours, for us, and is in force. */
export interface GenuineToken {
  ok: true;
  /** Its `sub`. */
  person: Proved;
  /** What its other claims prove of the same person. */
  others: readonly Proved[];
  /** Claims that it has and that prove nothing: an e-mail address or telephone number that its issuer has not verified. */
  unverified: readonly string[];
}

export type Verdict = GenuineToken | { ok: false; problem: TokenProblem };

export const refuse = (problem: TokenProblem): Verdict => ({ ok: false, problem });
