/**
 * Google Consent Mode, in and out. In: `gcs` and `npa` of the tag's requests, and a state of types as `gtag` and the
 * Measurement Protocol have it. Out: the types that a vendor of Google's is told. `gcd` is never read: it is
 * undocumented, and contradicts `gcs` at times.
 * Source: https://developers.google.com/tag-platform/security/guides/consent
 */
import type { Purpose } from "#contracts/taxonomy";
import { fingerprint } from "./evidence.ts";
import { DENIES_ALL, type Says, type Signal } from "./signal.ts";

/** All types of version 2. */
const TYPES = [
  "ad_storage",
  "ad_user_data",
  "ad_personalization",
  "analytics_storage",
  "personalization_storage",
  "functionality_storage",
  "security_storage",
] as const;

type ConsentType = (typeof TYPES)[number];

/** What a request says of each type; the Measurement Protocol writes the values in capitals. */
export type ConsentState = { readonly [T in ConsentType]?: unknown };

const GCS = /^G1([01-])([01-])$/;

/**
 * `gcs=G1<ad_storage><analytics_storage>`: 1 is granted, 0 denied, and `-` not set. Any other text cannot be read, and
 * denies. `npa=1` forbids personalised advertising.
 * @returns undefined where neither says anything
 */
export function fromGcs(gcs: string | undefined, npa?: string): Signal | undefined {
  const says: Says = {};
  let invalid: string | undefined;
  if (gcs) {
    const found = GCS.exec(gcs);
    if (found) {
      if (found[1] !== "-") says.marketing = found[1] === "1" ? "granted" : "denied";
      if (found[2] !== "-") says.analytics = found[2] === "1" ? "granted" : "denied";
    } else {
      Object.assign(says, DENIES_ALL);
      invalid = "malformed";
    }
  }
  if (npa === "1") says.marketing = "denied";
  return signalOf(says, `gcs=${gcs ?? ""}&npa=${npa === "1" ? "1" : ""}`, invalid);
}

/**
 * A state of types. Marketing needs `ad_storage`, and `ad_user_data` and `ad_personalization` where they are told: they
 * alone grant nothing. A value that is neither granted nor denied is a denial.
 * @returns undefined where none of the types says anything
 */
export function fromConsentMode(state: ConsentState): Signal | undefined {
  const told = (type: ConsentType): "granted" | "denied" | undefined => {
    const value = Object.hasOwn(state, type) ? state[type] : undefined;
    if (value === undefined || value === null) return undefined;
    return value === "granted" || value === "GRANTED" ? "granted" : "denied";
  };
  const ads = [told("ad_storage"), told("ad_user_data"), told("ad_personalization")];
  const says: Says = {};
  const marketing = ads.includes("denied") ? "denied" : ads[0];
  const analytics = told("analytics_storage");
  const personalization = told("personalization_storage");
  if (marketing) says.marketing = marketing;
  if (analytics) says.analytics = analytics;
  if (personalization) says.personalization = personalization;
  return signalOf(says, TYPES.map((type) => `${type}=${told(type) ?? ""}`).join("&"), undefined);
}

function signalOf(says: Says, text: string, invalid: string | undefined): Signal | undefined {
  if (Object.keys(says).length === 0) return undefined;
  return {
    kind: "consent_mode",
    name: "",
    says,
    givenAt: 0,
    evidence: invalid === undefined ? evidenceOf(text) : fingerprint(text),
    ...(invalid !== undefined && { invalid }),
  };
}

/** What a tag says is the same of most visitors. */
const evidences = new Map<string, string>();
const MAX_EVIDENCES = 200;

function evidenceOf(text: string): string {
  const known = evidences.get(text);
  if (known !== undefined) return known;
  if (evidences.size >= MAX_EVIDENCES) evidences.clear();
  const evidence = fingerprint(text);
  evidences.set(text, evidence);
  return evidence;
}

/** What the granted purposes mean in Google's types. Storage for security is never subject to consent. */
export function toConsentMode(granted: readonly Purpose[]): Record<ConsentType, "granted" | "denied"> {
  const of = (purpose: Purpose) => (granted.includes(purpose) ? "granted" : "denied");
  const ads = of("marketing");
  const personal = of("personalization");
  return {
    ad_storage: ads,
    ad_user_data: ads,
    ad_personalization: ads,
    analytics_storage: of("analytics"),
    personalization_storage: personal,
    functionality_storage: personal,
    security_storage: "granted",
  };
}
