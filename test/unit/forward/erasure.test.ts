/** What each vendor is told of an erasure, and what its answers mean. */
import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { DestinationType, ErasureOutcome } from "#forward/destinations/contract";
import { together } from "#forward/destinations/erasure";
import { eraseClients } from "#forward/destinations/ga4/erase";
import { ga4Settings } from "#forward/destinations/ga4/settings";
import { eraseContacts } from "#forward/destinations/hubspot/erase";
import { hubspotSettings } from "#forward/destinations/hubspot/settings";
import { DESTINATION_TYPES } from "#forward/destinations/registry";
import { eraseByWebhook } from "#forward/destinations/webhook/erase";
import { webhookSettings } from "#forward/destinations/webhook/settings";
import { reach } from "../../setup/reach.ts";
import { json, type Sent, vendor } from "./items.ts";

const PROFILE = "visitor_id:1.AbCdEfGhIjKlMnOpQrStUv";
const person = { emails: ["Ida@Example.com"], phones: ["+421900"], userIds: ["u-1"], subjects: [PROFILE] };
const nobody = { emails: [], phones: [], userIds: [], subjects: [] };
const context = {
  id: "erasure-1",
  personal: true,
  now: 1_795_168_900_000,
  signal: new AbortController().signal,
  allowInsecure: false,
  ...reach,
};
const bodyOf = (sent: Sent | undefined) => JSON.parse(sent?.body ?? "null") as Record<string, unknown>;
const pathsOf = (sent: Sent[]) => sent.map(({ url }) => new URL(url).pathname);
const gone = () => new Response(null, { status: 204 });
const found = (...contacts: { id: string; doorstep_profile: string }[]) =>
  json(200, {
    total: contacts.length,
    results: contacts.map(({ id, ...properties }) => ({ id, properties })),
  });

describe.each(Object.entries<DestinationType>(DESTINATION_TYPES))("the type %s", (name, type) => {
  it("says how a person is deleted there, or why they cannot be, and its docs begin with the same words", async () => {
    expect(type.erasure.length).toBeGreaterThan(40);
    const docs = await readFile(new URL(`../../../docs/destinations/${name}.md`, import.meta.url), "utf8");
    const deletion = docs.split("\n## ").find((section) => section.startsWith("Deletion"));
    expect(deletion?.replace(/^Deletion\s+/, "").startsWith(type.erasure)).toBe(true);
  });
});

describe("several answers of one vendor", () => {
  const retry: ErasureOutcome = { status: "retry", code: "http_500" };
  const failed: ErasureOutcome = { status: "failed", code: "http_400" };
  it.each<[ErasureOutcome[], ErasureOutcome]>([
    [[], { status: "none", detail: "nobody" }],
    [[{ status: "none" }, { status: "confirmed" }], { status: "confirmed" }],
    [[{ status: "confirmed" }, { status: "requested" }], { status: "requested" }],
    [[{ status: "requested" }, failed], failed],
    [[failed, retry, { status: "confirmed" }], retry],
  ])("%j come to %j", (outcomes, expected) => {
    expect(together(outcomes, "nobody")).toEqual(expected);
  });
});

describe("HubSpot", () => {
  const settings = hubspotSettings.parse({ token: "pat" });
  const erase = (fetch: ReturnType<typeof vendor>["fetch"], about = person, more = {}) =>
    eraseContacts(about, { ...context, settings: { ...settings, ...more }, fetch });

  it("deletes each address for good, once, and says that it is requested", async () => {
    const { fetch, sent } = vendor(gone, gone, () => found());
    const about = { ...person, emails: ["Ida@Example.com", "ida@example.com ", "work@example.com", ""] };
    expect(await erase(fetch, about)).toEqual({ status: "requested", detail: "within_30_days" });
    expect(sent[0]?.url).toBe("https://api.hubapi.com/crm/objects/2026-09/contacts/gdpr-delete");
    expect(sent[0]?.headers.authorization).toBe("Bearer pat");
    expect(sent.slice(0, 2).map(bodyOf)).toEqual([
      { objectId: "ida@example.com", idProperty: "email" },
      { objectId: "work@example.com", idProperty: "email" },
    ]);
  });

  it("deletes contacts that carry one of the person's profiles, whatever their address is", async () => {
    const { fetch, sent } = vendor(() => found({ id: "77", doorstep_profile: PROFILE }), gone);
    expect(await erase(fetch, { ...person, emails: [] })).toMatchObject({ status: "requested" });
    expect(pathsOf(sent)).toEqual([
      "/crm/objects/2026-09/contacts/search",
      "/crm/objects/2026-09/contacts/gdpr-delete",
    ]);
    expect(bodyOf(sent[0]).filterGroups).toEqual([
      { filters: [{ propertyName: "doorstep_profile", operator: "IN", values: [PROFILE.toLowerCase()] }] },
    ]);
    expect(bodyOf(sent[1])).toEqual({ objectId: "77" });
  });

  it("deletes nobody whose profile only looks alike to HubSpot, which compares without case", async () => {
    const { fetch, sent } = vendor(() => found({ id: "78", doorstep_profile: PROFILE.toUpperCase() }));
    expect(await erase(fetch, { ...person, emails: [] })).toEqual({
      status: "none",
      detail: "no_identifier_of_theirs",
    });
    expect(sent).toHaveLength(1);
  });

  it("searches by the portal's own name of the property", async () => {
    const { fetch, sent } = vendor(gone, () => found());
    await erase(fetch, person, { properties: { doorstep_profile: "ds_profile" } });
    expect(JSON.stringify(bodyOf(sent[1]))).toContain('"propertyName":"ds_profile"');
  });

  it("has nothing to ask with where there is no address and the profile is not kept there", async () => {
    const { fetch, sent } = vendor();
    const outcome = await erase(
      fetch,
      { ...person, emails: [] },
      { properties: { doorstep_profile: false } },
    );
    expect(outcome).toEqual({ status: "none", detail: "no_identifier_of_theirs" });
    expect(sent).toEqual([]);
  });

  it("takes a portal without the property for one without such contacts", async () => {
    const refusal = { category: "VALIDATION_ERROR", errors: [{ code: "PROPERTY_DOESNT_EXIST" }] };
    const { fetch } = vendor(gone, () => json(400, refusal));
    expect(await erase(fetch)).toMatchObject({ status: "requested" });
  });

  it("keeps its searches under 3,000 characters, and asks of every profile", async () => {
    const subjects = Array.from(
      { length: 100 },
      (_, n) => `${PROFILE}|email:1.${String(n).padStart(22, "x")}`,
    );
    const { fetch, sent } = vendor(() => found());
    await erase(fetch, { ...nobody, subjects });
    expect(sent.length).toBeGreaterThan(1);
    for (const { body } of sent) expect(body.length).toBeLessThan(3_000);
    const asked = sent.flatMap(({ body }) => body.match(/visitor_id:[^"]+/g) ?? []);
    expect(asked).toEqual(subjects.map((subject) => subject.toLowerCase()));
  });

  it("goes on later where there are more contacts than one search shows", async () => {
    const page = { results: [{ id: "1", properties: { doorstep_profile: PROFILE } }], paging: { next: {} } };
    const { fetch } = vendor(() => json(200, page), gone);
    expect(await erase(fetch, { ...person, emails: [] })).toMatchObject({
      status: "retry",
      code: "more_contacts",
    });
  });

  it("is done with a contact that is gone already", async () => {
    const { fetch } = vendor(
      () => found({ id: "77", doorstep_profile: PROFILE }),
      () => json(404, { category: "OBJECT_NOT_FOUND" }),
    );
    expect(await erase(fetch, { ...person, emails: [] })).toMatchObject({ status: "requested" });
  });

  it.each<[string, () => Response | Promise<Response>, Partial<ErasureOutcome>]>([
    ["a wrong token", () => json(401, {}), { status: "retry", code: "unauthorized", afterSeconds: 3600 }],
    [
      "a missing scope",
      () => json(403, { category: "MISSING_SCOPES" }),
      { status: "retry", code: "unauthorized" },
    ],
    [
      "too many requests",
      () => json(429, { policyName: "TEN_SECONDLY_ROLLING" }, { "retry-after": "7" }),
      { status: "retry", code: "rate_limited", afterSeconds: 7 },
    ],
    ["the day's limit", () => json(429, { policyName: "DAILY" }), { status: "retry", afterSeconds: 14_400 }],
    ["an error of theirs", () => json(502, {}), { status: "retry", code: "http_502" }],
    [
      "a broken connection",
      () => Promise.reject(new TypeError("reset")),
      { status: "retry", code: "network" },
    ],
    [
      "a refused address",
      () => json(400, { category: "VALIDATION_ERROR" }),
      { status: "failed", code: "VALIDATION_ERROR" },
    ],
    ["a redirect", () => new Response(null, { status: 302 }), { status: "failed", code: "redirected" }],
  ])("%s", async (_what, answer, expected) => {
    const { fetch } = vendor(answer, () => found());
    expect(await erase(fetch)).toMatchObject(expected);
  });

  it("says in words that a person must mend the token", async () => {
    const { fetch } = vendor(() => json(401, {}));
    expect(await erase(fetch)).toMatchObject({ detail: expect.stringMatching(/replace the token/) });
  });

  it("one address that HubSpot refuses keeps no other from being deleted", async () => {
    const { fetch, sent } = vendor(
      () => json(400, { category: "VALIDATION_ERROR" }),
      gone,
      () => found(),
    );
    const outcome = await erase(fetch, { ...person, emails: ["a@localhost", "b@example.com"] });
    expect(outcome).toMatchObject({ status: "failed" });
    expect(sent.map(bodyOf)).toContainEqual({ objectId: "b@example.com", idProperty: "email" });
  });

  it("gives its token to nobody but HubSpot", async () => {
    const { fetch, sent } = vendor(gone);
    const outcome = await erase(fetch, person, { endpoint: "https://collector.example.com" });
    expect(outcome).toEqual({ status: "failed", code: "unsafe_url", detail: "foreign_host" });
    expect(sent).toEqual([]);
  });
});

describe("a webhook", () => {
  const settings = webhookSettings.parse({
    url: "https://hooks.example.com/in",
    secret: "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  });
  const erase = (fetch: ReturnType<typeof vendor>["fetch"], more = {}) =>
    eraseByWebhook(person, { ...context, settings, fetch, ...more });

  it("is told whom it is about, with a signature and an id that stays", async () => {
    const { fetch, sent } = vendor(() => json(200, { status: "confirmed" }));
    expect(await erase(fetch)).toEqual({ status: "confirmed" });
    expect(bodyOf(sent[0])).toEqual({
      type: "erasure",
      id: "erasure-1",
      timestamp: "2026-11-20T10:01:40.000Z",
      subjects: [PROFILE],
      emails: ["Ida@Example.com"],
    });
    expect(sent[0]?.headers).toMatchObject({
      "webhook-id": "erasure-1",
      "webhook-timestamp": "1795168900",
      "webhook-signature": expect.stringMatching(/^v1,/),
    });
  });

  it("that serves no marketing is told no address, since it never had one", async () => {
    const { fetch, sent } = vendor(() => json(200, {}));
    await erase(fetch, { personal: false });
    expect(Object.keys(bodyOf(sent[0]))).toEqual(["type", "id", "timestamp", "subjects"]);
  });

  it.each<[string, () => Response | Promise<Response>, ErasureOutcome]>([
    ["200 that says confirmed", () => json(200, { status: "confirmed" }), { status: "confirmed" }],
    ["200 that says something else", () => json(200, { status: "queued" }), { status: "requested" }],
    ["200 that is no JSON", () => new Response("ok"), { status: "requested" }],
    ["202, whatever it says", () => json(202, { status: "confirmed" }), { status: "requested" }],
    ["204", gone, { status: "requested" }],
    ["410", () => new Response(null, { status: 410 }), { status: "none", detail: "gone" }],
    ["503", () => new Response(null, { status: 503 }), { status: "retry", code: "http_503" }],
    [
      "429",
      () => new Response(null, { status: 429, headers: { "retry-after": "90" } }),
      { status: "retry", code: "http_429", afterSeconds: 90 },
    ],
    ["no answer", () => Promise.reject(new TypeError("reset")), { status: "retry", code: "network" }],
  ])("answers %s", async (_what, answer, outcome) => {
    expect(await erase(vendor(answer).fetch)).toEqual(outcome);
  });

  it.each([
    [401, "unauthorized"],
    [404, "http_404"],
    [302, "redirected"],
  ])("that answers %i is asked again every hour, until somebody has mended it", async (status, code) => {
    const outcome = await erase(vendor(() => new Response(null, { status })).fetch);
    expect(outcome).toMatchObject({ status: "retry", code, afterSeconds: 3600, detail: expect.any(String) });
  });

  it("is not asked about nobody", async () => {
    const { fetch, sent } = vendor(gone);
    expect(await eraseByWebhook(nobody, { ...context, settings, fetch })).toEqual({
      status: "none",
      detail: "no_identifier_of_theirs",
    });
    expect(sent).toEqual([]);
  });
});

describe("GA4", () => {
  const keys = { measurement_id: "G-DEMO", api_secret: "s" };
  const file = JSON.stringify({
    client_email: "a@b.iam.gserviceaccount.com",
    private_key: "-----BEGIN nonsense",
  });

  it("offers nothing without a property and a service account", async () => {
    const { fetch, sent } = vendor(gone);
    expect(await eraseClients(person, { ...context, settings: ga4Settings.parse(keys), fetch })).toEqual({
      status: "none",
      detail: "deletion_not_set_up",
    });
    expect(sent).toEqual([]);
  });

  it.each([
    ["a property without an account", { property_id: "123456789" }],
    ["an account without a property", { service_account: file }],
    ["a key file that is no JSON", { property_id: "123456789", service_account: "secret" }],
    ["a key file without a key", { property_id: "123456789", service_account: '{"client_email":"a@b.sk"}' }],
    ["a measurement id for a property", { property_id: "G-DEMO", service_account: file }],
  ])("does not take %s", (_what, more) => {
    const parsed = ga4Settings.safeParse({ ...keys, ...more });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).not.toMatch(/secret"|nonsense/);
  });

  it("waits until somebody mends a key that does not sign", async () => {
    const { fetch, sent } = vendor(gone);
    const settings = ga4Settings.parse({ ...keys, property_id: "123456789", service_account: file });
    expect(await eraseClients(person, { ...context, settings, fetch })).toMatchObject({
      status: "retry",
      code: "service_account_refused",
      afterSeconds: 3600,
    });
    expect(sent).toEqual([]);
  });

  it.each(["token_endpoint", "deletion_endpoint"])(
    "shows its key's signature to Google alone: %s",
    async (name) => {
      const { fetch, sent } = vendor(gone);
      const settings = ga4Settings.parse({
        ...{ ...keys, property_id: "123456789", service_account: file },
        [name]: "https://collector.example.com/",
      });
      expect(await eraseClients(person, { ...context, settings, fetch })).toEqual({
        status: "failed",
        code: "unsafe_url",
        detail: "foreign_host",
      });
      expect(sent).toEqual([]);
    },
  );
});
