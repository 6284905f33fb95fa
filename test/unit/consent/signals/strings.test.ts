import { describe, expect, it } from "vitest";
import {
  type ConsentString,
  MAX_KNOWN_STRINGS,
  MAX_NEW_STRINGS,
  readStrings,
} from "#consent/signals/strings";
import { type TcfPolicy, tcfPolicySchema } from "#contracts/definitions/policy";
import { tcfString } from "../../../setup/tcf-strings.ts";

const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };
const newPolicy = (): TcfPolicy => tcfPolicySchema.parse({});

/** Different strings that grant marketing. */
const tcf = (vendor: number): ConsentString => ({
  kind: "tcf",
  text: tcfString({ purposes: [1, 3, 4], vendors: [vendor] }),
});
const several = (count: number, from = 1) => Array.from({ length: count }, (_, at) => tcf(from + at));

describe("readStrings", () => {
  it("reads TCF and GPP strings, each by its own rules", async () => {
    const wanted: ConsentString[] = [
      tcf(1),
      { kind: "gpp", text: "DBABTA~1YYN" },
      { kind: "gpp", text: "DBABTA~1YYN", sectionIds: [-1] },
      { kind: "tcf", text: "nonsense" },
    ];
    const read = await readStrings(wanted, newPolicy());
    expect(wanted.map(read)).toMatchObject([
      { kind: "tcf", says: { ...DENIED, marketing: "granted" } },
      { kind: "gpp", says: { marketing: "denied" }, name: "uspv1" },
      { kind: "gpp", says: {}, name: "" },
      { kind: "tcf", says: DENIED, invalid: "malformed" },
    ]);
  });

  it("answers at once, without a promise, where there is nothing to read", async () => {
    const policy = newPolicy();
    expect(readStrings([], policy)).toBeTypeOf("function");
    const first = (await readStrings([tcf(1)], policy))(tcf(1));
    const again = readStrings([tcf(1)], policy);
    if (again instanceof Promise) throw new Error("a known string was read again");
    expect(again(tcf(1))).toBe(first);
  });

  it("reads again under another policy", async () => {
    const strict = { ...newPolicy(), cmps: [300] };
    const read = await readStrings([tcf(1)], newPolicy());
    const readStrict = await readStrings([tcf(1)], strict);
    expect(read(tcf(1)).says.marketing).toBe("granted");
    expect(readStrict(tcf(1))).toMatchObject({ invalid: "tcf_cmp", says: DENIED });
  });

  it("takes a GPP string with other sections for another string", async () => {
    const policy = newPolicy();
    const gpp = (sectionIds: number[]): ConsentString => ({ kind: "gpp", text: "DBABTA~1YYN", sectionIds });
    await readStrings([gpp([6])], policy);
    const read = await readStrings([gpp([7])], policy);
    expect(read(gpp([7]))).toMatchObject({ invalid: "gpp_section_missing" });
  });

  it("does not take a text of one kind for one of the other", async () => {
    const policy = newPolicy();
    const gpp: ConsentString = { kind: "gpp", text: "DBABTA~1YNN", sectionIds: [6] };
    // What the memory of GPP strings goes by, sent as a TCF string.
    await readStrings([{ kind: "tcf", text: "6 DBABTA~1YNN" }], policy);
    expect((await readStrings([gpp], policy))(gpp)).not.toHaveProperty("invalid");
  });

  it("reads no more than eight new strings at once; the others say no", async () => {
    const policy = newPolicy();
    const wanted = several(MAX_NEW_STRINGS + 2);
    const read = await readStrings(wanted, policy);
    const signals = wanted.map((one) => read(one));
    expect(signals.slice(0, MAX_NEW_STRINGS).every(({ invalid }) => invalid === undefined)).toBe(true);
    for (const signal of signals.slice(MAX_NEW_STRINGS))
      expect(signal).toMatchObject({ kind: "tcf", invalid: "too_many_strings", says: DENIED });
    // Nothing of that is remembered: the next request has its own eight.
    const next = await readStrings(wanted, policy);
    expect(wanted.map((one) => next(one).invalid)).toEqual(wanted.map(() => undefined));
  });

  it("counts the same string once, and a known one not at all", async () => {
    const policy = newPolicy();
    await readStrings(several(8), policy);
    const wanted = [...several(8), ...several(8, 100), ...several(8, 100)];
    const read = await readStrings(wanted, policy);
    expect(wanted.map((one) => read(one).invalid)).toEqual(wanted.map(() => undefined));
  });

  it("says no of a string that it was not asked to read", async () => {
    const read = await readStrings([tcf(1)], newPolicy());
    expect(read(tcf(2))).toMatchObject({ invalid: "too_many_strings", says: DENIED });
    const none = await readStrings([], newPolicy());
    expect(none(tcf(1))).toMatchObject({ invalid: "too_many_strings", says: DENIED });
  });

  it("remembers a thousand strings; the oldest makes room", async () => {
    const policy = newPolicy();
    const first = (await readStrings([tcf(1)], policy))(tcf(1));
    const gpp: ConsentString = { kind: "gpp", text: "DBABTA~1YNN" };
    const ofGpp = (await readStrings([gpp], policy))(gpp);
    for (let vendor = 2; vendor < MAX_KNOWN_STRINGS; vendor++) await readStrings([tcf(vendor)], policy);
    expect((await readStrings([tcf(1)], policy))(tcf(1))).toBe(first);
    await readStrings([tcf(5000)], policy);
    const again = (await readStrings([tcf(1)], policy))(tcf(1));
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
    // A flood of one kind does not wash away the other.
    expect((await readStrings([gpp], policy))(gpp)).toBe(ofGpp);
  });

  it.each<[string, ConsentString, string]>([
    ["a text", { kind: "tcf", text: "C".repeat(9000) }, "too_long"],
    [
      "a list of sections",
      { kind: "gpp", text: "DBAA", sectionIds: Array.from({ length: 9000 }, () => 7) },
      "gpp_section_missing",
    ],
  ])("does not remember %s that is too long", async (_title, long, invalid) => {
    const policy = newPolicy();
    const first = (await readStrings([long], policy))(long);
    const again = (await readStrings([long], policy))(long);
    expect(first).toMatchObject({ invalid });
    expect(again).toEqual(first);
    expect(again).not.toBe(first);
  });
});
