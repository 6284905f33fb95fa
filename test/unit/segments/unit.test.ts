/** Bucketing units: one for a person, and none that changes while a session lasts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Session } from "#door/session";
import type { EdgeSnapshot } from "#segments/snapshot";
import { bucketingUnit, type Holder, type UnitChanges, unitChanges } from "#segments/unit";

const T = 1_800_000_000_000;
const MINUTE = 60_000;
const [A, B, C] = ["visitor_id:1.aaa", "visitor_id:1.bbb", "visitor_id:1.ccc"] as const;

const session = (startedAt: number, lastAt = startedAt): Session => ({
  id: "s",
  number: 1,
  startedAt,
  lastAt,
  recent: [],
  impressions: {},
  first: false,
});
const snapshot = (units: UnitChanges | undefined) => ({ units }) as EdgeSnapshot; // all that is read of it
const own = (visitor: string) => bucketingUnit(undefined, undefined, visitor, T);
const known = (visitor: string, born: number): Holder => ({ visitor, born });

describe("the unit of a browser", () => {
  it("is its own until it belongs to somebody, and no key", () => {
    expect(own(A)).not.toBe(own(B));
    expect(own(A)).not.toContain("aaa");
    expect(unitChanges(A, [known(A, T)], undefined, T)).toBeUndefined();
    expect(bucketingUnit(session(T), snapshot(undefined), A, T)).toBe(own(A));
  });

  it("is that of the person's first browser from the next session on, and does not flip at the login", () => {
    const units = unitChanges(B, [known(A, T - 1e9), known(B, T)], undefined, T);
    const loggedIn = session(T - 5 * MINUTE, T);
    expect(bucketingUnit(loggedIn, snapshot(units), B, T)).toBe(own(B));
    expect(bucketingUnit({ ...loggedIn, lastAt: T + 50 * MINUTE }, snapshot(units), B, T + 51 * MINUTE)).toBe(
      own(B),
    );
    const next = session(T + 3 * MINUTE);
    expect(bucketingUnit(next, snapshot(units), B, T + 4 * MINUTE)).toBe(own(A));
    // The first browser keeps what it has.
    expect(unitChanges(A, [known(A, T - 1e9), known(B, T)], undefined, T)).toBeUndefined();
  });

  it("of a session that is over is that of the next one, whose first page comes before its first event", () => {
    const units: UnitChanges = [[T, own(A)]];
    const before = session(T - MINUTE);
    expect(bucketingUnit(before, snapshot(units), B, T + 30 * MINUTE)).toBe(own(B));
    expect(bucketingUnit(before, snapshot(units), B, T + 40 * MINUTE)).toBe(own(A));
    expect(bucketingUnit(undefined, snapshot(units), B, T + MINUTE)).toBe(own(A));
  });

  it("changed twice in a session is still the one that it began with", () => {
    const holders = [known(B, T), known(C, T + 1)];
    const once = unitChanges(C, holders, undefined, T + 2);
    const twice = unitChanges(C, [known(A, 1), ...holders], once, T + MINUTE);
    expect(twice).toHaveLength(2);
    expect(bucketingUnit(session(T), snapshot(twice), C, T + 2 * MINUTE)).toBe(own(C));
    expect(bucketingUnit(session(T + 130_000), snapshot(twice), C, T + 140_000)).toBe(own(B));
    expect(bucketingUnit(session(T + 10 * MINUTE), snapshot(twice), C, T + 11 * MINUTE)).toBe(own(A));
  });

  it("is its own again after a split, from the next session on", () => {
    const joined = unitChanges(B, [known(A, T), known(B, T + 1)], undefined, T + 2);
    const split = unitChanges(B, [known(B, T + 1)], joined, T + 60 * MINUTE);
    const at = T + 120 * MINUTE;
    expect(bucketingUnit(session(at), snapshot(split), B, at)).toBe(own(B));
  });

  it("is one for all browsers of a profile, whichever way round they joined", () => {
    const holder = fc.record({
      visitor: fc.integer({ min: 0, max: 999 }).map((n) => `visitor_id:1.${n}`),
      born: fc.integer({ min: T, max: T + 5 }),
    });
    const some = fc.uniqueArray(holder, { minLength: 1, maxLength: 6, selector: ({ visitor }) => visitor });
    fc.assert(
      fc.property(some, fc.array(fc.nat(5)), (holders, order) => {
        const unitsAt = (list: readonly Holder[]) =>
          holders.map(({ visitor }) => {
            const units = unitChanges(visitor, list, undefined, T);
            return bucketingUnit(session(T + 1e6), snapshot(units), visitor, T + 1e6);
          });
        const mixed = [...holders].sort(
          (a, b) => (order[holders.indexOf(a)] ?? 0) - (order[holders.indexOf(b)] ?? 0),
        );
        expect(new Set(unitsAt(holders)).size).toBe(1);
        expect(unitsAt(mixed)).toEqual(unitsAt(holders));
      }),
    );
  });
});
