/** A release's rules of identity: what may not be published, and how it is named. */
import { describe, expect, it } from "vitest";
import { validateRelease } from "#release/validate";

const issuesOf = (identity: unknown): string[] => {
  const policy = { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" };
  const checks = {
    destination: () => [],
    cms: () => [],
    template: () => [],
    sanitize: (html: string) => html,
  };
  const result = validateRelease({ policy, identity }, checks);
  return result.ok ? [] : result.issues.map(({ path, message }) => `${path} ${message}`);
};

const GOOD = {
  namespaces: {
    "person-loyalty_card": { normalise: "digits", unique: true, minLength: 4, blocked: ["0001"] },
    "device-till": { normalise: "lower" },
    email: { blockedDomains: ["temp.example"], maxPerProfile: 3 },
  },
  priority: ["person-loyalty_card", "customer_id", "user_id"],
  phoneCountry: "SK",
  traits: { first_name: { prefer: ["source", "newest"], sources: ["crm"] } },
  match: { same: { traits: ["first_name", "last_name", "phone"], action: "merge" } },
};

describe("rules of identity", () => {
  it("that make sense are published", () => {
    expect(issuesOf(GOOD)).toEqual([]);
    expect(issuesOf(undefined)).toEqual([]);
  });

  it.each([
    [{ namespaces: { shoe_size: {} } }, /^identity\.namespaces\.shoe_size must be a namespace of Doorstep/],
    [{ namespaces: { visitor_id: {} } }, /^identity\.namespaces\.visitor_id is our own cookie's/],
    [{ namespaces: { "person-card": {} } }, /^identity\.namespaces\.person-card\.normalise is required/],
    [
      { namespaces: { "person-card": { normalise: "regex" } } },
      /^identity\.namespaces\.person-card\.normalise/,
    ],
    [
      { namespaces: { email: { normalise: "lower" } } },
      /^identity\.namespaces\.email\.normalise cannot be changed/,
    ],
    [
      { namespaces: { crm_id: { minLength: 9, maxLength: 8 } } },
      /^identity\.namespaces\.crm_id\.minLength is more than/,
    ],
    [{ namespaces: { crm_id: { maxLength: 257 } } }, /^identity\.namespaces\.crm_id\.maxLength/],
    [
      { namespaces: { crm_id: { unique: true, maxPerProfile: 2 } } },
      /^identity\.namespaces\.crm_id\.maxPerProfile/,
    ],
    [
      { maxMembers: 5, namespaces: { crm_id: { maxPerProfile: 6 } } },
      /^identity\.namespaces\.crm_id\.maxPerProfile/,
    ],
    [
      { namespaces: { crm_id: { blockedDomains: ["x.example"] } } },
      /^identity\.namespaces\.crm_id\.blockedDomains/,
    ],
    [{ priority: ["device_id"] }, /^identity\.priority\.0 "device_id" names a device/],
    [{ priority: ["user_id", "device-till"] }, /^identity\.priority\.1 "device-till" names a device/],
    [{ priority: ["person-card"] }, /^identity\.priority\.0 there is no namespace "person-card"/],
    [{ priority: ["shoe_size"] }, /^identity\.priority\.0 must be a namespace/],
    [{ priority: ["user_id", "user_id"] }, /^identity\.priority\.1 "user_id" is listed before/],
    [{ phoneCountry: "UK" }, /^identity\.phoneCountry there is no country "UK"/],
    [{ phoneCountry: "sk" }, /^identity\.phoneCountry must be a country/],
    [{ traits: { shoe_size: { prefer: ["newest"] } } }, /^identity\.traits\.shoe_size is no trait/],
    [{ traits: { constructor: { prefer: ["newest"] } } }, /^identity\.traits\.constructor is no trait/],
    [
      { traits: { email: { prefer: ["newest", "oldest"] } } },
      /^identity\.traits\.email\.prefer prefers both/,
    ],
    [{ traits: { email: { prefer: ["source"] } } }, /^identity\.traits\.email\.sources must list/],
    [
      { match: { same: { traits: ["first_name"] } } },
      /^identity\.match\.same\.traits compares "first_name" alone/,
    ],
    [
      { match: { same: { traits: ["company", "company"] } } },
      /^identity\.match\.same\.traits compares "company" alone/,
    ],
    [{ match: { same: { traits: ["shoe_size"] } } }, /^identity\.match\.same\.traits\.0/],
  ])("%j are refused, by path", (identity, message) => {
    expect(issuesOf(identity)[0]).toMatch(message);
  });
});
