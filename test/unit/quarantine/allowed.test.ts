/** What of a refused event may be kept, by consent; and a generic event's fields, by the source's policy. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Purpose } from "../../../contracts/taxonomy.ts";
import type { IncomingEvent } from "../../../src/collect/protocols/protocol.ts";
import { allowedOf } from "../../../src/collect/quarantine/allowed.ts";
import { causeOf, partsOf } from "../../../src/collect/quarantine/cause.ts";
import { genericOf } from "../../../src/collect/quarantine/generic.ts";

const incoming = (name: string, properties: unknown, more: Partial<IncomingEvent> = {}): IncomingEvent => ({
  index: 0,
  id: "e1",
  name,
  occurredAt: 0,
  properties,
  context: undefined,
  traits: undefined,
  ...more,
});
const ANALYTICS: Purpose[] = ["analytics"];
const MARKETING: Purpose[] = ["marketing"];
const NO_RULES = { queryParameters: new Set<string>() };

describe("without marketing", () => {
  it("fields of a contract are kept, others are named alone", () => {
    const event = incoming("purchase", {
      order_id: 5,
      value: "12",
      currency: "eur",
      total: 12,
      mail: "a@b.eu",
    });
    expect(allowedOf(event, ANALYTICS, NO_RULES)).toEqual({
      properties: { order_id: 5, value: "12", currency: "eur" },
      left: ["properties.total", "properties.mail"],
    });
  });

  it("a structure in the place of a value is not kept, since it may hold anything", () => {
    const event = incoming("purchase", {
      order_id: { email: "ida@example.com" },
      value: [1, "ida@example.com"],
      items: [{ product_id: "a", buyer: "Ida" }, "Ida", { price: "1" }],
    });
    expect(allowedOf(event, ANALYTICS, NO_RULES)).toEqual({
      properties: { value: [1, "[email]"], items: [{ product_id: "a" }, { price: "1" }] },
      left: ["properties.order_id", "properties.items.buyer", "properties.items"],
    });
  });

  it("a list in the place of a URL is cut as a URL is", () => {
    const event = incoming("page_view", {}, { context: { page: { url: ["/reset?token=x1&utm_source=n"] } } });
    expect(allowedOf(event, ANALYTICS, NO_RULES).context).toEqual({ page: { url: ["/reset?utm_source=n"] } });
  });

  it("no trait is kept, and addresses are taken out of texts and queries", () => {
    const event = incoming(
      "page_view",
      { content: { content_id: "mail ida@example.com" } },
      {
        traits: { email: "ida@example.com" },
        context: { page: { url: "https://a.example/x?mail=ida@example.com&utm_source=n" }, ip: "192.0.2.1" },
      },
    );
    expect(allowedOf(event, ANALYTICS, NO_RULES)).toEqual({
      properties: { content: { content_id: "mail [email]" } },
      context: { page: { url: "https://a.example/x?utm_source=n" } },
      left: [],
    });
  });

  it("of an event without a contract those fields are kept that some contract names", () => {
    const event = incoming("Order Done", { order_id: "A", value: 3, customer: "Ida" });
    expect(allowedOf(event, ANALYTICS, NO_RULES)).toEqual({
      properties: { order_id: "A", value: 3 },
      left: ["properties.customer"],
    });
  });

  it("nothing that hides in any structure is kept but in fields of a contract", () => {
    const secret = "Ida-Secret-Name";
    const leaf = fc.oneof(fc.constant(secret), fc.integer(), fc.boolean());
    const key = fc.constantFrom("unknown", "mail", "a b", "toString", "items", "extra");
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        leaf,
        fc.dictionary(key, tie("node"), { maxKeys: 3 }),
        fc.array(tie("node"), { maxLength: 3 }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.constantFrom("purchase", "page_view", "whatever"), (properties, name) => {
        const kept = allowedOf(incoming(name, properties, { traits: properties }), ANALYTICS, NO_RULES);
        expect(JSON.stringify(kept)).not.toContain(secret);
      }),
    );
  });
});

describe("with marketing", () => {
  it("unknown fields and traits are kept as they came", () => {
    const event = incoming(
      "purchase",
      { total: 12, mail: "a@b.eu" },
      { traits: { mail: "a@b.eu", tags: ["x"] } },
    );
    expect(allowedOf(event, MARKETING, NO_RULES)).toEqual({
      properties: { total: 12, mail: "a@b.eu" },
      traits: { mail: "a@b.eu" },
      left: [],
    });
  });

  it("what a library adds to the context is not, and click ids are", () => {
    const page = { url: "https://a.example/?gclid=G1&token=t" };
    const event = incoming("purchase", {}, { context: { ip: "192.0.2.1", locale: "sk", page } });
    expect(allowedOf(event, MARKETING, NO_RULES)).toEqual({
      properties: {},
      context: { locale: "sk", page: { url: "https://a.example/?gclid=G1" } },
      left: [],
    });
  });
});

describe("a cause", () => {
  it("groups by code and paths, not by values, order or index", () => {
    const issue = (path: string) => ({ path });
    const cause = causeOf("invalid_event", [issue("properties.items.3.price"), issue("properties.currency")]);
    expect(cause).toBe("invalid_event properties.currency properties.items.*.price");
    expect(causeOf("invalid_event", [issue("properties.currency"), issue("properties.items.0.price")])).toBe(
      cause,
    );
    expect(partsOf(cause)).toEqual({
      code: "invalid_event",
      paths: ["properties.currency", "properties.items.*.price"],
    });
    expect(causeOf("invalid_event", [issue("properties.ida@home.eu"), issue("")])).toBe(
      "invalid_event properties.(other).eu",
    );
  });
});

describe("an event without a contract", () => {
  const event = incoming("Configurator Finished", {
    steps: 5,
    mail: "a@b.eu",
    list: [1],
    long: "x".repeat(2000),
  });
  it("stays as it is by default, and one with a contract always", () => {
    expect(genericOf(event, "quarantine")).toBe(event);
    expect(genericOf(event, undefined)).toBe(event);
    const known = incoming("purchase", {});
    expect(genericOf(known, { accept: ["a"] })).toBe(known);
  });
  it("is a custom one with the listed fields alone, where the source accepts it", () => {
    expect(genericOf(event, { accept: ["steps", "list", "long", "toString"] })).toMatchObject({
      id: "e1",
      name: "custom",
      properties: { event: "Configurator Finished", fields: { steps: 5 } },
    });
    expect(genericOf(event, { accept: [] }).properties).toEqual({ event: "Configurator Finished" });
  });
});
