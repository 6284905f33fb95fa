/** Every event contract's examples as requests of the native protocol: run as tests, and shown in the docs. */
import type { EventContract } from "#contracts/events/contract";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { EVENTS } from "./native.ts";
import type { Example } from "./protocol.ts";

export const NATIVE_EXAMPLES: readonly Example[] = Object.values<EventContract>(EVENT_CONTRACTS)
  // `custom` is made by a source's policy, never sent.
  .filter(({ name }) => name !== "custom")
  .map((contract) => ({
    title: contract.name,
    route: EVENTS,
    body: {
      events: contract.examples.map((example, n) => ({
        id: `${contract.name}-${n}`,
        name: contract.name,
        occurred_at: "2026-11-22T10:00:00.000Z",
        properties: example.properties,
        ...(example.traits && { traits: example.traits }),
      })),
    },
    accepted: contract.examples.length,
    names: contract.examples.map(() => contract.name),
  }));
