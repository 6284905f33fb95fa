import { describe, expect, it } from "vitest";
import { DAY_MS } from "#core/clock";
import { claimedBy, withClaim } from "#identity/claims";
import type { Claims } from "#identity/graph";

describe("claims", () => {
  it("remember which envelope brought an event, so that another one is a duplicate", () => {
    const claims = withClaim(withClaim([], "x", 0, "e1", 0), "x", 0, "e2", 0);
    expect(claimedBy(claims, "e2")).toBe("x");
    expect(claimedBy(claims, "e3")).toBeUndefined();
    expect(claims).toHaveLength(1);
  });
  it("hold for at least 24 h, also on a row with very many", () => {
    let claims: Claims = [];
    for (let i = 0; i < 2_100; i++) claims = withClaim(claims, `x${i}`, 0, `e${i}`, DAY_MS - 1);
    expect(claimedBy(claims, "e0")).toBe("x0");
  });
  it("never outgrow a row of the database, or its batch could not be written", () => {
    const full: Claims = Array.from({ length: 210 }, (_, i) => [
      `x${i}`,
      0,
      Array.from({ length: 100 }, (_, e) => `${i}-${e}`),
    ]);
    const next = withClaim(full, "y", 0, "e1", 1);
    expect(next.reduce((sum, [, , events]) => sum + events.length, 0)).toBeLessThanOrEqual(20_001);
    expect(claimedBy(next, "e1")).toBe("y");
  });
  it("tell ids apart, also those whose first hash is the same", () => {
    // FNV-1a collides for these two.
    expect(claimedBy(withClaim([], "x", 0, "costarring", 0), "liquid")).toBeUndefined();
  });
  it("fall out later, so that a row does not grow for ever", () => {
    expect(withClaim([["x", 0, ["e1"]]], "y", 4 * DAY_MS, "e2", 4 * DAY_MS)).toMatchObject([
      ["y", 4 * DAY_MS, [expect.any(String)]],
    ]);
  });
});
