/** GA4: vendor limits, one client to a request, and nothing that it would drop silently. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DeliveryEvent } from "#contracts/messages/delivery_envelope";
import { EXAMPLE_AT, exampleEvent } from "#forward/destinations/example-event";
import { ga4, plan } from "#forward/destinations/ga4/index";
import { fitParams } from "#forward/destinations/ga4/limits";
import { clientIdOf, type Ga4Body, mapGa4 } from "#forward/destinations/ga4/map";
import { mappedOf, vendor } from "./items.ts";

const NOW = EXAMPLE_AT + 60_000;
const settings = {
  measurement_id: "G-DEMO",
  api_secret: "s&cret",
  endpoint: "https://www.google-analytics.com",
};
const context = { settings, now: NOW, signal: new AbortController().signal, allowInsecure: false };

function bodyOf(event: DeliveryEvent): Ga4Body {
  const result = mapGa4(event, {});
  if (result.status !== "mapped") throw new Error(result.status);
  return result.body;
}
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

  it("never says that an event happened after it was received", () => {
    const event = exampleEvent("login", {}, { occurredAt: EXAMPLE_AT + 900_000 });
    expect(bodyOf(event).event.timestamp_micros).toBe(event.receivedAt * 1000);
  });

  it("gives a purchase without lines one line that says so, because GA4 requires items", () => {
    const { params } = bodyOf(exampleEvent("purchase", { order_id: "A", value: 10, currency: "EUR" })).event;
    expect(params.items).toEqual([{ item_id: "(not set)", price: 10, quantity: 1 }]);
  });

  it("leaves a cart's value out where its currency is not known", () => {
    const { params } = bodyOf(exampleEvent("add_to_cart", { product_id: "x", price: 5 })).event;
    expect(params.value).toBeUndefined();
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

  it("fail an event that fills a request alone, and one that is older than 72 hours", () => {
    const items = Array.from({ length: 200 }, () => ({
      product_id: "é".repeat(100),
      name: "漢".repeat(100),
      category: "字".repeat(100),
    }));
    const huge = bodyOf(exampleEvent("purchase", { order_id: "A", value: 1, currency: "EUR", items }));
    const old = pageViewOf("p", { occurredAt: NOW - 72 * 3_600_000 - 1 });
    const young = pageViewOf("p", { occurredAt: NOW - 72 * 3_600_000 + 1 });
    const { outcomes } = plan([mappedOf("a", huge), mappedOf("b", old), mappedOf("c", young)], NOW);
    expect(outcomes.map((o) => ("code" in o ? o.code : ""))).toEqual(["too_large", "too_old", "not_tried"]);
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
