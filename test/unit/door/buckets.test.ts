import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countedAddress } from "#door/address";
import { tokenBuckets } from "#door/buckets";

describe("a client's bucket", () => {
  it("lets a burst through, then as many as its rate, and says when to come again", () => {
    const { take } = tokenBuckets(10, 5, 100);
    expect(Array.from({ length: 6 }, () => take(1, 1_000))).toEqual([0, 0, 0, 0, 0, 100]);
    expect(take(1, 1_099)).toBe(1);
    expect(take(1, 1_100)).toBe(0);
    expect(take(1, 1_100)).toBe(100);
    expect(take(2, 1_100)).toBe(0);
  });
  it("is full again after a silence, and never fuller than its burst", () => {
    const { take } = tokenBuckets(10, 5, 100);
    for (let i = 0; i < 5; i++) take(1, 0);
    expect(Array.from({ length: 6 }, () => take(1, 3_600_000)).filter((wait) => wait === 0)).toHaveLength(5);
  });
  it("of a flooder is not forgotten because others come, as long as it goes on", () => {
    const { take } = tokenBuckets(1, 2, 10);
    take(0, 0);
    take(0, 0);
    for (let other = 1; other < 1_000; other++) {
      take(other, 0);
      expect(take(0, 0)).toBeGreaterThan(0);
    }
  });
  it("never gives more than burst + rate × time, whatever the order of requests", () => {
    fc.assert(
      fc.property(
        fc.array(fc.record({ client: fc.nat(3), after: fc.nat(400) }), { maxLength: 300 }),
        fc.integer({ min: 1, max: 50 }),
        fc.integer({ min: 1, max: 20 }),
        (requests, perSecond, burst) => {
          const { take } = tokenBuckets(perSecond, burst, 1_000);
          const given = [0, 0, 0, 0];
          let now = 0;
          for (const { client, after } of requests) {
            now += after;
            const waitMs = take(client, now);
            if (waitMs === 0) given[client] = (given[client] ?? 0) + 1;
            else expect(waitMs).toBeLessThanOrEqual(1_000 / perSecond + 1e-6);
          }
          for (const count of given)
            expect(count).toBeLessThanOrEqual(burst + (now * perSecond) / 1_000 + 1e-6);
        },
      ),
    );
  });
});

it.each([
  ["203.0.113.7", "203.0.113.7"],
  ["::ffff:203.0.113.7", "203.0.113.7"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2"],
  ["2001:DB8:0001:0002::9", "2001:db8:1:2"],
  ["2001:db8::7", "2001:db8:0:0"],
  ["2001:db8:1:2::", "2001:db8:1:2"],
  ["::1", "0:0:0:0"],
  ["nonsense", "nonsense"],
])("%s is counted as %s", (ip, counted) => {
  expect(countedAddress(ip)).toBe(counted);
});
