/** Routing: which destinations an event goes to, as what, and why not to the others. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ReleaseInput, releaseSchema } from "#contracts/definitions/release";
import type { AcceptedEvent } from "#contracts/messages/event_envelope";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { type RouteInput, routeEvent } from "#forward/route";

const policy = { regimes: { strict: { default: "denied" as const } }, otherwise: "strict" };
const document = (release: Omit<ReleaseInput, "policy">) => releaseSchema.parse({ policy, ...release });

const event = (
  about: Partial<AcceptedEvent> = {},
  granted: Purpose[] = ["analytics", "marketing"],
): AcceptedEvent => ({
  id: "evt-1",
  name: "purchase",
  version: "1.0.0",
  occurredAt: 1,
  protocol: "native",
  consent: { receipt: "c", regime: "gdpr", granted, grounds: {}, decidedAt: 1 },
  identifiers: [],
  properties: { order_id: "A", value: 10, currency: "EUR" },
  context: {
    page: { url: "https://shop.example/?gclid=x" },
    device: { type: "mobile" },
    made_up: "10.0.0.1",
  },
  removed: [],
  ...about,
});

const route = (release: Omit<ReleaseInput, "policy">, about: Partial<RouteInput> = {}) =>
  routeEvent({
    event: event(),
    source: "web",
    receivedAt: 2,
    profile: "visitor_id:1.x",
    identityState: "anonymous",
    segments: [],
    features: { analytics: {}, marketing: {}, personalization: {} },
    document: document(release),
    verified: false,
    subjects: ["visitor_id:1.x"],
    currentGranted: [...PURPOSES],
    ...about,
  });

const ga4 = { type: "ga4", queue: "analytics" as const, purposes: ["analytics" as const] };
const hook = { type: "webhook", queue: "crm" as const };
const hubspot = { type: "hubspot", queue: "crm" as const, purposes: ["marketing" as const] };

describe("routing", () => {
  it("says of every destination whether the event goes there, and why not", async () => {
    const { items, routed } = await route(
      {
        destinations: {
          ga4,
          hubspot,
          off: { ...ga4, enabled: false },
          leads: { ...hubspot, events: ["form_submit"] },
          both: { ...hubspot, purposes: ["marketing", "personalization"] },
          rich: { ...ga4, when: { "properties.value": { $gte: 100 } } },
        },
      },
      { event: event({}, ["analytics", "marketing"]) },
    );
    expect(routed).toEqual({
      ga4: "queued",
      hubspot: "queued",
      off: "disabled",
      leads: "event_not_listed",
      both: "no_consent:personalization",
      rich: "condition",
    });
    expect(items.map(({ destination, queue }) => [destination, queue])).toEqual([
      ["ga4", "analytics"],
      ["hubspot", "crm"],
    ]);
    expect(items[0]?.item).toMatchObject({ attempt: 1, subjects: ["visitor_id:1.x"] });
  });

  it("sends bots to those destinations alone that ask for them, and says what they are", async () => {
    const context = { bot: true, agent: { kind: "ai_assistant" as const, name: "Claude-User" } };
    const people = { "context.bot": { $exists: false } };
    const { items, routed } = await route(
      {
        destinations: { ga4, log: { ...ga4, bots: true }, picky: { ...ga4, bots: true, when: people } },
      },
      { event: event({ context }) },
    );
    expect(routed).toEqual({ ga4: "bot", log: "queued", picky: "condition" });
    expect(items[0]?.item.event.context).toEqual(context);
  });

  it("shows what the door added, and the ids of clicks on ads to marketing alone", async () => {
    const added = { referrer: { class: "social" as const, name: "X" }, flags: ["unknown_product" as const] };
    const { items } = await route(
      { destinations: { ga4, hubspot } },
      { event: event({ context: { ...added, click_ids: { gclid: "g-1" } } }) },
    );
    const [analytics, marketing] = items.map(({ item }) => item.event.context);
    expect(marketing).toEqual({ ...added, click_ids: { gclid: "g-1" } });
    expect(analytics).toMatchObject(added);
    expect(JSON.stringify(analytics)).not.toContain("g-1");
  });

  it("without consent for all of a destination's purposes nothing is routed to it", async () => {
    const some = fc.subarray([...PURPOSES]);
    await fc.assert(
      fc.asyncProperty(
        some,
        some,
        fc.subarray([...PURPOSES], { minLength: 1 }),
        async (atDoor, now, purposes) => {
          const { items } = await route(
            { destinations: { d: { ...hook, purposes } } },
            { event: event({}, atDoor), currentGranted: now },
          );
          const allowed = purposes.every((purpose) => atDoor.includes(purpose) && now.includes(purpose));
          expect(items).toHaveLength(allowed ? 1 : 0);
          for (const { item } of items) for (const p of item.event.consent.granted) expect(now).toContain(p);
        },
      ),
    );
  });

  it("shows only fields of the contract, scrubbed for the destination's purposes", async () => {
    const { items } = await route({ destinations: { ga4 } });
    expect(items[0]?.item.event.context).toEqual({
      page: { url: "https://shop.example/" },
      device: { type: "mobile" },
    });
  });

  it("shows the fields of the version that the event was accepted as", async () => {
    const properties = { product_id: "skis", value: 420 };
    const shown = async (version: string) =>
      (await route({ destinations: { ga4 } }, { event: event({ name: "add_to_cart", version, properties }) }))
        .items[0]?.item.event.properties;
    expect(await shown("1.1.0")).toEqual(properties);
    expect(await shown("1.0.0")).toEqual({ product_id: "skis" });
  });

  it("shows segments and features only as far as the destination's purposes allow", async () => {
    const { items } = await route(
      {
        segments: { loyal: { when: {}, purpose: "marketing" }, reader: { when: {}, purpose: "analytics" } },
        features: {
          topic: { event: "page_view", agg: "top", field: "content.topic" },
          orders: { event: "purchase", agg: "count" },
          lines: { event: "purchase", agg: "distinct", field: "items.product_id" },
          model: { event: "custom", agg: "last", field: "fields.model" },
          secret: { event: "page_view", agg: "last", field: "not.in.contract" },
        },
        destinations: { ga4 },
      },
      {
        segments: ["loyal", "reader", "removed"],
        features: {
          analytics: { topic: "winter", orders: 2, lines: 1, model: "touring", secret: 1, unknown: 1 },
          marketing: { orders: 7 },
          personalization: { orders: 8 },
        },
      },
    );
    expect(items[0]?.item.event.segments).toEqual(["reader"]);
    expect(items[0]?.item.event.features).toEqual({
      topic: "winter",
      orders: 2,
      lines: 1,
      model: "touring",
    });
  });

  it("seals traits only for destinations that need them and serve marketing, each for its own item", async () => {
    const places: string[] = [];
    const { items } = await route(
      { destinations: { ga4, hubspot, quiet: { ...hubspot, purposes: ["analytics"] } } },
      {
        sealTraits: async (place) => {
          places.push(place.join(":"));
          return `sealed for ${place.join(":")}`;
        },
      },
    );
    const [analytics, crm, quiet] = items.map(({ item }) => item);
    expect(places).toEqual([`delivery:${crm?.id}`]);
    expect(crm?.event.sealed).toBe(`sealed for delivery:${crm?.id}`);
    expect(analytics?.event.sealed).toBeUndefined();
    expect(quiet?.event.sealed).toBeUndefined();
  });

  it("asks a condition about segments, features and what the destination sees", async () => {
    const when = {
      segments: { $in: ["loyal"] },
      orders: { $gte: 2 },
      event: "purchase",
      "properties.currency": "EUR",
    };
    const release = {
      segments: { loyal: { when: {}, purpose: "marketing" as const } },
      features: { orders: { event: "purchase", agg: "count" as const } },
      destinations: { hubspot: { ...hubspot, when } },
    };
    expect(
      (
        await route(release, {
          segments: ["loyal"],
          features: { analytics: {}, marketing: { orders: 2 }, personalization: {} },
        })
      ).routed,
    ).toEqual({
      hubspot: "queued",
    });
    expect(
      (
        await route(release, {
          segments: ["loyal"],
          features: { analytics: {}, marketing: { orders: 1 }, personalization: {} },
        })
      ).routed,
    ).toEqual({
      hubspot: "condition",
    });
    const analytics = {
      ...release,
      destinations: { ga4: { ...ga4, when: { segments: { $in: ["loyal"] } } } },
    };
    expect((await route(analytics, { segments: ["loyal"] })).routed).toEqual({ ga4: "condition" });
  });
});
