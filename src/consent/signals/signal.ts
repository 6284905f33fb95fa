/**
 * What one consent signal says: a TCF or GPP string, the cookie of a banner, Google Consent Mode, an event's own
 * statement. Each reader in this folder turns a text into this shape, and src/consent/decide.ts weighs them.
 */
import type { Purpose } from "#contracts/taxonomy";

/** Kinds of signals. Within one kind the latest counts, across kinds the most restrictive. */
export const SIGNAL_KINDS = ["choice", "tcf", "gpp", "banner", "consent_mode", "statement"] as const;
export type SignalKind = (typeof SIGNAL_KINDS)[number];

/** A purpose that is left out is one that the signal does not speak of. */
export type Says = { [P in Purpose]?: "granted" | "denied" | undefined };

export interface Signal {
  kind: SignalKind;
  /** Which of its kind: `onetrust`, `usca` … Empty where there is but one. */
  name: string;
  says: Says;
  /**
   * Epoch ms at which the decision was made, as far as the signal tells; where it knows only the day, its first moment.
   * 0: it does not tell.
   */
  givenAt: number;
  /** Epoch ms from which its grants are none; its denials stay. Absent: it does not lapse by itself. */
  expiresAt?: number;
  /** What proves it, without saying who: `sha256:` and 32 hex digits of the text, or a banner's version. */
  evidence: string;
  /** Why it is no valid signal, as a stable code (`malformed`, `too_long` …): then it denies all three purposes. */
  invalid?: string;
}

/** What a signal says that cannot be relied upon. */
export const DENIES_ALL: Says = { analytics: "denied", marketing: "denied", personalization: "denied" };
