/** Random histories: what browsers and servers send about few people, so that they contradict each other, and how it is delivered. */
import fc from "fast-check";
import type { IdentifierRef } from "#contracts/messages/event_envelope";

/** One event; `#` in a key stands for the history's own name. */
export interface Sent {
  identifiers: IdentifierRef[];
  /** Ms before or after its envelope: clocks are wrong by years. */
  skew: number;
  value: number;
  traits: Record<string, string> | undefined;
}

export interface SentEnvelope {
  source: string;
  /** Seconds into the history; many are equal. */
  at: number;
  events: Sent[];
  /** Seconds after `at` at which a client that saw no answer sends the same events once more. */
  again: number | undefined;
}

export interface History {
  envelopes: SentEnvelope[];
  /** Draws batches, their order, crashes and who comes between whom. */
  seed: number;
}

const YEAR = 365 * 86_400_000;
const among = (...keys: string[]) => fc.constantFrom(...keys);
const some = (proof: IdentifierRef["proof"], keys: string[], maxLength = 2) =>
  fc.subarray(keys, { maxLength }).map((picked) => picked.map((key): IdentifierRef => ({ key, proof })));

const BROWSERS = ["visitor_id:1.#a", "visitor_id:1.#b", "visitor_id:1.#c"];
const ANONYMOUS = ["anonymous_id:1.#a", "anonymous_id:1.#b", "anonymous_id:1.#c"];
const DEVICES = ["device_id:1.#a", "device_id:1.#b"];
const USERS = ["user_id:1.#a", "user_id:1.#b"];
const CUSTOMERS = ["customer_id:1.#a", "customer_id:1.#b"];
const EMAILS = ["email:1.#a", "email:1.#b", "email:1.#c"];
const OTHERS = ["phone:1.#a", "person-card:1.#a", "match-name:1.#a", "match-guess:1.#a"];

const fromBrowser = fc
  .tuple(
    among(...BROWSERS),
    some("claim", [...ANONYMOUS, ...DEVICES]),
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      some("claim", [...USERS, ...EMAILS, ...OTHERS.slice(0, 1)]),
    ),
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, some("token", [...USERS, ...EMAILS])),
  )
  .map(([key, ...refs]): IdentifierRef[] => [{ key, proof: "cookie" }, ...refs.flat()]);
const fromServer = some(
  "source",
  [...USERS, ...CUSTOMERS, ...EMAILS, ...OTHERS, ...BROWSERS, ...ANONYMOUS, ...DEVICES],
  4,
);
const withoutCookie = some("claim", [...ANONYMOUS, ...DEVICES, ...EMAILS], 3);

const sent: fc.Arbitrary<Sent> = fc.record({
  identifiers: fc
    .oneof({ weight: 5, arbitrary: fromBrowser }, { weight: 5, arbitrary: fromServer }, withoutCookie)
    // Of one key the strongest proof, as the door leaves it.
    .map((refs) => [...new Map(refs.toReversed().map((ref) => [ref.key, ref])).values()].reverse()),
  skew: fc.constantFrom(0, 0, -1_000, 1_000, -3 * YEAR, 3 * YEAR),
  value: fc.integer({ min: 1, max: 3 }),
  traits: fc
    .option(fc.record({ first_name: among("Ida", "Ivo"), company: among("A", "B") }, { requiredKeys: [] }), {
      freq: 4,
    })
    .map((traits) => traits ?? undefined),
});

const envelope: fc.Arbitrary<SentEnvelope> = fc.record({
  source: among("web", "shop", "crm"),
  at: fc.integer({ min: 0, max: 5 }),
  events: fc.array(sent, { minLength: 1, maxLength: 2 }),
  again: fc.option(fc.integer({ min: -3, max: 3 }), { freq: 5 }).map((again) => again ?? undefined),
});

export const histories: fc.Arbitrary<History> = fc.record({
  envelopes: fc.array(envelope, { minLength: 2, maxLength: 7 }),
  seed: fc.integer(),
});
