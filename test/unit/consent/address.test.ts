/** What is left of an IP address, in all its spellings. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { truncateAddress } from "#consent/address";

describe("truncateAddress", () => {
  it.each([
    ["203.0.113.7", "203.0.113.0"],
    ["203.0.113.7:443", "203.0.113.0"],
    [" 203.0.113.7 ", "203.0.113.0"],
    ["255.255.255.255", "255.255.255.0"],
    ["0.0.0.0", "0.0.0.0"],
    ["::ffff:203.0.113.7", "203.0.113.0"],
    ["::FFFF:203.0.113.7", "203.0.113.0"],
    ["::ffff:cb00:7107", "203.0.113.0"],
    ["0:0:0:0:0:ffff:cb00:7107", "203.0.113.0"],
    ["0000:0000:0000:0000:0000:ffff:203.0.113.7", "203.0.113.0"],
    ["0::0:ffff:cb00:7107", "203.0.113.0"],
    ["[::ffff:203.0.113.7]:8080", "203.0.113.0"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1::"],
    ["2001:0DB8:0001:0002:0003:0004:0005:0006", "2001:db8:1::"],
    ["2001:db8::7", "2001:db8::"],
    ["2001:db8:0:1::", "2001:db8::"],
    ["[2001:db8:1::7]", "2001:db8:1::"],
    ["[2001:db8:1::7]:443", "2001:db8:1::"],
    ["fe80::1%eth0", "fe80::"],
    ["[fe80::1%25en0]:80", "fe80::"],
    ["::1", "::"],
    ["::", "::"],
    ["::203.0.113.7", "::"],
    ["1::", "1::"],
    // NAT64: the embedded address is in the part that goes.
    ["64:ff9b::203.0.113.7", "64:ff9b::"],
    ["64:ff9b::cb00:7107", "64:ff9b::"],
    // 6to4: 2002 and the whole IPv4 address.
    ["2002:cb00:7107::1", "2002:cb00:7100::"],
    ["2002:CB00:7107:1:2:3:4:5", "2002:cb00:7100::"],
    ["2002:cb00:7::1", "2002:cb00::"],
  ])("of %s keeps %s", (text, network) => {
    expect(truncateAddress(text)).toBe(network);
  });

  it.each([
    "",
    "unknown",
    "203.0.113",
    "203.0.113.7.1",
    "203.0.113.256",
    "203.0.113.007",
    "0xcb007107",
    "3405803783",
    "203.0.113.7, 198.51.100.1",
    ":::",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "12345::",
    "g::1",
    "::ffff:203.0.113",
    "203.0.113.7::",
    "[::1",
    "shop.example",
    "a".repeat(5000),
  ])("%j is no address", (text) => {
    expect(truncateAddress(text)).toBeUndefined();
  });

  it("of two addresses of one network keeps the same, and of the rest nothing", () => {
    const group = fc.integer({ min: 1, max: 0xffff });
    const rest = fc.tuple(group, group, group, group, group);
    fc.assert(
      fc.property(
        fc.integer({ min: 0x2003, max: 0xffff }),
        group,
        group,
        rest,
        rest,
        (a, b, c, one, other) => {
          const write = (groups: number[]) => groups.map((g) => g.toString(16)).join(":");
          const kept = truncateAddress(write([a, b, c, ...one]));
          expect(kept).toBe(`${write([a, b, c])}::`);
          expect(truncateAddress(write([a, b, c, ...other]))).toBe(kept);
        },
      ),
    );
  });

  it("cuts twice as once, and never throws", () => {
    fc.assert(
      fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (text) => {
        const once = truncateAddress(text);
        if (once !== undefined) expect(truncateAddress(once)).toBe(once);
      }),
    );
  });
});
