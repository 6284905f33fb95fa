import { Segment, SegmentEncoder, TCModel } from "@iabtechlabtcf/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTcf } from "#consent/signals/tcf";
import { type TcfPolicy, tcfPolicySchema } from "#contracts/definitions/policy";
import { PURPOSES } from "#contracts/taxonomy";
import { DAY_MS } from "#core/clock";
import { fastest } from "../../../setup/fastest.ts";
import { encode, type TcfParts, tcfSegments, tcfString } from "../../../setup/tcf-strings.ts";

const publisher = tcfPolicySchema.parse({});
const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };
const GRANTED = { analytics: "granted", marketing: "granted", personalization: "granted" };

const read = (parts: Partial<TcfParts>, policy: TcfPolicy = publisher) => readTcf(tcfString(parts), policy);
const grantedOf = (text: string, policy: TcfPolicy = publisher) => {
  const { says } = readTcf(text, policy);
  return PURPOSES.filter((purpose) => says[purpose] === "granted");
};

it("reads what the library writes", () => {
  const model = new TCModel();
  model.cmpId = 10;
  model.cmpVersion = 1;
  model.consentScreen = 1;
  model.consentLanguage = "EN";
  model.vendorListVersion = 120;
  model.policyVersion = 5;
  model.publisherCountryCode = "DE";
  model.created = model.lastUpdated = new Date("2026-06-01T00:00:00Z");
  model.purposeConsents.set([1, 8, 9, 10]);
  model.purposeLegitimateInterests.set([2, 7]);
  model.vendorConsents.set([2, 6, 91]);
  model.vendorsDisclosed.set(Array.from({ length: 80 }, (_, at) => at + 1));
  model.publisherConsents.set([1, 8, 9, 10]);
  const text = [Segment.CORE, Segment.VENDORS_DISCLOSED, Segment.PUBLISHER_TC]
    .map((segment) => SegmentEncoder.encode(model, segment))
    .join(".");
  expect(text).toBe(
    tcfString({
      purposes: [1, 8, 9, 10],
      interests: [2, 7],
      vendors: {
        ranges: [
          [2, 2],
          [6, 6],
          [91, 91],
        ],
      },
      disclosed: { ranges: [[1, 80]] },
      publisher: { purposes: [1, 8, 9, 10] },
    }),
  );
  expect(readTcf(text, publisher)).toEqual({
    kind: "tcf",
    name: "",
    says: { analytics: "granted", marketing: "denied", personalization: "denied" },
    givenAt: Date.UTC(2026, 5, 1),
    expiresAt: Date.UTC(2026, 5, 1) + 395 * DAY_MS,
    evidence: expect.stringMatching(/^sha256:[0-9a-f]{32}$/),
  });
});

// Each is an example of "Consent string and vendor list formats v2" (InteractiveAdvertisingBureau/
// GDPR-Transparency-and-Consent-Framework), as it stood for TCF 2.0 and for 2.3, or of the tests of iabgpp-es.
it.each([
  // 2.3: GVL 48, policy version 2, created on 3 June 2025: under a policy that was no longer allowed.
  ["CQSbk4AQSbk4ANwAAAENAwCgAAAAAAAAAAYgACPAAAAA.IDKQA4AAgAKAGQAygAAA", "tcf_policy_version"],
  [
    "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA.IFoEUQQgAIQwgIwQABAEAAAAOIAACAIAAAAQAIAgEAACEAAAAAgAQBAAAAAAAGBAAgAAAAAAAFAAECAAAgAAQARAEQAAAAAJAAIAAgAAAYQEAAAQmAgBC3ZAYzUw",
    "tcf_global_scope",
  ],
  // With the segment of allowed vendors, which went with the global scope.
  [
    "COw4XqLOw4XqLAAAAAENAXCAAAAAAAAAAAAAAAAAAAAA.IFukWSQgAIQwgI0QEByFAAAAeIAACAIgSAAQAIAgEQACEABAAAgAQFAEAIAAAGBAAgAAAAQAIFAAMCQAAgAAQiRAEQAAAAANAAIAAggAIYQFAAARmggBC3ZCYzU2yIA.QFukWSQgAIQwgI0QEByFAAAAeIAACAIgSAAQAIAgEQACEABAAAgAQFAEAIAAAGBAAgAAAAQAIFAAMCQAAgAAQiRAEQAAAAANAAIAAggAIYQFAAARmggBC3ZCYzU2yIA.YAAAAAAAAAAAAAAAAAA",
    "malformed",
  ],
  ["CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA", "malformed"],
  // Of the 1.1 specification.
  ["BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "tcf_version"],
])("a published example that is not valid today: %s", (text, invalid) => {
  expect(readTcf(text, publisher)).toMatchObject({ says: DENIED, invalid });
});

it("a published service specific example, with a publisher's segment that overrules nothing", () => {
  // Of the same specification: created in 2008, consent to purposes 1, 3, 9 and 10, as the Perl parser
  // GDPR::IAB::TCFv2 documents it. The publisher's segment has 2, 4, 6, 8, 9 … and not 1.
  const text =
    "CLcVDxRMWfGmWAVAHCENAXCkAKDAADnAABRgA5mdfCKZuYJez-NQm0TBMYA4oCAAGQYIAAAAAAEAIAEgAA.argAC0gAAAAAAAAAAAA";
  const core = text.slice(0, text.indexOf("."));
  const policy = (analytics: number[]) =>
    tcfPolicySchema.parse({ purposes: { analytics, marketing: [9], personalization: [2] } });
  expect(readTcf(core, policy([1, 3, 9, 10])).says).toMatchObject({
    analytics: "granted",
    personalization: "denied",
  });
  expect(readTcf(text, policy([1, 3, 9, 10])).says).toMatchObject({ analytics: "denied" });
  expect(readTcf(text, publisher)).toMatchObject({ givenAt: Date.UTC(2012, 0, 10) });
});

describe("a string is invalid, and denies all three purposes,", () => {
  const afterTcf22 = { created: Date.UTC(2023, 9, 1), updated: Date.UTC(2023, 9, 1), disclosed: undefined };
  it.each<[string, string, Partial<TcfParts>, Partial<TcfPolicy>?]>([
    ["of another encoding", "tcf_version", { version: 3 }],
    ["of no consent manager", "tcf_cmp", { cmpId: 0 }],
    ["of consent manager 1, which is none", "tcf_cmp", { cmpId: 1 }],
    ["of a consent manager that the policy does not list", "tcf_cmp", { cmpId: 12 }, { cmps: [10, 11] }],
    ["that was never updated", "tcf_dates", { created: 0, updated: 0 }],
    ["updated before it was created", "tcf_dates", { updated: Date.UTC(2026, 4, 31) }],
    ["of the global scope", "tcf_global_scope", { serviceSpecific: false }],
    [
      "of an old policy and created after 30 September 2023",
      "tcf_policy_version",
      { ...afterTcf22, policyVersion: 3 },
    ],
    [
      "of policy 5 without disclosed vendors",
      "tcf_no_disclosed_vendors",
      { disclosed: undefined, policyVersion: 5 },
    ],
    [
      "updated from 28 February 2026 on without disclosed vendors",
      "tcf_no_disclosed_vendors",
      { ...afterTcf22, updated: Date.UTC(2026, 1, 28), policyVersion: 4 },
    ],
  ])("%s", (_title, invalid, parts, policy = {}) => {
    const signal = read({ purposes: ALL, ...parts }, { ...publisher, ...policy });
    expect(signal).toMatchObject({ kind: "tcf", invalid, says: DENIED });
    expect(signal).not.toHaveProperty("expiresAt");
  });

  const good = { purposes: ALL };
  const [core = "", disclosed = "", own = ""] = tcfSegments({
    ...good,
    publisher: { purposes: ALL, custom: 5 },
  });
  it.each<[string, string]>([
    ["that is empty", ""],
    ["with a character of no base64url", `${core.slice(0, -1)}=.${disclosed}`],
    ["with characters of more than one byte", `${core.slice(0, -1)}ж.${disclosed}`],
    ["with blanks", ` ${core}.${disclosed}`],
    ["whose core comes second", `${disclosed}.${core}`],
    ["with an empty segment", `${core}..${disclosed}`],
    ["that ends in a dot", `${core}.${disclosed}.`],
    ["with two cores", `${core}.${core}`],
    ["with a segment twice", `${core}.${disclosed}.${disclosed}`],
    ["with a segment of an unknown kind", `${core}.${disclosed}.${encode("111".padEnd(60, "0"))}`],
    ["with the segment of allowed vendors", `${core}.${disclosed}.${encode(`010${"0".repeat(17)}`)}`],
    ["whose core is cut off", `${core.slice(0, -4)}.${disclosed}`],
    ["whose core has more than its fields", `${core}AAB.${disclosed}`],
    ["whose publisher's segment is cut off", `${core}.${disclosed}.${own.slice(0, 8)}`],
    [
      "whose publisher's segment lacks the custom purposes that it counts",
      `${core}.${disclosed}.${own.slice(0, 11)}`,
    ],
    ["whose disclosed vendors are fewer than it says", `${core}.${encode(`001${"1".repeat(16)}0`)}`],
    ["with vendor 0", tcfString({ ...good, vendors: { ranges: [[0, 3]] } })],
    ["with a range that goes backwards", tcfString({ ...good, vendors: { ranges: [[9, 3]], maxId: 9 } })],
    ["with a vendor beyond the highest", tcfString({ ...good, disclosed: { ranges: [[1, 9]], maxId: 8 } })],
    [
      "that restricts purpose 0",
      tcfString({ ...good, restrictions: [{ purpose: 0, type: 0, vendors: [[1, 1]] }] }),
    ],
    [
      "with a restriction of no known type",
      tcfString({ ...good, restrictions: [{ purpose: 2, type: 3, vendors: [[1, 1]] }] }),
    ],
    [
      "whose ranges are more than all vendors that there will ever be",
      tcfString({
        ...good,
        restrictions: [1, 2, 3].map((purpose) => ({ purpose, type: 0, vendors: [[1, 12_000]] })),
      }),
    ],
  ])("%s", (_title, text) => {
    expect(readTcf(text, publisher)).toMatchObject({ invalid: "malformed", says: DENIED, givenAt: 0 });
  });

  it("of more than 8,192 characters, and within five milliseconds however long it is", () => {
    expect(readTcf(core + "A".repeat(8193 - core.length), publisher)).toMatchObject({
      invalid: "too_long",
      says: DENIED,
    });
    const megabyte = core + "A".repeat(1 << 20);
    expect(fastest(() => readTcf(megabyte, publisher))).toBeLessThan(5);
  });
});

describe("a string is valid", () => {
  it.each<[string, Partial<TcfParts>]>([
    [
      "of policy 4 without disclosed vendors, updated until 27 February 2026",
      {
        created: Date.UTC(2026, 1, 27),
        updated: Date.UTC(2026, 1, 27),
        policyVersion: 4,
        disclosed: undefined,
      },
    ],
    [
      "of policy 2 created on 30 September 2023",
      {
        created: Date.UTC(2023, 8, 30),
        updated: Date.UTC(2023, 8, 30),
        policyVersion: 2,
        disclosed: undefined,
      },
    ],
    ["updated after it was created", { created: Date.UTC(2026, 4, 1) }],
    ["that discloses no vendor, but says so", { disclosed: [] }],
  ])("%s", (_title, parts) => {
    const signal = read({ purposes: ALL, ...parts });
    expect(signal).toMatchObject({ says: GRANTED });
    expect(signal).not.toHaveProperty("invalid");
  });

  it("with its segments in any order", () => {
    const [core = "", ...segments] = tcfSegments({ purposes: ALL, publisher: { purposes: ALL } });
    expect(grantedOf([core, ...segments.reverse()].join("."))).toEqual(PURPOSES);
  });

  it("of a listed consent manager", () => {
    expect(read({ purposes: ALL }, { ...publisher, cmps: [10] }).says).toEqual(GRANTED);
  });

  it("and counts from the first moment of the day on which it was updated, for as long as the policy says", () => {
    const signal = read({ updated: Date.UTC(2026, 5, 3, 17, 30) }, { ...publisher, maxAgeDays: 30 });
    expect(signal).toMatchObject({ givenAt: Date.UTC(2026, 5, 3), expiresAt: Date.UTC(2026, 6, 3) });
  });
});

describe("the site as its own publisher", () => {
  it("needs consent to all TCF purposes that a purpose stands for", () => {
    for (const missing of [1, 8, 9, 10])
      expect(read({ purposes: ALL.filter((purpose) => purpose !== missing) }).says.analytics).toBe("denied");
    expect(read({ purposes: [1, 8, 9, 10] }).says).toEqual({ ...DENIED, analytics: "granted" });
    expect(read({ purposes: [1, 3, 4] }).says).toEqual({ ...DENIED, marketing: "granted" });
    expect(read({ purposes: [1, 5, 6] }).says).toEqual({ ...DENIED, personalization: "granted" });
  });

  it("has no legitimate interest", () => {
    expect(read({ purposes: [1], interests: ALL }).says).toEqual(DENIED);
  });

  it("needs consent in its own segment too, where there is one", () => {
    expect(read({ purposes: ALL, publisher: { purposes: [1, 8, 9, 10] } }).says).toEqual({
      ...DENIED,
      analytics: "granted",
    });
    expect(read({ purposes: [1, 3, 4], publisher: { purposes: ALL } }).says).toEqual({
      ...DENIED,
      marketing: "granted",
    });
  });

  it("needs consent to purpose 1 even where it was not disclosed", () => {
    expect(read({ purposes: ALL.slice(1), purposeOneTreatment: true }).says).toEqual(DENIED);
  });

  it("is not bound by what is said of vendors", () => {
    const restrictions = [{ purpose: 1, type: 0, vendors: [[1, 900] as const] }];
    expect(read({ purposes: ALL, vendors: [], restrictions }).says).toEqual(GRANTED);
  });
});

describe("the site as a vendor", () => {
  const VENDOR = 755;
  /** Its ground for purpose 7, by what it declared and what the publisher restricts. */
  const asVendor = (vendor: Partial<NonNullable<TcfPolicy["vendor"]>>, purpose = 7): TcfPolicy => ({
    ...publisher,
    purposes: { analytics: [purpose], marketing: [1, 2], personalization: [1, 2] },
    vendor: { id: VENDOR, purposes: [], legitimateInterest: [], flexible: [], ...vendor },
  });
  const restricted = (type: number, purpose = 7) => ({
    restrictions: [{ purpose, type, vendors: [[700, 800] as const] }],
  });
  const disclosed = { ranges: [[1, 900]] as const };
  const consent = { purposes: ALL, vendors: [VENDOR], disclosed };
  const interest = { interests: ALL, vendorInterests: [VENDOR], disclosed };

  it.each<[string, Partial<NonNullable<TcfPolicy["vendor"]>>, Partial<TcfParts>, boolean, number?]>([
    ["consent: the purpose's and its own", { purposes: [7] }, consent, true],
    ["consent to the purpose only", { purposes: [7] }, { ...consent, vendors: [] }, false],
    ["consent to the vendor only", { purposes: [7] }, { ...consent, purposes: [] }, false],
    ["legitimate interest where it declared consent", { purposes: [7] }, interest, false],
    ["legitimate interest: the purpose's and its own", { legitimateInterest: [7] }, interest, true],
    [
      "legitimate interest in the purpose only",
      { legitimateInterest: [7] },
      { ...interest, vendorInterests: [] },
      false,
    ],
    [
      "legitimate interest of the vendor only",
      { legitimateInterest: [7] },
      { ...interest, interests: [] },
      false,
    ],
    ["consent where it declared legitimate interest", { legitimateInterest: [7] }, consent, false],
    [
      "a purpose that it did not declare",
      { purposes: [8], legitimateInterest: [9] },
      { ...consent, ...interest },
      false,
    ],
    ["a purpose that it declared flexible only", { flexible: [7] }, { ...consent, ...interest }, false],
    ["not among the disclosed", { purposes: [7] }, { ...consent, disclosed: { ranges: [[1, 754]] } }, false],
    [
      "restriction 0: consent does not help",
      { purposes: [7], flexible: [7] },
      { ...consent, ...interest, ...restricted(0) },
      false,
    ],
    [
      "restriction 0: nor does interest",
      { legitimateInterest: [7], flexible: [7] },
      { ...consent, ...interest, ...restricted(0) },
      false,
    ],
    ["restriction 1, declared consent", { purposes: [7] }, { ...consent, ...restricted(1) }, true],
    [
      "restriction 1, declared interest, flexible: by consent",
      { legitimateInterest: [7], flexible: [7] },
      { ...consent, ...restricted(1) },
      true,
    ],
    [
      "restriction 1, declared interest, flexible: not by interest",
      { legitimateInterest: [7], flexible: [7] },
      { ...interest, ...restricted(1) },
      false,
    ],
    [
      "restriction 1, declared interest, not flexible: not at all",
      { legitimateInterest: [7] },
      { ...consent, ...interest, ...restricted(1) },
      false,
    ],
    [
      "restriction 2, declared interest",
      { legitimateInterest: [7] },
      { ...interest, ...restricted(2) },
      true,
    ],
    [
      "restriction 2, declared consent, flexible: by interest",
      { purposes: [7], flexible: [7] },
      { ...interest, ...restricted(2) },
      true,
    ],
    [
      "restriction 2, declared consent, flexible: not by consent",
      { purposes: [7], flexible: [7] },
      { ...consent, ...restricted(2) },
      false,
    ],
    [
      "restriction 2, declared consent, not flexible: not at all",
      { purposes: [7] },
      { ...consent, ...interest, ...restricted(2) },
      false,
    ],
    [
      "two restrictions: the stricter",
      { purposes: [7] },
      { ...consent, restrictions: [...restricted(1).restrictions, ...restricted(0).restrictions] },
      false,
    ],
    ["a restriction of another purpose", { purposes: [7] }, { ...consent, ...restricted(0, 8) }, true],
    [
      "a restriction of other vendors",
      { purposes: [7] },
      {
        ...consent,
        restrictions: [
          {
            purpose: 7,
            type: 0,
            vendors: [
              [1, 754],
              [756, 900],
            ],
          },
        ],
      },
      true,
    ],
    ...[1, 3, 4, 5, 6].flatMap<
      [string, Partial<NonNullable<TcfPolicy["vendor"]>>, Partial<TcfParts>, boolean, number]
    >((purpose) => [
      [
        `purpose ${purpose} by legitimate interest`,
        { legitimateInterest: [purpose], flexible: [purpose] },
        interest,
        false,
        purpose,
      ],
      [
        `purpose ${purpose} by consent, though interest was declared`,
        { legitimateInterest: [purpose] },
        consent,
        true,
        purpose,
      ],
      [
        `purpose ${purpose} moved to interest by restriction 2`,
        { purposes: [purpose], flexible: [purpose] },
        { ...interest, ...restricted(2, purpose) },
        false,
        purpose,
      ],
      [
        `purpose ${purpose} required as interest`,
        { purposes: [purpose], flexible: [purpose] },
        { ...consent, ...interest, ...restricted(2, purpose) },
        false,
        purpose,
      ],
    ]),
  ])("%s", (_title, declared, parts, allowed, purpose = 7) => {
    expect(read(parts, asVendor(declared, purpose)).says.analytics).toBe(allowed ? "granted" : "denied");
  });

  it("is not asked for in a publisher's segment", () => {
    const parts = { ...consent, publisher: { purposes: [] } };
    expect(read(parts, asVendor({ purposes: [7] })).says.analytics).toBe("granted");
  });

  it("needs to be disclosed only where the string says who was", () => {
    const old = { policyVersion: 4, created: Date.UTC(2025, 5, 1), updated: Date.UTC(2025, 5, 1) };
    expect(
      read({ ...consent, ...old, disclosed: undefined }, asVendor({ purposes: [7] })).says.analytics,
    ).toBe("granted");
  });
});

describe("whatever comes", () => {
  const parts = fc.record({
    purposes: fc.subarray(ALL),
    interests: fc.subarray(ALL),
    vendors: fc.uniqueArray(fc.integer({ min: 1, max: 900 }), { maxLength: 40 }),
    disclosed: fc.uniqueArray(fc.integer({ min: 1, max: 900 }), { maxLength: 40 }),
    publisher: fc.option(fc.record({ purposes: fc.subarray(ALL) }), { nil: undefined }),
  });
  const denies = (text: string) => {
    const signal = readTcf(text, publisher);
    expect(signal).toMatchObject({ says: DENIED, invalid: expect.any(String) });
  };

  it("random text of any alphabet never throws and grants nothing", () => {
    const character = fc.constantFrom(..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.");
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), denies));
    fc.assert(fc.property(fc.string({ unit: character, maxLength: 300 }), denies), { numRuns: 2000 });
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 300 }), (rest) => denies(`CQ${rest}`)),
      { numRuns: 2000 },
    );
  });

  it("a string without its end grants nothing, wherever it was cut", () => {
    fc.assert(
      fc.property(parts, fc.nat(), (made, cut) => {
        const [core = "", ...rest] = tcfSegments(made);
        // The encoder fills the last characters with zeros, so one that lost those says the same.
        const text = core.replace(/A+$/, "");
        denies([text.slice(0, cut % (text.length - 5)), ...rest].join("."));
      }),
    );
  });

  it("a string with a bit changed never throws, and grants only by bits that are set in it", () => {
    fc.assert(
      fc.property(parts, fc.nat(), fc.nat({ max: 5 }), (made, place, bit) => {
        const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const text = tcfString(made);
        const at = place % text.length;
        const changed = alphabet[alphabet.indexOf(text[at] ?? "") ^ (1 << bit)] ?? ".";
        const flipped = text.slice(0, at) + (text[at] === "." ? "A" : changed) + text.slice(at + 1);
        // Purposes are the bits 152 to 163 of the core: a change elsewhere cannot grant.
        const before = grantedOf(text);
        const isPurpose = at * 6 + 5 >= 152 && at * 6 < 176;
        const isPublisher = at > text.lastIndexOf(".");
        if (!isPurpose && !isPublisher)
          for (const purpose of grantedOf(flipped)) expect(before).toContain(purpose);
        else readTcf(flipped, publisher);
      }),
      { numRuns: 2000 },
    );
  });

  it("a string with a segment twice grants nothing", () => {
    fc.assert(
      fc.property(parts, fc.nat(), (made, which) => {
        const segments = tcfSegments(made);
        denies([...segments, segments[which % segments.length] ?? ""].join("."));
      }),
    );
  });

  it("the worst of 8,192 characters takes less than fifty milliseconds", () => {
    const many = Array.from({ length: 32_000 / 500 }, (_, at) => [at * 500 + 1, at * 500 + 500] as const);
    const hostile = [
      tcfString({ restrictions: [{ purpose: 1, type: 1, vendors: many }] }),
      tcfString({ vendors: { ranges: many } }),
      tcfString({ vendors: { ranges: Array.from({ length: 1400 }, () => [1, 65_000] as const) } }),
      tcfString({ vendors: Array.from({ length: 46_000 }, (_, at) => at + 1) }),
      `${tcfString({})}${".".repeat(8000)}`,
      "C".repeat(8192),
    ];
    for (const text of hostile) {
      expect(text.length).toBeLessThanOrEqual(8192);
      expect(fastest(() => readTcf(text, publisher))).toBeLessThan(50);
    }
  });
});
