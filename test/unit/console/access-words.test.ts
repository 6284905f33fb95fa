/** Tokens and permissions in the console's words, and what the console keeps from view. */
import { afterEach, describe, expect, it } from "vitest";
import { ROLES, type Role } from "../../../contracts/taxonomy.ts";
import { PERMISSIONS, permissionsOf } from "../../../src/console/access/permissions.ts";
import { isInForce, tokenState } from "../../../src/console/page/access/words.ts";
import { allows, lacking, type Me, may, setMe } from "../../../src/console/page/may.ts";
import { PERMISSION_WORDS, rolesInWords } from "../../../src/console/page/permission-words.ts";
import { limitsInWords } from "../../../src/console/page/who.ts";

const NOW = Date.parse("2026-11-22T09:00:00Z");
const inDays = (days: number) => new Date(NOW + days * 86_400_000).toISOString();
const person = (role: Role, more: Partial<Me> = {}): Me => ({
  id: "t",
  name: "Anna",
  role,
  permissions: permissionsOf(role),
  personal: false,
  sources: null,
  expires_at: null,
  ...more,
});

afterEach(() => setMe(undefined));

describe("a token", () => {
  it.each([
    [null, 30, "valid", true],
    [null, 3, "expires soon", true],
    [null, -1, "expired", false],
    [inDays(-1), 30, "revoked", false],
    [inDays(-9), -1, "revoked", false],
  ])("revoked at %s, ending in %d days, is %s", (revoked_at, days, label, inForce) => {
    const token = { revoked_at, expires_at: inDays(days) };
    expect(tokenState(token, NOW)[1]).toBe(label);
    expect(isInForce(token, NOW)).toBe(inForce);
  });

  it("says whose events and whether personal data it shows", () => {
    expect(limitsInWords(false, null)).toBe("Sees events of all sources, no personal data.");
    expect(limitsInWords(true, ["web", "shop"])).toBe("Sees events of web, shop alone, and personal data.");
  });
});

describe("what is kept from view", () => {
  it("is everything while nobody is logged in", () => {
    expect(PERMISSIONS.filter(may)).toEqual([]);
    expect(allows({ oneOf: ["events:read"] })).toBe(false);
  });

  it.each(ROLES)("of the role %s is what the server would refuse, and nothing else", (role) => {
    setMe(person(role));
    expect(PERMISSIONS.filter(may)).toEqual(permissionsOf(role));
  });

  it("is personal data from whoever may see none, and what belongs to all sources from whoever sees some", () => {
    const needs = { oneOf: ["person:read"], personal: true, everySource: true } as const;
    setMe(person("viewer", { sources: ["web"] }));
    expect(lacking(needs)).toEqual(["oneOf", "personal", "everySource"]);
    setMe(person("privacy_officer"));
    expect(lacking(needs)).toEqual(["personal"]);
    setMe(person("privacy_officer", { personal: true }));
    expect(allows(needs)).toBe(true);
  });
});

it("each permission has words, and roles that have it", () => {
  expect(Object.keys(PERMISSION_WORDS).sort()).toEqual([...PERMISSIONS].sort());
  expect(rolesInWords(["subjects:manage"])).toBe("privacy officer and admin");
  expect(rolesInWords(["access:manage", "keys:rotate"])).toBe("engineer and admin");
});
