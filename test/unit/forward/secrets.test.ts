/** Which of the Worker's secrets a release may name. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { destinationType } from "#forward/destinations/registry";
import { readDestinationSettings } from "#forward/secrets";

/** Every text that src/env.ts reads from the environment. */
const OWN = [...readFileSync("src/env.ts", "utf8").matchAll(/^ {2}([A-Z0-9_]+)\??: string;$/gm)].map(
  ([, name = ""]) => name,
);

const webhook = destinationType("webhook");
const read = (name: string, value: string) => {
  if (!webhook) throw new Error("no webhook");
  const settings = { url: "https://hooks.example.com/in", secret: { $secret: name } };
  return readDestinationSettings(webhook, settings, (asked) => (asked === name ? value : undefined));
};
/** As a webhook takes it, so that nothing but its name can be what is refused. */
const VALUE = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

describe("a release", () => {
  it("may name a secret that was set for a destination", () => {
    expect(read("WEBHOOK_SECRET", VALUE)).toMatchObject({ ok: true, settings: { secret: VALUE } });
  });

  it("the settings of the Worker itself are found in its source", () => {
    expect(OWN).toContain("MASTER_SECRET");
    expect(OWN).toContain("ALERT_URL");
    expect(OWN.length).toBeGreaterThanOrEqual(20);
  });

  it.each(OWN)("may not name a setting of the Worker itself as a secret: %s", (name) => {
    expect(read(name, VALUE)).toEqual({ ok: false, code: `secret_missing:${name}` });
  });

  it.each([
    ["posthog", "api_key", { host: "https://collector.example" }],
    ["webhook", "url", { secret: VALUE }],
    ["salesforce", "placeholder", { login_url: "https://acme.my.salesforce.com", client_id: "app" }],
  ])("may not put a secret where it would be sent or written as it is: %s %s", (type, name, rest) => {
    const found = destinationType(type);
    if (!found) throw new Error("no type");
    const settings = { ...rest, [name]: { $secret: "HUBSPOT_TOKEN" } };
    expect(readDestinationSettings(found, settings, () => "pat-na1-secret")).toEqual({
      ok: false,
      code: `secret_misplaced:${name}`,
    });
  });

  it.each(["", "__proto__", "constructor", "toString"])("finds nothing under the name %j", (name) => {
    expect(readDestinationSettings(webhook as never, { secret: { $secret: name } }, () => undefined)).toEqual(
      { ok: false, code: `secret_missing:${name}` },
    );
  });
});
