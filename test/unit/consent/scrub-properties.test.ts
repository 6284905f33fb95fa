/** What must hold of the scrubber for any text: it ends, twice is once, and nothing personal survives in any company. */
import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scrubText, scrubUrl } from "#consent/scrub";
import { withoutCodes } from "#consent/scrub-codes";
import { look } from "#consent/scrub-look";
import { withoutPhones } from "#consent/scrub-phones";
import { withoutTokens } from "#consent/scrub-tokens";

/** Texts of the characters that the rules are about, so that parts of findings stand side by side. */
const PIECES = [
  ..."0123456789 +-./()%@:;,&=?#_ab Z",
  "%40",
  "%2B",
  "%25",
  "%20",
  "%2F",
  "%C3%A9",
  "%E1",
  "é",
  "\ud800",
  "\u00a0",
  "–",
  "＠",
  "．",
  "％",
  "０",
  "٠",
  "ida@example.com",
  "+421905123456",
  "0905 123 456",
  "4111111111111111",
  "SK3112000000198742637541",
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJpZGEiLCJhZG1pbiI6MX0",
  "0f8fad5b-d9cb-469f-a165-70867728950e",
  "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
  "[email]",
  "utm_source=",
  "gclid=",
  "tel:",
  "https://",
];
const hostile = fc.array(fc.constantFrom(...PIECES), { maxLength: 40 }).map((parts) => parts.join(""));
const anyText = fc.oneof(hostile, fc.string({ unit: "binary", maxLength: 200 }));
const LISTED = new Set(["q"]);

describe("for any text", () => {
  it("to scrub twice is to scrub once", () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (text, clickIds) => {
        const once = scrubText(text).text;
        expect(scrubText(once)).toEqual({ text: once });
        const url = scrubUrl(text, clickIds, LISTED).text;
        expect(scrubUrl(url, clickIds, LISTED)).toEqual({ text: url });
      }),
      { numRuns: 3_000 },
    );
  });

  it("what is reported is what was done", () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const scrubbed = scrubText(text);
        expect(scrubbed.found !== undefined).toBe(scrubbed.text !== text);
      }),
    );
  });

  it("the quick look misses nothing that the rules would find", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        if (look(text, true) !== 0) return;
        expect(withoutTokens(withoutPhones(withoutCodes(text)))).toBe(text);
      }),
      { numRuns: 3_000 },
    );
  });
});

const digits = (min: number, max: number) =>
  fc.stringMatching(new RegExp(`^[1-9]\\d{${min - 1},${max - 1}}$`));
const gap = fc.constantFrom("", " ", "-", ".", "\u00a0", " - ".trim());
const email = fc
  .tuple(fc.stringMatching(/^[a-z][a-z0-9._+-]{0,20}[a-z0-9]$/), fc.stringMatching(/^[a-z]{1,12}$/))
  .map(([name, host]) => `${name}@${host}.example.com`);
const phone = fc
  .tuple(fc.constantFrom("421", "44", "49", "7", "36"), digits(3, 3), digits(3, 3), digits(3, 3), gap)
  .map(([country, a, b, c, between]) => `+${[country, a, b, c].join(between)}`);
const national = fc
  .tuple(digits(3, 3), digits(3, 3), digits(3, 3), fc.constantFrom(" ", "/"))
  .map(([a, b, c, between]) => `0${a}${between}${b} ${c}`);
const around = fc.stringMatching(/^[a-z ,.!?€é%&]{0,30}$/);

describe("in any company", () => {
  it.each([
    ["an e-mail address", email],
    ["a phone number with a country's code", phone],
    ["a phone number with a 0", national],
  ])("%s does not survive in a text", (_, secrets) => {
    fc.assert(
      fc.property(around, secrets, around, (before, secret, after) => {
        const { text } = scrubText(`${before} ${secret} ${after}`);
        expect(text).not.toContain(secret);
        expect(text.replace(/\[\w+\]/g, "")).not.toMatch(/@[a-z]|\d/);
      }),
    );
  });

  it.each([
    ["an e-mail address", email],
    ["a phone number with a country's code", phone],
  ])("%s does not survive in a URL, plain or encoded, in path, query or fragment", (_, secrets) => {
    const encodings = fc.constantFrom<(text: string) => string>(
      (text) => text,
      encodeURIComponent,
      (text) => encodeURIComponent(encodeURIComponent(text)),
      (text) => [...text].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, "0")}`).join(""),
    );
    const places = fc.constantFrom(
      (secret: string) => `https://s.example/u/${secret}/x`,
      (secret: string) => `https://s.example/a?utm_term=${secret}`,
      (secret: string) => `https://s.example/a?q=x+${secret}&z=${secret}`,
      (secret: string) => `https://s.example/a?token=${secret}#${secret}`,
      (secret: string) => `/a;id=${secret}`,
    );
    fc.assert(
      fc.property(secrets, encodings, places, (secret, encode, place) => {
        const ascii = secret.replaceAll("\u00a0", " ");
        const { text } = scrubUrl(place(encode(ascii)), true, LISTED);
        expect(text.replace(/\[\w+\]/g, "")).not.toMatch(/@|%40|%2540|\d{3}|%3\d/i);
      }),
    );
  });
});

describe("4 KB of", () => {
  const pieces = [
    "@",
    "a@a.",
    "a.a@a.a.a.",
    "%40",
    "%25",
    "%2%35",
    "0",
    "1 ",
    "1-",
    "01 ",
    "00 1 ",
    "+1 ",
    "+1",
    "(",
    "+(",
    "tel ",
    "tel 1",
    "2345678901 ",
    "234 567 ",
    "777 123 ",
    "4 ",
    "41111111 ",
    "SK31 ",
    "SK311",
    "a1",
    "aA1-",
    "eyJaaaaa",
    "eyJaaaaa.",
    "eyJaaaaa.aaaaaaaaaaaaaaaaaaaaaaaaaaaaa1A2B3.",
    "123456/",
    "123.",
    "\ud800",
    "a1b2c3d4-",
  ];
  it.each(pieces)("%j take no time, and come to rest", (piece) => {
    const text = piece.repeat(Math.ceil(4096 / piece.length));
    for (const once of [
      scrubText(text).text,
      scrubUrl(`https://s.example/${text}?utm_term=${text}#${text}`, true).text,
    ]) {
      expect(once.length).toBeLessThanOrEqual(3 * 4096 + 64);
      expect(scrubText(scrubText(once).text).text).toBe(scrubText(once).text);
    }
  });

  it("no rule has an unbounded repetition within another, by its source", () => {
    const sources = globSync("src/consent/scrub*.ts").map((file) => readFileSync(file, "utf8"));
    expect(sources.length).toBeGreaterThan(4);
    const nested = /\([^()\n]*(?:[+*]|\{\d+,\})[^()\n]*\)(?:[+*]|\{\d+,\})/;
    expect("(?:a+b)*").toMatch(nested);
    for (const source of sources) expect(source).not.toMatch(nested);
  });
});
