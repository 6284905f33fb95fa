/** What publishing asks of a destination. */
import { describe, expect, it } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import { PURPOSES } from "#contracts/taxonomy";
import { checkDestination } from "#forward/check";
import type { DestinationType } from "#forward/destinations/contract";
import { DESTINATION_TYPES } from "#forward/destinations/registry";

const SETTINGS: Record<string, Record<string, unknown>> = {
  ga4: { measurement_id: "G-DEMO", api_secret: { $secret: "GA4" } },
  hubspot: { token: { $secret: "TOKEN" } },
  webhook: { url: "https://hooks.example.com/", secret: { $secret: "HOOK" } },
};
const secrets: Record<string, string> = {
  GA4: "x",
  TOKEN: "pat",
  HOOK: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
};
const check = (type: string, purposes: readonly string[], settings = SETTINGS[type]) =>
  checkDestination(
    "mine",
    destinationSchema.parse({ type, queue: "crm", purposes, settings }),
    (name) => secrets[name],
  );

describe.each(Object.entries<DestinationType>(DESTINATION_TYPES))("%s", (name, { needs }) => {
  it("may be published with all purposes, and with just those that it needs", () => {
    expect(check(name, PURPOSES)).toEqual([]);
    expect(check(name, needs.length > 0 ? needs : ["personalization"])).toEqual([]);
  });

  it("may not be published without one of those, which is named", () => {
    for (const needed of needs) {
      const others = PURPOSES.filter((purpose) => purpose !== needed);
      expect(check(name, others)).toEqual([
        { path: "destinations.mine.purposes", message: expect.stringContaining(`"${needed}"`) },
      ]);
    }
  });
});

it.each([
  ["ga4", "api_secret", "s3cr3t"],
  ["ga4", "service_account", '{"client_email":"a@b.example","private_key":"-----BEGIN"}'],
  ["hubspot", "token", "pat-eu1-1"],
  ["webhook", "secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
])(
  "a credential in the clear is refused, and not repeated, since every role reads releases: %s %s",
  (type, name, value) => {
    const more = name === "service_account" ? { property_id: "1" } : {};
    const issues = check(type, PURPOSES, { ...SETTINGS[type], ...more, [name]: value });
    const path = `destinations.mine.settings.${name}`;
    expect(issues).toContainEqual({ path, message: expect.stringContaining("$secret") });
    expect(JSON.stringify(issues)).not.toContain(value);
  },
);

it("says all that is wrong at once", () => {
  const paths = check("ga4", ["marketing"], { measurement_id: "UA-1", api_secret: "x" }).map(
    ({ path }) => path,
  );
  expect(paths).toEqual([
    "destinations.mine.purposes",
    "destinations.mine.settings.api_secret",
    "destinations.mine.settings.measurement_id",
  ]);
  expect(check("hubspot", ["analytics"], { token: { $secret: "NONE" } })).toHaveLength(2);
});

it.each([[[]], [undefined], [["ads"]], ["marketing"]])(
  "a definition whose purposes are %j is none: everything would go there",
  (purposes) => {
    const given = { type: "webhook", queue: "crm", purposes, settings: SETTINGS.webhook };
    const { error } = destinationSchema.safeParse(given);
    expect(error?.issues.map(({ path }) => path[0])).toEqual(["purposes"]);
  },
);

it("a webhook takes the names of vendors that it has consent fields for, and no other", () => {
  const settings = (vendor_consent: unknown) => ({ ...SETTINGS.webhook, vendor_consent });
  expect(check("webhook", ["marketing"], settings(["google", "meta"]))).toEqual([]);
  for (const wrong of [["tiktok"], "google", [""]])
    expect(check("webhook", ["marketing"], settings(wrong))).toHaveLength(1);
});
