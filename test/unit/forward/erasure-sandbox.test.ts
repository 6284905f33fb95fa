/** Erasures over real HTTP, against the demo's vendor sandbox: what is deleted there, and what its faults come to. */
import { beforeEach, describe, expect, it } from "vitest";
import type { ErasureOutcome, ErasurePerson } from "#forward/destinations/contract";
import { clientIdOf } from "#forward/destinations/ga4/map";
import { destinationType } from "#forward/destinations/registry";
import { reach } from "../../setup/reach.ts";
import { runningDemo } from "../demo/running-demo.ts";

const demo = runningDemo();
beforeEach(async () => {
  await demo.clearFaults();
  await demo.clear();
});

const PROFILE = "visitor_id:1.AbCdEfGhIjKlMnOpQrStUv";
const ida: ErasurePerson = { emails: ["ida@example.com"], phones: [], userIds: [], subjects: [PROFILE] };

const SETTINGS = {
  hubspot: async () => ({ token: "pat-demo", endpoint: `${demo.url()}/hubspot` }),
  ga4: async () => ({
    measurement_id: "G-DEMO",
    api_secret: "ga4-demo",
    property_id: "123456789",
    service_account: await (await demo.get("/_service_account")).text(),
    token_endpoint: `${demo.url()}/ga4/token`,
    deletion_endpoint: `${demo.url()}/ga4`,
  }),
  webhook: async () => ({
    url: `${demo.url()}/webhook`,
    secret: "whsec_ZG9vcnN0ZXAtZGVtby13ZWJob29rLXNlY3JldC0wMDE=",
  }),
};

/** Erase as src/forward/erase-at.ts does. */
async function erase(
  name: keyof typeof SETTINGS,
  person = ida,
  changes: Record<string, unknown> = {},
): Promise<ErasureOutcome | undefined> {
  const type = destinationType(name);
  const settings = type?.settings.parse({ ...(await SETTINGS[name]()), ...changes });
  return type?.erase?.(person, {
    settings,
    id: "erasure-1",
    personal: true,
    fetch: (url, init) => fetch(url, init),
    now: Date.now(),
    signal: AbortSignal.timeout(2_000),
    allowInsecure: true,
    ...reach,
  });
}

const contact = (email: string, doorstep_profile: string) =>
  demo.hubspot("upsert", { inputs: [{ id: email, idProperty: "email", properties: { doorstep_profile } }] });
const deletions = async () => (await demo.get("/_deletions")).json();
const emails = async () => (await demo.contacts()).map(({ properties }) => properties.email);

describe("HubSpot's contacts", () => {
  it("of the person are gone, under every address, and nobody else's is", async () => {
    await contact("ida@example.com", PROFILE);
    await contact("ida.old@example.com", PROFILE);
    await contact("eve@example.com", PROFILE.toLowerCase());
    expect(await erase("hubspot")).toEqual({ status: "requested", detail: "within_30_days" });
    expect(await emails()).toEqual(["eve@example.com"]);
  });

  it("may be erased again, and an address that HubSpot never knew is taken like one that it did", async () => {
    await contact("ida@example.com", PROFILE);
    const first = await erase("hubspot");
    expect(await erase("hubspot")).toEqual(first);
    expect(await deletions()).toMatchObject({
      hubspot: [
        { by: "e-mail address", subject: "10001", note: "permanently deleted" },
        { by: "e-mail address", subject: null, note: "no contact: blocklisted" },
      ],
    });
  });

  it.each([
    ["500", { status: "retry", code: "http_500" }],
    ["429", { status: "retry", code: "rate_limited", afterSeconds: 1 }],
    ["unauthorized", { status: "retry", code: "unauthorized", afterSeconds: 3600 }],
    ["forbidden", { status: "retry", code: "unauthorized", afterSeconds: 3600 }],
    ["reset", { status: "retry", code: "network" }],
    ["hold", { status: "retry", code: "timeout" }],
  ])("stay under the fault %s, and go with the next attempt", async (mode, outcome) => {
    await contact("ida@example.com", PROFILE);
    await demo.arm({ vendor: "hubspot", mode });
    expect(await erase("hubspot")).toMatchObject(outcome);
    expect(await emails()).toEqual(["ida@example.com"]);
    await demo.clearFaults();
    expect(await erase("hubspot")).toMatchObject({ status: "requested" });
    expect(await emails()).toEqual([]);
  });

  it("of more profiles than one search takes are all gone", async () => {
    const subjects = Array.from(
      { length: 60 },
      (_, n) => `visitor_id:1.${String(n).padStart(22, "Q")}|email:1.x`,
    );
    for (const n of [0, 30, 59]) await contact(`ida.${n}@example.com`, subjects[n] ?? "");
    expect(await erase("hubspot", { ...ida, emails: [], subjects })).toMatchObject({ status: "requested" });
    expect(await emails()).toEqual([]);
  });

  it("are not named by what a refusal of HubSpot comes to, though its message repeats the address", async () => {
    await demo.arm({ vendor: "hubspot", mode: "partial", category: "VALIDATION_ERROR" });
    expect(await erase("hubspot")).toEqual({ status: "failed", code: "VALIDATION_ERROR" });
  });
});

describe("GA4's clients", () => {
  it("are deleted by every client id that the person's events may have had", async () => {
    const subjects = [PROFILE, "user_id:1.other"];
    expect(await erase("ga4", { ...ida, subjects })).toEqual({
      status: "requested",
      detail: "within_two_months",
    });
    const { ga4 } = (await deletions()) as { ga4: { subject: string }[] };
    expect(ga4.map(({ subject }) => subject).sort()).toEqual(subjects.map(clientIdOf).sort());
  });

  it("are asked for by numbers alone: no address and no key is in any request", async () => {
    await erase("ga4");
    const requests = JSON.stringify(await demo.received("ga4"));
    expect(requests).not.toContain("ida@example.com");
    expect(requests).not.toContain(PROFILE);
  });

  it.each([
    ["500", { status: "retry", code: "http_500" }],
    ["429", { status: "retry", code: "http_429", afterSeconds: 1 }],
    ["forbidden", { status: "retry", code: "unauthorized", afterSeconds: 3600 }],
    ["reset", { status: "retry", code: "network" }],
  ])("stay under the fault %s, and go with the next attempt", async (mode, outcome) => {
    await demo.arm({ vendor: "ga4", mode });
    expect(await erase("ga4")).toMatchObject(outcome);
    expect(await erase("ga4")).toMatchObject({ status: "requested" });
  });

  it("wait for a person where Google does not know the key", async () => {
    const { generateKeyPairSync } = await import("node:crypto");
    const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const file = {
      client_email: "doorstep@sandbox.iam.gserviceaccount.com",
      private_key: privateKey.export({ type: "pkcs8", format: "pem" }),
    };
    expect(await erase("ga4", ida, { service_account: JSON.stringify(file) })).toMatchObject({
      status: "retry",
      code: "service_account_refused",
    });
  });

  it("wait for a person where the account may not edit the property", async () => {
    expect(await erase("ga4", ida, { property_id: "987654321" })).toMatchObject({
      status: "retry",
      code: "unauthorized",
    });
  });
});

describe("the webhook's receiver", () => {
  it("confirms a message whose signature holds, and knows a repetition", async () => {
    for (let n = 0; n < 2; n += 1) expect(await erase("webhook")).toEqual({ status: "confirmed" });
    expect(await demo.received("webhook")).toMatchObject([
      { valid: true, duplicate: false, erasure: { subjects: 1, emails: 1 } },
      { valid: true, duplicate: true },
    ]);
  });

  it.each([
    ["500", { status: "retry", code: "http_500" }],
    ["unauthorized", { status: "retry", code: "unauthorized" }],
    ["hold", { status: "retry", code: "timeout" }],
  ])("fault %s", async (mode, outcome) => {
    await demo.arm({ vendor: "webhook", mode });
    expect(await erase("webhook")).toMatchObject(outcome);
  });
});
