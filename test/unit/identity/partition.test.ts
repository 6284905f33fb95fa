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
      [link("user_id:1.u1", "email:1.e", "proof", 1), link("user_id:1.u2", "email:1.e", "proof", 2)],
    );
    expect(result.rootOf.get("email:1.e")).toBe(result.rootOf.get("user_id:1.u1"));
    expect(result.rootOf.get("user_id:1.u2")).toBe("user_id:1.u2");
    expect([...result.conflicted.values()]).toEqual(["two_user_ids"]);
  });

  it("gives a device that was proved to be two people's to neither", () => {
    const result = partition(
      [],
      [
        link("user_id:1.u1", "anonymous_id:1.a", "proof", 1),
        link("user_id:1.u2", "anonymous_id:1.a", "proof", 2),
      ],
    );
    expect(new Set(result.rootOf.values()).size).toBe(3);
    expect([...result.conflicted.values()]).toEqual(["device_of_several_people", "device_of_several_people"]);
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

  it("lets nobody join a browser by naming an anonymous id that an operator has said is its own", () => {
    const manual = link("anonymous_id:1.a", "visitor_id:1.v", "manual", 9);
    const claimed = link("visitor_id:1.w", "anonymous_id:1.a", "device", 1);
    const result = partition([], [claimed, manual]);
    expect(result.rootOf.get("visitor_id:1.w")).toBe("visitor_id:1.w");
    expect([...result.conflicted.values()]).toEqual(["anonymous_id_of_another_browser"]);
  });

  it("tells whose a claimed device is from the keys, whichever end of the link is read first", () => {
    const links = [
      link("anonymous_id:1.a", "anonymous_id:1.c", "device", 1),
      link("visitor_id:1.v", "anonymous_id:1.a", "device", 2),
      link("visitor_id:1.v", "device_id:1.d", "device", 3),
    ];
    const turned = links.map((l) => ({ ...l, a: l.b, b: l.a }));
    expect(groups(links)).toHaveLength(1);
    expect(groups(turned)).toEqual(groups(links));
  });
});
