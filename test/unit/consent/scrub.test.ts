import { describe, expect, it } from "vitest";
import { campaignOf, scrubText, scrubUrl } from "#consent/scrub";

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

it("scrubText replaces addresses in titles", () => {
  expect(scrubText("Order of ida@example.com").text).toBe("Order of [email]");
  expect(scrubText("Two @ signs are no address").text).toBe("Two @ signs are no address");
});

it("campaignOf reads campaign parameters and nothing else", () => {
  expect(campaignOf("https://s.example/?utm_source=news&utm_campaign=winter%20sale&x=1")).toEqual({
    source: "news",
    campaign: "winter sale",
  });
  expect(campaignOf("https://s.example/?x=1")).toBeUndefined();
});
