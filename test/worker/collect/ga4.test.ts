/** GA4's tag and Measurement Protocol as our events: names, products, ids, consent, limits, and the validation server. */

import { describe, expect, it } from "vitest";
import { ga4 } from "#collect/protocols/ga4";
import { HIT, HIT_GET, MEASUREMENT, VALIDATION } from "#collect/protocols/ga4-routes";
import type { ValidationMessage } from "#collect/protocols/ga4-validate";
import type { IncomingEvent, ParsedBody, Route } from "#collect/protocols/protocol";
import { parseQuery } from "#collect/query";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import { Problem } from "#core/problem";
import { sourceSchema } from "../../../src/settings/sources.ts";
import { HOST, publishRelease, request } from "../product.ts";

const NOW = Date.parse("2026-11-22T10:00:05.000Z");
const HOUR = 3_600_000;
const source = sourceSchema.parse({ id: "web", writeKey: "G-ABC123" });

let made = 0;
const stamp = { source, newId: () => `made-${++made}`, now: NOW };

const asked = (route: Route, query: string, body?: string) => ({
  route,
  params: {},
  headers: new Headers(),
  body,
  query: () => parseQuery(query),
});
const parse = (route: Route, query: string, body?: string): ParsedBody =>
  ga4.parse(asked(route, query, body), stamp);

const PAGE =
  "v=2&tid=G-ABC123&gtm=45je6b90v9100000000za200&_p=1795341590000&gcs=G111&gcd=13r3r3r3r5l1&npa=0&dma=0" +
  "&cid=1220643501.1708014725&ul=en-gb&sr=1920x1080&sid=1795341590&sct=1&seg=1&_s=3" +
  "&dl=https%3A%2F%2Fshop.example%2Fgloves%3Fq%3D1&dr=https%3A%2F%2Fsearch.example%2F&dt=Gloves%20%26%20hats";

function hit(line: string, page = PAGE): IncomingEvent {
  const { events, unreadable } = parse(HIT, page, line);
  expect(unreadable).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0] as IncomingEvent; // just counted
}

const mp = (body: unknown) =>
  parse(MEASUREMENT, "api_secret=x", typeof body === "string" ? body : JSON.stringify(body));

function measured(event: Record<string, unknown>, more: Record<string, unknown> = {}): IncomingEvent {
  const { events, unreadable } = mp({ client_id: "1.2", events: [event], ...more });
  expect(unreadable).toEqual([]);
  expect(events).toHaveLength(1);
  return events[0] as IncomingEvent; // just counted
}

function expectContract(read: IncomingEvent, name: string, properties: unknown): void {
  expect(read.name).toBe(name);
  expect(read.properties).toEqual(properties);
  if (!isEventName(name)) throw new Error(`${name} has no contract`);
  expect(EVENT_CONTRACTS[name].properties.safeParse(read.properties).error).toBeUndefined();
}

const SHIRT =
  "pr1=idSKU_1~nmStan%20Tee~brGoogle~caApparel~c2Adult~vagreen~pr10.01~qt3~cpSUMMER~ds2.22~lp5~lirelated~lnRelated~k0colour~v0red";
const SHIRT_LINE = {
  product_id: "SKU_1",
  name: "Stan Tee",
  brand: "Google",
  category: "Apparel",
  variant: "green",
  price: 10.01,
  quantity: 3,
  coupon: "SUMMER",
  discount: 2.22,
  index: 5,
  list_id: "related",
  list_name: "Related",
};

describe("an event of the tag arrives under its contract", () => {
  it.each<[string, string, Record<string, unknown>]>([
    ["en=page_view&_fv=1&_ss=1&_ee=1", "page_view", {}],
    [
      "en=page_view&ep.content_id=a-1&ep.content_type=article&ep.content_group=winter",
      "page_view",
      { content: { content_id: "a-1", content_type: "article", topic: "winter" } },
    ],
    ["en=scroll&epn.percent_scrolled=90&_et=22", "scroll", { percent: 90 }],
    [
      "en=click&ep.link_url=https%3A%2F%2Fa.example%2F&ep.link_domain=a.example&ep.outbound=true&ep.link_id=",
      "link_click",
      { link_url: "https://a.example/", outbound: true },
    ],
    [
      "en=file_download&ep.link_url=https%3A%2F%2Fshop.example%2Fa.pdf&ep.link_text=Chart&ep.file_name=%2Fa.pdf&ep.file_extension=pdf",
      "link_click",
      {
        link_url: "https://shop.example/a.pdf",
        link_text: "Chart",
        file_name: "/a.pdf",
        file_extension: "pdf",
      },
    ],
    [
      "en=form_submit&ep.form_id=lead&ep.form_name=Lead&ep.form_destination=https%3A%2F%2Fa.example",
      "form_submit",
      { form_id: "lead", form_name: "Lead" },
    ],
    [
      "en=form_submit&ep.form_id=&ep.form_name=&ep.form_destination=https%3A%2F%2Fshop.example%2Flead%3Fmail%3Dida%40example.com",
      "form_submit",
      { form_id: "/lead", form_name: "" },
    ],
    ["en=user_engagement&_et=987654321", "page_ping", {}],
    ["en=view_search_results&ep.search_term=wool%20gloves", "search", { search_term: "wool gloves" }],
    ["en=search&ep.search_term=x", "search", { search_term: "x" }],
    ["en=user_engagement&_et=15213", "page_ping", { engaged_seconds: 15.2 }],
    ["en=login&ep.method=Google", "login", { method: "Google" }],
    ["en=sign_up&ep.method=email", "sign_up", { method: "email" }],
    [
      "en=share&ep.method=link&ep.content_type=image&ep.item_id=SKU_1",
      "share",
      { method: "link", product_id: "SKU_1" },
    ],
    [
      "en=generate_lead&cu=eur&epn.value=50&ep.lead_source=fair",
      "generate_lead",
      { value: 50, currency: "EUR", lead_source: "fair" },
    ],
    ["en=join_group&ep.group_id=g", "group", { group_id: "g" }],
    [
      "en=screen_view&ep.screen_name=Home&ep.firebase_screen_class=Main",
      "screen_view",
      { screen_name: "Home", screen_class: "Main" },
    ],
    [
      `en=view_item&cu=USD&epn.value=30.03&${SHIRT}`,
      "view_item",
      { ...SHIRT_LINE, value: 30.03, currency: "USD" },
    ],
    [
      `en=select_item&ep.item_list_id=l&ep.item_list_name=L&pr1=idA`,
      "select_item",
      { product_id: "A", list_id: "l", list_name: "L" },
    ],
    [
      "en=add_to_wishlist&pr1=nmOnly%20a%20name",
      "add_to_wishlist",
      { product_id: "Only a name", name: "Only a name" },
    ],
    [
      "en=add_to_cart&cu=EUR&epn.value=20&pr2=idB~pr10&pr1=idA~pr10~qt1&pr10=idC~nma~~b",
      "add_to_cart",
      {
        product_id: "A",
        price: 10,
        quantity: 1,
        value: 20,
        currency: "EUR",
        items: [
          { product_id: "A", price: 10, quantity: 1 },
          { product_id: "B", price: 10 },
          { product_id: "C", name: "a~b" },
        ],
      },
    ],
    ["en=remove_from_cart&pr1=idA", "remove_from_cart", { product_id: "A" }],
    [
      "en=view_item_list&pr1=idA~lil~lnL~lp0",
      "view_item_list",
      { list_id: "l", list_name: "L", items: [{ product_id: "A", list_id: "l", list_name: "L", index: 0 }] },
    ],
    [
      "en=view_cart&cu=EUR&epn.value=5&pr1=idA",
      "view_cart",
      { value: 5, currency: "EUR", items: [{ product_id: "A" }] },
    ],
    [
      "en=begin_checkout&cu=EUR&epn.value=5&ep.coupon=W",
      "begin_checkout",
      { value: 5, currency: "EUR", coupon: "W" },
    ],
    ["en=add_shipping_info&ep.shipping_tier=Ground", "add_shipping_info", { shipping_tier: "Ground" }],
    ["en=add_payment_info&ep.payment_type=card", "add_payment_info", { payment_type: "card" }],
    [
      "en=purchase&_c=1&cu=EUR&ep.transaction_id=T-1&epn.value=39.9&epn.tax=6.5&epn.shipping=4.9&ep.coupon=W&pr1=idA~pr35~qt1",
      "purchase",
      {
        order_id: "T-1",
        value: 39.9,
        currency: "EUR",
        tax: 6.5,
        shipping: 4.9,
        coupon: "W",
        items: [{ product_id: "A", price: 35, quantity: 1 }],
      },
    ],
    ["en=refund&ep.transaction_id=T-1", "refund", { order_id: "T-1" }],
    [
      "en=view_promotion&pr1=pip-1~pnSale~cnBanner~cstop",
      "view_promotion",
      { promotion_id: "p-1", promotion_name: "Sale", creative_name: "Banner", creative_slot: "top" },
    ],
    [
      "en=select_promotion&ep.promotion_id=p-1&pr1=idA",
      "select_promotion",
      { promotion_id: "p-1", items: [{ product_id: "A" }] },
    ],
    ["en=cta_click&ep.cta_id=hero&ep.label=Buy", "cta_click", { cta_id: "hero", label: "Buy" }],
  ])("%s", (line, name, properties) => expectContract(hit(line), name, properties));

  it.each(["session_start", "first_visit", "first_open"])("%s is left out, and is no error", (name) => {
    expect(parse(HIT, PAGE, `en=${name}`)).toEqual({ events: [], unreadable: [] });
  });

  it("what has no contract keeps its name and its own parameters, for the source's policy", () => {
    const read = hit("en=Video_Progress&ep.video_title=A&epn.video_percent=25&ep.debug_mode=true&_et=9");
    expect(read).toMatchObject({
      name: "Video_Progress",
      properties: { video_title: "A", video_percent: 25 },
    });
    expect(Object.keys(read.properties as object)).toEqual(["video_title", "video_percent"]);
  });
});

describe("a hit of the tag", () => {
  it("has one event per line, over the parameters of the query", () => {
    const { events, unreadable } = parse(
      HIT,
      PAGE,
      "en=page_view\r\nep.x=1\nen=scroll&epn.percent_scrolled=90&dl=https%3A%2F%2Fshop.example%2Fnext\n",
    );
    expect(unreadable).toMatchObject([{ index: 1, code: "invalid_event", issues: [{ path: "en" }] }]);
    expect(events.map(({ index, name }) => [index, name])).toEqual([
      [0, "page_view"],
      [2, "scroll"],
    ]);
    expect(events[0]).toMatchObject({
      anonymousId: "1220643501.1708014725",
      occurredAt: NOW,
      context: {
        page: {
          url: "https://shop.example/gloves?q=1",
          title: "Gloves & hats",
          referrer: "https://search.example/",
        },
        locale: "en-gb",
        library: { name: "gtag" },
      },
    });
    expect(events[1]).toMatchObject({
      context: { page: { url: "https://shop.example/next", title: "Gloves & hats" } },
    });
  });

  it("with its only event in the query comes by GET, and by POST without a body", () => {
    const query = `${PAGE}&en=purchase&cu=EUR&ep.transaction_id=T&epn.value=1&uid=u-1&up.customer_id=C-7`;
    for (const read of [parse(HIT_GET, query), parse(HIT, query, "")]) {
      expect(read.events).toMatchObject([
        { name: "purchase", userId: "u-1", traits: { customer_id: "C-7" } },
      ]);
    }
  });

  it("has the same id when it is sent again, and another one for every other event", () => {
    const line = "en=add_to_cart&pr1=idA&_et=5";
    const { id } = hit(line);
    expect(id).toMatch(/^ga4-[0-9a-f]{32}$/);
    expect(hit(line).id).toBe(id);
    expect(hit(line, PAGE.replace("&_s=3", "&_s=4")).id).not.toBe(id);
    expect(hit(line, PAGE.replace("1795341590000", "1795341590001")).id).not.toBe(id);
    expect(hit(line, PAGE.replace("cid=1", "cid=2")).id).not.toBe(id);
    expect(hit(`${line}1`).id).not.toBe(id);
    expect(parse(HIT, PAGE, `${line}\n${line}`).events.map((event) => event.id)).toEqual([
      id,
      expect.not.stringMatching(id),
    ]);
    const alone = (tfd: number) => parse(HIT_GET, `${PAGE}&en=page_view&tfd=${tfd}`).events[0]?.id;
    expect(alone(700)).toBe(alone(9_000));
    expect(hit(line, "tid=G-ABC123&cid=1").id).toMatch(/^made-/);
  });

  it("is bound by gcs and npa, and never by gcd", () => {
    const said = (query: string) => hit("en=page_view", `tid=G-ABC123&${query}`).signals?.[0]?.says;
    expect(said("gcs=G111")).toEqual({ marketing: "granted", analytics: "granted" });
    expect(said("gcs=G100")).toEqual({ marketing: "denied", analytics: "denied" });
    expect(said("gcs=G101")).toEqual({ marketing: "denied", analytics: "granted" });
    expect(said("gcs=G110&npa=0")).toEqual({ marketing: "granted", analytics: "denied" });
    expect(said("gcs=G111&npa=1")).toEqual({ marketing: "denied", analytics: "granted" });
    expect(said("gcs=G1--")).toBeUndefined();
    expect(said("gcs=G1-1")).toEqual({ analytics: "granted" });
    for (const nothing of ["", "gcd=13l3l3l3l1", "dma=1&dma_cps=a"])
      expect(said(nothing), nothing).toBeUndefined();
    for (const unreadable of ["gcs=111", "gcs=G1111", "gcs=G2"])
      expect(said(unreadable), unreadable).toEqual(REFUSED);
  });

  it("carries the strings of the IAB's parameters; those of a line go over those of the page", () => {
    const page = "tid=G-ABC123&gcs=G111&gdpr=0&gdpr_consent=CQA&gpp=DBABM~CQA&gpp_sid=2,7";
    const { events } = parse(
      HIT,
      page,
      "en=page_view\r\nen=scroll&gdpr_consent=CQB&gcs=G100\r\nen=scroll&gpp=",
    );
    expect(events.map(({ strings }) => strings)).toEqual([
      [{ kind: "tcf", text: "CQA" }, GPP],
      [{ kind: "tcf", text: "CQB" }, GPP],
      [{ kind: "tcf", text: "CQA" }],
    ]);
    expect(events.map(({ signals }) => signals?.[0]?.says.analytics)).toEqual([
      "granted",
      "denied",
      "granted",
    ]);
    expect(hit("en=page_view", "tid=G-ABC123&gdpr=1&us_privacy=").strings).toBeUndefined();
    expect(hit("en=page_view", "tid=G-ABC123&us_privacy=1YYN&gpp=D&gpp_sid=none").strings).toEqual([
      { kind: "gpp", text: "D" },
      { kind: "gpp", text: "DBABTA~1YYN", sectionIds: [6] },
    ]);
  });
});

const REFUSED = { analytics: "denied", marketing: "denied", personalization: "denied" };
const GPP = { kind: "gpp", text: "DBABM~CQA", sectionIds: [2, 7] };

describe("the Measurement Protocol", () => {
  const T = NOW * 1_000;

  it("is read into the same events", () => {
    const read = measured(
      {
        name: "purchase",
        params: {
          transaction_id: "T-1",
          value: 39,
          currency: "EUR",
          page_location: "https://a.example/",
          session_id: "1",
          items: [{ item_id: "A", quantity: 2, price: "19.5" }, "x"],
        },
      },
      {
        user_id: "u-1",
        user_properties: { customer_id: { value: "C-7" }, tier: { value: "gold" } },
        timestamp_micros: T - 5_000_000,
        user_agent: "Mozilla/5.0",
      },
    );
    expect(read).toMatchObject({
      name: "purchase",
      anonymousId: "1.2",
      userId: "u-1",
      traits: { customer_id: "C-7" },
      userAgent: "Mozilla/5.0",
      occurredAt: NOW - 5_000,
      context: { page: { url: "https://a.example/" }, library: { name: "ga4-measurement-protocol" } },
      properties: {
        order_id: "T-1",
        value: 39,
        currency: "EUR",
        items: [{ product_id: "A", quantity: 2, price: 19.5 }, {}],
      },
    });
    expect(
      measured(
        { name: "app_thing", params: { a: 1, engagement_time_msec: 5 } },
        { client_id: undefined, app_instance_id: "app-1" },
      ),
    ).toMatchObject({
      name: "app_thing",
      anonymousId: "app-1",
      properties: { a: 1 },
    });
  });

  it("backdates by 72 hours, in the request or in the event", () => {
    const at = (micros: unknown) =>
      mp({ client_id: "1.2", events: [{ name: "login", timestamp_micros: micros }] });
    expect(at(T - 71 * HOUR * 1_000).events[0]?.occurredAt).toBe(NOW - 71 * HOUR);
    expect(at(String(T)).events[0]?.occurredAt).toBe(NOW);
    expect(at(T - 73 * HOUR * 1_000).unreadable).toMatchObject([{ code: "timestamp_too_old" }]);
    // No time at all: the check refuses it, and keeps it for a repair.
    expect(at("soon")).toMatchObject({ events: [{ occurredAt: Number.NaN }], unreadable: [] });
    expect(
      mp({
        client_id: "1",
        timestamp_micros: T - 73 * HOUR * 1_000,
        events: [{ name: "login" }, { name: "login", timestamp_micros: T }],
      }),
    ).toMatchObject({
      events: [{ index: 1 }],
      unreadable: [{ index: 0 }],
    });
  });

  it("gives an id to what can be told from a repetition, and a new one to what cannot", () => {
    const login = { name: "login" };
    const timed = () => measured(login, { timestamp_micros: T }).id;
    expect(timed()).toBe(timed());
    expect(measured(login, { timestamp_micros: T, client_id: "3" }).id).not.toBe(timed());
    expect(measured(login).id).not.toBe(measured(login).id);
    const named = (n: string) => measured({ name: "login", params: { event_id: n } }).id;
    expect(named("a")).toBe(named("a"));
    expect(named("a")).not.toBe(named("b"));
    const elsewhere = { ...stamp, source: { ...source, id: "shop-cz" } };
    const body = JSON.stringify({
      client_id: "9",
      events: [{ name: "login", params: { event_id: "a" } }],
    });
    expect(ga4.parse(asked(MEASUREMENT, "api_secret=x", body), elsewhere).events[0]?.id).not.toBe(named("a"));
  });

  it("takes Consent Mode's words as a signal: of two for one purpose a refusal is enough", () => {
    const said = (consent: unknown, more = {}) =>
      measured({ name: "login" }, { consent, ...more }).signals?.[0]?.says;
    expect(said({ ad_user_data: "GRANTED", ad_personalization: "GRANTED" })).toEqual({
      marketing: "granted",
    });
    expect(said({ ad_user_data: "GRANTED", ad_personalization: "DENIED" })).toEqual({ marketing: "denied" });
    expect(said({ ad_user_data: "DENIED", ad_personalization: "GRANTED" })).toEqual({ marketing: "denied" });
    expect(said({ analytics_storage: "GRANTED", personalization_storage: "DENIED" })).toEqual({
      analytics: "granted",
      personalization: "denied",
    });
    // The protocol has no ad_storage: both of its own together say so, one alone does not.
    expect(said({ ad_user_data: "GRANTED" })).toBeUndefined();
    expect(said({ ad_user_data: "GRANTED", ad_personalization: "granted" })).toBeUndefined();
    expect(said({ ad_user_data: "granted" })).toBeUndefined();
    expect(said({ ad_user_data: null })).toBeUndefined();
    // A refusal in any other form than Google's own is one all the same.
    for (const no of ["denied", "Denied", false, 0, {}])
      expect(said({ ad_user_data: no, ad_storage: "GRANTED" }), String(no)).toEqual({ marketing: "denied" });
    expect(said("DENIED")).toEqual({ analytics: "denied", marketing: "denied", personalization: "denied" });
    expect(said(undefined, { non_personalized_ads: "true" })).toEqual({ marketing: "denied" });
    expect(said({ ad_user_data: "GRANTED" }, { non_personalized_ads: true })).toEqual({
      marketing: "denied",
    });
    expect(said(undefined)).toBeUndefined();
  });

  it.each<[string, string, number, string]>([
    ["no JSON", "{", 400, "invalid_json"],
    ["nothing", "", 400, "invalid_json"],
    ["no events", "{}", 400, "invalid_body"],
    ["nested too deep", `{"events":${"[".repeat(50)}${"]".repeat(50)}}`, 400, "too_deep"],
    ["26 events", JSON.stringify({ events: Array(26).fill({ name: "login" }) }), 413, "too_many_events"],
    ["more than 130,000 bytes", JSON.stringify({ events: [], x: "é".repeat(65_000) }), 413, "body_too_large"],
  ])("refuses a request of %s", (_, body, status, code) => {
    try {
      mp(body);
      expect.unreachable("it was read");
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      expect([error.status, error.code]).toEqual([status, code]);
    }
  });

  it("refuses an event by itself: no object, no name", () => {
    const { events, unreadable } = mp({
      client_id: "1.2",
      events: [7, {}, { name: "login", params: "no" }],
    });
    expect(events).toMatchObject([{ index: 2, name: "login", properties: {} }]);
    expect(unreadable.map(({ index, issues }) => [index, issues[0]?.path])).toEqual([
      [0, ""],
      [1, "name"],
    ]);
  });

  it("loses no order over more parameters than Google would take", () => {
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, n) => [`p${n}`, n]));
    const order = { transaction_id: "T-1", value: 39, currency: "EUR" };
    expect(measured({ name: "purchase", params: { ...many, ...order } }).properties).toEqual({
      order_id: "T-1",
      value: 39,
      currency: "EUR",
    });
  });
});

describe("over HTTP", () => {
  const headers = { origin: HOST, "sec-fetch-site": "same-origin", cookie: "ds_dev_country=US" };
  const post = (path: string, body?: unknown) =>
    request(path, {
      method: "POST",
      headers,
      ...(body !== undefined && { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });

  it("a hit is answered 204 without a body, by GET and by POST", async () => {
    await publishRelease();
    const query = "v=2&tid=wk_demo&cid=1.2&_p=1&_s=1";
    for (const response of [
      await request(`/g/collect?${query}&en=page_view`, { headers }),
      await post(`/g/collect?${query}`, "en=page_view\r\nen=scroll&epn.percent_scrolled=90"),
      await post(`/g/collect?${query}`, "%%%&en=%ff\n=&=\n"),
    ]) {
      expect(response.status).toBe(204);
      expect(await response.text()).toBe("");
    }
    expect((await request("/g/collect?v=2&tid=G-NOBODY&en=page_view", { headers })).status).toBe(401);
  });

  it("a hit whose only event is in the query comes by POST without a body, as the tag sends it", async () => {
    const path = "/g/collect?v=2&tid=wk_demo&cid=1.2&_p=1&_s=1&en=page_view";
    for (const response of [await post(path, ""), await post(path)]) expect(response.status).toBe(204);
  });

  it("a server's secret is a key of the source; without one the measurement id is", async () => {
    const body = { client_id: "1.2", events: [{ name: "login" }] };
    const fromServer = (query: string) =>
      request(`/mp/collect?${query}`, { method: "POST", body: JSON.stringify(body) });
    expect((await fromServer("api_secret=sk_demo&measurement_id=G-1")).status).toBe(204);
    expect((await fromServer("measurement_id=wk_demo")).status).toBe(204);
    expect((await fromServer("api_secret=nobody&measurement_id=wk_demo")).status).toBe(401);
    expect((await post("/mp/collect?api_secret=sk_demo", body)).status).toBe(403);
  });

  it("the validation server says what is wrong in Google's shape, and takes nothing in", async () => {
    const messages = async (body: unknown) => {
      const response = await post("/debug/mp/collect?api_secret=wk_demo", body);
      expect(response.status).toBe(200);
      return ((await response.json()) as { validationMessages: ValidationMessage[] }).validationMessages;
    };
    const codes = async (body: unknown) => (await messages(body)).map((m) => [m.fieldPath, m.validationCode]);
    expect(
      await messages({ client_id: "1.2", events: [{ name: "login", params: { method: "x" } }] }),
    ).toEqual([]);
    expect(await codes("{")).toEqual([["", "VALUE_INVALID"]]);
    const said = (consent: unknown) => codes({ client_id: "1.2", events: [], consent });
    expect(await said({ ad_user_data: "granted", ad_personalization: true })).toEqual([
      ["consent.ad_user_data", "VALUE_INVALID"],
      ["consent.ad_personalization", "VALUE_INVALID"],
    ]);
    expect(await said("GRANTED")).toEqual([["consent", "VALUE_INVALID"]]);
    expect(await said({ ad_user_data: "DENIED", analytics_storage: "GRANTED" })).toEqual([]);
    expect(await codes({ client_id: "1.2" })).toEqual([["events", "VALUE_REQUIRED"]]);
    expect(await codes({ events: [{ name: "login" }] })).toEqual([["client_id", "VALUE_REQUIRED"]]);
    const many = Object.fromEntries(Array.from({ length: 26 }, (_, n) => [`p${n}`, n]));
    expect(
      await codes({
        client_id: "1.2",
        timestamp_micros: "soon",
        user_properties: { ga_x: { value: "1" }, ok: { value: "x".repeat(37) } },
        events: [
          {},
          { name: "session_start" },
          { name: "1st" },
          { name: "purchase", params: { transaction_id: "T", value: -1, currency: "EUR" } },
          { name: "login", params: { method: "x".repeat(101), firebase_x: 1, "a b": 1 } },
          { name: "login", params: many },
          { name: "own_name" },
        ],
      }),
    ).toEqual([
      ["timestamp_micros", "VALUE_INVALID"],
      ["user_properties.ga_x", "NAME_RESERVED"],
      ["user_properties.ok", "VALUE_OUT_OF_BOUNDS"],
      ["events[0].name", "VALUE_REQUIRED"],
      ["events[1].name", "NAME_RESERVED"],
      ["events[2].name", "NAME_INVALID"],
      ["events[2]", "NAME_INVALID"],
      ["events[3]", "VALUE_INVALID"],
      ["events[4].params.method", "VALUE_OUT_OF_BOUNDS"],
      ["events[4].params.firebase_x", "NAME_RESERVED"],
      ["events[4].params.a b", "NAME_INVALID"],
      ["events[5].params", "EXCEEDED_MAX_ENTITIES"],
      ["events[6]", "NAME_INVALID"],
    ]);
    expect(
      parse(VALIDATION, "api_secret=x", JSON.stringify({ client_id: "1", events: [{ name: "login" }] })),
    ).toEqual({ events: [], unreadable: [] });
  });
});
