/** What a signed token joins: the rules of resolution and partition that only a token brings into play. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { PURPOSES } from "#contracts/taxonomy";
import { isProvenPerson, type Link, type LinkKind } from "#identity/graph";
import { partition } from "#identity/partition";
import { resolve } from "#identity/resolve";
import { identityState } from "#identity/state";

const event = (identifiers: IdentifierRef[]): AcceptedEvent => ({
  id: "e1",
  name: "page_view",
  version: "1.0.0",
  occurredAt: 5,
  protocol: "native",
  identifiers,
  properties: {},
  context: {},
  removed: [],
  consent: { receipt: "r", regime: "gdpr", granted: ["analytics"], grounds: {}, decidedAt: 1 },
});
const V = { key: "visitor_id:1.v", proof: "cookie" } as const;
const U = { key: "user_id:1.u", proof: "token" } as const;
const claim = (key: string): IdentifierRef => ({ key, proof: "claim" });
const resolved = (...refs: IdentifierRef[]) => resolve(event(refs), "web", "event:0.x", 7);

let at = 0;
const link = (a: string, b: string, kind: LinkKind, when = ++at): Link => ({
  a,
  b,
  kind,
  at: when,
  state: kind === "claim" ? "pending" : "live",
  eventId: `e${when}`,
  source: "web",
});

describe("an event with a token", () => {
  it("gives its facts to the person, and says whose browser it is", () => {
    expect(resolved(V, U)).toMatchObject({
      factsKey: U.key,
      verified: true,
      links: [{ a: U.key, b: V.key, kind: "proof", state: "live" }],
    });
  });

  it("joins what else the token proves to the person, and a claimed anonymous id to the browser alone", () => {
    const { links } = resolved(V, U, { key: "email:1.e", proof: "token" }, claim("anonymous_id:1.a"));
    expect(links.map(({ a, b, kind }) => [a, b, kind])).toEqual([
      [U.key, "email:1.e", "proof"],
      [U.key, V.key, "proof"],
      [V.key, "anonymous_id:1.a", "device"],
    ]);
  });

  it("keeps an address that it does not prove with the browser, apart, and is no longer verified", () => {
    const r = resolved(V, U, claim("email:1.e"));
    expect(r).toMatchObject({ factsKey: `${V.key}|email:1.e`, verified: false });
    expect(r.links.map(({ kind }) => kind)).toEqual(["proof", "scope"]);
  });

  it("gives nothing unproved to the person where there is no browser", () => {
    expect(resolved(U, claim("email:1.e"))).toMatchObject({
      factsKey: "event:0.x|email:1.e",
      verified: false,
    });
    expect(resolved(U, claim("anonymous_id:1.a"))).toMatchObject({
      factsKey: U.key,
      links: [],
      verified: true,
    });
  });
});

describe("a browser of a proved person", () => {
  const groups = (links: Link[]) => partition([], links).rootOf;

  it("makes the profile authenticated", () => {
    const { members, rootOf } = partition([], [link(U.key, V.key, "proof")]);
    expect(identityState(members.get(rootOf.get(V.key) ?? "") ?? [], PURPOSES)).toBe("authenticated");
  });

  it("takes an anonymous id along, unless it was proved to be another's", () => {
    const own = [link(U.key, V.key, "proof"), link(V.key, "anonymous_id:1.a", "device")];
    expect(groups(own).get("anonymous_id:1.a")).toBe(groups(own).get(U.key));
    const theirs = [...own, link("email:1.other", "anonymous_id:1.a", "proof")];
    expect(groups(theirs).get("anonymous_id:1.a")).not.toBe(groups(theirs).get(U.key));
  });

  it("is not what two claimed device ids are: a claim joins no one to a proven person", () => {
    const links = [
      link("user_id:1.u", "device_id:1.d", "proof"),
      link("anonymous_id:1.a", "device_id:1.d", "device"),
    ];
    expect(partition([], links).conflicted.size).toBe(1);
  });

  it("belongs to nobody once several people were proved in it, whoever was first", () => {
    const links = [link(U.key, V.key, "proof", 1), link("user_id:1.w", V.key, "proof", 2)];
    for (const order of [links, links.toReversed()]) {
      const result = partition([], order);
      expect(result.rootOf.get(V.key)).toBe(V.key);
      expect([...result.shared]).toEqual([V.key]);
      expect([...result.conflicted.values()]).toEqual([
        "device_of_several_people",
        "device_of_several_people",
      ]);
    }
  });

  it("never makes one person of two that are proved under different namespaces", () => {
    const two = [link(U.key, V.key, "proof"), link("customer_id:1.c", V.key, "proof")];
    expect(groups(two).get(U.key)).not.toBe(groups(two).get("customer_id:1.c"));
    // But where something else proves that they are one, the browser is that one's.
    const one = [...two, link(U.key, "customer_id:1.c", "proof")];
    expect(groups(one).get(V.key)).toBe(groups(one).get("customer_id:1.c"));
    expect(partition([], one).shared.size).toBe(0);
  });

  it("is one of the person's latest, where they have more than a profile holds", () => {
    const many = Array.from({ length: 80 }, (_, n) => link(U.key, `visitor_id:1.v${n}`, "proof", 1_000 + n));
    const root = groups(many);
    expect(root.get("visitor_id:1.v79")).toBe(root.get(U.key));
    expect(root.get("visitor_id:1.v0")).toBe("visitor_id:1.v0");
  });

  it("is in no proved person's profile once two were proved in it, whatever else happens, in whatever order", () => {
    const of = (proof: IdentifierRef["proof"], ...keys: string[]) =>
      fc.subarray(keys).map((some) => some.map((key): IdentifierRef => ({ key, proof })));
    const claims = of("claim", "anonymous_id:1.c", "device_id:1.d", "email:1.h", "user_id:1.e");
    const person = fc.constantFrom("user_id:1.e", "user_id:1.f", "customer_id:1.g");
    const inBrowser = fc
      .tuple(
        fc.constantFrom("visitor_id:1.a", "visitor_id:1.b"),
        fc.option(person),
        of("token", "email:1.h", "email:1.i"),
        claims,
      )
      .map(([browser, user, more, claimed]): IdentifierRef[] => [
        { key: browser, proof: "cookie" },
        ...(user === null ? [] : [{ key: user, proof: "token" } as const, ...more]),
        ...claimed,
      ]);
    const fromServer = fc
      .tuple(person, of("source", "anonymous_id:1.c", "device_id:1.d", "email:1.h", "customer_id:1.g"))
      .map(([user, more]): IdentifierRef[] => [{ key: user, proof: "source" }, ...more]);
    const events = fc.array(fc.oneof(inBrowser, claims, fromServer), { maxLength: 12 });
    fc.assert(
      fc.property(events, fc.integer({ min: 0, max: 11 }), (sent, turn) => {
        const links = sent.flatMap((refs, n) => resolve(event(refs), "web", `event:0.${n}`, n).links);
        const { members, rootOf, shared } = partition([], links);
        const turned = [...links.slice(turn), ...links.slice(0, turn)];
        expect([...partition([], turned).rootOf].sort()).toEqual([...rootOf].sort());
        for (const group of members.values())
          expect(group.filter((key) => key.startsWith("user_id:")).length).toBeLessThanOrEqual(1);
        for (const browser of shared)
          expect(members.get(rootOf.get(browser) ?? "")?.some(isProvenPerson)).toBe(false);
        for (const browser of ["visitor_id:1.a", "visitor_id:1.b"]) {
          const proved = sent
            .filter((refs) => refs[0]?.key === browser)
            .flatMap((refs) => refs.filter(isToken));
          const people = new Set(proved.map(({ key }) => key).filter((key) => key.startsWith("user_id:")));
          if (people.size > 1) expect(shared).toContain(browser);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

const isToken = ({ proof }: IdentifierRef): boolean => proof === "token";
