/** HubSpot: every documented answer becomes the right outcome for each item, and no item is delivered unconfirmed. */
import { describe, expect, it } from "vitest";
import { exampleEvent } from "#forward/destinations/example-event";
import { hubspot } from "#forward/destinations/hubspot/index";
import { type HubspotBody, mapHubspot } from "#forward/destinations/hubspot/map";
import { hubspotSettings } from "#forward/destinations/hubspot/settings";
import { reach } from "../../setup/reach.ts";
import { json, mappedOf, type Sent, vendor } from "./items.ts";

const settings = hubspotSettings.parse({ token: "pat" });
const context = { settings, now: 0, signal: new AbortController().signal, allowInsecure: false, ...reach };

const proved = (email: string, about: Partial<HubspotBody> = {}): HubspotBody => ({
  email,
  profile: "p",
  verified: true,
  occurredAt: 0,
  properties: { firstname: "Ida" },
  ...about,
});

interface Input {
  id: string;
  objectWriteTraceId: string;
  properties: Record<string, string>;
}
const inputsOf = (sent: Sent | undefined): Input[] =>
  (JSON.parse(sent?.body ?? "{}") as { inputs: Input[] }).inputs;
const result = (input: Input, n: number) => ({
  id: String(n),
  properties: { email: input.id },
  objectWriteTraceId: input.objectWriteTraceId,
});
/** Confirms every input. */
const confirms = (sent: Sent) => json(200, { status: "COMPLETE", results: inputsOf(sent).map(result) });
/** No contact exists. */
const finds =
  (...contacts: Record<string, string>[]) =>
  () =>
    json(200, {
      status: "COMPLETE",
      results: contacts.map((properties, n) => ({ id: String(n), properties })),
    });

const send = (bodies: HubspotBody[], fetch: ReturnType<typeof vendor>["fetch"], more = {}) =>
  hubspot.send(
    bodies.map((body, n) => mappedOf(`item-${n}`, body)),
    { ...context, fetch, ...more },
  );

describe("an upsert", () => {
  it("asks nothing before it where everything is proved, and sends strings only", async () => {
    const { fetch, sent } = vendor(confirms);
    expect(await send([proved("a@x.sk"), proved("b@x.sk")], fetch)).toEqual([
      { status: "delivered", detail: "0" },
      { status: "delivered", detail: "1" },
    ]);
    expect(sent).toHaveLength(1);
    expect(sent[0]?.url).toBe("https://api.hubapi.com/crm/objects/2026-09/contacts/batch/upsert");
    expect(sent[0]?.headers.authorization).toBe("Bearer pat");
    expect(inputsOf(sent[0])[0]).toEqual({
      idProperty: "email",
      id: "a@x.sk",
      objectWriteTraceId: "item-0",
      properties: { email: "a@x.sk", firstname: "Ida" },
    });
  });

  it("sends one input for an address that comes twice, in the order of the events", async () => {
    const { fetch, sent } = vendor(confirms);
    const later = proved("a@x.sk", { occurredAt: 2, properties: { firstname: "Later" } });
    const earlier = proved("a@x.sk", {
      occurredAt: 1,
      properties: { firstname: "Earlier", lastname: "Berg" },
    });
    const outcomes = await send([later, earlier], fetch);
    expect(outcomes.map(({ status }) => status)).toEqual(["delivered", "delivered"]);
    expect(inputsOf(sent[0]).map(({ properties }) => properties)).toEqual([
      { email: "a@x.sk", firstname: "Later", lastname: "Berg" },
    ]);
  });

  it("renames and leaves out properties as the settings say", async () => {
    const { fetch, sent } = vendor(confirms);
    const renamed = { ...settings, properties: { firstname: "vorname", lastname: false as const } };
    await send([proved("a@x.sk", { properties: { firstname: "Ida", lastname: "Berg" } })], fetch, {
      settings: renamed,
    });
    expect(inputsOf(sent[0])[0]?.properties).toEqual({ email: "a@x.sk", vorname: "Ida" });
  });
});

describe("a claim", () => {
  it("is compared with the CRM first, and changes nothing of somebody else's", async () => {
    const { fetch, sent } = vendor(
      finds({ email: "A@x.sk", firstname: "Ida", doorstep_profile: "other" }),
      confirms,
    );
    const claim = proved("a@x.sk", {
      verified: false,
      properties: { firstname: "Eve", doorstep_profile: "p" },
    });
    expect(await send([claim], fetch)).toEqual([{ status: "skipped", reason: "claim_not_proven" }]);
    expect(sent.map(({ url }) => url.split("/").at(-1))).toEqual(["read"]);
  });

  it("finds a person by another address of theirs", async () => {
    const contact = { email: "main@x.sk", hs_additional_emails: "old@x.sk;a@x.sk", firstname: "Ida" };
    const { fetch } = vendor(finds(contact), confirms);
    const claim = proved("a@x.sk", { verified: false, properties: { firstname: "Eve" } });
    expect(await send([claim], fetch)).toEqual([{ status: "skipped", reason: "claim_not_proven" }]);
  });

  it("writes nothing where the CRM answers with somebody it was not asked for", async () => {
    const { fetch } = vendor(finds({ email: "who@x.sk" }), confirms);
    expect(await send([proved("a@x.sk", { verified: false })], fetch)).toEqual([
      { status: "skipped", reason: "claim_not_proven" },
    ]);
  });

  it("creates a contact that HubSpot says does not exist", async () => {
    const missing = {
      category: "OBJECT_NOT_FOUND",
      status: "error",
      message: "…",
      context: { ids: ["a@x.sk"] },
    };
    const { fetch } = vendor(() => json(207, { results: [], numErrors: 1, errors: [missing] }), confirms);
    expect(await send([proved("a@x.sk", { verified: false })], fetch)).toEqual([
      { status: "delivered", detail: "0" },
    ]);
  });

  it.each([
    [500, { status: "retry", code: "http_500" }],
    [401, { status: "unauthorized", detail: "http_401" }],
  ])("does not leave when the CRM cannot be read (%i)", async (status, outcome) => {
    const { fetch, sent } = vendor(() => json(status, { status: "error" }), confirms);
    expect(await send([proved("a@x.sk", { verified: false })], fetch)).toEqual([outcome]);
    expect(sent).toHaveLength(1);
  });
});

describe("HubSpot's answers", () => {
  it("a 207 is a partial success: each item has its own outcome", async () => {
    const { fetch } = vendor((sent) => {
      const [a, b, c, d] = inputsOf(sent);
      if (!a || !b || !c || !d) throw new Error("four inputs");
      return json(207, {
        status: "COMPLETE",
        numErrors: 2,
        results: [result(a, 7)],
        errors: [
          {
            status: "error",
            category: "VALIDATION_ERROR",
            message: `secret value of ${b.id}`,
            context: { objectWriteTraceId: [b.objectWriteTraceId] },
            errors: [{ message: "x", code: "INVALID_OPTION", context: { propertyName: ["lifecyclestage"] } }],
          },
          {
            status: "error",
            category: "INTERNAL_ERROR",
            message: "…",
            context: { ids: [c.id.toUpperCase()] },
          },
        ],
      });
    });
    const outcomes = await send(
      ["a", "b", "c", "d"].map((name) => proved(`${name}@x.sk`)),
      fetch,
    );
    expect(outcomes).toEqual([
      { status: "delivered", detail: "7" },
      { status: "failed", code: "VALIDATION_ERROR", detail: "INVALID_OPTION:lifecyclestage" },
      { status: "retry", code: "INTERNAL_ERROR" },
      { status: "retry", code: "unconfirmed" },
    ]);
    expect(JSON.stringify(outcomes)).not.toContain("secret");
  });

  it.each([
    ["HTML", () => new Response("<html>maintenance</html>", { status: 200 }), "answer_not_json"],
    ["nothing", () => new Response("", { status: 200 }), "answer_empty"],
    ["another shape", () => json(200, { ok: true }), "answer_unexpected"],
    ["too much", () => new Response("x".repeat(1_000_001), { status: 200 }), "answer_too_large"],
    ["too few results", () => json(200, { results: [] }), "unconfirmed"],
    [
      "somebody else",
      () => json(200, { results: [{ id: "1", properties: { email: "z@x.sk" } }] }),
      "unconfirmed",
    ],
  ])("%s instead of a confirmation is never a delivery", async (_, answer, code) => {
    const { fetch } = vendor(answer);
    expect(await send([proved("a@x.sk")], fetch)).toEqual([{ status: "retry", code }]);
  });

  it("an answer that breaks off midway is never a delivery", async () => {
    const { fetch } = vendor(
      () =>
        new Response(new ReadableStream({ pull: (controller) => controller.error(new TypeError("reset")) })),
    );
    expect(await send([proved("a@x.sk")], fetch)).toEqual([{ status: "retry", code: "answer_cut_off" }]);
  });

  it.each([
    [{ policyName: "TEN_SECONDLY_ROLLING" }, {}, { code: "rate_limited", afterSeconds: 10 }],
    [
      { policyName: "TEN_SECONDLY_ROLLING" },
      { "retry-after": "3" },
      { code: "rate_limited", afterSeconds: 3 },
    ],
    [{ policyName: "DAILY" }, {}, { code: "rate_limited_daily", afterSeconds: 14_400 }],
  ])("429 with %o %o waits as long as it says", async (body, headers, outcome) => {
    const { fetch } = vendor(() => json(429, { status: "error", ...body }, headers));
    expect(await send([proved("a@x.sk")], fetch)).toEqual([{ status: "retry", ...outcome }]);
  });

  it("a refused token stops at once, for all items", async () => {
    const { fetch, sent } = vendor(() => json(403, { status: "error", category: "MISSING_SCOPES" }));
    const outcomes = await send([proved("a@x.sk"), proved("b@x.sk")], fetch);
    expect(outcomes.every(({ status }) => status === "unauthorized")).toBe(true);
    expect(sent).toHaveLength(1);
  });

  it("a poison item is found by halving, and harms only itself", async () => {
    const { fetch, sent } = vendor((request) =>
      inputsOf(request).some(({ id }) => id === "poison@x.sk")
        ? json(400, { status: "error", category: "VALIDATION_ERROR", correlationId: "c-1", message: "…" })
        : confirms(request),
    );
    const bodies = Array.from({ length: 100 }, (_, n) => proved(n === 37 ? "poison@x.sk" : `p${n}@x.sk`));
    const outcomes = await send(bodies, fetch);
    expect(outcomes.filter(({ status }) => status === "delivered")).toHaveLength(99);
    expect(outcomes[37]).toEqual({ status: "failed", code: "VALIDATION_ERROR", detail: "correlation c-1" });
    expect(sent.length).toBeLessThanOrEqual(1 + 2 * Math.ceil(Math.log2(100)));
  });

  it("a batch that is all poison ends after a bounded number of requests", async () => {
    const { fetch, sent } = vendor(() => json(400, { status: "error", category: "VALIDATION_ERROR" }));
    const outcomes = await send(
      Array.from({ length: 100 }, (_, n) => proved(`p${n}@x.sk`)),
      fetch,
    );
    expect(sent.length).toBeLessThanOrEqual(32);
    expect(outcomes.every(({ status }) => status === "failed" || status === "retry")).toBe(true);
  });
});

describe("the legal basis", () => {
  const basis = (changes: Parameters<typeof exampleEvent>[2] = {}, more = {}) => {
    const event = exampleEvent("login", {}, { verified: true, ...changes });
    const result = mapHubspot(event, { email: "ida@x.sk" }, { ...settings, legal_basis: true, ...more });
    return result.status === "mapped" ? result.body.properties.hs_legal_basis : result;
  };
  const { consent } = exampleEvent("login", {});

  it("is consent where a proved person agreed", () => {
    expect(basis()).toBe("Freely given consent from contact");
  });

  it.each<[string, Parameters<typeof exampleEvent>[2], object?]>([
    ["the portal keeps none", {}, { legal_basis: false }],
    ["it is only claimed who it was", { verified: false }],
    ["silence was consent", { consent: { ...consent, grounds: { marketing: "default" } } }],
    ["nothing says on what ground", { consent: { ...consent, grounds: {} } }],
    ["marketing was denied", { consent: { ...consent, granted: ["analytics"] } }],
  ])("is not told where %s", (_, changes, more) => {
    expect(basis(changes, more)).toBeUndefined();
  });

  it("of a contact that has another stays, for which the contact is asked first", async () => {
    const agreed = proved("a@x.sk", {
      properties: { firstname: "Ida", hs_legal_basis: "Freely given consent from contact" },
    });
    const { fetch, sent } = vendor(
      finds({ email: "a@x.sk", hs_legal_basis: "Performance of a contract" }),
      confirms,
    );
    expect(await send([agreed], fetch)).toMatchObject([{ status: "delivered" }]);
    expect(sent.map(({ url }) => url.split("/").at(-1))).toEqual(["read", "upsert"]);
    expect(inputsOf(sent[1])[0]?.properties).toEqual({ email: "a@x.sk", firstname: "Ida" });

    const empty = vendor(finds({ email: "a@x.sk", hs_legal_basis: "" }), confirms);
    await send([agreed], empty.fetch);
    expect(inputsOf(empty.sent[1])[0]?.properties).toMatchObject({
      hs_legal_basis: "Freely given consent from contact",
    });
  });
});
