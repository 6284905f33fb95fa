/** GA4: vendor limits, one client to a request, and nothing that it would drop silently. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { EXAMPLE_AT, exampleEvent } from "#forward/destinations/example-event";
import { ga4, plan } from "#forward/destinations/ga4/index";
import { fitParams } from "#forward/destinations/ga4/limits";
import { clientIdOf, fitGa4, type Ga4Body, mapGa4, userIdOf } from "#forward/destinations/ga4/map";
import { eventName } from "#forward/destinations/ga4/names";
import { ga4Settings } from "#forward/destinations/ga4/settings";
import { validatePayload } from "../../../demo/sandbox/ga4/rules.ts";
import { reach } from "../../setup/reach.ts";
import { mappedOf, vendor } from "./items.ts";

const NOW = EXAMPLE_AT + 60_000;
const settings = ga4Settings.parse({ measurement_id: "G-DEMO", api_secret: "s&cret" });
const context = { settings, now: NOW, signal: new AbortController().signal, allowInsecure: false, ...reach };

function bodyOf(event: DeliveryEvent): Ga4Body {
  const result = mapGa4(event, {}, settings);
  if (result.status !== "mapped") throw new Error(result.status);
  return result.body;
}
/** What the vendor's rules, as the sandbox knows them, say against a request with this event alone. */
const faultsOf = ({ event, ...shared }: Ga4Body) =>
  validatePayload({ ...shared, events: [event] }, 0, new Date(NOW));
const pageViewOf = (profile: string, changes: Partial<DeliveryEvent> = {}) =>
  bodyOf(exampleEvent("page_view", {}, { profile, ...changes }));

describe("GA4's mapping", () => {
  it("derives a stable client id of two numbers that does not show the profile", () => {
    fc.assert(
      fc.property(fc.string(), (profile) => {
        expect(clientIdOf(profile)).toMatch(/^\d+\.\d+$/);
        expect(clientIdOf(profile)).toBe(clientIdOf(profile));
      }),
    );
    expect(clientIdOf("visitor_id:1.a")).not.toBe(clientIdOf("visitor_id:1.b"));
  });

  it("names a person by a number of its own, only who is logged in and only where the settings say so", () => {
    const event = exampleEvent("login", {}, { identityState: "authenticated" });
    const userId = (given: DeliveryEvent, user_id: boolean) => {
      const result = mapGa4(given, {}, { user_id });
      return result.status === "mapped" ? result.body.user_id : result;
    };
    expect(userId(event, true)).toBe(userIdOf(event.profile));
    expect(userIdOf(event.profile)).toMatch(/^[0-9a-f]{32}$/);
    expect(userIdOf("user_id:1.a")).not.toBe(userIdOf("user_id:1.b"));
    expect(userId(event, false)).toBeUndefined();
    expect(userId({ ...event, identityState: "pseudonymous" }, true)).toBeUndefined();
  });

  it("keeps a body that a mapping has changed within GA4's limits", () => {
    const body = bodyOf(exampleEvent("login", {}));
    const params = Object.fromEntries(Array.from({ length: 40 }, (_, n) => [`p${n}`, "x".repeat(200)]));
    const fitted = fitGa4({ ...body, event: { ...body.event, name: "vip_login", params } });
    if (fitted.status !== "mapped") throw new Error(fitted.status);
    expect(faultsOf(fitted.body)).toEqual([]);
    expect(Object.keys(fitted.body.event.params)).toHaveLength(25);
    expect(fitGa4({ ...body, event: { ...body.event, name: "session_start" } })).toEqual({
      status: "skipped",
      reason: "reserved_name",
    });
    for (const name of ["", "1st", "a b", "x".repeat(41)])
      expect(ga4.body.safeParse({ ...body, event: { ...body.event, name } }).success).toBe(false);
  });

  it("never says that an event happened after it was received", () => {
    const event = exampleEvent("login", {}, { occurredAt: EXAMPLE_AT + 900_000 });
    expect(bodyOf(event).event.timestamp_micros).toBe(event.receivedAt * 1000);
  });

  it("leaves out of an item what GA4 would drop it for: names that it keeps, and more than ten of one's own", () => {
    const own = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`own_${n}`, n]));
    const line = { ...own, ga_x: 1, "not a name": 1, item_id: "skis", price: 1 };
    const body = bodyOf(exampleEvent("view_cart", {}));
    const params = { currency: "EUR", value: 1, items: [line] };
    const fitted = fitGa4({ ...body, event: { ...body.event, params } });
    if (fitted.status !== "mapped") throw new Error(fitted.status);
    expect(faultsOf(fitted.body)).toEqual([]);
    expect(Object.keys(Object(Object(fitted.body.event.params.items)[0]))).toHaveLength(12);
    expect(fitParams({ items: [] })).toEqual({});
  });

  it("gives a purchase without lines one line that says so, because GA4 requires items", () => {
    const { params } = bodyOf(exampleEvent("purchase", { order_id: "A", value: 10, currency: "EUR" })).event;
    expect(params.items).toEqual([{ item_id: "(not set)", price: 10, quantity: 1 }]);
  });

  it("leaves a cart's value out where its currency is not known", () => {
    const { params } = bodyOf(exampleEvent("add_to_cart", { product_id: "x", price: 5 })).event;
    expect(params.value).toBeUndefined();
  });

  it("makes events that GA4 takes of every contract's own examples, or says why it sends none", () => {
    const reasons: Record<string, string> = {};
    for (const { name, examples } of Object.values(EVENT_CONTRACTS)) {
      for (const { properties } of examples) {
        const result = mapGa4(exampleEvent(name, properties), {}, settings);
        if (result.status === "mapped") expect(faultsOf(result.body)).toEqual([]);
        else if (result.status === "skipped") reasons[name] = result.reason;
      }
    }
    expect(reasons).toEqual({
      screen_view: "reserved_name",
      identify: "no_ga4_event",
      consent_update: "no_ga4_event",
    });
  });

  it("makes events that GA4 takes of any that the contracts let through", () => {
    const text = (max: number) => fc.oneof(fc.string({ maxLength: max }), fc.constant("x".repeat(max)));
    const item = fc.record(
      {
        product_id: text(128),
        name: text(256),
        price: fc.double({ min: 0, noNaN: true }),
        quantity: fc.nat(),
        list_name: text(256),
      },
      { requiredKeys: ["product_id"] },
    );
    const fields = fc.dictionary(
      fc.oneof(
        fc.constantFrom("value", "currency", "items", "ga_id"),
        fc.stringMatching(/^[A-Za-z]\w{0,63}$/),
      ),
      fc.oneof(text(1024), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean()),
      { maxKeys: 40 },
    );
    const properties = fc.record(
      {
        items: fc.array(item, { maxLength: 3 }),
        product_id: text(128),
        price: fc.double({ min: 0, max: 1e9, noNaN: true }),
        value: fc.double({ min: 0, max: 1e12, noNaN: true }),
        currency: fc.constantFrom("EUR", "SEK"),
        search_term: text(256),
        link_url: fc.oneof(text(400), fc.webUrl()),
        event: fc.oneof(text(128), fc.constantFrom("ga_x", "Purchase!", "error", "3 skis", "_x")),
        fields,
      },
      { requiredKeys: [] },
    );
    // Their contracts ask for what these are without.
    const names = Object.keys(EVENT_CONTRACTS).filter((name) => name !== "purchase" && name !== "refund");
    fc.assert(
      fc.property(fc.constantFrom(...names), properties, (name, given) => {
        const result = mapGa4(exampleEvent(name, given), {}, settings);
        if (result.status === "mapped") expect(faultsOf(result.body)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    ["Configurator Finished", "configurator_finished"],
    ["videoStart", "video_start"],
    ["step2Done", "step2_done"],
    ["Košík otvorený", "kosik_otvoreny"],
    ["3D View", "event_3d_view"],
    ["__a--b__", "a_b"],
    [`${"long ".repeat(8)}name`, `${"long_".repeat(7)}long`],
    ["…", undefined],
  ])("a sender's own name %j becomes %j", (given, expected) => expect(eventName(given)).toBe(expected));

  it.each(["user_engagement", "first visit", "ga_x", "Purchase!", "google play"])(
    "an event without a contract cannot pass for %j",
    (name) =>
      expect(mapGa4(exampleEvent("custom", { event: name }), {}, settings)).toEqual({
        status: "skipped",
        reason: "reserved_name",
      }),
  );

  it("gives no field of a sender's own the place of one of ours", () => {
    const fields = {
      session_id: "1",
      engagement_time_msec: 9,
      page_title: "x",
      items: "y",
      timestamp_micros: 1,
    };
    const ours = bodyOf(exampleEvent("custom", { event: "x" }));
    expect(bodyOf(exampleEvent("custom", { event: "x", fields }))).toEqual(ours);
  });

  it("fits any parameters into GA4's limits", () => {
    fc.assert(
      fc.property(
        fc.dictionary(fc.string(), fc.oneof(fc.string({ unit: "binary", maxLength: 400 }), fc.double())),
        (raw) => {
          const fitted = Object.entries(fitParams(raw));
          expect(fitted.length).toBeLessThanOrEqual(25);
          for (const [name, value] of fitted) {
            expect(name).toMatch(/^[A-Za-z][A-Za-z0-9_]{0,39}$/);
            if (typeof value === "string") {
              expect(value.length).toBeLessThanOrEqual(100);
              expect(value.isWellFormed() || !String(raw[name]).isWellFormed()).toBe(true);
            }
          }
        },
      ),
    );
  });

  it("allows the page parameters their longer values", () => {
    const long = "x".repeat(2000);
    const fitted = fitParams({ page_location: long, page_referrer: long, page_title: long, other: long });
    expect(Object.values(fitted).map((v) => String(v).length)).toEqual([1000, 420, 300, 100]);
  });
});

describe("GA4's requests", () => {
  it("carry events of one client only, at most 25", () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 120 }), (profiles) => {
        const bodies = profiles.map((profile, n) => mappedOf(`i${n}`, pageViewOf(profile)));
        const { requests } = plan(bodies, NOW);
        expect(requests.flatMap(({ indexes }) => indexes).sort((x, y) => x - y)).toEqual(
          bodies.map((_, n) => n),
        );
        for (const { indexes, payload } of requests) {
          const sent: { client_id: string; events: unknown[] } = JSON.parse(payload);
          expect(sent.events.length).toBe(indexes.length);
          expect(sent.events.length).toBeLessThanOrEqual(25);
          for (const index of indexes) expect(clientIdOf(profiles[index] ?? "")).toBe(sent.client_id);
        }
      }),
    );
  });

  it("never mix different consents of one client", () => {
    const consent = { ...exampleEvent("page_view", {}).consent, granted: ["analytics" as const] };
    const { requests } = plan(
      [mappedOf("a", pageViewOf("p")), mappedOf("b", pageViewOf("p", { consent }))],
      NOW,
    );
    expect(requests).toHaveLength(2);
  });

  it("stay under 130 kB", () => {
    const items = Array.from({ length: 200 }, () => ({
      product_id: "x".repeat(100),
      name: "y".repeat(100),
      quantity: 1,
    }));
    const big = bodyOf(exampleEvent("purchase", { order_id: "A", value: 1, currency: "EUR", items }));
    const { requests } = plan(
      Array.from({ length: 9 }, (_, n) => mappedOf(`i${n}`, big)),
      NOW,
    );
    expect(requests.length).toBeGreaterThan(1);
    for (const { payload } of requests)
      expect(new TextEncoder().encode(payload).length).toBeLessThan(130_000);
  });

  it("fail an event that fills a request alone, and leave out one that is older than 72 hours", () => {
    const items = Array.from({ length: 200 }, () => ({
      product_id: "é".repeat(100),
      name: "漢".repeat(100),
      category: "字".repeat(100),
    }));
    const huge = bodyOf(exampleEvent("purchase", { order_id: "A", value: 1, currency: "EUR", items }));
    const old = pageViewOf("p", { occurredAt: NOW - 72 * 3_600_000 - 1 });
    const young = pageViewOf("p", { occurredAt: NOW - 72 * 3_600_000 + 1 });
    const { outcomes } = plan([mappedOf("a", huge), mappedOf("b", old), mappedOf("c", young)], NOW);
    expect(outcomes).toEqual([
      { status: "failed", code: "too_large" },
      { status: "skipped", reason: "too_old_for_vendor" },
      { status: "retry", code: "not_tried" },
    ]);
  });

  it("go to the stream's address, and their receipts say that they may repeat", async () => {
    const { fetch, sent } = vendor(() => new Response(null, { status: 204 }));
    const outcomes = await ga4.send([mappedOf("a", pageViewOf("p")), mappedOf("b", pageViewOf("q"))], {
      ...context,
      fetch,
    });
    expect(outcomes).toEqual([
      { status: "delivered", mayRepeat: true },
      { status: "delivered", mayRepeat: true },
    ]);
    expect(sent).toHaveLength(2);
    expect(sent[0]?.url).toBe(
      "https://www.google-analytics.com/mp/collect?measurement_id=G-DEMO&api_secret=s%26cret",
    );
  });

  it("are tried again one by one: a broken one harms no other client", async () => {
    const { fetch } = vendor(
      () => Promise.reject(new TypeError("reset")),
      () => new Response(null, { status: 204 }),
    );
    const outcomes = await ga4.send([mappedOf("a", pageViewOf("p")), mappedOf("b", pageViewOf("q"))], {
      ...context,
      fetch,
    });
    expect(outcomes.map(({ status }) => status)).toEqual(["retry", "delivered"]);
  });
});
