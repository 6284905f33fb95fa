/**
 * The vendors' own consent fields, made from the consent that an event travels on. Used by the destinations of those
 * vendors, and by the webhook for receivers that hand events on to them.
 */
import { toConsentMode } from "#consent/signals/consent-mode";
import type { ConsentDecision } from "#contracts/messages/event_envelope";

type GoogleValue = "GRANTED" | "DENIED";

export interface GoogleConsent {
  ad_user_data: GoogleValue;
  ad_personalization: GoogleValue;
}

/**
 * `consent` of the Measurement Protocol, and of Google's advertising APIs. Its `non_personalized_ads` says nothing
 * besides `ad_personalization`, and is not sent.
 * https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference
 */
export function googleConsent({ granted }: ConsentDecision): GoogleConsent {
  const types = toConsentMode(granted);
  const said = (type: keyof GoogleConsent): GoogleValue => (types[type] === "granted" ? "GRANTED" : "DENIED");
  return { ad_user_data: said("ad_user_data"), ad_personalization: said("ad_personalization") };
}

interface MetaConsent {
  data_processing_options: readonly "LDU"[];
  data_processing_options_country?: number;
  data_processing_options_state?: number;
  opt_out: boolean;
}

/** 1 is the United States; 0 asks Meta to find the place out. */
const META_US = 1;
const META_FINDS_OUT = 0;

/** States in which Meta limits its use of data, by its own numbers. */
const META_STATES: ReadonlyMap<string, number> = new Map([
  ["US-CA", 1000],
  ["US-CO", 1001],
  ["US-CT", 1002],
  ["US-FL", 1003],
  ["US-OR", 1004],
  ["US-TX", 1005],
  ["US-MT", 1006],
  ["US-DE", 1007],
  ["US-NE", 1008],
  ["US-NH", 1009],
  ["US-NJ", 1010],
  ["US-MN", 1011],
  ["US-MD", 1012],
  ["US-RI", 1013],
]);

/**
 * Fields of an event of Meta's Conversions API. Without consent for marketing: Limited Data Use, which holds in those of
 * its states in which the visitor is, and no use for the delivery of ads, which holds everywhere. With it: an empty list,
 * which is Meta's way to say that nothing is limited.
 * https://developers.facebook.com/docs/marketing-apis/data-processing-options
 */
export function metaConsent({ granted, place = "" }: ConsentDecision): MetaConsent {
  if (granted.includes("marketing")) return { data_processing_options: [], opt_out: false };
  const state = META_STATES.get(place);
  return {
    data_processing_options: ["LDU"],
    data_processing_options_country: state === undefined ? META_FINDS_OUT : META_US,
    data_processing_options_state: state ?? META_FINDS_OUT,
    opt_out: true,
  };
}

/** By the vendor's name. */
export const VENDOR_CONSENT = { google: googleConsent, meta: metaConsent } as const;
