/** Salesforce's odd answers: none of them is a delivery, none of them tells a value, and the token goes to Salesforce alone. */
import { describe, expect, it } from "vitest";
import { exampleEvent } from "#forward/destinations/example-event";
import { salesforce } from "#forward/destinations/salesforce/index";
import type { SalesforceBody } from "#forward/destinations/salesforce/map";
import { type SalesforceSettings, salesforceSettings } from "#forward/destinations/salesforce/settings";
import { tokenCache } from "#forward/tokens";
import { json, mappedOf, type Sent, vendor } from "./items.ts";

const given = {
  login_url: "https://acme.my.salesforce.com",
  client_id: "app",
  client_secret: "needle-secret",
};
const settings = salesforceSettings.parse(given);
const LEAD = "00Qxx0000000001AAA";

const body = (key: string, about: Partial<SalesforceBody> = {}): SalesforceBody => ({
  key,
  profile: "p",
  verified: true,
  occurredAt: 0,
  fields: { LastName: "Berg", Company: "Fjell" },
  ...about,
});
const access = (instance_url = "https://acme.my.salesforce.com") =>
  json(200, { access_token: "tok", instance_url });
const finds = (...records: Record<string, unknown>[]) =>
  json(200, {
    compositeResponse: [
      {
        body: { totalSize: records.length, done: true, records },
        httpHeaders: {},
        httpStatusCode: 200,
        referenceId: "found",
      },
    ],
  });
const done = { id: LEAD, success: true, created: true, errors: [] };
const failed = (statusCode: string, message = "", fields: string[] = []) => ({
  success: false,
  errors: [{ statusCode, message, fields }],
});

/** Send two people; the org logs in, finds nobody, and then answers the upsert so. */
async function send(answer: (sent: Sent) => Response, about: Partial<SalesforceSettings> = {}) {
  const { fetch, sent } = vendor(
    () => access(),
    () => finds(),
    answer,
  );
  const outcomes = await salesforce.send(
    [mappedOf("1", body("a@x.sk")), mappedOf("2", body("b@x.sk"))],
    context(fetch, about),
  );
  return { outcomes, sent };
}
const context = (fetch: ReturnType<typeof vendor>["fetch"], about: Partial<SalesforceSettings> = {}) => ({
  settings: { ...settings, ...about },
  fetch,
  now: 0,
  signal: new AbortController().signal,
  allowInsecure: false,
  tokens: tokenCache(),
  queueOf: () => undefined,
});

describe("an upsert's answer", () => {
  it.each([
    ["HTML", () => new Response("<html>maintenance</html>"), "answer_not_json"],
    ["nothing", () => new Response(""), "answer_empty"],
    ["another shape", () => json(200, { ok: true }), "answer_unexpected"],
    ["too much", () => new Response("x".repeat(1_000_001)), "answer_too_large"],
    ["too few results", () => json(200, [done]), "unconfirmed"],
    ["too many results", () => json(200, [done, done, done]), "unconfirmed"],
  ])("that is %s confirms nothing", async (_, answer, code) => {
    const { outcomes } = await send(answer);
    expect(outcomes).toEqual([
      { status: "retry", code },
      { status: "retry", code },
    ]);
  });

  it("that is a redirect is never followed", async () => {
    const { outcomes, sent } = await send(
      () => new Response(null, { status: 302, headers: { location: "https://x.example/" } }),
    );
    expect(outcomes).toContainEqual({ status: "failed", code: "redirected", detail: "http_302" });
    expect(sent.every(({ url }) => url.startsWith("https://acme.my.salesforce.com/"))).toBe(true);
  });

  it.each([
    [failed("UNABLE_TO_LOCK_ROW"), { status: "retry", code: "UNABLE_TO_LOCK_ROW", afterSeconds: 5 }],
    [
      failed("STORAGE_LIMIT_EXCEEDED"),
      { status: "retry", code: "STORAGE_LIMIT_EXCEEDED", afterSeconds: 14_400 },
    ],
    [failed("CANNOT_UPDATE_CONVERTED_LEAD"), { status: "skipped", reason: "lead_converted" }],
    [
      failed(
        "DUPLICATE_VALUE",
        "duplicate value found: Doorstep_Id__c duplicates value on record with id: 00Q",
      ),
      { status: "retry", code: "DUPLICATE_VALUE" },
    ],
    [
      failed("DUPLICATE_VALUE", "duplicate value found: Tax__c duplicates value", ["Tax__c"]),
      { status: "failed", code: "DUPLICATE_VALUE", detail: "Tax__c" },
    ],
    [
      failed("DUPLICATES_DETECTED", "Use one of needle@x.sk"),
      { status: "failed", code: "DUPLICATES_DETECTED" },
    ],
    [
      failed("STRING_TOO_LONG", "needle", ["Phone"]),
      { status: "failed", code: "STRING_TOO_LONG", detail: "Phone" },
    ],
    [failed("needle@x.sk", "needle", ["needle@x.sk"]), { status: "failed", code: "VENDOR_ERROR" }],
    [
      { success: false, errors: [] },
      { status: "retry", code: "unconfirmed" },
    ],
  ])("with %j is %j, for that record alone", async (result, outcome) => {
    const { outcomes } = await send(() => json(200, [result, done]));
    expect(outcomes).toEqual([outcome, { status: "delivered", detail: LEAD }]);
    expect(JSON.stringify(outcomes)).not.toContain("needle");
  });

  it.each([
    [503, "SERVER_UNAVAILABLE", { status: "retry", code: "SERVER_UNAVAILABLE" }],
    [403, "REQUEST_LIMIT_EXCEEDED", { status: "retry", code: "REQUEST_LIMIT_EXCEEDED", afterSeconds: 3_600 }],
    [403, "INSUFFICIENT_ACCESS", { status: "unauthorized", detail: "INSUFFICIENT_ACCESS" }],
    [404, "NOT_FOUND", { status: "failed", code: "NOT_FOUND" }],
  ])("%i %s is %j for all", async (status, errorCode, outcome) => {
    const { outcomes, sent } = await send(() => json(status, [{ errorCode, message: "needle" }]));
    expect(outcomes).toEqual([outcome, outcome]);
    expect(sent).toHaveLength(3);
  });
});

describe("what the org knows", () => {
  const ask = async (answer: () => Response) => {
    const { fetch, sent } = vendor(
      () => access(),
      answer,
      () => json(200, [done]),
    );
    return {
      outcomes: await salesforce.send([mappedOf("1", body("a@x.sk", { verified: false }))], context(fetch)),
      sent,
    };
  };

  it("of somebody it was not asked for is not taken for the person", async () => {
    const { outcomes } = await ask(() => finds({ Id: LEAD, Doorstep_Id__c: "z@x.sk", LastName: "Other" }));
    expect(outcomes).toEqual([{ status: "delivered", detail: LEAD }]);
  });

  it.each([
    ["HTML", () => new Response("<html>"), { status: "retry", code: "answer_not_json" }],
    [
      "another shape",
      () => json(200, { compositeResponse: [] }),
      { status: "retry", code: "answer_unexpected" },
    ],
    [
      "a refusal inside of a 200",
      () =>
        json(200, {
          compositeResponse: [
            {
              httpStatusCode: 400,
              body: [
                {
                  errorCode: "INVALID_FIELD",
                  message: "No such column 'Doorstep_Profile__c' on entity 'Lead'",
                },
              ],
            },
          ],
        }),
      { status: "failed", code: "INVALID_FIELD", detail: "Doorstep_Profile__c" },
    ],
  ])("cannot be told from %s: a claim writes nothing", async (_, answer, outcome) => {
    const { outcomes, sent } = await ask(answer);
    expect(outcomes).toEqual([outcome]);
    expect(sent).toHaveLength(2);
  });

  it("is asked for with quotes and backslashes as SOQL wants them", async () => {
    const { fetch, sent } = vendor(
      () => access(),
      () => finds(),
      () => json(200, [done]),
    );
    await salesforce.send([mappedOf("1", body("o'b\\x@x.sk"))], context(fetch));
    const { compositeRequest } = JSON.parse(sent[1]?.body ?? "{}") as { compositeRequest: { url: string }[] };
    const soql = new URL(compositeRequest[0]?.url ?? "", "https://x").searchParams.get("q");
    expect(soql).toMatch(/ IN \('o\\'b\\\\x@x\.sk'\)$/);
  });
});

describe("the login", () => {
  const one = [mappedOf("1", body("a@x.sk"))];

  it.each([
    ["https://evil.example", "instance_url:foreign_host"],
    ["http://acme.my.salesforce.com", "instance_url:not_https"],
    ["https://salesforce.com.evil.example", "instance_url:foreign_host"],
    ["https://127.0.0.1", "instance_url:ip_address"],
  ])("that names the instance %s gets the token sent nowhere", async (instance, detail) => {
    const { fetch, sent } = vendor(() => access(instance));
    expect(await salesforce.send(one, context(fetch))).toEqual([
      { status: "failed", code: "unsafe_url", detail },
    ]);
    expect(sent).toHaveLength(1);
  });

  it.each([
    ["https://evil.example", "foreign_host"],
    // Web-to-Lead mails whatever is posted to it to an address in its query.
    [
      "https://webto.salesforce.com/servlet/servlet.WebToLead?debug=1&debugEmail=eve@evil.example#",
      "query_in_url",
    ],
    ["https://acme.my.salesforce.com/#", "query_in_url"],
    ["https://acme.my.salesforce.com/servlet/x", "path_in_url"],
  ])("goes to Salesforce's token endpoint alone: %s", async (login_url, detail) => {
    const { fetch, sent } = vendor(() => access());
    const outcomes = await salesforce.send(one, context(fetch, { login_url }));
    expect(outcomes).toEqual([{ status: "failed", code: "unsafe_url", detail }]);
    expect(sent).toEqual([]);
  });

  it.each([
    [
      () => json(400, { error: "rate_limit_exceeded" }),
      { status: "retry", code: "login_rate_exceeded", afterSeconds: 3_600 },
    ],
    [
      () => json(400, { error: "unknown_error", error_description: "retry your request" }),
      { status: "retry", code: "unknown_error" },
    ],
    [() => json(503, {}), { status: "retry", code: "http_503" }],
    [() => json(400, { error: "inactive_user" }), { status: "unauthorized", detail: "login:inactive_user" }],
    [() => new Response("<html>"), { status: "retry", code: "answer_not_json" }],
    [
      () => json(200, { access_token: "a\nb", instance_url: "https://a.salesforce.com" }),
      { status: "retry", code: "answer_unexpected" },
    ],
  ])("%# is told as it is", async (answer, outcome) => {
    const { fetch, sent } = vendor(answer);
    expect(await salesforce.send(one, context(fetch))).toEqual([outcome]);
    expect(sent).toHaveLength(1);
  });

  it("is kept under no name that tells a credential, and not for other credentials", async () => {
    const keys: string[] = [];
    const kept = tokenCache();
    const tokens = {
      ...kept,
      put: (key: string, token: string, until: number) => {
        keys.push(key);
        kept.put(key, token, until);
      },
    };
    const { fetch, sent } = vendor((request) =>
      request.url.endsWith("/token")
        ? access()
        : finds({ Id: LEAD, Doorstep_Id__c: "a@x.sk", LastName: "Berg", Company: "Fjell" }),
    );
    for (const client_secret of ["needle-secret", "needle-secret", "another"])
      await salesforce.send(one, { ...context(fetch, { client_secret }), tokens });
    expect(sent.filter(({ url }) => url.endsWith("/token"))).toHaveLength(2);
    expect(new Set(keys).size).toBe(2);
    expect(keys.join()).not.toContain("needle");
  });
});

describe("settings", () => {
  it.each([
    [{ client_secret: undefined }, "client_secret"],
    [{ grant: "jwt_bearer" }, "private_key"],
    [{ external_id: "Email", key: "customer_id" }, "key"],
    [{ external_id: "Id; DELETE" }, "external_id"],
    [{ login_url: "file:///etc/passwd" }, "login_url"],
    [{ fields: { last_topic: "doorstep_profile__C" } }, "fields"],
    [{ fields: { last_topic: "Doorstep_ID__c" } }, "fields"],
    [{ events: { purchase: { object: "Order__c WHERE" } } }, "events"],
  ])("%j are refused", (changes, path) => {
    const parsed = salesforceSettings.safeParse({ ...given, ...changes });
    expect(parsed.error?.issues.map((issue) => issue.path[0])).toContain(path);
  });
});

describe("a mapping", () => {
  const fitted = (fields: SalesforceBody["fields"], about: Partial<SalesforceBody> = {}) =>
    salesforce.fit?.({ ...body("a@x.sk"), fields, ...about }, settings);

  it.each([
    { Id: LEAD },
    { id: LEAD },
    { attributes: "x" },
    { doorstep_id__C: "b@x.sk" },
    { HasOptedOutOfEmail: false },
    { doorstep_profile__c: "somebody-else" },
  ])("may not set %j", (fields) => {
    expect(fitted(fields)).toEqual({ status: "failed", code: "field_reserved" });
  });

  it("may not say of an event's record that it is somebody else's, nor a field under two spellings", () => {
    const event = { object: "Doorstep_Order__c", external_id: "Doorstep_Event_Id__c" };
    const profile = { event: { ...event, fields: { Doorstep_Profile__c: "somebody-else" } } };
    expect(fitted({}, profile)).toEqual({ status: "failed", code: "field_reserved" });
    expect(fitted({ Tier__c: "a", TIER__c: "b" })).toEqual({ status: "failed", code: "field_twice" });
  });

  it("may set anything else, which is cut like what we say ourselves", () => {
    expect(fitted({ FirstName: "x".repeat(50), Tier__c: "gold", HasOptedOutOfEmail: true })).toMatchObject({
      body: { fields: { FirstName: "x".repeat(40), Tier__c: "gold", HasOptedOutOfEmail: true } },
    });
    expect(fitted({ Email: `${"x".repeat(80)}@x.sk` })).toEqual({ status: "failed", code: "email_too_long" });
  });
});

describe("opt-outs", () => {
  const said = (changes: Parameters<typeof exampleEvent>[2]) => {
    const result = salesforce.map(
      exampleEvent("login", {}, changes),
      { email: "a@x.sk" },
      { ...settings, opt_outs: { No__c: "personalization" } },
    );
    return result.status === "mapped" && result.body.fields.No__c;
  };
  const { consent } = exampleEvent("login", {});
  const denied = { ...consent, granted: ["analytics" as const, "marketing" as const] };

  it("are told of a proved person who decided themself, and never taken back", () => {
    expect(said({ verified: true, consent: denied })).toBe(true);
    expect(said({ verified: false, consent: denied })).toBeUndefined();
    expect(
      said({ verified: true, consent: { ...denied, grounds: { personalization: "default" } } }),
    ).toBeUndefined();
    expect(said({ verified: true })).toBeUndefined();
  });
});
