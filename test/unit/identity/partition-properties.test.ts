/** What holds of the partition whatever the evidence: order, orientation, far links, limits. Random evidence of all kinds. */
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { isScoped, type Link, type LinkKind, linkId, namespaceOf, scopeLink } from "#identity/graph";
import { type Partition, partition } from "#identity/partition";
import { identityRules } from "#identity/rules";

const NUM_RUNS = Number(process.env.DOORSTEP_HISTORIES ?? 1_000);
vi.setConfig({ testTimeout: Math.max(10_000, NUM_RUNS) });
const PEOPLE = [
  "user_id:1.a",
  "user_id:1.b",
  "customer_id:1.a",
  "customer_id:1.b",
  "customer_id:2.b",
  "email:1.a",
  "email:1.b",
  "email:2.b",
  "phone:1.a",
  "person-card:1.a",
];
const DEVICES = [
  "anonymous_id:1.a",
  "anonymous_id:1.b",
  "anonymous_id:1.c",
  "device_id:1.a",
  "device-till:1.a",
];
const BROWSERS = ["visitor_id:1.a", "visitor_id:1.b"];
const SCOPED = ["visitor_id:1.a|email:1.a", "visitor_id:1.b|user_id:1.b", "anonymous_id:1.c|email:1.b"];
const MATCHES = ["match-name:1.a", "match-name:1.b"];

/** Small limits, so that few links reach them. */
const RULES = identityRules({
  identity: {
    namespaces: {
      email: { maxPerProfile: 2, maxPartners: 2 },
      device_id: { maxPartners: 1 },
      "person-card": { unique: true, maxPartners: 2 },
    },
    maxMembers: 6,
    match: { name: { traits: ["first_name"], action: "merge" } },
  },
} as unknown as ReleaseDocument); // Rules are all that is read of it.

const among = (keys: readonly string[]) => fc.constantFrom(...keys);
const ends: Partial<Record<LinkKind, fc.Arbitrary<[string, string]>>> = {
  version: fc.constantFrom<[string, string]>(
    ["customer_id:1.b", "customer_id:2.b"],
    ["email:1.b", "email:2.b"],
  ),
  manual: fc.tuple(among([...PEOPLE, ...DEVICES]), among([...PEOPLE, ...BROWSERS])),
  apart: fc.tuple(among(PEOPLE), among([...PEOPLE, ...BROWSERS])),
  aside: among([...PEOPLE, ...DEVICES, ...BROWSERS]).map((key) => [key, key]),
  proof: fc.tuple(among(PEOPLE), among([...PEOPLE, ...PEOPLE, ...DEVICES, ...BROWSERS])),
  rule: fc.tuple(among(PEOPLE), among(MATCHES)),
  device: fc.tuple(among([...BROWSERS, ...DEVICES]), among(DEVICES)),
  claim: fc.tuple(among(SCOPED), among(PEOPLE)),
};
/** Proofs and devices are what most links are. */
const kind = fc.oneof(
  { weight: 6, arbitrary: fc.constant("proof" as const) },
  { weight: 4, arbitrary: fc.constant("device" as const) },
  { weight: 5, arbitrary: fc.constantFrom("version", "manual", "apart", "aside", "rule", "claim") },
) as fc.Arbitrary<LinkKind>;

const someLink: fc.Arbitrary<Link> = fc
  .tuple(kind, fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 9 }))
  .chain(([of, at, revoked]) =>
    (ends[of] ?? fc.constant<[string, string]>(["", ""])).map(([a, b]) => ({
      a,
      b,
      kind: of,
      at,
      eventId: `e${at}`,
      source: "s",
      state: of === "claim" ? "pending" : revoked === 0 ? "revoked" : "live",
    })),
  );

/** Evidence as it is stored: of each two identifiers one link of a kind. */
const evidence = fc.array(someLink, { maxLength: 24 }).map((links) => {
  const scopes = SCOPED.flatMap((key) => scopeLink(key) ?? []);
  const kept = links.filter(({ a, b, kind }) => a !== b || kind === "aside");
  return [...new Map([...kept, ...scopes].map((link) => [linkId(link), link])).values()];
});

const shuffled = <T>(list: readonly T[], seed: number): T[] =>
  list
    .map((item, n): [number, T] => [Math.imul(n + 1, seed | 1) >>> 0, item])
    .sort(([x], [y]) => x - y)
    .map(([, item]) => item);

const turned = (link: Link): Link => ({ ...link, a: link.b, b: link.a });

/** All that a partition says, in one form. */
const said = ({ rootOf, members, conflicted, shared, crowded }: Partition) => ({
  rootOf: [...rootOf].sort(),
  members: [...members].sort(),
  conflicted: [...conflicted].sort(),
  shared: [...shared].sort(),
  crowded: [...crowded].sort(),
});

const check = (property: (links: Link[], seed: number) => void) =>
  fc.assert(fc.property(evidence, fc.integer(), property), { numRuns: NUM_RUNS });

describe("the partition, of whatever evidence,", () => {
  it("does not ask in which order links come, nor which end is named first: the database has them under both", () => {
    check((links, seed) => {
      const other = shuffled(links, seed).map((link, n) => ((seed >> (n % 30)) & 1 ? turned(link) : link));
      expect(said(partition([], other, RULES))).toEqual(said(partition([], links, RULES)));
    });
  });

  it("is the same of each part that no live link leaves: what is far away need not be read", () => {
    check((links) => {
      const whole = partition([], links, RULES);
      for (const part of components(links)) {
        const own = links.filter(({ a }) => part.has(a));
        const alone = partition(part, own, RULES);
        for (const key of part) expect(alone.rootOf.get(key)).toBe(whole.rootOf.get(key));
      }
    });
  });

  it("has each identifier once, in a profile named by its smallest key", () => {
    check((links) => {
      const { members, rootOf } = partition([...PEOPLE, ...SCOPED], links, RULES);
      const listed = [...members.values()].flat();
      expect(listed.sort()).toEqual([...rootOf.keys()].sort());
      for (const [root, keys] of members) {
        expect(keys).toEqual([...keys].sort());
        expect(keys[0]).toBe(root);
      }
    });
  });

  it("is what its own joining links say: a link that is conflicted has joined nothing", () => {
    check((links) => {
      const { rootOf, conflicted } = partition([], links, RULES);
      const joining = links.filter(
        (link) =>
          link.state === "live" &&
          link.kind !== "apart" &&
          link.kind !== "aside" &&
          !conflicted.has(linkId(link)),
      );
      const groups = componentsOf(joining);
      for (const { a, b } of joining) expect(rootOf.get(a)).toBe(rootOf.get(b));
      for (const group of groups) {
        const roots = new Set([...group].map((key) => rootOf.get(key)));
        expect(roots.size).toBe(1);
      }
      const members = Map.groupBy(rootOf.keys(), (key) => rootOf.get(key));
      for (const keys of members.values())
        if (keys.length > 1) expect(groups.some((group) => keys.every((key) => group.has(key)))).toBe(true);
    });
  });

  it("keeps apart what an operator keeps apart, whatever joins them in between", () => {
    check((links) => {
      const { rootOf } = partition([], links, RULES);
      // But versions of one value are that value.
      const isOne = (a: string, b: string) =>
        links.some(
          (l) =>
            l.kind === "version" && l.state === "live" && [l.a, l.b].includes(a) && [l.a, l.b].includes(b),
        );
      for (const { a, b, kind, state } of links)
        if (kind === "apart" && state === "live" && a !== b && !isOne(a, b))
          expect(rootOf.get(a)).not.toBe(rootOf.get(b));
    });
  });

  it("joins to nobody what is set aside, but for its versions and what was claimed on it", () => {
    check((links) => {
      const { rootOf, members } = partition([], links, RULES);
      for (const { a, kind, state } of links) {
        if (kind !== "aside" || state !== "live") continue;
        for (const other of members.get(rootOf.get(a) ?? "") ?? [])
          if (!isScoped(other)) expect(other.slice(other.indexOf("."))).toBe(a.slice(a.indexOf(".")));
      }
    });
  });

  it("keeps the limits of a profile, and two values of a unique namespace apart, but by an operator's word", () => {
    check((given) => {
      const links = given.filter(({ kind }) => kind !== "manual" && kind !== "version");
      for (const keys of partition([], links, RULES).members.values()) {
        expect(keys.length).toBeLessThanOrEqual(RULES.maxMembers);
        const own = keys.filter((key) => !isScoped(key)).map(namespaceOf);
        for (const unique of ["user_id", "customer_id", "person-card"])
          expect(own.filter((namespace) => namespace === unique).length).toBeLessThanOrEqual(1);
        expect(own.filter((namespace) => namespace === "email").length).toBeLessThanOrEqual(2);
      }
    });
  });

  it("is exactly what it was, when a link is revoked that came in between", () => {
    check((links, seed) => {
      const [last] = shuffled(
        links.filter(({ kind }) => kind !== "scope"),
        seed,
      );
      if (!last) return;
      const before = links.filter((link) => link !== last);
      const after = [...before, { ...last, state: "revoked" as const }];
      expect(said(partition([last.a, last.b], after, RULES))).toEqual(
        said(partition([last.a, last.b], before, RULES)),
      );
    });
  });

  it("joins a browser to no proved person of several, nor to one by a claim alone", () => {
    check((links) => {
      const { rootOf, shared } = partition([], links, RULES);
      const stronger = links.filter(
        ({ kind, state }) => state === "live" && kind !== "device" && kind !== "claim" && kind !== "apart",
      );
      const reachable = componentsOf(stronger);
      const people = (key: string) =>
        [...rootOf]
          .filter(([other, root]) => root === rootOf.get(key) && PEOPLE.includes(other))
          .map(([k]) => k);
      for (const browser of BROWSERS) {
        const own = reachable.find((group) => group.has(browser));
        for (const person of people(browser)) expect(own?.has(person) ?? false).toBe(true);
      }
      // An operator's word may still join such a device; no proof does.
      if (!links.some(({ kind }) => kind === "manual"))
        for (const device of shared) expect(people(device)).toEqual([]);
    });
  });
});

function components(links: readonly Link[]): Set<string>[] {
  return componentsOf(links.filter(({ state }) => state === "live"));
}

function componentsOf(links: readonly Link[]): Set<string>[] {
  const groups = new Map<string, Set<string>>();
  for (const { a, b } of links) {
    const one = groups.get(a) ?? new Set([a]);
    const other = groups.get(b) ?? new Set([b]);
    for (const key of other) one.add(key);
    for (const key of one) groups.set(key, one);
  }
  return [...new Set(groups.values())];
}
