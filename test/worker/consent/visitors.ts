/** What tests of the consent routes share: the ledger as it is stored, cookies of a past decision, strings of today. */
import { env } from "cloudflare:workers";
import { type ConsentChoice, packConsent } from "#consent/cookie";
import { type LedgerEntry, readLedger } from "#consent/store";
import type { Purpose } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { keyring } from "#privacy/keys";
import { readSettings } from "../../../src/env.ts";
import { tcfString } from "../../setup/tcf-strings.ts";
import { RELEASE } from "../product.ts";

/** The test release, with a regime that asks again, and one that takes no consent manager's word. */
export const CONSENT_RELEASE = {
  ...RELEASE,
  slots: { hero: {} },
  policy: {
    regimes: {
      gdpr: { countries: ["SK"], default: "denied", askAgainDays: 30 },
      own: { countries: ["NO"], default: "denied", honours: ["statement"] },
      us: { countries: ["US"], default: "granted", honours: ["gpc", "gpp", "tcf", "banner"] },
    },
    otherwise: "gdpr",
  },
} as const;

export interface State {
  purposes: Record<Purpose, "granted" | "denied">;
  regime: string;
  explicit: boolean;
  ask: boolean;
  grounds: Record<string, string>;
  given_at: string | null;
  expires_at: string | null;
  receipt: string;
  source: string | null;
}

export const stateIn = async (response: Response): Promise<State> => (await response.json()) as State;

/** Everything in the ledger, newest first. */
export async function ledger(): Promise<LedgerEntry[]> {
  const { results } = await env.IDENTITY_0.prepare("SELECT DISTINCT subject FROM consents").all<{
    subject: string;
  }>();
  return readLedger(
    env.IDENTITY_0,
    results.map(({ subject }) => subject),
    1_000,
  );
}

/** Consent of all rows, by identifier key. */
export async function rows(): Promise<Map<string, { g: string; t: number; r: string }>> {
  const { results } = await env.IDENTITY_0.prepare(
    "SELECT key, consent FROM identifiers WHERE consent IS NOT NULL",
  ).all<{ key: string; consent: string }>();
  return new Map(results.map(({ key, consent }) => [key, JSON.parse(consent)]));
}

/** Seconds do not matter to any of these tests, days do. */
export const daysAgo = (days: number): number => Date.now() - days * DAY_MS;

/** `ds_consent` of a decision of some days ago. */
export async function consentCookieOf(granted: Purpose[], days: number, more: Partial<ConsentChoice> = {}) {
  const settings = readSettings(env);
  if (!settings.ok) throw new Error(settings.problems.join());
  const givenAt = daysAgo(days);
  const choice: ConsentChoice = {
    receipt: `r-${days}`,
    granted,
    regime: "gdpr",
    givenAt,
    expiresAt: givenAt + 365 * DAY_MS,
    despiteGpc: false,
    ...more,
  };
  return packConsent((await keyring(settings.settings)).cookie, choice);
}

/** A TC string of some days ago with these purposes of the TCF. */
export function tcfOf(purposes: readonly number[], days = 0): string {
  const day = daysAgo(days) - (daysAgo(days) % DAY_MS);
  return tcfString({ created: day, updated: day, purposes });
}

export const TCF_ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
export const TCF_ANALYTICS = [1, 8, 9, 10];

/** The cookie of vanilla-cookieconsent, with these of its categories accepted. */
export function bannerCookie(accepted: readonly string[], at = Date.now()): string {
  const moment = new Date(at).toISOString();
  return encodeURIComponent(
    JSON.stringify({
      categories: ["necessary", ...accepted],
      revision: 3,
      consentTimestamp: moment,
      consentId: "00000000-0000-0000-0000-000000000000",
      services: { necessary: [], analytics: [], marketing: [], personalization: [] },
      lastConsentTimestamp: moment,
      expirationTime: at + 180 * DAY_MS,
    }),
  );
}
