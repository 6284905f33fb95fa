import { describe, expect, it } from "vitest";
import { scrubText, scrubUrl } from "#consent/scrub";

describe("scrubUrl", () => {
  it.each([
    [
      "https://s.example/a?utm_source=x&q=secret",
      false,
      "https://s.example/a?utm_source=x",
      "query_not_allowed",
    ],
    ["https://s.example/a?gclid=1", false, "https://s.example/a", "query_not_allowed"],
    ["https://s.example/a?gclid=1", true, "https://s.example/a?gclid=1", undefined],
    [
      "https://s.example/u/ida@example.com/orders",
      false,
      "https://s.example/u/[email]/orders",
      "personal_data_in_text",
    ],
    ["https://s.example/u/ida%40example.com", false, "https://s.example/u/[email]", "personal_data_in_text"],
    [
      "https://s.example/a?utm_source=ida@example.com",
      false,
      "https://s.example/a?utm_source=[email]",
      "personal_data_in_text",
    ],
    ["https://s.example/a#access_token=abc", false, "https://s.example/a", "query_not_allowed"],
    [
      `https://s.example/reset/${"a1".repeat(24)}`,
      false,
      "https://s.example/reset/[token]",
      "personal_data_in_text",
    ],
    ["https://s.example/a", false, "https://s.example/a", undefined],
    ["", false, "", undefined],
  ])("%s", (url, clickIds, text, found) => {
    expect(scrubUrl(url, clickIds)).toEqual(found ? { text, found } : { text });
  });
});

it.each([
  ["ida@example%2Ecom", "[email]"],
  ["schreib an ida@пример.рф bitte", "schreib an [email] bitte"],
])("finds the address in %s", (text, clean) => {
  expect(scrubText(text).text).toBe(clean);
});

it.each(["@", "@.", "@a.", "a@", "a@a", "%40", "a.a@a.a.a.", "@a.b%2E"])(
  "takes no long time over 4,096 characters of %j",
  (piece) => {
    const hostile = piece.repeat(Math.ceil(4096 / piece.length));
    const started = performance.now();
    scrubText(hostile);
    scrubUrl(`https://s.example/${hostile}?q=${hostile}#${hostile}`, true);
    // Measured at 2 ms at most; what is quadratic takes more than 80.
    expect(performance.now() - started).toBeLessThan(50);
  },
);

it("scrubText replaces addresses in titles", () => {
  expect(scrubText("Order of ida@example.com").text).toBe("Order of [email]");
  expect(scrubText("Two @ signs are no address").text).toBe("Two @ signs are no address");
});
