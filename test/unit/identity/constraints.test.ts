/** What forbids a link to join: values that are nobody's, limits of a profile, and what operators say. */
import { describe, expect, it } from "vitest";
import type { ReleaseDocument } from "#contracts/definitions/release";
import { type Link, type LinkKind, linkId } from "#identity/graph";
import { partition } from "#identity/partition";
import { identityRules } from "#identity/rules";

let made = 0;
const link = (a: string, b: string, kind: LinkKind = "proof", at = ++made): Link => ({
  a,
  b,
  kind,
  at,
  eventId: `e${at}`,
  source: "shop",
  state: "live",
});
const rulesOf = (identity: object) => identityRules({ identity } as unknown as ReleaseDocument); // all that is read of it
const reasonOf = (one: Link, others: Link[], rules = rulesOf({})) =>
  partition([], [...others, one], rules).conflicted.get(linkId(one));
const sizes = (links: Link[], rules = rulesOf({})) =>
  [...partition([], links, rules).members.values()].map((keys) => keys.length).sort((a, b) => b - a);

describe("a value with too many partners", () => {
  const shared = (count: number) =>
    Array.from({ length: count }, (_, n) => link(`user_id:1.u${n}`, "email:1.office", "proof", n));

  it("is nobody's: it joins none of them, not even the first", () => {
    expect(sizes(shared(51))).toEqual(Array.from({ length: 52 }, () => 1));
    expect([...partition([], shared(51)).crowded]).toEqual(["email:1.office"]);
    expect(new Set(partition([], shared(51)).conflicted.values())).toEqual(new Set(["too_many_partners"]));
  });

  it("is somebody's as long as it has no more than the rule says, and each namespace has its own", () => {
    expect(sizes(shared(50))[0]).toBe(2);
    const strict = rulesOf({ namespaces: { user_id: { maxPartners: 2 } } });
    expect(sizes(shared(2), strict)[0]).toBe(2);
    expect(sizes(shared(3), strict)[0]).toBe(1);
  });

  it("keeps what joins it by other namespaces", () => {
    const phone = link("email:1.office", "phone:1.p");
    expect(reasonOf(phone, shared(51))).toBeUndefined();
  });

  it("may be a person with very many browsers, of whom only their profile's size is a limit", () => {
    const browsers = Array.from({ length: 300 }, (_, n) =>
      link("user_id:1.u", `visitor_id:1.${n}`, "proof", n),
    );
    expect(sizes(browsers)[0]).toBe(50);
    expect(sizes(browsers, rulesOf({ maxMembers: 200 }))[0]).toBe(200);
  });

  it("is no second person in a device: whose else it is, it stays", () => {
    const strict = rulesOf({ namespaces: { email: { maxPartners: 1 } } });
    const nobody = ["visitor_id:1.v", "email:1.a", "email:1.b"].map((key) => link("user_id:1.kiosk", key));
    const owner = link("user_id:1.u", "visitor_id:1.v");
    expect(reasonOf(owner, nobody)).toBe("device_of_several_people");
    expect(reasonOf(owner, nobody, strict)).toBe("device_of_several_people");
    const aside = link("user_id:1.kiosk", "user_id:1.kiosk", "aside");
    expect(reasonOf(owner, [...nobody, aside])).toBeUndefined();
    const many = Array.from({ length: 501 }, (_, n) => link("user_id:1.kiosk", `visitor_id:1.${n}`));
    expect(reasonOf(owner, [...nobody, ...many])).toBeUndefined();
  });

  it("is, of a device, several people's all the more: nothing personal is shown on it, and nobody gets in by naming it", () => {
    const kiosk = Array.from({ length: 51 }, (_, n) => link(`user_id:1.u${n}`, "anonymous_id:1.kiosk"));
    const browser = link("visitor_id:1.v", "anonymous_id:1.kiosk", "device");
    const phone = link("phone:1.p", "anonymous_id:1.kiosk");
    const found = partition([], [...kiosk, browser, phone]);
    expect([...found.shared]).toEqual(["anonymous_id:1.kiosk"]);
    expect(found.conflicted.get(linkId(browser))).toBe("claim_on_a_proven_person");
    expect(found.conflicted.get(linkId(phone))).toBe("device_of_several_people");
  });

  it("is not made so by claims: anybody could do that to anyone", () => {
    const claims = Array.from({ length: 100 }, (_, n) => ({
      ...link(`visitor_id:1.${n}|user_id:1.x`, "email:1.office", "claim"),
      state: "pending" as const,
    }));
    expect(reasonOf(link("user_id:1.u", "email:1.office"), claims)).toBeUndefined();
  });
});

describe("the limits of a profile", () => {
  it("are what the rules say of each namespace", () => {
    const emails = Array.from({ length: 4 }, (_, n) => link("user_id:1.u", `email:1.${n}`, "proof", n));
    const last = emails[3] as Link;
    expect(reasonOf(last, emails.slice(0, 3))).toBeUndefined();
    expect(reasonOf(last, emails.slice(0, 3), rulesOf({ namespaces: { email: { maxPerProfile: 3 } } }))).toBe(
      "too_many_emails",
    );
    expect(reasonOf(last, emails.slice(0, 3), rulesOf({ namespaces: { email: { unique: true } } }))).toBe(
      "two_emails",
    );
    expect(reasonOf(last, emails.slice(0, 3), rulesOf({ maxMembers: 4 }))).toBe("profile_too_large");
  });

  it("count what stands for one value once: an identifier under two look-up keys is no second one", () => {
    const same = link("customer_id:1.c", "customer_id:2.c", "version");
    const links = [link("email:1.e", "customer_id:1.c"), link("email:1.e", "customer_id:2.c"), same];
    expect(sizes(links)).toEqual([3]);
  });

  it("give way to an operator's word, and to that alone: it makes two customers one person", () => {
    const merged = [
      link("customer_id:1.a", "email:1.a"),
      link("customer_id:1.b", "email:1.b"),
      link("customer_id:1.a", "customer_id:1.b", "manual"),
    ];
    expect(sizes(merged)).toEqual([4]);
    // A third customer is not meant by it.
    expect(reasonOf(link("customer_id:1.c", "email:1.b"), merged)).toBe("two_customer_ids");
  });

  it("do not count facts under claims as the claimed person's", () => {
    const scopes = ["a", "b"].map((n) => link("visitor_id:1.v", `visitor_id:1.v|user_id:1.${n}`, "scope", 0));
    expect(sizes([...scopes, link("user_id:1.u", "visitor_id:1.v")])).toEqual([4]);
  });
});

describe("an operator's word that identifiers are not one person's", () => {
  it("holds against every proof, and against another's word that they are", () => {
    const apart = link("user_id:1.a", "email:1.e", "apart");
    expect(reasonOf(link("user_id:1.a", "email:1.e"), [apart])).toBe("kept_apart");
    expect(reasonOf(link("user_id:1.a", "email:1.e", "manual"), [apart])).toBe("kept_apart");
    const via = link("user_id:1.a", "phone:1.p", "proof", 1);
    expect(reasonOf(link("phone:1.p", "email:1.e", "proof", 2), [apart, via])).toBe("kept_apart");
  });

  it("sets a value aside under all its look-up keys", () => {
    const aside = link("email:1.office", "email:1.office", "aside");
    const same = link("email:1.office", "email:2.office", "version");
    expect(reasonOf(link("user_id:1.a", "email:1.office"), [aside])).toBe("set_aside");
    expect(reasonOf(link("user_id:1.a", "email:2.office"), [aside, same])).toBe("set_aside");
    expect(reasonOf(link("user_id:1.a", "email:1.other"), [aside, same])).toBeUndefined();
  });
});

describe("a match rule", () => {
  it("says who is one person before it is asked whose a device is", () => {
    const same = [
      link("login_id:1.a", "match-name:1.m", "rule"),
      link("login_id:1.b", "match-name:1.m", "rule"),
    ];
    const devices = [link("login_id:1.a", "visitor_id:1.v"), link("login_id:1.b", "visitor_id:1.v")];
    const merging = rulesOf({ match: { name: { traits: ["company"], action: "merge" } } });
    expect(sizes([...devices, ...same], merging)).toEqual([4]);
  });

  it("makes one profile of those who agree, weaker than a proof, and of no two customers", () => {
    const agree = ["a", "b"].map((n) => link(`user_id:1.${n}`, "match-name:1.m", "rule"));
    expect(partition([], agree).conflicted.get(linkId(agree[1] as Link))).toBe("two_user_ids");
    const crm = [
      link("crm_id:1.a", "match-name:1.m", "rule", 1),
      link("user_id:1.b", "match-name:1.m", "rule", 2),
    ];
    expect(sizes(crm)).toEqual([3]);
    expect(sizes([...crm, link("crm_id:1.a", "user_id:1.c", "proof", 3)])).toEqual([3, 1]);
  });
});
