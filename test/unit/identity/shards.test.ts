/** Where keys lie: once and for all, evenly, and what is claimed on a device with the device. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { identityShards, VIRTUAL_SHARDS, virtualShardOf } from "#identity/shards";

const databases = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ n }) as unknown as D1Database); // told apart, never asked
const placeOf = (key: string, count: number): number => {
  const all = databases(count);
  return all.indexOf(identityShards(all).of(key));
};

describe("shards of identifiers", () => {
  it("are where they have always been: what is stored is found by this number alone", () => {
    expect(VIRTUAL_SHARDS).toBe(1_024);
    expect(["user_id:1.a", "email:1.b", "visitor_id:2.c"].map(virtualShardOf)).toMatchInlineSnapshot(`
      [
        66,
        274,
        992,
      ]
    `);
  });

  it("have what is claimed on a device with the device", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.integer({ min: 1, max: 40 }), (device, claim, count) => {
        const own = device.replaceAll("|", "");
        expect(placeOf(`${own}|${claim}`, count)).toBe(placeOf(own, count));
      }),
    );
  });

  it("spread evenly over any number of databases", () => {
    for (const count of [1, 3, 16]) {
      const held = new Array<number>(count).fill(0);
      for (let n = 0; n < 8_000; n++) {
        const place = placeOf(`visitor_id:1.${n.toString(36)}`, count);
        held[place] = (held[place] ?? 0) + 1;
      }
      for (const each of held) expect(each).toBeGreaterThan((8_000 / count) * 0.8);
      for (const each of held) expect(each).toBeLessThan((8_000 / count) * 1.2);
    }
  });

  it("lie in equal runs, so that doubling the databases moves a run as a whole", () => {
    for (let n = 0; n < 500; n++)
      expect(Math.floor(placeOf(`email:1.${n}`, 16) / 2)).toBe(placeOf(`email:1.${n}`, 8));
  });

  it("put records together by database, and ask none that has none", () => {
    const shards = identityShards(databases(16));
    const keys = ["a", "b", "c", "d", "e"].map((n) => `email:1.${n}`);
    const groups = shards.group(keys, (key) => key);
    expect([...groups.values()].flat().sort()).toEqual(keys);
    for (const [db, own] of groups) for (const key of own) expect(shards.of(key)).toBe(db);
    expect(shards.group([], String).size).toBe(0);
  });

  it("need a database, and no more than there are virtual shards", () => {
    expect(() => identityShards([])).toThrow(RangeError);
    expect(() => identityShards(databases(1_025))).toThrow(RangeError);
  });
});
