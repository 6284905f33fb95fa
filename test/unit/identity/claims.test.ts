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
  it("fall out later, so that a row does not grow for ever", () => {
    expect(withClaim([["x", 0, ["e1"]]], "y", 4 * DAY_MS, "e2", 4 * DAY_MS)).toEqual([
      ["y", 4 * DAY_MS, ["e2"]],
    ]);
  });
});
