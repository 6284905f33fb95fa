/** Which values identify somebody, in which form, and why the others do not. */
import fc from "fast-check";
import examples from "libphonenumber-js/examples.mobile.json";
import { getCountries, getExampleNumber } from "libphonenumber-js/min";
import { beforeAll, describe, expect, it } from "vitest";
import type { IdentityDefinition } from "#contracts/definitions/identity";
import { releaseSchema } from "#contracts/definitions/release";
import { normaliseIdentifier, readIdentifier } from "#identity/normalise";
import { loadPhones } from "#identity/normalise/phone";
import { valueRules } from "#identity/normalise/rules";

beforeAll(async () => {
  await loadPhones();
});

const documentOf = (identity: Partial<IdentityDefinition> = {}) =>
  releaseSchema.parse({
    policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
    identity,
  });

/** The normal form, or `!` and the reason. */
const reader =
  (identity: Partial<IdentityDefinition> = {}) =>
  (namespace: string, value: string): string => {
    const read = readIdentifier(namespace, value, valueRules(documentOf(identity)));
    return read.ok ? read.value : `!${read.reason}`;
  };
const read = reader();

const ZERO_WIDTH = "\u200b";
const SOFT_HYPHEN = "\u00ad";
const RIGHT_TO_LEFT = "\u202e";
const BYTE_ORDER_MARK = "\ufeff";
const NO_BREAK_SPACE = "\u00a0";
const FILLER = "\u3164";

describe("an id", () => {
  it.each([
    ["u-1", "u-1"],
    [" U-1\t", "U-1"],
    [`${BYTE_ORDER_MARK}u-${ZERO_WIDTH}1${NO_BREAK_SPACE}`, "u-1"],
    [`${RIGHT_TO_LEFT}u${SOFT_HYPHEN}-1${FILLER}`, "u-1"],
    ["Zoe\u0308", "Zo\u00eb"],
    ["1", "1"],
    ["11", "11"],
    ["7777", "7777"],
    ["{6B29FC40-CA47-1067-B31D-00DD010662DA}", "{6B29FC40-CA47-1067-B31D-00DD010662DA}"],
    ["two words", "two words"],
  ])("%j is %j: as it is, without what cannot be seen", (value, normal) => {
    for (const namespace of ["user_id", "customer_id", "login_id", "crm_id", "anonymous_id", "device_id"])
      expect(read(namespace, value)).toBe(normal);
  });

  it.each([
    "anonymous",
    "Guest",
    "distinct_id",
    "id",
    "not_authenticated",
    "email",
    "undefined",
    "null",
    "NULL",
    "none",
    "nil",
    "true",
    "False",
    "0",
    "000",
    "NaN",
    "[object Object]",
    "",
    "  ",
    ZERO_WIDTH,
    "-",
    "???",
    '"null"',
    "'undefined'",
    "\"'null'\"",
    '\\"null\\"',
    '""',
    `un${ZERO_WIDTH}defined`,
    "{{user.id}}",
    "{{ user.id }}-1",
    "$".concat("{id}"),
    "#{current_user.id}",
    "%%EMAIL%%",
    "%recipient_id%",
    "<%= user.id %>",
    "*|UNIQID|*",
    "[email]",
    "<user_id>",
    "{user_id}",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",
    "0000-0000",
    "02:00:00:00:00:00".replace("2", "0"),
    "111111111",
    "xxxxxxxx",
    "aaa",
    "9774d56d682e549c",
  ])("%j is a placeholder, and nobody's", (value) => {
    expect(read("user_id", value)).toBe("!placeholder_identifier");
  });

  it.each([
    ["with a line end in it", "a\nb"],
    ["with a NUL in it", "a\0b"],
    ["with half a character", "a\ud800b"],
    ["that was garbled on the way", "a\ufffdb"],
  ])("%s is none", (_, value) => {
    expect(read("user_id", value)).toBe("!invalid_identifier");
  });

  it("has 256 characters at most, and 10 kB cost nothing", () => {
    expect(read("user_id", "ab".repeat(128))).toBe("ab".repeat(128));
    expect(read("user_id", `${"ab".repeat(128)}c`)).toBe("!identifier_length");
    const started = performance.now();
    for (const namespace of ["user_id", "email", "phone"])
      for (let n = 0; n < 1_000; n++)
        expect(read(namespace, "\u200b1@".repeat(5_000))).toBe("!identifier_length");
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  it("is of a namespace that there is: our own cookie's is nobody's to name", () => {
    for (const namespace of [
      "visitor_id",
      "match-same",
      "event",
      "person-card",
      "",
      "__proto__",
      "constructor",
    ])
      expect(read(namespace, "1234")).toBe("!unknown_namespace");
  });
});

describe("an e-mail address", () => {
  it.each([
    [" Ida.Berg@Example.COM ", "ida.berg@example.com"],
    ['"ida@example.com"', "ida@example.com"],
    [`ida${ZERO_WIDTH}@exam${SOFT_HYPHEN}ple.com${NO_BREAK_SPACE}`, "ida@example.com"],
    [
      "\uff49\uff44\uff41\uff20\uff45\uff58\uff41\uff4d\uff50\uff4c\uff45\uff0e\uff43\uff4f\uff4d",
      "ida@example.com",
    ],
    ["ida@Bücher.example", "ida@xn--bcher-kva.example"],
    ["ida@BÜCHER.example", "ida@xn--bcher-kva.example"],
    ["ida@пример.рф", "ida@xn--e1afmkfd.xn--p1ai"],
    ["ida@例え。テスト", "ida@xn--r8jz45g.xn--zckzah"],
    ["i.d.a+shop@gmail.com", "i.d.a+shop@gmail.com"],
    ["unknown@example.com", "unknown@example.com"],
    ["o'neil@example.ie", "o'neil@example.ie"],
  ])("%j is %j", (value, normal) => {
    expect(read("email", value)).toBe(normal);
  });

  it("that looks like another and is not stays another, or is none", () => {
    expect(read("email", "ida@exаmple.com")).toBe("ida@xn--exmple-4nf.com"); // a Cyrillic а
    expect(read("email", "idа@example.com")).toBe("!invalid_identifier"); // again
    expect(read("email", "mi\u017fe@example.com")).not.toBe("mise@example.com"); // a long s
    expect(read("email", "ad\u0131@example.com")).not.toBe("adi@example.com"); // a dotless i
  });

  it.each([
    "ida",
    "@example.com",
    "ida@",
    "ida@example",
    "ida@@example.com",
    "ida@example..com",
    ".ida@example.com",
    "ida.@example.com",
    "ida berg@example.com",
    "ida@exam ple.com",
    "ida@-example.com",
    "ida@example.com.",
    "ida@1.2.3.4",
    "ida@[1.2.3.4]",
    "Ida <ida@example.com>",
    "ida@example.com, ben@example.com",
    "ida@exa%6dple.com",
    "ida@ex\u2100mple.com",
    "undefined@example.com",
    "null@example.com",
    "NoReply@example.com",
    "test@test.com",
    "guest@guest.org",
    "anonymous@anonymous.invalid",
    `${"a".repeat(65)}@example.com`,
    `${"ida".repeat(4)}@${"abcdefghi.".repeat(24)}com`,
  ])("%j is none", (value) => {
    expect(read("email", value)).toMatch(/^!(invalid_identifier|placeholder_identifier|identifier_length)$/);
  });

  it("of a throw-away mailbox identifies nobody, with the release's own domains and below them", () => {
    expect(read("email", "ida@mailinator.com")).toBe("!disposable_address");
    expect(read("email", "ida@team.Mailinator.com")).toBe("!disposable_address");
    expect(read("email", "ida@notmailinator.com")).toBe("ida@notmailinator.com");
    const own = reader({ namespaces: { email: { blockedDomains: [" Bücher.example", "temp.example"] } } });
    expect(own("email", "ida@a.b.bücher.example")).toBe("!disposable_address");
    expect(own("email", "ida@temp.example")).toBe("!disposable_address");
    expect(own("email", "ida@yopmail.com")).toBe("!disposable_address");
    expect(own("email", "ida@contemp.example")).toBe("ida@contemp.example");
  });
});

describe("a phone number", () => {
  it.each([
    ["+421 905 123 456", "+421905123456"],
    ["00421 905 123-456", "+421905123456"],
    ["00 421/905/123456", "+421905123456"],
    ["tel:+421-905-123-456", "+421905123456"],
    ["+421 (0) 905 123 456", "+421905123456"],
    ["+44 (0)20 7946 0958", "+442079460958"],
    ["＋４２１ ９０５ １２３ ４５６", "+421905123456"],
    [`\u202d+421${NO_BREAK_SPACE}905${NO_BREAK_SPACE}123${NO_BREAK_SPACE}456\u202c`, "+421905123456"],
    ["+39 06 1234 5678", "+390612345678"],
  ])("%j is %s", (value, normal) => {
    expect(read("phone", value)).toBe(normal);
  });

  it.each([
    "0905 123 456",
    "905123456",
    "+421 905 123 45",
    "+421 905 123 456 789",
    "+999 905 123 456",
    "+421 905 123 456 ext. 12",
    "+421 905 123 456;ext=12",
    "+421 2 1234 5678 x9",
    "+1 800 FLOWERS",
    "call +421 905 123 456",
    "+421 905 123 456 or +421 905 123 457",
    "+11111111111",
    "+0000000000",
    "00",
    "+",
    "ida@example.com",
  ])("%j identifies nobody", (value) => {
    expect(read("phone", value)).toMatch(/^!(invalid|placeholder)_identifier$/);
  });

  it("without a country code is of the release's country, and one with a code is of its own", () => {
    const slovak = reader({ phoneCountry: "SK" });
    expect(slovak("phone", "0905 123 456")).toBe("+421905123456");
    expect(slovak("phone", "+420 601 123 456")).toBe("+420601123456");
    const american = reader({ phoneCountry: "US" });
    expect(american("phone", "(213) 373-4253")).toBe("+12133734253");
    expect(american("phone", "011 421 905 123 456")).toBe("+421905123456");
  });

  it("in any country's own spelling is the same number as abroad", () => {
    for (const country of getCountries()) {
      const example = getExampleNumber(country, examples);
      if (!example) continue;
      const own = reader({ phoneCountry: country });
      expect([country, own("phone", example.formatNational())]).toEqual([country, example.number]);
      expect([country, read("phone", example.formatInternational())]).toEqual([country, example.number]);
      expect([country, own("phone", example.number)]).toEqual([country, example.number]);
    }
  });
});

describe("the rules of a release", () => {
  it("give namespaces of one's own the form that they are declared with, and know no other", () => {
    const own = reader({
      namespaces: {
        "person-card": { normalise: "digits" },
        "person-club": { normalise: "alphanumeric" },
        "person-nick": { normalise: "lower" },
        "person-second_mail": { normalise: "email" },
        "device-till": { normalise: "exact" },
      },
    });
    expect(own("person-card", " 45-12 (3)/4 ")).toBe("451234");
    expect(own("person-card", "４５１２")).toBe("4512");
    expect(own("person-card", "4512 A")).toBe("!invalid_identifier");
    expect(own("person-club", "AB-12/x y")).toBe("ab12xy");
    expect(own("person-club", "n.u-l l")).toBe("!placeholder_identifier");
    expect(own("person-nick", "ÍDA")).toBe("ída");
    expect(own("person-second_mail", "Ida@Example.com")).toBe("ida@example.com");
    expect(own("device-till", "Till 4")).toBe("Till 4");
    expect(own("person-other", "4512")).toBe("!unknown_namespace");
  });

  it("block values in any spelling", () => {
    const own = reader({
      phoneCountry: "SK",
      namespaces: {
        email: { blocked: ["INFO@Example.com"] },
        phone: { blocked: ["02/1234 5678"] },
        customer_id: { blocked: [" Till-1"] },
        "person-card": { normalise: "digits", blocked: ["99-99"] },
      },
    });
    expect(own("email", "info@EXAMPLE.com")).toBe("!blocked_identifier");
    expect(own("phone", "+421 2 1234 5678")).toBe("!blocked_identifier");
    expect(own("customer_id", "TILL-1 ")).toBe("!blocked_identifier");
    expect(own("person-card", "9999")).toBe("!blocked_identifier");
    expect(own("customer_id", "TILL-2")).toBe("TILL-2");
  });

  it("narrow lengths", () => {
    const own = reader({ namespaces: { customer_id: { minLength: 4, maxLength: 6 } } });
    expect(["123", "1234", "123456", "1234567"].map((value) => own("customer_id", value))).toEqual([
      "!identifier_length",
      "1234",
      "123456",
      "!identifier_length",
    ]);
  });

  it("keep no value from being looked up that was stored before they blocked it", async () => {
    const document = documentOf({ namespaces: { email: { blocked: ["info@example.com"], minLength: 20 } } });
    expect(await normaliseIdentifier("email", "INFO@example.com", document)).toBe("info@example.com");
    expect(await normaliseIdentifier("visitor_id", "abc", document)).toBe("abc");
    expect(await normaliseIdentifier("phone", "0905 123 456", document)).toBeUndefined();
    expect(await normaliseIdentifier("person-card", "4512", document)).toBeUndefined();
  });
});

describe("a normal form", () => {
  const rules = valueRules(
    documentOf({
      phoneCountry: "SK",
      namespaces: {
        "person-lower": { normalise: "lower" },
        "person-digits": { normalise: "digits" },
        "person-letters": { normalise: "alphanumeric" },
      },
    }),
  );
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.string({ unit: "grapheme", maxLength: 40 }),
    fc.emailAddress(),
    fc
      .tuple(fc.emailAddress(), fc.constantFrom("\u200b", " ", '"', "\u00a0"))
      .map(([a, b]) => `${b}${a}${b}`),
    fc.stringMatching(/^[+0]?[0-9 ()./-]{5,18}$/),
    fc.string({
      unit: fc.constantFrom(
        "İ",
        "ı",
        "ſ",
        "K",
        "Σ",
        "ς",
        "ǅ",
        "\u030c",
        "J",
        "ﬁ",
        "Ａ",
        "а",
        "@",
        ".",
        "\u200d",
        '"',
        "0",
      ),
      maxLength: 12,
    }),
  );

  it.each(["user_id", "email", "phone", "person-lower", "person-digits", "person-letters"])(
    "of %s is its own normal form",
    (namespace) => {
      fc.assert(
        fc.property(texts, (text) => {
          const once = readIdentifier(namespace, text, rules);
          if (once.ok) expect(readIdentifier(namespace, once.value, rules)).toEqual(once);
        }),
        { numRuns: 1_000 },
      );
    },
  );
});
