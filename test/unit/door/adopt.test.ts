import { describe, expect, it } from "vitest";
import { adoptedIdentifiers } from "#door/adopt";

const anonymous = (...values: string[]) => values.map((value) => ({ namespace: "anonymous_id", value }));
const UUID = "507f191e-810c-4197-9de8-60ea507f191e";

describe("another tracker's cookie", () => {
  it.each<[string, string | null, string[]]>([
    ["Google's", "_ga=GA1.1.1234567890.1700000000", ["1234567890.1700000000"]],
    ["Google's of a domain with more parts", "_ga=GA1.3.12.34", ["12.34"]],
    ["Google's of a path", "_ga=GA1.2-3.12.34", ["12.34"]],
    ["Segment's", `ajs_anonymous_id=${UUID}`, [UUID]],
    ["Segment's as JSON", `ajs_anonymous_id="${UUID}"`, [UUID]],
    ["Segment's as encoded JSON", `ajs_anonymous_id=%22${UUID}%22`, [UUID]],
    [
      "both, among others",
      `a=1; _ga=GA1.1.1.2; b=2; ajs_anonymous_id=${UUID}; _ga_ABC=GS2.1.s1`,
      ["1.2", UUID],
    ],
    ["the first of two of one name", "_ga=GA1.1.1.2; _ga=GA1.1.3.4", ["1.2"]],
    ["none", "a=1; b=2", []],
    ["no header", null, []],
    ["an empty one", "_ga=; ajs_anonymous_id=", []],
    ["another version", "_ga=GA2.1.1.2", []],
    ["a cut one", "_ga=GA1.1.123", []],
    ["one with text for numbers", "_ga=GA1.1.<script>.2", []],
    ["a property's own cookie", "_ga_ABC123=GS2.1.s1700000000", []],
    ["a placeholder", "ajs_anonymous_id=null", []],
    ["an e-mail address", "ajs_anonymous_id=ida@example.com", []],
    ["a very long one", `ajs_anonymous_id=${"a".repeat(4_000)}`, []],
    ["a broken encoding", "ajs_anonymous_id=%22%E0%A4%A", []],
  ])("%s", (_title, header, values) => {
    expect(adoptedIdentifiers(header)).toEqual(anonymous(...values));
  });
});
