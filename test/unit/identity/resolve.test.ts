import { describe, expect, it } from "vitest";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { resolve } from "#identity/resolve";

const event = (identifiers: IdentifierRef[]): AcceptedEvent => ({
  id: "e1",
  name: "page_view",
  version: "1.0.0",
  occurredAt: 5,
  protocol: "native",
  identifiers,
  properties: {},
  context: {},
  removed: [],
  consent: { receipt: "r", regime: "gdpr", granted: ["analytics"], grounds: {}, decidedAt: 1 },
});
const V = { key: "visitor_id:1.v", proof: "cookie" } as const;

describe("where an event's facts go", () => {
  it("to the proven identifier, when a secret-key source names a person", () => {
    const r = resolve(
      event([
        { key: "anonymous_id:1.a", proof: "source" },
        { key: "user_id:1.u", proof: "source" },
      ]),
      "server",
      "event:0.x",
      7,
    );
    expect(r).toMatchObject({ factsKey: "user_id:1.u", verified: true });
    expect(r.links).toMatchObject([
      { a: "user_id:1.u", b: "anonymous_id:1.a", kind: "proof", state: "live" },
    ]);
  });

  it("to the browser's own row, when nothing is claimed", () => {
    expect(resolve(event([V]), "web", "event:0.x", 7)).toMatchObject({
      factsKey: V.key,
      links: [],
      verified: false,
    });
  });

  it("to a row of the browser scoped by the claim, never to the claimed person's row", () => {
    const mail = { key: "email:1.e", proof: "claim" } as const;
    const r = resolve(event([V, mail, { key: "phone:1.p", proof: "claim" }]), "web", "event:0.x", 7);
    expect(r.factsKey).toBe("visitor_id:1.v|email:1.e");
    // The row's key says what is claimed; what is claimed besides is kept as evidence, and joins nothing.
    expect(r.links).toMatchObject([
      { kind: "scope", state: "live" },
      { kind: "claim", state: "pending", b: "phone:1.p" },
    ]);
    expect(r.verified).toBe(false);
  });

  it("to a row of the event's own, when it names nobody", () => {
    expect(resolve(event([]), "web", "event:0.x", 7).factsKey).toBe("event:0.x");
  });
});
