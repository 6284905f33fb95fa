/** What publishing asks of a destination. */
import { describe, expect, it } from "vitest";
import { destinationSchema } from "#contracts/definitions/destination";
import { PURPOSES } from "#contracts/taxonomy";
import { checkDestination } from "#forward/check";
import { DESTINATION_ABOUT } from "#forward/destinations/about";
import type { DestinationType } from "#forward/destinations/contract";
import { DESTINATION_EXAMPLES } from "#forward/destinations/examples";
import { formOf } from "#forward/destinations/form";
import { DESTINATION_TYPES } from "#forward/destinations/registry";
import { secretName } from "#forward/secrets";

/** The settings of the definitions that the docs show. */
const SETTINGS: Record<string, Record<string, unknown>> = Object.fromEntries(
  Object.entries(DESTINATION_ABOUT).map(([type, { definition }]) => [type, Object(definition.settings)]),
);
/** Whatever a setting names as a secret has the value that an example gives it, or this one. */
const secrets: Record<string, string> = { POSTHOG_PERSONAL_KEY: "phx_personalkey" };
for (const [type, settings] of Object.entries(SETTINGS))
  for (const [name, value] of Object.entries(settings)) {
    const examples = Object.entries(DESTINATION_EXAMPLES).find(([key]) => key === type)?.[1] ?? [];
    const given = examples.map((example) => example.settings[name]).find((one) => typeof one === "string");
    const secret = secretName(value);
    if (secret !== undefined && typeof given === "string") secrets[secret] = given;
  }
const check = (type: string, purposes: readonly string[], settings = SETTINGS[type], isLocal = false) =>
  checkDestination(
    "mine",
    destinationSchema.parse({ type, queue: "crm", purposes, settings }),
    (name) => secrets[name],
    undefined,
    undefined,
    isLocal,
  );

it.each(Object.entries(DESTINATION_ABOUT))(
  "the definition that the docs show of %s may be published",
  (_, about) => {
    const issues = checkDestination(
      "shown",
      destinationSchema.parse(about.definition),
      (name) => secrets[name],
    );
    expect(issues).toEqual([]);
  },
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

const credentials = Object.values<DestinationType>(DESTINATION_TYPES).flatMap((type) =>
  type.credentials.map((name): [string, string] => [type.name, name]),
);
it.each(credentials)(
  "a credential in the clear is refused, and not repeated, since every role reads releases: %s %s",
  (type, name) => {
    const value = `in-the-clear-${"x".repeat(32)}`;
    const issues = check(type, PURPOSES, { ...SETTINGS[type], [name]: value });
    const path = `destinations.mine.settings.${name}`;
    expect(issues).toContainEqual({ path, message: expect.stringContaining("$secret") });
    expect(JSON.stringify(issues)).not.toContain(value);
  },
);

it("a secret stands for a credential alone: anything else is sent to a host that the release names", () => {
  const settings = { host: "https://collector.example", api_key: { $secret: "POSTHOG_PERSONAL_KEY" } };
  expect(check("posthog", PURPOSES, settings)).toEqual([
    { path: "destinations.mine.settings.api_key", message: expect.stringContaining("takes no secret") },
  ]);
});

it.each([
  ["webhook", "url", "https://10.0.0.1/in", "ip_address"],
  ["webhook", "url", "http://hooks.example.com/in", "not_https"],
  ["webhook", "url", "https://eve:secret@hooks.example.com/in", "credentials_in_url"],
  ["posthog", "host", "https://posthog.internal", "local_name"],
  ["hubspot", "endpoint", "https://hubapi.example", "foreign_host"],
  ["meta", "endpoint", "https://graph.facebook.com.evil.example", "foreign_host"],
  ["salesforce", "login_url", "https://acme.example", "foreign_host"],
  ["ga4", "endpoint", "https://collector.example", "foreign_host"],
  ["ga4", "token_endpoint", "https://oauth2.googleapis.com/token?x=", "query_in_url"],
])("an address that nothing may be sent to is not published: %s %s %s", (type, name, address, reason) => {
  const settings = { ...SETTINGS[type], [name]: address };
  expect(check(type, PURPOSES, settings)).toEqual([
    { path: `destinations.mine.settings.${name}`, message: expect.stringContaining(reason) },
  ]);
  expect(check(type, PURPOSES, settings, true)).toEqual([]);
});

it("every setting that is an address has its hosts", () => {
  for (const type of Object.values<DestinationType>(DESTINATION_TYPES)) {
    const addresses = formOf(type).flatMap(({ kind, name }) => (kind === "url" ? [name] : []));
    // A part of what is signed; nothing is sent there.
    expect(Object.keys(type.addresses ?? {})).toEqual(addresses.filter((name) => name !== "audience"));
  }
});

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
