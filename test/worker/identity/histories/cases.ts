/** Histories that are killed at each of their calls: what contradicts itself, and what takes back what was joined before. */
import type { IdentifierRef } from "#contracts/messages/event_envelope";
import type { SentEnvelope } from "./history.ts";

const sent = (source: string, at: number, ...events: IdentifierRef[][]): SentEnvelope => ({
  source,
  at,
  events: events.map((identifiers, n) => ({
    identifiers,
    skew: 0,
    value: n + 1,
    traits: { company: `${source}${at}` },
  })),
  again: undefined,
});
const proved = (...keys: string[]) => keys.map((key): IdentifierRef => ({ key, proof: "source" }));
const browser = (key: string, ...claims: string[]): IdentifierRef[] => [
  { key, proof: "cookie" },
  ...claims.map((claim): IdentifierRef => ({ key: claim, proof: "claim" })),
];
const token = (key: string): IdentifierRef => ({ key, proof: "token" });

/** Title, and the envelopes of each batch. */
export const CASES: readonly [title: string, batches: SentEnvelope[][]][] = [
  [
    "two profiles become one",
    [
      [sent("crm", 1, proved("user_id:1.#a", "email:1.#a"), proved("phone:1.#a", "device_id:1.#a"))],
      [
        sent(
          "shop",
          2,
          proved("user_id:1.#a", "phone:1.#a"),
          browser("visitor_id:1.#a", "anonymous_id:1.#a"),
        ),
      ],
    ],
  ],
  [
    "earlier evidence gives an address to another user",
    [
      [sent("crm", 4, proved("user_id:1.#a", "email:1.#a"), proved("email:1.#a", "phone:1.#a"))],
      [sent("shop", 1, proved("user_id:1.#b", "email:1.#a"))],
    ],
  ],
  [
    "a browser turns out to be two people's",
    [
      [sent("web", 1, [...browser("visitor_id:1.#a", "anonymous_id:1.#a"), token("user_id:1.#a")])],
      [sent("web", 2, [...browser("visitor_id:1.#a", "email:1.#c"), token("user_id:1.#b")])],
    ],
  ],
  [
    "a browser that sent an anonymous id earlier takes it from another",
    [
      [sent("web", 3, browser("visitor_id:1.#b", "anonymous_id:1.#a", "user_id:1.#a"))],
      [sent("web", 2, browser("visitor_id:1.#a", "anonymous_id:1.#a", "email:1.#a"))],
    ],
  ],
];
