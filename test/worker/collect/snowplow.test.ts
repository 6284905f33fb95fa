/** Snowplow's payloads as our events: every kind of event, encodings, entities, times, identifiers and consent. */

import { describe, expect, it } from "vitest";
import type { IncomingEvent, ParsedBody } from "#collect/protocols/protocol";
import { snowplow } from "#collect/protocols/snowplow";
import { COLLECTOR, PIXEL } from "#collect/protocols/snowplow-routes";
import { parseQuery } from "#collect/query";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import { toBase64Url } from "#core/base64";
import { sourceSchema } from "../../../src/settings/sources.ts";
import { HOST, publishRelease, request } from "../product.ts";

const NOW = Date.parse("2026-11-22T10:00:05.000Z");
const SP = "iglu:com.snowplowanalytics.snowplow";
const EC = `${SP}.ecommerce`;

const source = sourceSchema.parse({
  id: "web",
  writeKey: "shop-web",
  consentCategories: { statistics: "analytics", ads: "marketing", social: "marketing", "doc-1": "analytics" },
});

let made = 0;
const stamp = { source, newId: () => `made-${++made}`, now: NOW };

type Fields = Record<string, unknown>;

const parse = (payloads: unknown, headers: Record<string, string> = {}): ParsedBody =>
  snowplow.parse(
    {
      route: COLLECTOR,
      params: { vendor: "com.acme", version: "tp2" },
      headers: new Headers(headers),
      body: { schema: `${SP}/payload_data/jsonschema/1-0-4`, data: payloads },
      query: () => parseQuery(""),
    },
    stamp,
  );

function one(fields: Fields, headers?: Record<string, string>): IncomingEvent {
  const { events, unreadable } = parse([{ eid: "e-1", tv: "js-4.10.1", p: "web", ...fields }], headers);
  expect(unreadable).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0] as IncomingEvent; // just counted
}

const json = (schema: string, data: unknown) => JSON.stringify({ schema, data });
const event = (schema: string, data: Fields, entities: [string, Fields][] = []): Fields => ({
  e: "ue",
  ue_pr: json(`${SP}/unstruct_event/jsonschema/1-0-0`, { schema: `${schema}/jsonschema/1-0-0`, data }),
  ...(entities.length > 0 && {
    co: json(
      `${SP}/contexts/jsonschema/1-0-1`,
      entities.map(([name, d]) => ({ schema: `${name}/jsonschema/1-0-0`, data: d })),
    ),
  }),
});
const action = (type: string, entities: [string, Fields][] = [], more: Fields = {}) =>
  event(`${EC}/snowplow_ecommerce_action`, { type, ...more }, entities);

const gloves = { id: "wool-gloves", name: "Gloves", category: "winter/gloves", price: 39, currency: "eur" };
const skis = { id: "fjell-skis", category: "winter", price: 420, currency: "EUR", position: 2, quantity: 0 };
const GLOVES = { product_id: "wool-gloves", name: "Gloves", category: "winter/gloves", price: 39 };
const SKIS = { product_id: "fjell-skis", category: "winter", price: 420, index: 2 };

describe("an event arrives under its contract", () => {
  it.each<[string, Fields, string, Fields]>([
    ["page view", { e: "pv" }, "page_view", {}],
    [
      "page view with a content entity",
      {
        e: "pv",
        co: json("x", [
          {
            schema: "iglu:com.acme/content/jsonschema/1-0-0",
            data: { content_id: "a", content_type: "article" },
          },
        ]),
      },
      "page_view",
      { content: { content_id: "a", content_type: "article" } },
    ],
    [
      "link click",
      event(`${SP}/link_click`, {
        targetUrl: "https://a.example/",
        elementId: "l",
        elementContent: "x".repeat(999),
      }),
      "link_click",
      { link_url: "https://a.example/", link_id: "l", link_text: "x".repeat(256) },
    ],
    [
      "button click",
      event(`${SP}/button_click`, { label: "Buy", id: "buy" }),
      "cta_click",
      { cta_id: "buy", label: "Buy" },
    ],
    [
      "form submission, without the values",
      event(`${SP}/submit_form`, {
        formId: "lead",
        elements: [{ name: "email", value: "ida@example.com" }, {}],
      }),
      "form_submit",
      { form_id: "lead", fields: ["email"] },
    ],
    [
      "site search",
      event(`${SP}/site_search`, { terms: ["wool", "gloves"], totalResults: 3 }),
      "search",
      { search_term: "wool gloves", results: 3 },
    ],
    [
      "screen view",
      event("iglu:com.snowplowanalytics.mobile/screen_view", { name: "Home", type: "Tab" }),
      "screen_view",
      { screen_name: "Home", screen_class: "Tab" },
    ],
    [
      "social interaction",
      event(`${SP}/social_interaction`, { action: "like", network: "x" }),
      "share",
      { method: "x" },
    ],
    [
      "cart event of older trackers",
      event(`${SP}/add_to_cart`, { sku: "s", quantity: 2, unitPrice: 3.5, currency: "eur" }),
      "add_to_cart",
      { product_id: "s", quantity: 2, price: 3.5, currency: "EUR" },
    ],
    [
      "its removal",
      event(`${SP}/remove_from_cart`, { sku: "s", quantity: 1 }),
      "remove_from_cart",
      { product_id: "s", quantity: 1 },
    ],
    [
      "structured event with a common name",
      { e: "se", se_ca: "account", se_ac: "Sign-up", se_la: "email" },
      "sign_up",
      { method: "email" },
    ],
    [
      "an own schema that is named as a contract",
      event("iglu:com.acme/generate_lead", { lead_source: "fair" }),
      "generate_lead",
      { lead_source: "fair" },
    ],
    [
      "product view",
      action("product_view", [[`${EC}/product`, gloves]]),
      "view_item",
      { ...GLOVES, currency: "EUR" },
    ],
    [
      "list view",
      action(
        "list_view",
        [
          [`${EC}/product`, gloves],
          [`${EC}/product`, skis],
        ],
        { name: "Winter" },
      ),
      "view_item_list",
      { list_name: "Winter", currency: "EUR", items: [GLOVES, SKIS] },
    ],
    [
      "list click",
      action("list_click", [[`${EC}/product`, skis]], { name: "Winter" }),
      "select_item",
      { ...SKIS, currency: "EUR", list_name: "Winter" },
    ],
    [
      "several products into the cart",
      action("add_to_cart", [
        [`${EC}/product`, gloves],
        [`${EC}/product`, skis],
        [`${EC}/cart`, { total_value: 459, currency: "EUR" }],
      ]),
      "add_to_cart",
      { ...GLOVES, currency: "EUR", items: [GLOVES, SKIS] },
    ],
    [
      "out of the cart",
      action("remove_from_cart", [[`${EC}/product`, gloves]]),
      "remove_from_cart",
      { ...GLOVES, currency: "EUR" },
    ],
    [
      "first checkout step",
      action("checkout_step", [
        [`${EC}/checkout_step`, { step: 1, coupon_code: "W10" }],
        [`${EC}/cart`, { total_value: 39, currency: "EUR" }],
      ]),
      "begin_checkout",
      { value: 39, currency: "EUR", coupon: "W10" },
    ],
    [
      "checkout step with a delivery",
      action("checkout_step", [[`${EC}/checkout_step`, { step: 2, delivery_method: "courier" }]]),
      "add_shipping_info",
      { shipping_tier: "courier" },
    ],
    [
      "checkout step with a payment",
      action("checkout_step", [[`${EC}/checkout_step`, { step: 3, payment_method: "card" }]]),
      "add_payment_info",
      { payment_type: "card" },
    ],
    [
      "transaction",
      action("transaction", [
        [
          `${EC}/transaction`,
          {
            transaction_id: "A-1",
            revenue: 39,
            currency: "eur",
            tax: 6.5,
            shipping: 4.9,
            discount_code: "W10",
          },
        ],
        [`${EC}/product`, gloves],
      ]),
      "purchase",
      {
        order_id: "A-1",
        value: 39,
        currency: "EUR",
        tax: 6.5,
        shipping: 4.9,
        coupon: "W10",
        items: [GLOVES],
      },
    ],
    [
      "refund",
      action("refund", [[`${EC}/refund`, { transaction_id: "A-1", refund_amount: 39, currency: "EUR" }]]),
      "refund",
      { order_id: "A-1", value: 39, currency: "EUR" },
    ],
    [
      "promotion view",
      action("promo_view", [
        [`${EC}/promotion`, { id: "p", name: "Sale", slot: "top", creative_id: "c", product_ids: ["a"] }],
      ]),
      "view_promotion",
      {
        promotion_id: "p",
        promotion_name: "Sale",
        creative_slot: "top",
        creative_name: "c",
        items: [{ product_id: "a" }],
      },
    ],
    [
      "promotion click",
      action("promo_click", [[`${EC}/promotion`, { id: "p" }]]),
      "select_promotion",
      { promotion_id: "p" },
    ],
  ])("%s", (_, fields, name, properties) => {
    const read = one(fields);
    expect(read).toMatchObject({ name, properties });
    expect(read.properties).toEqual(properties);
    if (!isEventName(name)) throw new Error(`${name} has no contract`);
    expect(EVENT_CONTRACTS[name].properties.safeParse(read.properties).error).toBeUndefined();
  });

  it("a page ping, with the depth that its offsets make", () => {
    const ping = one({ e: "pp", pp_may: "1500", vp: "1280x720", ds: "1280x4440" });
    expect(ping).toMatchObject({ name: "page_ping", properties: { max_scroll: 50 } });
    expect(EVENT_CONTRACTS.page_ping.properties.safeParse(ping.properties).error).toBeUndefined();
  });

  it.each<[string, Fields, string, Fields]>([
    [
      "structured event",
      { e: "se", se_ca: "configurator", se_ac: "Finished", se_la: "touring", se_pr: "steps", se_va: "5.5" },
      "Finished",
      { category: "configurator", action: "Finished", label: "touring", property: "steps", value: 5.5 },
    ],
    ["own schema", event("iglu:com.acme/size_chosen", { size: 42 }), "size_chosen", { size: 42 }],
    [
      "form field, without what was typed",
      event(`${SP}/change_form`, { formId: "f", elementId: "e", value: "secret" }),
      "change_form",
      { form_id: "f", element_id: "e" },
    ],
    ["an unknown kind of event", { e: "zz" }, "zz", {}],
    [
      "a late checkout step without a choice",
      action("checkout_step", [[`${EC}/checkout_step`, { step: 4 }]]),
      "checkout_step",
      { step: 4 },
    ],
  ])("%s keeps its own name, for the source's policy to decide", (_, fields, name, properties) => {
    expect(one(fields)).toMatchObject({ name, properties });
    expect(isEventName(name)).toBe(false);
  });

  it.each([
    ["the beat of a media player", event(`${SP}.media/ping_event`, {})],
    ["an older media player's", event(`${SP}/media_player_event`, { type: "play" })],
    ["a consent banner's speed", event(`${SP}/cmp_visible`, { elapsedTime: 1.5 })],
  ])("%s is left out, and is no error", (_, fields) => {
    expect(parse([fields])).toEqual({ events: [], unreadable: [] });
  });
});

describe("a transaction and its items", () => {
  const tr = { e: "tr", eid: "t", tr_id: "A-1", tr_tt: "78.90", tr_tx: "13", tr_sh: "4.90" };
  const ti = {
    e: "ti",
    eid: "i",
    ti_id: "A-1",
    ti_sk: "s",
    ti_nm: "S",
    ti_ca: "c",
    ti_pr: "39",
    ti_qu: "2",
    ti_cu: "eur",
  };
  const ITEM = { product_id: "s", name: "S", category: "c", price: 39, quantity: 2 };

  it("in one request are one purchase, in any order", () => {
    for (const list of [
      [tr, ti],
      [ti, tr],
    ]) {
      const { events } = parse(list);
      expect(events).toHaveLength(1);
      expect(events[0]).toMatchObject({ id: "t", name: "purchase" });
      expect(events[0]?.properties).toEqual({
        order_id: "A-1",
        value: 78.9,
        currency: "EUR",
        tax: 13,
        shipping: 4.9,
        items: [ITEM],
      });
    }
  });

  it("are counted once, also where the transaction is sent twice", () => {
    const { events } = parse([tr, { ...tr, eid: "t2" }, ti]);
    expect(events.map(({ properties }) => (properties as { items?: unknown[] }).items?.length)).toEqual([
      1,
      undefined,
    ]);
  });

  it("come apart as a purchase without items, and items that are kept by themselves", () => {
    expect(parse([{ ...tr, tr_cu: "EUR" }]).events).toMatchObject([
      { name: "purchase", properties: { order_id: "A-1", value: 78.9, currency: "EUR" } },
    ]);
    expect(parse([ti, { ...ti, eid: "j", ti_id: "A-2" }]).events).toMatchObject([
      { id: "i", name: "transaction_item", properties: { ...ITEM, order_id: "A-1" } },
      { id: "j", name: "transaction_item", properties: { ...ITEM, order_id: "A-2" } },
    ]);
  });
});

describe("the encoded form", () => {
  const text = json(`${SP}/unstruct_event/jsonschema/1-0-0`, {
    schema: `${SP}/site_search/jsonschema/1-0-0`,
    data: { terms: ["žluťoučký", "🧤"] },
  });
  const encoded = toBase64Url(new TextEncoder().encode(text));
  const standard = btoa(String.fromCharCode(...new TextEncoder().encode(text)));

  it.each([
    ["base64url", encoded],
    ["base64 with padding", standard],
    ["base64 whose + became a space", standard.replaceAll("+", " ")],
  ])("%s is read", (_, ue_px) => {
    expect(one({ e: "ue", ue_px })).toMatchObject({
      name: "search",
      properties: { search_term: "žluťoučký 🧤" },
    });
  });

  it.each<[string, unknown, string]>([
    ["no object", 7, ""],
    ["no kind of event", { eid: "x" }, "e"],
    ["bad base64", { e: "ue", ue_px: "%%%" }, "ue_px"],
    ["base64 of no UTF-8", { e: "ue", ue_px: "_w" }, "ue_px"],
    ["base64 of no JSON", { e: "ue", ue_px: "eyJ" }, "ue_px"],
    ["cut JSON", { e: "ue", ue_pr: '{"schema":' }, "ue_px"],
    ["JSON without a schema", { e: "ue", ue_pr: '{"data":{"data":{}}}' }, "ue_px"],
    ["nothing", { e: "ue" }, "ue_px"],
    ["deep entities", { e: "pv", co: `{"data":${"[".repeat(90)}${"]".repeat(90)}}` }, "cx"],
    ["entities that are no list", { e: "pv", co: '{"data":{}}' }, "cx"],
  ])("%s harms only its own event", (_, payload, path) => {
    const { events, unreadable } = parse([payload, { e: "pv", eid: "good" }]);
    expect(events).toMatchObject([{ id: "good", index: 1 }]);
    expect(unreadable).toMatchObject([{ index: 0, code: "invalid_event", issues: [{ path }] }]);
  });
});

describe("who, when and where", () => {
  it("identifiers, page and tracker are taken from their fields", () => {
    expect(
      one({
        e: "pv",
        duid: "d-1",
        uid: "u-1",
        url: "https://a.example/",
        page: "A",
        refr: "https://b.example/",
        lang: "sk",
        ua: "Mozilla/5.0",
      }),
    ).toMatchObject({
      id: "e-1",
      anonymousId: "d-1",
      userId: "u-1",
      userAgent: "Mozilla/5.0",
      context: {
        page: { url: "https://a.example/", title: "A", referrer: "https://b.example/" },
        locale: "sk",
        library: { name: "snowplow-js", version: "4.10.1" },
      },
    });
  });

  it("an app's session and a shop's user say who it is, where the fields do not", () => {
    const fields = {
      e: "pv",
      co: json("x", [
        { schema: `${SP}/client_session/jsonschema/1-0-2`, data: { userId: "device-1" } },
        { schema: `${EC}/user/jsonschema/1-0-0`, data: { id: "u-9", email: "ida@example.com" } },
      ]),
    };
    expect(one(fields)).toMatchObject({
      anonymousId: "device-1",
      userId: "u-9",
      traits: { email: "ida@example.com" },
    });
    expect(one({ ...fields, duid: "d", uid: "u" })).toMatchObject({ anonymousId: "d", userId: "u" });
  });

  it("SP-Anonymous leaves no identifier at all", () => {
    const fields = {
      duid: "d",
      uid: "u",
      ...action("product_view", [[`${EC}/user`, { id: "u", email: "i@e.example" }]]),
    };
    const read = one(fields, { "sp-anonymous": "*" });
    expect(read.anonymousId).toBeUndefined();
    expect(read.userId).toBeUndefined();
    expect(read.traits).toBeUndefined();
  });

  it("the sending time corrects the device's, and leaves a true time alone", () => {
    const wrong = NOW - 3_600_000; // a clock that is an hour late
    const { events, sentAt } = parse([
      { e: "pv", dtm: String(wrong - 2_000), stm: String(wrong) },
      { e: "pv", ttm: String(NOW - 86_400_000), dtm: String(wrong - 2_000), stm: String(wrong) },
      { e: "pv", stm: String(wrong) },
    ]);
    // As check.ts does.
    const corrected = events.map(({ occurredAt }) => occurredAt + (NOW - (sentAt ?? Number.NaN)));
    expect(corrected).toEqual([NOW - 2_000, NOW - 86_400_000, NOW]);
    expect(one({ e: "pv", ttm: String(NOW - 5) }).occurredAt).toBe(NOW - 5);
    expect(one({ e: "pv" }).occurredAt).toBe(NOW);
  });

  it("the key is the app id of the first payload, or of the query", () => {
    const asked = {
      params: {},
      headers: new Headers(),
      query: () => parseQuery("aid=in-query&e=pv"),
    };
    expect(snowplow.keyIn({ ...asked, route: PIXEL, body: undefined })).toBe("in-query");
    expect(snowplow.keyIn({ ...asked, route: COLLECTOR, body: { data: [{ aid: "in-body" }] } })).toBe(
      "in-body",
    );
    for (const body of [undefined, [], { data: {} }, { data: [] }, { data: [null] }])
      expect(snowplow.keyIn({ ...asked, route: COLLECTOR, body })).toBeUndefined();
  });
});

describe("consent", () => {
  const said = (eventType: string, consentScopes?: unknown) =>
    one(event(`${SP}/consent_preferences`, { eventType, consentScopes }));

  it("an event of the consent plugin is a statement, by the source's table of scopes", () => {
    const some = { analytics: "granted", marketing: "denied", personalization: "denied" };
    const selected = one(
      event(`${SP}/consent_preferences`, {
        eventType: "allow_selected",
        consentScopes: ["doc-1", "statistics", "ads", "unknown"],
      }),
    );
    expect(selected).toMatchObject({ name: "consent_update", statement: some, properties: some });
    expect(said("allow_all", ["doc-1", "statistics", "ads", "social"]).statement).toMatchObject({
      marketing: "granted",
    });
    expect(said("allow_all").statement).toMatchObject({ analytics: "denied", marketing: "denied" });
    for (const refusal of ["deny_all", "withdrawn", "expired", "pending"])
      expect(said(refusal, ["statistics", "doc-1"]).statement?.analytics, refusal).toBe("denied");
    expect(said("implicit_consent", ["statistics", "doc-1"]).statement).toBeUndefined();
  });

  it("an entity says it for any event, and documents of the older plugin do", () => {
    const entity: [string, Fields] = [`${SP}/consent_preferences`, { eventType: "deny_all" }];
    expect(
      one(event(`${SP}/link_click`, { targetUrl: "https://a.example" }, [entity])).statement,
    ).toMatchObject({ analytics: "denied" });
    const document: [string, Fields] = [`${SP}/consent_document`, { id: "doc-1", version: "1" }];
    const other: [string, Fields] = [`${SP}/consent_document`, { id: "2", name: "statistics" }];
    const granted = (...documents: [string, Fields][]) =>
      one(event(`${SP}/consent_granted`, {}, documents)).statement;
    expect(granted(document, other)).toEqual({ analytics: "granted" });
    expect(granted(document), "one of the two that analytics needs").toBeUndefined();
    expect(one(event(`${SP}/consent_withdrawn`, { all: false }, [document])).statement).toEqual({
      analytics: "denied",
    });
    expect(one(event(`${SP}/consent_withdrawn`, { all: true })).statement).toMatchObject({
      marketing: "denied",
    });
    expect(one({ e: "pv" }).statement).toBeUndefined();
  });

  it("consent as the ground of processing grants what its documents stand for, and no other ground says anything", () => {
    const on = (basisForProcessing: unknown, ...documentIds: unknown[]) => {
      const entities = documentIds.map((documentId): [string, Fields] => [
        `${SP}/gdpr`,
        { basisForProcessing, documentId, documentVersion: "1.0" },
      ]);
      return one(event(`${SP}/link_click`, { targetUrl: "https://a.example" }, entities)).statement;
    };
    expect(on("consent", "doc-1", "statistics")).toEqual({ analytics: "granted" });
    for (const ids of [["doc-1"], ["other"], [undefined], ["constructor"], [{}]])
      expect(on("consent", ...ids), String(ids)).toBeUndefined();
    for (const basis of [
      "contract",
      "legal_obligation",
      "vital_interests",
      "public_task",
      "legitimate_interests",
    ])
      expect(on(basis, "doc-1", "statistics"), basis).toBeUndefined();
    // What the visitor chose goes before what the site says of its ground.
    const both = event(`${SP}/link_click`, { targetUrl: "https://a.example" }, [
      [`${SP}/gdpr`, { basisForProcessing: "consent", documentId: "doc-1" }],
      [`${SP}/gdpr`, { basisForProcessing: "consent", documentId: "statistics" }],
      [`${SP}/consent_preferences`, { eventType: "deny_all" }],
    ]);
    expect(one(both).statement).toMatchObject({ analytics: "denied" });
  });
});

describe("over HTTP", () => {
  const headers = { origin: HOST, "sec-fetch-site": "same-origin", cookie: "ds_dev_country=US" };

  it("a pixel is a transparent GIF that is not kept, whatever became of the event", async () => {
    await publishRelease();
    for (const query of ["e=pv", "e=ue&ue_px=broken", ""]) {
      const response = await request(`/i?aid=wk_demo&${query}`, { headers });
      expect(response.status).toBe(200);
      expect(response.headers.get("content-type")).toBe("image/gif");
      expect(response.headers.get("cache-control")).toContain("no-store");
      const bytes = new Uint8Array(await response.arrayBuffer());
      expect(new TextDecoder().decode(bytes.slice(0, 6))).toBe("GIF89a");
    }
  });

  it("a POST to any vendor's path is answered ok, and to no other path", async () => {
    const init = { method: "POST", headers, body: JSON.stringify({ data: [{ e: "pv", aid: "wk_demo" }] }) };
    for (const path of ["/com.snowplowanalytics.snowplow/tp2", "/com.acme/collect", "/a.b-c.d/1"]) {
      const response = await request(path, init);
      expect([response.status, await response.text()], path).toEqual([200, "ok"]);
    }
    for (const path of ["/acme/tp2", "/com.acme/tp2/x", "/.well-known/tp2", "/.a/b"])
      expect((await request(path, init)).status, path).toBe(404);
  });

  it("an unknown app id is 401, which trackers do not send again", async () => {
    const body = JSON.stringify({ data: [{ e: "pv", aid: "nobody" }] });
    expect((await request("/com.acme/tp2", { method: "POST", headers, body })).status).toBe(401);
    expect((await request("/i?e=pv", { headers })).status).toBe(401);
  });

  it("more than 1,000 events or 512,000 bytes are 413", async () => {
    const many = JSON.stringify({ data: Array(1_001).fill({ e: "pv", aid: "wk_demo" }) });
    expect((await request("/com.acme/tp2", { method: "POST", headers, body: many })).status).toBe(413);
    const large = JSON.stringify({ data: [{ e: "pv", aid: "wk_demo", page: "x".repeat(512_000) }] });
    expect((await request("/com.acme/tp2", { method: "POST", headers, body: large })).status).toBe(413);
  });

  it("a preflight allows SP-Anonymous", async () => {
    const response = await request("/com.acme/tp2", {
      method: "OPTIONS",
      headers: {
        origin: HOST,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type, sp-anonymous",
      },
    });
    expect(response.headers.get("access-control-allow-headers")?.toLowerCase()).toContain("sp-anonymous");
  });
});
