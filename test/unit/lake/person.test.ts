import { describe, expect, it } from "vitest";
import { personOf } from "#lake/person";

const many = Array.from({ length: 1_000 }, (_, n) => `visitor_id:1.browser-${n}`);

describe("whether a text names a person", () => {
  it.each([
    ["of one key", ["visitor_id:1.browser-7"]],
    ["of a thousand, as where somebody claims to be them on as many browsers", many],
    ["of a thousand, with one of an odd form", [...many, "odd"]],
  ])("is told alike %s", (_, keys) => {
    const person = personOf(keys);
    expect(person.isIn('{"subject":"visitor_id:1.browser-7|email:1.x"}')).toBe(true);
    expect(person.isIn('{"a":"email:1.x|visitor_id:1.browser-7"}')).toBe(true);
    expect(person.isIn('{"subject":"visitor_id:1.browser-7x","a":"visitor_id:1.browser-"}')).toBe(false);
    expect(person.isIn("visitor_id:2.browser-7")).toBe(false);
    expect(person.isIn('{"x":"odd"}')).toBe(keys.includes("odd"));
  });
});
