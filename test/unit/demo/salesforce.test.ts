/** The sandboxed Salesforce keeps the rules that Salesforce documents. */
import { createSign, generateKeyPairSync } from "node:crypto";
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { upsertResult } from "../../../demo/sandbox/salesforce/upsert.ts";
import { runningDemo } from "./running-demo.ts";

const demo = runningDemo();
const TOKEN_PATH = "/salesforce/services/oauth2/token";
const credentials = {
  grant_type: "client_credentials",
  client_id: "doorstep-demo",
  client_secret: "salesforce-demo",
};

const logIn = async (fields: Record<string, string> = credentials) =>
  (await (await demo.post(TOKEN_PATH, fields)).json()) as Record<string, string>;

let token = "";
beforeAll(async () => {
  token = (await logIn()).access_token ?? "";
});
beforeEach(() => demo.clear());

const call = (path: string, method: string, body?: unknown, bearer = token) =>
  demo.call(`/salesforce/services/data/v67.0/${path}`, {
    method,
    headers: { authorization: `Bearer ${bearer}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body }),
  });
const lead = (fields: Record<string, unknown>, type = "Lead") => ({ attributes: { type }, ...fields });
const ida = { Doorstep_Id__c: "ida@example.com", LastName: "Berg", Company: "Fjell" };
const upsert = (records: unknown[], path = "Lead/Doorstep_Id__c") =>
  call(`composite/sobjects/${path}`, "PATCH", { allOrNone: false, records });
const results = async (response: Promise<Response>) =>
  z.array(upsertResult).parse(await (await response).json());

describe("an upsert", () => {
  it("makes a record, then updates it under the same id, whatever the case of its external id", async () => {
    const [made] = await results(upsert([lead(ida)]));
    const [updated] = await results(upsert([lead({ Doorstep_Id__c: "IDA@example.com", Phone: "1" })]));
    expect(made).toMatchObject({ success: true, created: true });
    expect(updated).toMatchObject({ id: made?.id, success: true, created: false });
  });

  it.each([
    [
      "more than 200 records",
      Array.from({ length: 201 }, (_, n) => lead({ ...ida, Doorstep_Id__c: `p${n}` })),
      400,
      "EXCEEDED_ID_LIMIT",
    ],
    ["a record's own id", [lead({ ...ida, Id: "00Q" })], 400, "INVALID_FIELD"],
    ["a field that there is not", [lead(ida), lead({ ...ida, Nowhere__c: 1 })], 400, "INVALID_FIELD"],
    ["a text for a number", [lead({ ...ida, Doorstep_Score__c: "60" })], 400, "JSON_PARSER_ERROR"],
    ["a record of another type", [lead(ida, "Contact")], 400, "INVALID_TYPE"],
    ["a record without a type", [ida], 400, "JSON_PARSER_ERROR"],
  ])("with %s is refused as a whole", async (_, records, status, errorCode) => {
    const response = await upsert(records);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject([{ errorCode, message: expect.any(String) }]);
  });

  it.each(["Lead/LastName", "Lead/Nowhere__c", "Nothing__c/Id__c"])(
    "by %s finds no resource",
    async (path) => {
      const response = await upsert([lead(ida)], path);
      expect(response.status).toBe(404);
      expect(await response.json()).toMatchObject([{ errorCode: "NOT_FOUND" }]);
    },
  );

  it.each([
    [{ LastName: "" }, "REQUIRED_FIELD_MISSING", ["LastName"]],
    [{ FirstName: "x".repeat(41) }, "STRING_TOO_LONG", ["FirstName"]],
    [{ Doorstep_Score__c: 1e18 }, "NUMBER_OUTSIDE_VALID_RANGE", ["Doorstep_Score__c"]],
    [{ Email: "nobody" }, "INVALID_EMAIL_ADDRESS", ["Email"]],
    [{ Rating: "Tepid" }, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", ["Rating"]],
    [{ Doorstep_Id__c: "" }, "MISSING_ARGUMENT", []],
    [{ Customer_Number__c: "K-1" }, "DUPLICATE_VALUE", []],
  ])("with %j fails that record alone", async (fields, statusCode, named) => {
    await upsert([lead({ ...ida, Doorstep_Id__c: "first", Customer_Number__c: "K-1" })]);
    const [bad, good] = await results(
      upsert([lead({ ...ida, ...fields }), lead({ ...ida, Doorstep_Id__c: "good" })]),
    );
    expect(bad).toMatchObject({ success: false, errors: [{ statusCode, fields: named }] });
    expect(good).toMatchObject({ success: true });
  });

  it("refuses the second of an external id that comes twice, and one that two records have", async () => {
    const [first, second] = await results(
      upsert([lead(ida), lead({ ...ida, Doorstep_Id__c: "Ida@example.com" })]),
    );
    expect([first?.success, second?.errors[0]?.statusCode]).toEqual([true, "DUPLICATE_VALUE"]);
    const twice = { object: "Lead", values: { Email: "eve@example.com" } };
    for (let n = 0; n < 2; n++) await demo.call("/salesforce/_records", { body: twice });
    const [several] = await results(upsert([lead({ ...ida, Email: "eve@example.com" })], "Lead/Email"));
    expect(several?.errors[0]?.statusCode).toBe("DUPLICATE_EXTERNAL_ID");
  });

  it("links a record to one that there is, and to no other", async () => {
    await upsert([lead(ida)]);
    const order = (key: string, id: string) =>
      lead({ Doorstep_Event_Id__c: key, Lead__r: { Doorstep_Id__c: id } }, "Doorstep_Order__c");
    const [linked, lost] = await results(
      upsert(
        [order("1", "ida@example.com"), order("2", "eve@example.com")],
        "Doorstep_Order__c/Doorstep_Event_Id__c",
      ),
    );
    expect(linked?.success).toBe(true);
    expect(lost?.errors[0]).toMatchObject({ statusCode: "INVALID_FIELD" });
  });
});

describe("a query", () => {
  const soql = (text: string) => call(`query?q=${encodeURIComponent(text)}`, "GET");

  it("finds texts without case, and tells checkboxes and moments as Salesforce does", async () => {
    await upsert([lead({ ...ida, Doorstep_Last_Event_At__c: "2026-11-20T10:00:00.000Z" })]);
    const columns = "Id,LastName,HasOptedOutOfEmail,Doorstep_Last_Event_At__c";
    const found = await soql(`SELECT ${columns} FROM Lead WHERE Doorstep_Id__c IN ('x','IDA@example.com')`);
    expect(await found.json()).toMatchObject({
      totalSize: 1,
      done: true,
      records: [
        {
          attributes: { type: "Lead" },
          LastName: "Berg",
          HasOptedOutOfEmail: false,
          Doorstep_Last_Event_At__c: "2026-11-20T10:00:00.000+0000",
        },
      ],
    });
  });

  it.each([
    ["SELECT Id FROM Nothing__c WHERE a IN ('x')", "INVALID_TYPE"],
    ["SELECT Nowhere__c FROM Lead WHERE Email IN ('x')", "INVALID_FIELD"],
    ["DELETE FROM Lead", "MALFORMED_QUERY"],
  ])("%s is refused", async (text, errorCode) => {
    expect(await (await soql(text)).json()).toMatchObject([{ errorCode }]);
  });
});

describe("a session", () => {
  it("is needed, and ends when a fault says so", async () => {
    expect((await call("limits", "GET", undefined, "nonsense")).status).toBe(401);
    const own = (await logIn()).access_token ?? "";
    expect((await call("limits", "GET", undefined, own)).status).toBe(200);
    await demo.arm({ vendor: "salesforce", mode: "unauthorized" });
    expect(await (await call("limits", "GET", undefined, own)).json()).toMatchObject([
      { errorCode: "INVALID_SESSION_ID" },
    ]);
    expect((await call("limits", "GET", undefined, own)).status).toBe(401);
    token = (await logIn()).access_token ?? "";
  });

  it.each([
    [{ ...credentials, client_secret: "x" }, "invalid_client"],
    [{ ...credentials, client_id: "x" }, "invalid_client_id"],
    [{ grant_type: "password" }, "unsupported_grant_type"],
  ])("is not given for %j", async (fields, error) => {
    expect(await logIn(fields)).toMatchObject({ error });
  });

  it("by JWT needs the right key, audience and user, and an assertion of five minutes at most", async () => {
    const app = (await (await demo.get("/salesforce/_app")).json()) as Record<string, string>;
    const { privateKey: another } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const now = Math.floor(Date.now() / 1000);
    const good = { iss: app.client_id, sub: app.username, aud: app.audience, exp: now + 180 };
    const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const assert = (
      claims: unknown,
      key: Parameters<ReturnType<typeof createSign>["sign"]>[0] = app.private_key ?? "",
    ) => {
      const text = `${part({ alg: "RS256" })}.${part(claims)}`;
      const assertion = `${text}.${createSign("RSA-SHA256").update(text).sign(key, "base64url")}`;
      return logIn({ grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer", assertion });
    };
    expect(await assert(good)).toMatchObject({
      token_type: "Bearer",
      instance_url: expect.stringContaining("/salesforce"),
    });
    expect(await assert(good, another)).toMatchObject({ error: "invalid_grant" });
    for (const wrong of [
      { aud: "https://x.example" },
      { exp: now + 3_600 },
      { exp: now - 1 },
      { sub: "x" },
      { iss: "x" },
    ])
      expect(await assert({ ...good, ...wrong })).toMatchObject({ error: "invalid_grant" });
  });
});
