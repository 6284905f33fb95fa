/** Acme Tool's examples: run as tests, and shown in docs/destinations/acme_tool.md. */
import type { DestinationExample } from "#forward/destinations/contract";
import { exampleEvent, MARKETING_DENIED } from "#forward/destinations/example-event";
import type { AcmeToolBody } from "./map.ts";

const settings = { token: "demo" };
const order = { order_id: "A-1001", value: 420, currency: "EUR" };
const traits = { email: "Ida@Example.com" };
const time = "2026-11-20T10:00:00.000Z";

export const acmeToolExamples: readonly DestinationExample<AcmeToolBody>[] = [
  {
    title: "An order of a person with an address",
    settings,
    event: exampleEvent("purchase", order),
    traits,
    expect: {
      status: "mapped",
      body: { name: "purchase", email: "ida@example.com", time, properties: order },
    },
  },
  {
    title: "A change of a profile: a segment entered",
    settings,
    event: exampleEvent("profile_change", {
      version: 1,
      changed: ["segments"],
      segments: { entered: ["vip"], left: [], all: ["vip"], out: [] },
    }),
    traits,
    expect: {
      status: "mapped",
      body: {
        name: "profile_change",
        email: "ida@example.com",
        time,
        properties: {
          version: 1,
          changed: ["segments"],
          segments: { entered: ["vip"], left: [], all: ["vip"], out: [] },
        },
      },
    },
  },
  {
    title: "Marketing was denied: no trait comes along",
    settings,
    event: exampleEvent("purchase", order, { consent: MARKETING_DENIED }),
    expect: { status: "skipped", reason: "no_email" },
  },
];
