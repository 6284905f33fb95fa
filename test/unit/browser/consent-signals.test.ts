/** What consent managers say, read fail-closed: what is missing or no proper value grants nothing. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { watchConsentMode } from "../../../src/browser/more/data-layer-entries.ts";
import { gppStrings, hasOptedOut } from "../../../src/browser/more/gpp.ts";
import { isTold } from "../../../src/browser/more/mark.ts";
import { type Choices, combine, isChange } from "../../../src/browser/more/signals.ts";
import { readTcData, tcfSaid } from "../../../src/browser/more/tcf.ts";
import type { ConsentState } from "../../../src/browser/types.ts";
import { marksOf } from "../../../src/door/consent/told.ts";

const NOTHING = { analytics: false, marketing: false, personalization: false };

describe("the TCF", () => {
  const consents = (...purposes: number[]) => Object.fromEntries(purposes.map((purpose) => [purpose, true]));
  const loaded = (purpose: unknown, more = {}) => ({ eventStatus: "tcloaded", purpose, ...more });

  it.each([
    [
      "all of them",
      consents(1, 3, 4, 5, 6, 8, 9, 10),
      { analytics: true, marketing: true, personalization: true },
    ],
    ["measurement", consents(1, 8, 9, 10), { ...NOTHING, analytics: true }],
    ["personalised ads", consents(1, 3, 4), { ...NOTHING, marketing: true }],
    ["personalised content", consents(1, 5, 6), { ...NOTHING, personalization: true }],
    ["all but storage", consents(3, 4, 5, 6, 8, 9, 10), NOTHING],
    ["half of each", consents(1, 3, 5, 8), NOTHING],
    ["texts instead of booleans", { 1: "true", 3: 1, 4: "1", 8: {}, 9: [], 10: "yes" }, NOTHING],
    ["nothing", undefined, NOTHING],
  ])("with %s", (_, given, choices) => {
    expect(readTcData(loaded({ consents: given }))).toEqual(choices);
    expect(readTcData({ ...loaded({ consents: given }), eventStatus: "useractioncomplete" })).toEqual(
      choices,
    );
  });

  it("takes no legitimate interest for consent", () => {
    expect(readTcData(loaded({ consents: {}, legitimateInterests: consents(1, 3, 4, 8, 9, 10) }))).toEqual(
      NOTHING,
    );
  });

  it("says nothing while the visitor is asked, and leaves the default where its law does not apply", () => {
    expect(
      readTcData({ eventStatus: "cmpuishown", purpose: { consents: consents(1, 3, 4) } }),
    ).toBeUndefined();
    expect(readTcData(loaded({ consents: consents(1, 3, 4) }, { gdprApplies: false }))).toEqual({});
  });

  it("never grants by accident", () => {
    const junk = fc.anything({ withNullPrototype: true });
    fc.assert(
      fc.property(junk, (data) => readTcData(data) === undefined),
      { numRuns: 200 },
    );
    fc.assert(
      fc.property(junk, (purpose) => {
        expect(Object.values(readTcData(loaded(purpose)) ?? {})).not.toContain(true);
      }),
    );
  });
});

describe("the GPP", () => {
  const ping = (parsedSections: unknown, more = {}) => ({ signalStatus: "ready", parsedSections, ...more });

  it.each([
    ["usnat with an objection to sale", { usnat: { SaleOptOut: 1, SharingOptOut: 2 } }, true],
    ["a list of segments", { usca: [{ SaleOptOut: 2, SharingOptOut: 1 }, { Gpc: false }] }, true],
    ["a section's versioned name", { usnatv1: { TargetedAdvertisingOptOut: 1 } }, true],
    ["several sections of which one objects", { usva: [{ SaleOptOut: 2 }], usco: [{ SaleOptOut: 1 }] }, true],
    ["no objection", { usnat: [{ SaleOptOut: 2, SharingOptOut: 0, TargetedAdvertisingOptOut: 2 }] }, false],
    ["a value that is none", { usnat: [{ SaleOptOut: "2" }] }, true],
    ["no value", { usnat: [{ SaleOptOut: null }] }, true],
    ["other sections", { tcfeuv2: [{ SaleOptOut: 1 }], uspv1: { SaleOptOut: 1 } }, undefined],
    ["a section without these fields", { usnat: [{ Version: 1 }, null] }, undefined],
    ["no sections", undefined, undefined],
  ])("%s", (_, sections, optedOut) => {
    expect(hasOptedOut(ping(sections))).toBe(optedOut);
    // Version 1.0 of the API has no status.
    expect(hasOptedOut(ping(sections, { signalStatus: undefined }))).toBe(optedOut);
    expect(hasOptedOut(ping(sections, { signalStatus: "not ready" }))).toBeUndefined();
  });

  it("says nothing when it is anything else", () => {
    fc.assert(fc.property(fc.anything(), (data) => hasOptedOut(data) === undefined));
  });
});

describe("Consent Mode", () => {
  const read = (...entries: unknown[]): Choices[] => {
    const heard: Choices[] = [];
    const reader = watchConsentMode((choices) => heard.push(choices));
    for (const entry of entries) reader(entry);
    return heard;
  };
  const update = (types: unknown) => ["consent", "update", types];

  it("leaves out a purpose of which nothing was said, and wants every type of one", () => {
    expect(
      read(
        update({ analytics_storage: "granted" }),
        update({ ad_storage: "granted" }),
        update({ ad_user_data: "granted", functionality_storage: "denied" }),
        update({ personalization_storage: true }),
      ),
    ).toEqual([
      { analytics: true },
      { analytics: true, marketing: false },
      { analytics: true, marketing: true },
      { analytics: true, marketing: true, personalization: false },
    ]);
  });

  it("takes a refusal of personalised ads for one of marketing, and a grant of them for none", () => {
    const ads = { ad_storage: "granted", ad_user_data: "granted" };
    expect(
      read(
        update({ ad_personalization: "granted" }),
        update({ ...ads, ad_personalization: "denied" }),
        update({ analytics_storage: "granted" }),
        update({ ad_personalization: "granted" }),
      ),
    ).toEqual([
      {},
      { marketing: false },
      { analytics: true, marketing: false },
      { analytics: true, marketing: true },
    ]);
  });

  it("hears nothing in a default, and in whatever else a data layer holds", () => {
    expect(read(["consent", "default", { analytics_storage: "granted" }], { event: "consent" })).toEqual([]);
    fc.assert(fc.property(fc.array(fc.anything()), (entries) => read(...entries).length === 0));
  });
});

describe("the strings that the door is told", () => {
  it("are those of the managers' APIs, and whatever else they give is none", () => {
    const decided = { eventStatus: "useractioncomplete", purpose: { consents: { 1: true } } };
    expect(tcfSaid({ ...decided, tcString: "CQ" })).toEqual({
      choices: NOTHING,
      strings: { tcf: "CQ" },
      decides: true,
      refused: {},
      fresh: true,
    });
    expect(tcfSaid({ ...decided, tcString: "CQ", purpose: { consents: {} } })?.refused).toEqual(NOTHING);
    for (const tcString of [undefined, "", 7, {}])
      expect(tcfSaid({ ...decided, tcString })?.strings).toBeUndefined();
    expect(tcfSaid({ ...decided, tcString: "CQ", gdprApplies: false })).toEqual({ choices: {} });
    expect(gppStrings({ gppString: "DBAA", applicableSections: [7, "x", 2.5] })).toEqual({
      gpp: "DBAA",
      gpp_sid: [7],
    });
    expect(gppStrings({ gppString: "DBAA" })).toBeUndefined();
    fc.assert(fc.property(fc.anything(), (data) => gppStrings(data) === undefined));
  });
});

describe("the marks of what the door was told", () => {
  it("are the same on both sides, for any string, and tell each kind apart", () => {
    const strings = fc.record({ tcf: fc.string(), gpp: fc.string() }, { requiredKeys: [] });
    fc.assert(fc.property(strings, (told) => isTold(told, marksOf(told, undefined) ?? "")));
    const marks = marksOf({ gpp: "DBAA" }, marksOf({ tcf: "CQ" }, undefined)) ?? "";
    expect(isTold({ tcf: "CQ", gpp: "DBAA" }, marks)).toBe(true);
    expect(isTold({ tcf: "DBAA" }, marks)).toBe(false);
    expect(isTold({ gpp: "CQ" }, marks)).toBe(false);
    expect(marksOf({}, undefined)).toBeUndefined();
  });
});

describe("several signals", () => {
  const purposes = fc.record(
    { analytics: fc.boolean(), marketing: fc.boolean(), personalization: fc.boolean() },
    { requiredKeys: [] },
  );

  it("grant only what none of them denies, and only what one of them speaks of", () => {
    fc.assert(
      fc.property(fc.array(purposes, { maxLength: 3 }), (kinds) => {
        const wanted = combine(kinds);
        for (const purpose of ["analytics", "marketing", "personalization"] as const) {
          const said = kinds.flatMap((kind) => kind[purpose] ?? []);
          expect(wanted[purpose]).toBe(said.length ? said.every(Boolean) : undefined);
        }
      }),
    );
  });

  const state = (analytics: boolean, explicit: boolean): ConsentState => ({
    purposes: {
      analytics: analytics ? "granted" : "denied",
      marketing: "granted",
      personalization: "denied",
    },
    regime: "gdpr",
    explicit,
    expires_at: null,
  });

  it.each([
    ["a purpose differs", state(true, true), { analytics: false }, true],
    ["nothing differs", state(true, true), { analytics: true, marketing: true }, false],
    ["the visitor decided as the default has it", state(false, false), { analytics: false }, true],
    ["an objection is as the default has it", state(true, false), { personalization: false }, false],
    ["nobody said anything", state(false, false), {}, false],
  ])("are a change or not: %s", (_, now, wanted, changed) => {
    expect(isChange(now, wanted)).toBe(changed);
  });
});
