/** The vendors' own consent fields: what each is told of a decision. */
import { describe, expect, it } from "vitest";
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { googleConsent, metaConsent } from "#forward/destinations/consent-fields";

const decision = (granted: Purpose[], place?: string): ConsentDecision => ({
  receipt: "c-1",
  regime: "us",
  granted,
  grounds: {},
  decidedAt: 1,
  ...(place !== undefined && { place }),
});

it.each<[Purpose[], "GRANTED" | "DENIED"]>([
  [["analytics", "marketing", "personalization"], "GRANTED"],
  [["marketing"], "GRANTED"],
  [["analytics", "personalization"], "DENIED"],
  [[], "DENIED"],
])("Google may use %j for advertising: %s", (granted, value) => {
  expect(googleConsent(decision(granted))).toEqual({ ad_user_data: value, ad_personalization: value });
});

describe("Meta", () => {
  it("is told that nothing is limited where marketing was granted, wherever that was", () => {
    for (const place of ["US-CA", "SK", undefined])
      expect(metaConsent(decision(["marketing"], place))).toEqual({
        data_processing_options: [],
        opt_out: false,
      });
  });

  it.each<[string | undefined, number, number]>([
    ["US-CA", 1, 1000],
    ["US-CO", 1, 1001],
    ["US-CT", 1, 1002],
    ["US-RI", 1, 1013],
    // Of no state that it has a number for: Meta finds out where the visitor is.
    ["US-NY", 0, 0],
    ["US", 0, 0],
    ["SK", 0, 0],
    ["CA", 0, 0],
    ["constructor", 0, 0],
    [undefined, 0, 0],
  ])("limits its use of data from %s: country %i, state %i", (place, country, state) => {
    expect(metaConsent(decision(["analytics"], place))).toEqual({
      data_processing_options: ["LDU"],
      data_processing_options_country: country,
      data_processing_options_state: state,
      opt_out: true,
    });
  });
});
