import { describe, expect, it } from "vitest";
import { DAY_MS } from "#core/clock";
import { openClaims } from "#identity/claims";
import type { Claims } from "#identity/graph";

const book = (events: [envelope: string, receivedAt: number, id: string][], claims: Claims = []) => {
  const open = openClaims(claims);
  for (const [envelope, at, id] of events) open.add(envelope, at, id);
  return open;
};

describe("claims", () => {
  it("remember which envelope brought an event, so that another one is a duplicate", () => {
    const stored = book([
      ["x", 0, "e1"],
      ["x", 0, "e2"],
    ]).close(0);
    expect(stored).toHaveLength(1);
    expect(openClaims(stored).holder("e2")).toBe("x");
    expect(openClaims(stored).holder("e3")).toBeUndefined();
  });
  it("leave what was read as it was: a run over the batch may be repeated", () => {
    const stored = book([["x", 0, "e1"]]).close(0);
    book([["x", 0, "e2"]], stored);
    expect(openClaims(stored).holder("e2")).toBeUndefined();
  });
  it("hold for at least 24 h, also on a row with very many", () => {
    const many = Array.from({ length: 2_100 }, (_, i): [string, number, string] => [`x${i}`, 0, `e${i}`]);
    expect(openClaims(book(many).close(DAY_MS - 1)).holder("e0")).toBe("x0");
  });
  it("never outgrow a row of the database, or its batch could not be written", () => {
    const full = Array.from({ length: 21_000 }, (_, i): [string, number, string] => [
      `x${i % 210}`,
      0,
      `e${i}`,
    ]);
    const stored = book([...full, ["y", 0, "last"]]).close(1);
    expect(stored.reduce((sum, [, , events]) => sum + events.length, 0)).toBeLessThanOrEqual(20_000);
    expect(openClaims(stored).holder("last")).toBe("y");
  });
  it("tell ids apart, also those whose first hash is the same", () => {
    // FNV-1a collides for these two.
    expect(book([["x", 0, "costarring"]]).holder("liquid")).toBeUndefined();
  });
  it("fall out later, so that a row does not grow for ever", () => {
    expect(book([["y", 4 * DAY_MS, "e2"]], [["x", 0, ["e1"]]]).close(4 * DAY_MS)).toMatchObject([
      ["y", 4 * DAY_MS, [expect.any(String)]],
    ]);
  });
});
