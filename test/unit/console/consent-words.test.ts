/** Grounds, receipts and sources of consent in words: each that the decision writes has some. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { HONOURED_SIGNALS } from "../../../contracts/definitions/policy.ts";
import { SIGNAL_KINDS } from "../../../src/consent/signals/signal.ts";
import {
  decisionsOf,
  groundInWords,
  receiptInWords,
  sourcesInWords,
} from "../../../src/console/consent-words.ts";

describe("a ground", () => {
  it.each([
    ["cookie", "the visitor's own decision"],
    ["event", "the event's own statement"],
    ["default", "the regime's default"],
    ["expired", "a decision that has expired"],
    ["gpc", "Global Privacy Control"],
    ["tcf", "the TCF string"],
    ["consent_mode", "Google Consent Mode"],
    ["gpp:usnat,usca", "the GPP string (usnat, usca)"],
    ["banner:onetrust", "the banner's cookie (onetrust)"],
    ["tcf:too_long", "the TCF string, which is not valid: it is too long to be read"],
    ["banner:malformed", "the banner's cookie, which is not valid: it cannot be decoded"],
    ["something_new", "something new"],
    ["something_new:else", "something new (else)"],
    ["toString", "toString"],
    ["tcf:constructor", "the TCF string (constructor)"],
    ["", ""],
  ])("%s", (ground, words) => expect(groundInWords(ground)).toBe(words));

  it("of each kind of signal has words", () => {
    for (const kind of [...SIGNAL_KINDS, ...HONOURED_SIGNALS])
      expect(groundInWords(kind), kind).toMatch(/^the |^G/);
  });

  it("of each code of an invalid signal has words", () => {
    const folder = new URL("../../../src/consent/signals/", import.meta.url);
    const source = readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".ts"))
      .map((file) => readFileSync(new URL(file, folder), "utf8"))
      .join("\n");
    const codes = new Set(
      [...source.matchAll(/"((?:tcf|gpp)_[a-z_]+|too_[a-z_]+|malformed|unsupported)"/g)].map(
        ([, code]) => code,
      ),
    );
    expect(codes.size).toBeGreaterThan(11);
    for (const code of codes) expect(groundInWords(`tcf:${code}`), code).toContain("which is not valid: ");
  });
});

describe("a receipt", () => {
  it.each([
    ["r1", ["r1"]],
    ["r1+tcf:sha256:ab", ["r1", "tcf:sha256:ab"]],
    ["statement:a+m-", ["statement:a+m-"]],
    [
      "r1+banner:onetrust@1.2 sha256:cd+statement:a+m-p+",
      ["r1", "banner:onetrust@1.2 sha256:cd", "statement:a+m-p+"],
    ],
    ["", []],
  ])("%s names its decisions", (receipt, decisions) => expect(decisionsOf(receipt)).toEqual(decisions));

  it.each([
    ["default:gdpr", "nobody has decided, so its default holds"],
    ["r1", "decision `r1`"],
    ["statement:a+", "the event's own statement"],
    ["r1+tcf:sha256:ab", "decision `r1` and the TCF string with the evidence `sha256:ab` together"],
    ["anonymous", "a decision that is not named, since the client asked not to be recognised"],
  ])("%s in words", (receipt, words) => expect(receiptInWords(receipt)).toBe(words));
});

it("sources of a row of the ledger read as a list", () => {
  expect(sourcesInWords("choice")).toBe("the visitor's own decision");
  expect(sourcesInWords("choice+tcf+banner:didomi")).toBe(
    "the visitor's own decision, the TCF string and the banner's cookie (didomi)",
  );
});
