/** Segment's calls as our events: what each field becomes, what a bad one costs, and the limits. */
import { describe, expect, it } from "vitest";
import { checkEvent } from "#collect/check";
import { segment } from "#collect/protocols/segment";
import { issuesOf, NOW, oneEvent, parse } from "./parsing.ts";

const WHO = { anonymousId: "a-1", timestamp: "2026-11-22T10:00:00.000Z" };
const read = (body: Record<string, unknown>, path = "/v1/track", headers: Record<string, string> = {}) =>
  oneEvent(segment, { path, body: { ...WHO, messageId: "m-1", ...body }, headers });
const track = (event: string, properties: unknown, more: Record<string, unknown> = {}) =>
  read({ event, properties, ...more });
const batch = (items: unknown[], more: Record<string, unknown> = {}, path = "/v1/batch") =>
  parse(segment, { path, body: { batch: items, ...more } });

const GLOVES = {
  product_id: "g-1",
  sku: "SKU-1",
  name: "Gloves",
  category: "Winter",
  price: 39,
  quantity: 2,
};
const OURS = { product_id: "g-1", name: "Gloves", category: "Winter", price: 39, quantity: 2 };

describe("an e-commerce event", () => {
  it.each<[event: string, given: Record<string, unknown>, name: string, ours: Record<string, unknown>]>([
    ["Products Searched", { query: "gloves", results: "3" }, "search", { search_term: "gloves", results: 3 }],
    [
      "Product List Viewed",
      { list_id: "l-1", category: "Winter", products: [{ ...GLOVES, position: 0 }] },
      "view_item_list",
      { list_id: "l-1", list_name: "Winter", items: [{ ...OURS, index: 0 }] },
    ],
    [
      "Product List Filtered",
      { list_id: "l-1", filters: [{ type: "size", value: "M" }], products: [GLOVES] },
      "view_item_list",
      { list_id: "l-1", items: [OURS] },
    ],
    ["Product Clicked", { ...GLOVES, position: 4 }, "select_item", { ...OURS, index: 4 }],
    [
      "Product Viewed",
      { ...GLOVES, brand: "Fjell", variant: "red", coupon: "W10", currency: "eur", value: 78 },
      "view_item",
      { ...OURS, brand: "Fjell", variant: "red", coupon: "W10", currency: "EUR", value: 78 },
    ],
    [
      "Product Added",
      { cart_id: "c", ...GLOVES, currency: "EUR" },
      "add_to_cart",
      { ...OURS, currency: "EUR" },
    ],
    ["Product Removed", { cart_id: "c", ...GLOVES }, "remove_from_cart", OURS],
    ["Cart Viewed", { cart_id: "c", products: [GLOVES, GLOVES] }, "view_cart", { items: [OURS, OURS] }],
    [
      "Checkout Started",
      { order_id: "o", value: 70, revenue: 60, coupon: "W10", currency: "EUR", products: [GLOVES] },
      "begin_checkout",
      { value: 70, currency: "EUR", coupon: "W10", items: [OURS] },
    ],
    [
      "Checkout Step Completed",
      { step: 1, shipping_method: "Courier", payment_method: "Visa" },
      "add_shipping_info",
      { shipping_tier: "Courier" },
    ],
    [
      "Checkout Step Completed",
      { step: 2, payment_method: "Visa" },
      "add_payment_info",
      { payment_type: "Visa" },
    ],
    ["Payment Info Entered", { payment_method: "Visa" }, "add_payment_info", { payment_type: "Visa" }],
    [
      "Order Completed",
      {
        order_id: 1042,
        total: "27.50",
        revenue: 25,
        currency: "usd",
        tax: 2,
        shipping: 3,
        discount: 2.5,
        coupon: "hasbros",
        products: [GLOVES],
      },
      "purchase",
      {
        order_id: "1042",
        value: 27.5,
        currency: "USD",
        tax: 2,
        shipping: 3,
        coupon: "hasbros",
        items: [OURS],
      },
    ],
    [
      "Order Refunded",
      { order_id: "o", total: 30, currency: "USD" },
      "refund",
      { order_id: "o", value: 30, currency: "USD" },
    ],
    ["Product Added to Wishlist", { wishlist_id: "w", ...GLOVES }, "add_to_wishlist", OURS],
    ["Wishlist Product Added to Cart", { wishlist_id: "w", ...GLOVES }, "add_to_cart", OURS],
    [
      "Promotion Viewed",
      { promotion_id: "p", creative: "banner", name: "75% off", position: "top" },
      "view_promotion",
      { promotion_id: "p", promotion_name: "75% off", creative_name: "banner", creative_slot: "top" },
    ],
    ["Promotion Clicked", { promotion_id: "p" }, "select_promotion", { promotion_id: "p" }],
    [
      "Product Shared",
      { share_via: "email", share_message: "Look", recipient: "friend@example.com", product_id: "g-1" },
      "share",
      { method: "email", product_id: "g-1" },
    ],
    [
      "Cart Shared",
      { share_via: "email", recipient: "friend@example.com", cart_id: "c" },
      "share",
      { method: "email" },
    ],
    ["Signed In", { username: "ida" }, "login", {}],
    ["Viewed Product", { id: "g-1", price: 1 }, "view_item", { product_id: "g-1", price: 1 }],
    ["product viewed ", { sku: "SKU-1" }, "view_item", { product_id: "SKU-1" }],
    [
      "purchase",
      {
        transaction_id: "T-1",
        value: "9.90",
        currency: "eur",
        items: [{ item_id: "g-1", item_name: "Gloves" }],
      },
      "purchase",
      {
        transaction_id: "T-1",
        order_id: "T-1",
        value: 9.9,
        currency: "EUR",
        items: [{ product_id: "g-1", name: "Gloves" }],
      },
    ],
  ])("%s %j → %s", (event, given, name, ours) => {
    const { name: found, properties } = track(event, given);
    expect({ name: found, properties }).toEqual({ name, properties: ours });
  });

  it("keeps the content of the page that it happened on", () => {
    const content = { content_id: "gloves", content_type: "product", topic: "winter" };
    for (const properties of [
      { ...GLOVES, content },
      { ...GLOVES, ...content },
    ]) {
      expect(track("Product Viewed", properties).properties).toMatchObject({ product_id: "g-1", content });
    }
  });

  it("leaves out of the content what is of no kind that we know, and keeps the event", () => {
    const given = {
      content_id: 7,
      content_type: "product_group",
      publish_date: "soon",
      taxonomy: "a",
      topic: "",
    };
    for (const properties of [
      { ...GLOVES, ...given },
      { ...GLOVES, content: given },
      { ...GLOVES, content: "a text", ...given },
    ])
      expect(track("Product Viewed", properties).properties).toMatchObject({
        product_id: "g-1",
        content: { content_id: "7", content_type: "page" },
      });
    expect(track("Product Viewed", { ...GLOVES, content: { a: 1 } }).properties).toEqual(
      track("Product Viewed", GLOVES).properties,
    );
  });

  it.each(["Order Cancelled", "Checkout Step Viewed", "Coupon Applied", "Configurator Finished"])(
    "%s has no contract: it keeps its name and properties, for the source's policy",
    (event) => {
      const { events } = batch([{ ...WHO, type: "track", event, properties: { step: 1 } }]);
      expect(events).toMatchObject([{ name: event, properties: { step: 1 } }]);
      expect(issuesOf(events[0])).toEqual(["name"]);
    },
  );

  it("loses only an optional field that cannot be read", () => {
    const odd = {
      price: "a lot",
      quantity: 1.5,
      currency: "Euro",
      position: -1,
      name: { en: "Gloves" },
      brand: 7,
    };
    expect(track("Product Viewed", { product_id: "g-1", ...odd }).properties).toEqual({
      product_id: "g-1",
      brand: "7",
    });
    expect(track("Product Viewed", { product_id: "g-1", name: "x".repeat(300) }).properties).toMatchObject({
      name: "x".repeat(256),
    });
  });

  it("is refused by the field where a required one cannot be read", () => {
    const given = { order_id: "o", total: "a lot", currency: "EUR", products: [{ name: "no id" }, 7] };
    const { events } = batch([{ ...WHO, type: "track", event: "Order Completed", properties: given }]);
    expect(issuesOf(events[0])).toEqual([
      "properties.value",
      "properties.items.0.product_id",
      "properties.items.1",
    ]);
  });
});

describe("a call", () => {
  it.each(["t", "p", "i", "g", "a", "s"])("/v1/%s is the long path's", (short) => {
    const long = { t: "track", p: "page", i: "identify", g: "group", a: "alias", s: "screen" }[short];
    const body = {
      ...WHO,
      messageId: "m",
      event: "Signed In",
      groupId: "g",
      userId: "u",
      previousId: "a-0",
      name: "Home",
    };
    expect(oneEvent(segment, { path: `/v1/${short}`, body })).toEqual(
      oneEvent(segment, { path: `/v1/${long}`, body }),
    );
  });

  it("page: its content, and the page from properties and context", () => {
    const context = { page: { url: "https://a.example/x", referrer: "https://b.example/" }, campaign: {} };
    const event = read({ properties: { url: "https://a.example/y", title: "Y" }, context }, "/v1/page");
    expect(event).toMatchObject({ name: "page_view", properties: {} });
    expect(event.context).toEqual({
      page: { url: "https://a.example/y", title: "Y", referrer: "https://b.example/" },
    });
    expect(read({ name: "Home" }, "/v1/page").context).toEqual({ page: { title: "Home" } });
  });

  it("screen: its name, wherever the client has it", () => {
    expect(read({ name: "Home" }, "/v1/screen").properties).toEqual({ screen_name: "Home" });
    expect(read({ properties: { name: "Home", class: "A" } }, "/v1/screen").properties).toEqual({
      screen_name: "Home",
      screen_class: "A",
    });
    const { events } = parse(segment, { path: "/v1/screen", body: WHO });
    expect(issuesOf(events[0])).toEqual(["properties.screen_name"]);
  });

  it("identify: reserved traits, those of the call before those of the context", () => {
    const context = { traits: { email: "old@example.com", phone: "+421900123456" } };
    const traits = {
      email: "ida@example.com",
      firstName: "Ida",
      customerId: 77,
      company: { name: "Berg" },
      age: 40,
    };
    expect(read({ traits, context, userId: "u-1" }, "/v1/identify")).toMatchObject({
      name: "identify",
      userId: "u-1",
      traits: {
        email: "ida@example.com",
        phone: "+421900123456",
        first_name: "Ida",
        customer_id: "77",
        company: "Berg",
      },
    });
  });

  it("group: the group's own traits are not the person's, but for where they belong", () => {
    const traits = { name: "Berg & Co.", employees: "40", plan: "pro", email: "office@berg.example" };
    const event = read({ groupId: 9, traits }, "/v1/group");
    expect(event.properties).toEqual({ group_id: "9", employees: 40, plan: "pro" });
    expect(event.traits).toEqual({ company: "Berg & Co." });
  });

  it("alias: identifies the previous id as this user, whichever anonymous id the client has now", () => {
    const event = read({ anonymousId: "a-2", previousId: "a-1", userId: "u-1" }, "/v1/alias");
    expect(event).toMatchObject({
      name: "identify",
      userId: "u-1",
      anonymousId: "a-1",
      identifiers: [{ namespace: "anonymous_id", value: "a-2" }],
    });
    const half = parse(segment, { path: "/v1/alias", body: { previousId: "a-1" } });
    expect(half.unreadable).toMatchObject([{ issues: [{ path: "previousId" }] }]);
  });

  it("Signed Up carries traits in its properties", () => {
    const event = track("Signed Up", { method: "email", email: "ida@example.com", first_name: "Ida" });
    expect(event).toMatchObject({
      name: "sign_up",
      properties: { method: "email" },
      traits: { email: "ida@example.com", first_name: "Ida" },
    });
  });

  it("of a phone claims its device id, too", () => {
    const context = {
      device: { id: "B5372DB0", type: "ios" },
      library: { name: "analytics-swift", version: "1.5" },
    };
    const event = track("Signed In", {}, { context });
    expect(event.identifiers).toEqual([{ namespace: "device_id", value: "B5372DB0" }]);
    expect(event.context).toEqual({ library: { name: "analytics-swift", version: "1.5" } });
  });

  it("of a server speaks for the person's browser; the browser's own says nothing new", () => {
    const userAgent = "Mozilla/5.0 (Macintosh) Firefox/150.0";
    const context = { userAgent };
    const of = (own: string) =>
      read({ event: "Signed In", context }, "/v1/track", { "user-agent": own }).userAgent;
    expect(of("analytics-node/3.1.0")).toBe(userAgent);
    expect(of(userAgent)).toBeUndefined();
  });

  it.each<[string, unknown, string]>([
    ["not an object", 7, ""],
    ["of a type that is none", { ...WHO, type: "scream" }, "type"],
    ["without a type", WHO, "type"],
    ["of nobody", { type: "page" }, "anonymousId"],
  ])("that is %s harms only itself", (_, bad, path) => {
    const good = { ...WHO, type: "page" };
    const { events, unreadable } = batch([good, bad, good]);
    expect(events.map(({ index }) => index)).toEqual([0, 2]);
    expect(unreadable).toMatchObject([{ index: 1, code: "invalid_event", issues: [{ path }] }]);
  });
});

describe("a batch", () => {
  it("shares its context with its items, deep; an item's own stands before it", () => {
    const context = {
      locale: "sk-SK",
      campaign: { source: "mail", name: "w" },
      traits: { email: "a@b.example" },
    };
    const own = { campaign: { name: "own" }, library: { name: "backend" } };
    const items = [
      { ...WHO, type: "page" },
      { ...WHO, type: "page", context: own, integrations: { All: true } },
    ];
    const { events } = batch(items, { context, integrations: { All: false } });
    expect(events.map((event) => event.context)).toEqual([
      { locale: "sk-SK", utm: { source: "mail", campaign: "w" } },
      { locale: "sk-SK", utm: { source: "mail", campaign: "own" }, library: { name: "backend" } },
    ]);
    expect(events[1]?.traits).toEqual({ email: "a@b.example" });
  });

  it.each<[string, unknown, number]>([
    ["an ISO 8601 date", "2019-03-01T08:00:00Z", Date.parse("2019-03-01T08:00:00Z")],
    ["an ISO 8601 date with an offset", "2019-03-01T08:00:00+02:00", Date.parse("2019-03-01T06:00:00Z")],
    ["milliseconds since 1970", 1_551_427_200_000, 1_551_427_200_000],
    ["seconds since 1970", 1_551_427_200.5, 1_551_427_200_500],
    ["nothing", null, NOW],
    ["no date", "yesterday", Number.NaN],
    ["a number beyond all dates", -1e300, Number.NaN],
    ["something else", { at: 1 }, Number.NaN],
  ])(
    "of a time that is %s is of that time, or of none that the check takes; never of now",
    (_, given, at) => {
      const { events, unreadable } = batch([{ ...WHO, type: "page", timestamp: given }], {}, "/v1/import");
      expect(unreadable).toEqual([]);
      const [event] = events;
      expect(event?.occurredAt).toBe(at);
      if (!event || Number.isFinite(at)) return;
      expect(checkEvent(event, undefined, NOW, new Set(), true)).toMatchObject({ code: "invalid_timestamp" });
    },
  );

  it("whose id is too long to be one is told from others that begin alike, and the same each time", () => {
    const idOf = (messageId: string) => batch([{ ...WHO, type: "page", messageId }]).events[0]?.id;
    const long = "node-next-".repeat(12);
    expect(idOf(`${long}1`)).toBe(idOf(`${long}1`));
    expect(idOf(`${long}1`)).not.toBe(idOf(`${long}2`));
    expect(idOf(`${long}1`)).toMatch(/^node-next-.{57}~[0-9a-f]{32}$/);
  });

  it("is not changed by the names of JavaScript's own objects", () => {
    const text =
      '{"context":{"__proto__":{"locale":"xx"},"constructor":{"a":1}},"batch":[{"anonymousId":"a","type":"page","context":{"__proto__":{"traits":{"email":"evil@example.com"}},"constructor":{"b":2}}}]}';
    const { events } = parse(segment, { path: "/v1/batch", body: JSON.parse(text) });
    expect(events).toMatchObject([{ context: {}, traits: undefined }]);
    expect(({} as { locale?: string }).locale).toBeUndefined();
  });

  it("has at most 2,500 calls, each of at most 32 KB", () => {
    const one = { ...WHO, type: "page" };
    expect(batch(Array(2_500).fill(one)).events).toHaveLength(2_500);
    expect(() => batch(Array(2_501).fill(one))).toThrow("at most 2500");
    const big = { ...one, properties: { note: "é".repeat(16_400) } };
    const { events, unreadable } = batch([one, big, { ...one, properties: { note: "e".repeat(32_000) } }]);
    expect(events.map(({ index }) => index)).toEqual([0, 2]);
    expect(unreadable).toMatchObject([{ index: 1, name: "page_view", code: "event_too_large" }]);
  });

  it.each([undefined, null, {}, "x"])("is refused where its list is %j", (list) => {
    expect(() => parse(segment, { path: "/v1/batch", body: { batch: list } })).toThrow('an array "batch"');
  });

  it("tells when it was sent, by itself or by its items; history keeps its own times", () => {
    const sentAt = "2026-11-22T10:00:04.000Z";
    const item = { ...WHO, type: "page", sentAt };
    expect(batch([item], { sentAt: "2026-11-22T10:00:03.000Z" }).sentAt).toBe(NOW - 2_000);
    expect(batch([item]).sentAt).toBe(NOW - 1_000);
    expect(batch([item]).historical).toBeUndefined();
    const old = batch([{ ...item, timestamp: "2019-03-01T08:00:00Z" }], { sentAt }, "/v1/import");
    expect(old).toMatchObject({
      historical: true,
      events: [{ occurredAt: Date.parse("2019-03-01T08:00:00Z") }],
    });
    expect(old.sentAt).toBeUndefined();
  });
});

describe("an id", () => {
  it("that is too long is shortened the same each time, and apart from others that begin alike", () => {
    const of = (messageId: unknown) => read({ messageId, event: "Signed In" }).id;
    const long = "x".repeat(120);
    expect(of(long)).toHaveLength(100);
    expect(of(long)).toBe(of(long));
    expect(of(`${long}1`)).not.toBe(of(`${long}2`));
    expect(of("y".repeat(99))).toBe("y".repeat(99));
    expect(of(12)).toBe("12");
    expect(of("")).toMatch(/^made-/);
  });
});

describe("consent", () => {
  const DENIED = { analytics: "denied", marketing: "denied", personalization: "denied" };
  const said = (context: Record<string, unknown>) => track("Signed In", {}, { context }).statement;
  it.each<[string, Record<string, unknown>, Record<string, string> | undefined]>([
    ["none", {}, undefined],
    ["none in an object of others", { consent: { version: 2 } }, undefined],
    [
      "one category",
      { consent: { categoryPreferences: { Analytics: true } } },
      { ...DENIED, analytics: "granted" },
    ],
    [
      "two of one purpose, one refused",
      { consent: { categoryPreferences: { Advertising: true, Social: false } } },
      DENIED,
    ],
    [
      "one of two categories of a purpose, and no word of the other",
      { consent: { categoryPreferences: { Advertising: true } } },
      DENIED,
    ],
    [
      "RudderStack's, which lists what is allowed alone",
      { consentManagement: { allowedConsentIds: ["Advertising"] } },
      DENIED,
    ],
    [
      "both of two",
      { consent: { categoryPreferences: { Advertising: true, Social: true } } },
      { ...DENIED, marketing: "granted" },
    ],
    ["a category that is not mapped", { consent: { categoryPreferences: { Other: true } } }, DENIED],
    ["the name of an object's own", { consent: { categoryPreferences: { constructor: true } } }, DENIED],
    ["a grant that is not true", { consent: { categoryPreferences: { Analytics: "true" } } }, DENIED],
    ["unreadable", { consent: { categoryPreferences: "all" } }, DENIED],
    ["unreadable, whole", { consent: "all" }, DENIED],
    [
      "RudderStack's",
      {
        consentManagement: {
          provider: "oneTrust",
          allowedConsentIds: ["Analytics", "Advertising"],
          deniedConsentIds: ["Social"],
        },
      },
      { ...DENIED, analytics: "granted" },
    ],
    [
      "RudderStack's, which asks for one of two: the table asks for both",
      {
        consentManagement: {
          provider: "custom",
          allowedConsentIds: ["Advertising"],
          deniedConsentIds: ["Social"],
          resolutionStrategy: "or",
        },
      },
      DENIED,
    ],
    ["RudderStack's, not yet decided", { consentManagement: { allowedConsentIds: [] } }, DENIED],
    ["RudderStack's, unreadable", { consentManagement: "yes" }, DENIED],
  ])("%s", (_, context, statement) => {
    expect(said(context)).toEqual(statement);
  });
});
