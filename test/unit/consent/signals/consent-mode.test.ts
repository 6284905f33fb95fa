/** Google Consent Mode: what `gcs`, `npa` and a state of types say, and what the vendor is told. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ConsentState, fromConsentMode, fromGcs, toConsentMode } from "#consent/signals/consent-mode";
import type { Says } from "#consent/signals/signal";
import { PURPOSES } from "#contracts/taxonomy";

const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };

describe("gcs", () => {
  it.each<[string | undefined, string | undefined, Says | undefined]>([
    ["G111", undefined, { marketing: "granted", analytics: "granted" }],
    ["G100", undefined, { marketing: "denied", analytics: "denied" }],
    ["G101", undefined, { marketing: "denied", analytics: "granted" }],
    ["G110", undefined, { marketing: "granted", analytics: "denied" }],
    ["G1--", undefined, undefined],
    ["G1-1", undefined, { analytics: "granted" }],
    ["G10-", undefined, { marketing: "denied" }],
    [undefined, undefined, undefined],
    ["", undefined, undefined],
    ["G111", "1", { marketing: "denied", analytics: "granted" }],
    [undefined, "1", { marketing: "denied" }],
    ["G111", "0", { marketing: "granted", analytics: "granted" }],
  ])("%s with npa=%s", (gcs, npa, says) => {
    const signal = fromGcs(gcs, npa);
    expect(signal?.says).toEqual(says);
    expect(signal?.invalid).toBeUndefined();
  });

  it.each([
    "G1",
    "G11",
    "G112",
    "G2111",
    "G1111",
    "g111",
    " G111",
    "G111\n",
    "13l3l3l3l1",
    "1".repeat(100_000),
  ])("a text that cannot be read denies: %s", (gcs) => {
    expect(fromGcs(gcs)).toMatchObject({ kind: "consent_mode", says: DENIED, invalid: "malformed" });
  });

  it("the same text has the same evidence", () => {
    expect(fromGcs("G111")?.evidence).toMatch(/^sha256:[0-9a-f]{32}$/);
    expect(fromGcs("G111")?.evidence).toBe(fromGcs("G111", "0")?.evidence);
    expect(fromGcs("G111")?.evidence).not.toBe(fromGcs("G111", "1")?.evidence);
  });
});

describe("a state of types", () => {
  it.each<[string, ConsentState, Says | undefined]>([
    ["nothing", {}, undefined],
    ["ad_storage alone", { ad_storage: "granted" }, { marketing: "granted" }],
    [
      "all three of ads",
      { ad_storage: "granted", ad_user_data: "granted", ad_personalization: "granted" },
      { marketing: "granted" },
    ],
    ["data of users refused", { ad_storage: "granted", ad_user_data: "denied" }, { marketing: "denied" }],
    [
      "personalised ads refused",
      { ad_storage: "granted", ad_personalization: "denied" },
      { marketing: "denied" },
    ],
    [
      "without ad_storage nothing is granted",
      { ad_user_data: "granted", ad_personalization: "granted" },
      undefined,
    ],
    [
      "without ad_storage a refusal is one",
      { ad_user_data: "DENIED", ad_personalization: "GRANTED" },
      { marketing: "denied" },
    ],
    ["analytics", { analytics_storage: "granted" }, { analytics: "granted" }],
    ["personalisation", { personalization_storage: "denied" }, { personalization: "denied" }],
    [
      "types that are no purpose of ours",
      { functionality_storage: "granted", security_storage: "granted" },
      undefined,
    ],
    [
      "values that are none",
      { ad_storage: true, analytics_storage: "yes", personalization_storage: {} },
      DENIED as Says,
    ],
    ["null is not told", { analytics_storage: null }, undefined],
    ["of another's prototype", Object.create({ analytics_storage: "granted" }), undefined],
  ])("%s", (_, state, says) => {
    expect(fromConsentMode(state)?.says).toEqual(says);
  });
});

describe("out", () => {
  it("all types are told, and only what was granted is", () => {
    expect(toConsentMode([])).toEqual({
      ad_storage: "denied",
      ad_user_data: "denied",
      ad_personalization: "denied",
      analytics_storage: "denied",
      personalization_storage: "denied",
      functionality_storage: "denied",
      security_storage: "granted",
    });
    expect(toConsentMode(["analytics"])).toMatchObject({
      analytics_storage: "granted",
      ad_storage: "denied",
    });
  });

  it("what goes out comes in as it was", () => {
    fc.assert(
      fc.property(fc.subarray([...PURPOSES]), (granted) => {
        const says = fromConsentMode(toConsentMode(granted))?.says;
        expect(PURPOSES.filter((purpose) => says?.[purpose] === "granted").sort()).toEqual(
          [...granted].sort(),
        );
        expect(Object.keys(says ?? {})).toHaveLength(PURPOSES.length);
      }),
    );
  });
});
