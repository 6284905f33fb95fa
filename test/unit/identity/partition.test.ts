import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Link, type LinkKind, linkId } from "#identity/graph";
import { partition } from "#identity/partition";

const link = (
  a: string,
  b: string,
  kind: LinkKind,
  at = 1,
  state: Link["state"] = kind === "claim" ? "pending" : "live",
): Link => ({
  a,
  b,
  kind,
  at,
  state,
  eventId: `e${at}`,
  source: "web",
});
const groups = (links: Link[]) =>
  [...partition([], links).members.values()].filter((m) => m.length > 1).map((m) => m.join(" "));

describe("partition", () => {
  it("joins what one browser's requests name, and what a proof names", () => {
    expect(groups([link("visitor_id:1.v", "anonymous_id:1.a", "device")])).toEqual([
      "anonymous_id:1.a visitor_id:1.v",
    ]);
    expect(groups([link("user_id:1.u", "anonymous_id:1.a", "proof")])).toEqual([
      "anonymous_id:1.a user_id:1.u",
    ]);
  });

  it("never joins a browser to a proven person by an anonymous id that it only says is its own", () => {
    const claimed = link("visitor_id:1.v", "anonymous_id:1.a", "device", 1);
    const proved = link("user_id:1.u", "anonymous_id:1.a", "proof", 2);
    const result = partition([], [claimed, proved]);
    expect(result.rootOf.get("visitor_id:1.v")).toBe("visitor_id:1.v");
    expect([...result.conflicted.values()]).toEqual(["claim_on_a_proven_person"]);
  });

  it("joins nothing by a claim: it is no proof", () => {
    expect(groups([link("visitor_id:1.v|email:1.e", "email:1.e", "claim")])).toEqual([]);
  });

  it("never makes one profile of two proven user ids", () => {
    const result = partition(
      [],
      [
        link("user_id:1.u1", "anonymous_id:1.a", "proof", 1),
        link("user_id:1.u2", "anonymous_id:1.a", "proof", 2),
      ],
    );
    expect(result.rootOf.get("user_id:1.u1")).not.toBe(result.rootOf.get("user_id:1.u2"));
    expect([...result.conflicted.values()]).toEqual(["two_user_ids"]);
  });

  it("gives a claimed anonymous id to the first browser that sent it, and to no second one", () => {
    const first = link("visitor_id:1.v1", "anonymous_id:1.a", "device", 1);
    const second = link("visitor_id:1.v2", "anonymous_id:1.a", "device", 2);
    for (const links of [
      [first, second],
      [second, first],
    ]) {
      const result = partition([], links);
      expect(result.rootOf.get("visitor_id:1.v1")).toBe(result.rootOf.get("anonymous_id:1.a"));
      expect(result.rootOf.get("visitor_id:1.v2")).toBe("visitor_id:1.v2");
      expect(result.conflicted.get(linkId(second))).toBe("anonymous_id_of_another_browser");
    }
  });

  it("leaves a revoked link out, exactly as if it had never been", () => {
    const kept = link("visitor_id:1.v", "anonymous_id:1.a", "device");
    const revoked = link("user_id:1.u", "anonymous_id:1.a", "proof", 2, "revoked");
    expect(groups([kept, revoked])).toEqual(groups([kept]));
  });

  it("is a function of the set of links: order and duplication change nothing", () => {
    const node = fc.constantFrom(
      "visitor_id:1.a",
      "visitor_id:1.b",
      "anonymous_id:1.c",
      "anonymous_id:1.d",
      "user_id:1.e",
      "user_id:1.f",
      "email:1.g",
      "visitor_id:1.a|email:1.g",
    );
    const links = fc.array(
      fc.record({
        a: node,
        b: node,
        kind: fc.constantFrom<LinkKind>("scope", "proof", "device", "claim"),
        at: fc.integer({ min: 1, max: 5 }),
      }),
      { maxLength: 14 },
    );
    fc.assert(
      fc.property(links, fc.integer(), (raw, seed) => {
        const once = new Map(
          raw.filter((l) => l.a !== l.b).map((l) => [linkId(l), link(l.a, l.b, l.kind, l.at)]),
        );
        const list = [...once.values()];
        const shuffled = [...list, ...list].sort(
          (x, y) => ((linkId(x).length * seed) % 7) - ((linkId(y).length * seed) % 7),
        );
        const one = partition([], list);
        const other = partition([], shuffled);
        expect([...other.rootOf].sort()).toEqual([...one.rootOf].sort());
      }),
      { numRuns: 500 },
    );
  });
});
