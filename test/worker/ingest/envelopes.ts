/** Envelopes and dependencies for tests of ingest: real D1, KV, R2 and queues, with a way to fail at a chosen step. */
import { env } from "cloudflare:workers";
import { releaseSchema } from "#contracts/definitions/release";
import type { DeliveryEnvelope } from "#contracts/messages/delivery_envelope";
import type { AcceptedEvent, EventEnvelope, IdentifierRef } from "#contracts/messages/event_envelope";
import { identityShards } from "#identity/shards";
import type { IngestDeps } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import type { ActiveRelease } from "#release/active";
import { RELEASE } from "../product.ts";

export const RELEASE_1: ActiveRelease = {
  version: 1,
  document: releaseSchema.parse({
    ...RELEASE,
    destinations: {
      "own-hook": {
        type: "webhook",
        queue: "crm",
        purposes: ["marketing"],
        events: ["purchase"],
        settings: { url: "https://hook.example/", secret: "whsec_c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0MDE=" },
      },
    },
  }),
};

export const visitor = (name: string): IdentifierRef => ({ key: `visitor_id:1.${name}`, proof: "cookie" });
export const claim = (key: string): IdentifierRef => ({ key, proof: "claim" });
export const proven = (key: string): IdentifierRef => ({ key, proof: "source" });

export const accepted = (
  id: string,
  name: string,
  identifiers: IdentifierRef[],
  properties: Record<string, unknown> = {},
  more: Partial<AcceptedEvent> = {},
): AcceptedEvent => ({
  id,
  name,
  version: "1.0.0",
  occurredAt: Date.now() - 1000,
  protocol: "native",
  identifiers,
  properties,
  context: {},
  removed: [],
  consent: {
    receipt: "r1",
    regime: "gdpr",
    granted: ["analytics", "marketing", "personalization"],
    grounds: {},
    decidedAt: 1000,
  },
  ...more,
});

export const envelope = (id: string, events: AcceptedEvent[]): EventEnvelope => ({
  v: 1,
  kind: "events",
  id,
  source: "web",
  receivedAt: Date.now(),
  events,
  refused: [],
});

/** All identifiers in the one database. */
export const IDENTITY = identityShards([env.IDENTITY_0]);

/** What was handed to the destinations' queues, besides handing it on. */
export const sent: DeliveryEnvelope[] = [];

/** Real dependencies; sent deliveries are kept in `sent` instead of being delivered. */
export async function deps(more: Partial<IngestDeps> = {}): Promise<IngestDeps> {
  const keep = {
    sendBatch: async (messages: Iterable<{ body: DeliveryEnvelope }>) =>
      void sent.push(...[...messages].map((m) => m.body)),
  };
  const queue = keep as unknown as Queue<DeliveryEnvelope>; // ingest calls sendBatch alone
  return {
    identity: IDENTITY,
    db: env.IDENTITY_0,
    kv: env.EDGE,
    lake: env.LAKE,
    liveTail: env.LIVE_TAIL,
    queues: { analytics: queue, crm: queue },
    keys: await keyring("test-master-secret-0123456789abcdef"),
    release: RELEASE_1,
    clock: () => Date.now(),
    ...more,
  };
}

/** The binding, but the nth call of one of `methods` throws before (or after) it took effect. */
export function failing<T extends object>(
  binding: T,
  methods: string[],
  nth: number,
  when: "before" | "after",
): T {
  let calls = 0;
  return new Proxy(binding, {
    get(target, name) {
      const value = Reflect.get(target, name) as unknown;
      if (typeof value !== "function") return value;
      if (!methods.includes(String(name))) return value.bind(target) as unknown;
      return async (...args: unknown[]) => {
        const fail = ++calls === nth;
        if (fail && when === "before") throw new Error("crashed");
        const result: unknown = await (value as (...a: unknown[]) => unknown).apply(target, args);
        if (fail) throw new Error("crashed");
        return result;
      };
    },
  });
}

export interface StoredRow {
  key: string;
  /** JSON. */
  members: string | null;
  /** Root of its profile; null: it is one of its own. */
  profile: string | null;
  facts: string;
  claims: string;
  version: number;
  sealed: string | null;
  snapshot: string | null;
}

/** Rows of the identity graph by key; facts without the history of segments that lies with them. */
export async function rows(): Promise<Map<string, StoredRow>> {
  const { results } = await env.IDENTITY_0.prepare(
    `SELECT key, members, members->>0 AS profile, CASE json_valid(facts) WHEN 1 THEN json_remove(facts, '$."~"') ELSE facts END AS facts, claims, version, sealed, snapshot
     FROM identifiers`,
  ).all<StoredRow>();
  return new Map(results.map((row) => [row.key, row]));
}

/** Events in the lake's landing files, deduplicated by id as compaction does. */
export async function landedIds(): Promise<string[]> {
  const ids = new Set<string>();
  for (const { key } of (await env.LAKE.list({ prefix: "landing/events/" })).objects) {
    for (const line of (await (await env.LAKE.get(key))?.text())?.trim().split("\n") ?? []) {
      const record = JSON.parse(line) as { type?: string; id: string };
      if (record.type === "event") ids.add(record.id);
    }
  }
  return [...ids].sort();
}
