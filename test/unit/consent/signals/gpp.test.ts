import { GppModel, HeaderV1, Sections } from "@iabgpp/cmpapi";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readGpp } from "#consent/signals/gpp";
import { gppSections } from "#consent/signals/gpp-header";
import { readTcf } from "#consent/signals/tcf";
import { type TcfPolicy, tcfPolicySchema } from "#contracts/definitions/policy";
import { DAY_MS } from "#core/clock";
import { fastest } from "../../../setup/fastest.ts";
import { encode, tcfString } from "../../../setup/tcf-strings.ts";

const policy = tcfPolicySchema.parse({});
const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };
const GRANTED = { analytics: "granted", marketing: "granted", personalization: "granted" };
const ALL = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/** A string of encoded sections, with the header that the library writes. */
function gppString(sections: Record<number, string>): string {
  const header = new HeaderV1();
  header.setFieldValue("SectionIds", Object.keys(sections).map(Number));
  return [header.encode(), ...Object.values(sections)].join("~");
}

/** A section that the library encodes. */
function section(name: string, fields: Record<string, unknown>): string {
  const model = new GppModel();
  for (const [field, value] of Object.entries(fields)) model.setFieldValue(name, field, value);
  return model.encode();
}

const read = (text: string, sectionIds?: readonly number[], tcf: TcfPolicy = policy) =>
  readGpp(text, sectionIds, tcf);

// Strings of the tests of iabgpp-es (modules/cmpapi/test) and of the GPP's own documents.
it.each<[string, string, object]>([
  ["DBAA", "", {}],
  ["DBABTA~1YNN", "uspv1", {}],
  ["DBABLA~BVVqAAAAAmA.QA", "usnat", {}],
  ["DBACNYA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~1YNN", "tcfeuv2,uspv1", DENIED],
  [
    "DBACOeA~CPSG_8APSG_8ANwAAAENAwCAAAAAAAAAAAAAAAAAAAAA.QAAA.IAAA~CPSG_8APSG_8AAyACAENGdCgf_gfgAfgfgBgABABAAABAB4AACAC.fHHHA4444ao~1YNN",
    "tcfeuv2,tcfcav1,uspv1",
    DENIED,
  ],
])("a published example: %s", (text, name, says) => {
  expect(read(text)).toMatchObject({
    kind: "gpp",
    name,
    evidence: expect.stringMatching(/^sha256:[0-9a-f]{32}$/),
  });
  expect(read(text).says).toEqual(says);
});

describe("the sections that apply", () => {
  const text = gppString({
    2: tcfString({ purposes: ALL }),
    6: "1YYN",
    8: section("usca", { SaleOptOut: 2 }).split("~")[1] ?? "",
  });

  it("are those of gpp_sid, or all where there is none", () => {
    expect(read(text, [2])).toMatchObject({ name: "tcfeuv2", says: GRANTED });
    expect(read(text, [8])).toMatchObject({ name: "usca", says: {} });
    expect(read(text)).toMatchObject({
      name: "tcfeuv2,uspv1,usca",
      says: { ...GRANTED, marketing: "denied" },
    });
    expect(read(text, [])).toEqual(read(text));
  });

  it.each([[[-1]], [[0]], [[0, -1]]])("are none: %j, and nothing is said", (ids) => {
    const signal = read(text, ids);
    expect(signal).toMatchObject({ name: "", says: {}, givenAt: 0 });
    expect(signal).not.toHaveProperty("invalid");
  });

  it("have to be in the string", () => {
    expect(read(text, [2, 7])).toMatchObject({ invalid: "gpp_section_missing", says: DENIED });
    expect(read(text, [Number.NaN])).toMatchObject({ invalid: "gpp_section_missing" });
    expect(read("DBAA", [8])).toMatchObject({ invalid: "gpp_section_missing", name: "usca" });
  });

  it("have to be known", () => {
    const future = gppString({ 8: section("usca", { SaleOptOut: 2 }).split("~")[1] ?? "", 99: "BAAA" });
    expect(read(future)).toMatchObject({ invalid: "gpp_section_unknown", says: DENIED });
    expect(read(future, [8])).toMatchObject({ name: "usca", says: {} });
  });

  it("are not those about the string itself", () => {
    expect(read(gppString({ 4: "AAAA", 6: "1YNN" }))).toMatchObject({ name: "uspv1", says: {} });
  });
});

describe("several sections: the most restrictive", () => {
  it("of grants and denials, and of the days on which they lapse", () => {
    const june = tcfString({ purposes: ALL });
    const canada = canadian({ purposes: [3, 4], updated: Date.UTC(2026, 3, 1) });
    expect(read(gppString({ 2: june, 5: canada }))).toMatchObject({
      name: "tcfeuv2,tcfcav1",
      says: { ...DENIED, marketing: "granted" },
      givenAt: Date.UTC(2026, 5, 1),
      expiresAt: Date.UTC(2026, 3, 1) + 395 * DAY_MS,
    });
  });

  it("one that cannot be relied upon takes all grants", () => {
    const text = gppString({ 2: tcfString({ purposes: ALL }), 6: "2YNN" });
    expect(read(text)).toMatchObject({ invalid: "malformed", says: DENIED, name: "tcfeuv2,uspv1" });
  });
});

describe("section 2, the European TCF", () => {
  it("is read by the rules of TCF strings", () => {
    for (const parts of [
      { purposes: ALL },
      { purposes: [1, 3, 4] },
      { serviceSpecific: false },
      { cmpId: 1 },
    ]) {
      const text = tcfString(parts);
      const { says, invalid } = readTcf(text, policy);
      expect(read(gppString({ 2: text }))).toMatchObject({
        says,
        name: "tcfeuv2",
        ...(invalid && { invalid }),
      });
    }
  });
});

/** Fixed fields, two empty lists of vendors, then an optional segment of the publisher. */
function canadian({
  version = 1,
  cmpId = 50,
  created = Date.UTC(2026, 3, 1),
  updated = Date.UTC(2026, 3, 1),
  purposes = [] as number[],
  implied = [] as number[],
}) {
  const int = (value: number, count: number) => value.toString(2).padStart(count, "0");
  const set = (ids: number[]) =>
    Array.from({ length: 24 }, (_, at) => (ids.includes(at + 1) ? "1" : "0")).join("");
  const head = int(version, 6) + int(created / 100, 36) + int(updated / 100, 36) + int(cmpId, 12);
  return encode(
    head +
      int(1, 12) +
      int(1, 6) +
      int(0, 12) +
      int(1, 12) +
      int(1, 6) +
      "0".repeat(13) +
      set(purposes) +
      set(implied) +
      "0".repeat(46),
  );
}

describe("section 5, the Canadian TCF", () => {
  const ownSegment = (purposes: number[]) =>
    encode(
      `011${Array.from({ length: 24 }, (_, at) => (purposes.includes(at + 1) ? "1" : "0")).join("")}${"0".repeat(30)}`,
    );
  const canada = (text: string, tcf?: TcfPolicy) => read(gppString({ 5: text }), undefined, tcf);

  it("is read where the library writes it", () => {
    const bits = (ids: number[]) => Array.from({ length: 24 }, (_, at) => ids.includes(at + 1));
    const text = section("tcfcav1", {
      CmpId: 50,
      PurposesExpressConsent: bits([3, 4]),
      PurposesImpliedConsent: bits([8, 9, 10]),
      VendorExpressConsent: [12, 24, 48],
      PubPurposesExpressConsent: bits([3, 4]),
      Created: new Date("2026-04-01T00:00:00Z"),
      LastUpdated: new Date("2026-04-01T00:00:00Z"),
    });
    expect(read(text)).toEqual({
      kind: "gpp",
      name: "tcfcav1",
      says: { ...DENIED, marketing: "granted" },
      givenAt: Date.UTC(2026, 3, 1),
      expiresAt: Date.UTC(2026, 3, 1) + 395 * DAY_MS,
      evidence: expect.any(String),
    });
  });

  it("a published example: express consent of core and publisher together", () => {
    // Of the tests of iabgpp-es: express consent to 1–6 in the core, to 1–3 and 7–9 in the publisher's segment.
    const text = "CPSG_8APSG_8AAyACAENGdCgf_gfgAfgfgBgABABAAABAB4AACAC.fHHHA4444ao";
    const asked = (marketing: number[]) => tcfPolicySchema.parse({ purposes: { marketing } });
    expect(canada(text, asked([2, 3])).says.marketing).toBe("granted");
    expect(canada(text, asked([3, 4])).says.marketing).toBe("denied");
    expect(canada(text, asked([8])).says.marketing).toBe("denied");
  });

  it("grants by express consent; purpose 1 does not exist there", () => {
    expect(canada(canadian({ purposes: ALL.slice(1) })).says).toEqual(GRANTED);
    expect(canada(canadian({ purposes: [8, 9] })).says).toEqual(DENIED);
    const onlyOne = tcfPolicySchema.parse({ purposes: { analytics: [1] } });
    expect(canada(canadian({ purposes: ALL }), onlyOne).says.analytics).toBe("denied");
  });

  it("does not grant by implied consent", () => {
    expect(canada(canadian({ implied: ALL })).says).toEqual(DENIED);
  });

  it("needs express consent in the publisher's segment too, where there is one", () => {
    expect(canada(`${canadian({ purposes: ALL })}.${ownSegment([3, 4])}`).says).toEqual({
      ...DENIED,
      marketing: "granted",
    });
  });

  it("grants nothing to a vendor of the European list", () => {
    const vendor = { id: 1, purposes: ALL, legitimateInterest: [], flexible: [] };
    expect(canada(canadian({ purposes: ALL }), { ...policy, vendor }).says).toEqual(DENIED);
  });

  const core = canadian({ purposes: ALL });
  it.each<[string, string, string]>([
    ["of another version", "gpp_section_version", canadian({ version: 3 })],
    ["of no consent manager", "tcf_cmp", canadian({ cmpId: 1 })],
    ["never updated", "tcf_dates", canadian({ created: 0, updated: 0 })],
    ["updated before it was created", "tcf_dates", canadian({ updated: Date.UTC(2026, 2, 1) })],
    ["cut off", "malformed", core.slice(0, 38)],
    ["with an empty segment", "malformed", `${core}.`],
    ["with a segment twice", "malformed", `${core}.${ownSegment(ALL)}.${ownSegment(ALL)}`],
    ["with too many segments", "malformed", `${core}.${ownSegment(ALL)}.IAAA.IAAA`],
    ["with a segment of an unknown kind", "malformed", `${core}.QAAA`],
    ["with a publisher's segment that is cut off", "malformed", `${core}.${ownSegment(ALL).slice(0, 8)}`],
    ["with characters of no base64url", "malformed", `${core}.*`],
  ])("is invalid %s", (_title, invalid, text) => {
    expect(canada(text)).toMatchObject({ invalid, says: DENIED });
  });
});

describe("section 6, uspv1", () => {
  it.each<[string, object]>([
    ["1YNN", {}],
    ["1---", {}],
    ["1YYN", { marketing: "denied" }],
    ["1NNN", { marketing: "denied" }],
  ])("%s", (text, says) => {
    expect(read(gppString({ 6: text })).says).toEqual(says);
  });

  it.each(["2YNN", "1YN", "1YNNN", "1yyn", "1Y1N", "1YNN.A"])("%s is invalid", (text) => {
    expect(read(gppString({ 6: text }))).toMatchObject({ invalid: "malformed", says: DENIED });
  });
});

describe("a section of the United States", () => {
  const STATES = Sections.SECTION_ORDER.filter((name) => name.startsWith("us") && name !== "uspv1");

  it("is of 21 kinds, the national one among them", () => {
    expect(STATES).toHaveLength(21);
  });

  const has = (name: string, field: string) => {
    const model = new GppModel();
    model.setFieldValue(name, "SaleOptOut", 0);
    return model.hasField(name, field);
  };
  describe.each(STATES)("%s", (name) => {
    it("says nothing where nobody opted out, and never grants", () => {
      expect(read(section(name, { SaleOptOut: 0 }))).toMatchObject({ name, says: {}, givenAt: 0 });
      expect(read(section(name, { SaleOptOutNotice: 1, SaleOptOut: 2 }))).toMatchObject({ name, says: {} });
    });

    const denying = [
      ...[
        "SaleOptOut",
        "SharingOptOut",
        "TargetedAdvertisingOptOut",
        "PersonalDataConsents",
        "AdditionalDataProcessingConsent",
      ].map((field) => [field, 1] as const),
      ...[
        "SharingNotice",
        "ProcessingNotice",
        "SaleOptOutNotice",
        "SharingOptOutNotice",
        "TargetedAdvertisingOptOutNotice",
      ].map((field) => [field, 2] as const),
    ].filter(([field]) => has(name, field));
    it.each(denying)("denies marketing by %s = %i", (field, value) => {
      expect(read(section(name, { [field]: value })).says).toEqual({ marketing: "denied" });
      expect(read(section(name, { [field]: 3 - value })).says).toEqual({});
    });

    if (has(name, "Gpc"))
      it("denies marketing by GPC", () => {
        expect(read(section(name, { Gpc: true, GpcSegmentIncluded: true })).says).toEqual({
          marketing: "denied",
        });
        expect(read(section(name, { Gpc: false, GpcSegmentIncluded: true })).says).toEqual({});
      });

    if (has(name, "KnownChildSensitiveDataConsents"))
      it("denies everything for a known child without consent", () => {
        const model = new GppModel(section(name, { SaleOptOut: 2 }));
        const value: unknown = model.getFieldValue(name, "KnownChildSensitiveDataConsents");
        const places = Array.isArray(value) ? value.length : 1;
        for (let place = 0; place < places; place++) {
          const consents = (one: number) =>
            Array.isArray(value) ? value.map((_, at) => (at === place ? one : 0)) : one;
          const says = (one: number) =>
            read(section(name, { KnownChildSensitiveDataConsents: consents(one) })).says;
          expect(says(1)).toEqual(DENIED);
          expect(says(2)).toEqual({});
        }
      });
  });

  it("of value 3, which means nothing yet, is read as the worst", () => {
    // usca: version 1, then notices of sale and sharing and of the limit, then sale and sharing.
    const usca = (bits: string) => encode(`000001${bits}`.padEnd(48, "0"));
    expect(read(gppString({ 8: usca("000000") })).says).toEqual({});
    expect(read(gppString({ 8: usca("00000011") })).says).toEqual({ marketing: "denied" });
    expect(read(gppString({ 8: usca("11") })).says).toEqual({ marketing: "denied" });
  });

  const usca = section("usca", { SaleOptOut: 2 }).split("~")[1] ?? "";
  it.each<[string, string, Record<number, string>]>([
    ["of another version", "gpp_section_version", { 8: `C${usca.slice(1)}` }],
    ["of the third national version", "gpp_section_version", { 7: "DVVqAAAAAmA" }],
    ["cut off", "malformed", { 8: usca.slice(0, 2) }],
    ["with three segments", "malformed", { 8: `${usca}.QA.QA` }],
    ["with an empty segment", "malformed", { 8: `${usca}.` }],
    ["with a second segment that is not GPC's", "malformed", { 8: `${usca}.gA` }],
    ["with a second segment where there is none", "malformed", { 9: "BVaAAAAA.QA" }],
    ["longer than any can be", "malformed", { 8: usca.padEnd(65, "A") }],
    ["with characters of no base64url", "malformed", { 8: "B*VqAAAA" }],
  ])("is invalid %s", (_title, invalid, sections) => {
    expect(read(gppString(sections))).toMatchObject({ invalid, says: DENIED });
  });

  it("of the national kind is read in both its versions", () => {
    expect(read("DBABLA~BVVqAAAAAmA.YA").says).toEqual({ marketing: "denied" });
    expect(read(section("usnat", { Version: 2, SaleOptOut: 1 })).says).toEqual({ marketing: "denied" });
  });

  it("of the national kind is not read by the other version's layout", () => {
    const child = { KnownChildSensitiveDataConsents: [1, 1], MspaCoveredTransaction: 1 };
    const [header, first = ""] = section("usnat", { Version: 1, ...child }).split("~");
    const [core = "", gpc] = first.split(".");
    expect(read(`${header}~${core}.${gpc}`).says).toEqual(DENIED);
    for (const length of [12, 13, 16])
      expect(read(`${header}~${core.padEnd(length, "A")}.${gpc}`)).toMatchObject({ invalid: "malformed" });
    const second = section("usnat", { Version: 2, SaleOptOut: 2 }).split("~")[1]?.split(".")[0] ?? "";
    expect(read(`${header}~${second}`).invalid).toBeUndefined();
    expect(read(`${header}~${second.slice(0, 11)}`)).toMatchObject({ invalid: "malformed" });
  });
});

describe("a text is no GPP string", () => {
  it.each<[string, string]>([
    ["empty", ""],
    ["without a header", "~1YNN"],
    ["a bare TC string", tcfString({ purposes: ALL })],
    ["of another version", "DCABTA~1YNN"],
    ["with fewer sections than the header names", "DBABTA"],
    ["with more sections than the header names", "DBABTA~1YNN~1YNN"],
    ["with an empty section", "DBABTA~"],
    ["with a header that is cut off", "DBAB~1YNN"],
    ["with a header of other characters", "DBABT=~1YNN"],
    ["with a header that has more than its fields", "DBABTAAB~1YNN"],
    ["percent-encoded", "DBABTA%7E1YNN"],
  ])("%s", (_title, text) => {
    expect(read(text)).toMatchObject({ kind: "gpp", invalid: "malformed", says: DENIED, name: "" });
  });

  it("of more than 8,192 characters, and within five milliseconds however long it is", () => {
    const megabyte = `DBABTA~${"1YNN".repeat(1 << 18)}`;
    expect(read(megabyte)).toMatchObject({ invalid: "too_long", says: DENIED });
    expect(fastest(() => read(megabyte))).toBeLessThan(5);
  });
});

describe("whatever comes", () => {
  it("the header is read as the library writes it", () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 255 }), { maxLength: 40 }), (ids) => {
        const sorted = ids.toSorted((a, b) => a - b);
        const text = gppString(Object.fromEntries(sorted.map((id) => [id, "AAAA"])));
        expect([...(gppSections(text)?.keys() ?? [])]).toEqual(sorted);
      }),
    );
  });

  it("a range of sections to any number costs nothing", () => {
    // 1 to 2^40 or so, in Fibonacci coding: the library would list them all.
    const bomb = encode(`000011000001000000000001${"1"}${"11"}${`${"0".repeat(60)}11`}`);
    const started = performance.now();
    expect(read(`${bomb}~BAAA`)).toMatchObject({ invalid: "malformed" });
    expect(performance.now() - started).toBeLessThan(50);
  });

  it("random text never throws and grants nothing", () => {
    const character = fc.constantFrom(
      ..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~",
    );
    const ids = fc.option(fc.array(fc.integer({ min: -1, max: 30 }), { maxLength: 3 }), { nil: undefined });
    const grantsNothing = (text: string, sectionIds: number[] | undefined) => {
      expect(Object.values(read(text, sectionIds).says)).not.toContain("granted");
    };
    fc.assert(fc.property(fc.string({ unit: "binary", maxLength: 300 }), ids, grantsNothing));
    fc.assert(
      fc.property(
        fc.constantFrom("", "DBAA~", "DBABMA~C", "DBABLA~B", "DBABTA~1"),
        fc.string({ unit: character, maxLength: 200 }),
        ids,
        (start, rest, sectionIds) => grantsNothing(start + rest, sectionIds),
      ),
      { numRuns: 3000 },
    );
  });

  it("sections of the United States never grant, whatever bits they have", () => {
    const sections = fc.array(
      fc.tuple(fc.integer({ min: 6, max: 30 }), fc.base64String({ minLength: 1, maxLength: 40 })),
      { maxLength: 4 },
    );
    fc.assert(
      fc.property(sections, (all) => {
        const text = gppString(
          Object.fromEntries(all.map(([id, code]) => [id, code.replace(/[+/=]/g, "_")])),
        );
        expect(Object.values(read(text).says)).not.toContain("granted");
      }),
      { numRuns: 2000 },
    );
  });

  it("a string that lost its end grants nothing more, but where a whole segment is gone", () => {
    const text = gppString({ 2: tcfString({ purposes: [1, 3, 4], disclosed: [3, 5] }), 7: "BVVqAAAAAmA.YA" });
    for (let cut = 0; cut < text.length; cut++) {
      // The A before the dot is padding; without GPC's segment nobody opted out.
      if (text.length - cut === 3 || text.length - cut === 4) continue;
      expect(Object.values(read(text.slice(0, cut)).says), `cut at ${cut}`).not.toContain("granted");
    }
  });
});
