/** Plays a history over a number of databases: in random batches, that are repeated, interleaved and broken off. */
import type { AcceptedEvent, EventEnvelope } from "#contracts/messages/event_envelope";
import { type IdentityShards, identityShards } from "#identity/shards";
import { type IngestDeps, ingest } from "#ingest/ingest";
import { sealIngress } from "#privacy/ingress";
import type { Keyring } from "#privacy/keys";
import { liveTail, queueInto } from "../../consent/interleavings/stand-ins.ts";
import { heldBucket, heldKv } from "../erasures/held.ts";
import { Consumer, drawing, gated, Stage } from "./consumers.ts";
import type { History, Sent } from "./history.ts";
import type { RELEASES } from "./release.ts";

const START = Date.UTC(2026, 10, 22, 10);
/** What all consumers' clocks say. */
export const NOW = START + 60_000;
const STORE = ["batch", "all", "run", "first", "put", "get", "list", "delete", "sendBatch"];

/** The databases of a number of shards, as each of two consumers has them. */
export interface World {
  shards: IdentityShards;
  keys: Keyring;
  consumers: { consumer: Consumer; deps: Omit<IngestDeps, "release"> }[];
  kv: Map<string, string>;
}

export function createWorld(databases: readonly D1Database[], keys: Keyring): World {
  const kv = heldKv();
  const bucket = heldBucket();
  const consumers = [0, 1].map(() => {
    const consumer = new Consumer();
    const own = databases.map((db) => gated(db, consumer, STORE));
    const [db] = own;
    if (!db) throw new Error("there is no database");
    const queue = queueInto([]);
    const deps = {
      identity: identityShards(own),
      db,
      kv: gated(kv.binding, consumer, STORE),
      lake: gated(bucket.binding, consumer, STORE),
      liveTail: liveTail(),
      queues: { analytics: queue, crm: queue },
      keys,
      clock: () => NOW,
    };
    return { consumer, deps };
  });
  return { shards: identityShards(databases), keys, consumers, kv: kv.texts };
}

/** An event's traits before they were sealed. */
export type Traits = Map<string, Record<string, string>>;

/** The history's envelopes. @param name makes its keys and ids its own */
export async function envelopesOf(
  { envelopes }: History,
  name: string,
  keys: Keyring,
): Promise<{ envelopes: EventEnvelope[]; traits: Traits }> {
  const traits: Traits = new Map();
  const made: EventEnvelope[] = [];
  for (const [n, { source, at, events, again }] of envelopes.entries()) {
    const receivedAt = START + at * 1_000;
    const accepted = await Promise.all(
      events.map((event, place) => acceptedOf(event, `${name}e${n}.${place}`, receivedAt, keys)),
    );
    for (const [place, { id }] of accepted.entries()) {
      const own = events[place]?.traits;
      if (own) traits.set(id, own);
    }
    const one = {
      v: 1,
      kind: "events",
      id: `${name}m${n}`,
      source,
      receivedAt,
      events: accepted,
      refused: [],
    } as const;
    made.push({ ...one, events: accepted, refused: [] });
    if (again !== undefined)
      made.push({
        ...one,
        events: accepted,
        refused: [],
        id: `${name}m${n}again`,
        receivedAt: receivedAt + again * 1_000,
      });
  }
  return { envelopes: made, traits };

  async function acceptedOf(
    sent: Sent,
    id: string,
    receivedAt: number,
    { ingress }: Keyring,
  ): Promise<AcceptedEvent> {
    const { identifiers, skew, value } = sent;
    const sealed =
      sent.traits && (await sealIngress(ingress, JSON.stringify(sent.traits), ["event", id], receivedAt));
    return {
      id,
      name: "purchase",
      version: "1.0.0",
      occurredAt: receivedAt + skew,
      protocol: "native",
      consent: {
        receipt: "r",
        regime: "gdpr",
        granted: ["analytics", "marketing", "personalization"],
        grounds: {},
        decidedAt: START,
      },
      identifiers: identifiers.map((ref) => ({ ...ref, key: ref.key.replace("#", name) })),
      properties: { value },
      context: {},
      removed: [],
      ...(sealed !== undefined && { sealed }),
    };
  }
}

/** How a history went. */
export interface Course {
  killed: number;
  together: number;
  repeated: number;
}

/** Deliver all envelopes, at least once each. */
export async function deliver(
  envelopes: readonly EventEnvelope[],
  world: World,
  { seed }: Pick<History, "seed">,
  document: (typeof RELEASES)[number],
): Promise<Course> {
  const draw = drawing(seed);
  const stage = new Stage(draw);
  /** Calls that one batch makes, more or less. */
  const calls = world.shards.all.length === 1 ? 7 : 14;
  const course: Course = { killed: 0, together: 0, repeated: 0 };
  const release = { version: 1, document };
  const waiting = [...envelopes];
  /** So often anything but a plain delivery happens, or it would never end. */
  let mischief = 2 + draw(4);
  while (waiting.length > 0) {
    const isPlain = mischief-- <= 0;
    const count = isPlain ? 1 : 1 + draw(2);
    const tasks = world.consumers.slice(0, count).map(({ consumer, deps }) => {
      const batch: EventEnvelope[] = [];
      for (let left = 1 + draw(4); left > 0 && waiting.length > 0; left--)
        batch.push(...waiting.splice(draw(waiting.length), 1));
      consumer.killAt = !isPlain && draw(2) === 0 ? 1 + draw(calls) : Number.POSITIVE_INFINITY;
      return { consumer, batch, run: () => ingest(structuredClone(batch), { ...deps, release }) };
    });
    // Both have it: the queue delivers at least once.
    const [first, second] = tasks;
    const shared = first?.batch[0];
    if (second && shared && draw(2) === 0) {
      second.batch.push(shared);
      course.repeated++;
    }
    if (count === 2) course.together++;
    const went = await stage.play(tasks);
    for (const [n, { batch, consumer }] of tasks.entries()) {
      consumer.killAt = Number.POSITIVE_INFINITY;
      if (went[n] === false) {
        course.killed++;
        waiting.push(...batch);
      } else if (!isPlain && draw(4) === 0) {
        course.repeated++;
        waiting.push(...batch.slice(0, 1));
      }
    }
  }
  return course;
}

/**
 * Deliver batches one after the other, the consumer of one of them killed at one of its calls and its batch delivered again.
 * @returns whether it came to that call
 */
export async function deliverKilled(
  batches: readonly (readonly EventEnvelope[])[],
  world: World,
  kill: { batch: number; call: number },
  document: (typeof RELEASES)[number],
): Promise<boolean> {
  const [one] = world.consumers;
  if (!one) throw new Error("there is no consumer");
  const { consumer, deps } = one;
  const stage = new Stage(drawing(kill.call));
  const release = { version: 1, document };
  let wasKilled = false;
  for (const [n, batch] of batches.entries()) {
    const task = { consumer, run: () => ingest(structuredClone([...batch]), { ...deps, release }) };
    consumer.killAt = n === kill.batch ? kill.call : Number.POSITIVE_INFINITY;
    const [went] = await stage.play([task]);
    consumer.killAt = Number.POSITIVE_INFINITY;
    if (went) continue;
    wasKilled = true;
    await stage.play([task]);
  }
  return wasKilled;
}
