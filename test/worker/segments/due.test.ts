import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import type { AcceptedEvent, IdentifierRef } from "#contracts/messages/event_envelope";
import { bindConsent } from "#identity/consent-store";
import { eraseSubjects } from "#identity/erasures";
import { identityShards } from "#identity/shards";
import { tellChanges } from "#ingest/changes/tell";
import { makeDue } from "#ingest/count/store";
import { type DueDeps, tendDue } from "#ingest/due";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { attributesNow } from "#segments/attributes";
import { type AtEdge, readAtEdge, withdrawSnapshot } from "#segments/store";
import {
  accepted,
  deps,
  envelope,
  failing,
  IDENTITY,
  proven,
  rows,
  sent,
  visitor,
} from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";

const DAY = 86_400_000;
const document = releaseSchema.parse({
  features: {
    views_30d: { event: "page_view", agg: "count", window: "30d" },
    carts: { sequence: [{ event: "add_to_cart" }, { event: "purchase", within: "3h", absent: true }] },
  },
  segments: {
    active: { when: { views_30d: { $gte: 1 } } },
    "active-m": { when: { views_30d: { $gte: 1 } }, purpose: "marketing" },
    abandoned: { when: { carts: true } },
  },
  destinations: {
    crm: {
      type: "webhook",
      queue: "crm",
      purposes: ["marketing"],
      events: ["refund"],
      changes: { segments: "all", debounceSeconds: 60 },
      settings: {},
    },
  },
  policy: { regimes: { gdpr: { default: "denied" } }, otherwise: "gdpr" },
});
const release = { version: 1, document };
const keys = await keyring("test-master-secret-0123456789abcdef");

const V = visitor("v");
const ANN = proven("user_id:1.ann");

/** The clock that all of it goes by: noon. */
let now = 0;
let n = 0;
const event = (name: string, who: IdentifierRef[], more: Partial<AcceptedEvent> = {}) =>
  accepted(`e${++n}`, name, who, name === "add_to_cart" ? { currency: "EUR", value: 1, items: [] } : {}, {
    occurredAt: now - 1_000,
    ...more,
  });
const send = async (...events: AcceptedEvent[]) =>
  ingest([{ ...envelope(`x${++n}`, events), receivedAt: now }], await deps({ release, clock: () => now }));
const dueDeps = (more: Partial<DueDeps> = {}): DueDeps => ({
  identity: IDENTITY,
  kv: env.EDGE,
  lake: env.LAKE,
  keys,
  release,
  clock: () => now,
  ...more,
});
const tend = (more: Partial<DueDeps> = {}) => tendDue(dueDeps(more));
const atEdge = (who = V): Promise<AtEdge> => readAtEdge(env.EDGE, who.key);
/** As a page of theirs finds them by the snapshot; undefined where there is none. */
const segmentsOf = async (who = V) => {
  const { snapshot } = await atEdge(who);
  const request = { device: "mobile" as const };
  return (
    snapshot && attributesNow({ document, granted: ["personalization"], now, snapshot, request }).segments
  );
};
const dueOf = async (key: string) =>
  (
    await env.IDENTITY_0.prepare("SELECT due_at FROM identifiers WHERE key = ?1")
      .bind(key)
      .first<{ due_at: number | null }>()
  )?.due_at;

interface Landed {
  stage?: string;
  outcome?: string;
  eventId: string;
  left?: string[];
  entered?: string[];
}
async function moved(): Promise<Landed[]> {
  const found = new Map<string, Landed>();
  for (const { key } of (await env.LAKE.list({ prefix: "landing/events/" })).objects)
    for (const line of (await (await env.LAKE.get(key))?.text())?.trim().split("\n") ?? []) {
      const record = JSON.parse(line) as Landed;
      if (record.stage === "change" && record.outcome === "moved") found.set(record.eventId, record);
    }
  return [...found.values()];
}
const historyOf = async (key: string): Promise<string[]> => {
  const row = await env.IDENTITY_0.prepare("SELECT facts FROM identifiers WHERE key = ?1")
    .bind(key)
    .first<{ facts: string }>();
  const facts = JSON.parse(row?.facts ?? "{}") as { "~"?: [number, string[], [number, string][]] };
  return facts["~"]?.[2].map(([, change]) => change) ?? [];
};

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
  now = Date.UTC(2026, 10, 22, 12);
});

describe("leaving without an event", () => {
  it("a person leaves 'active in 30 days' when the day has left the window, everywhere that it is known", async () => {
    await send(event("page_view", [V, ANN]));
    expect(await segmentsOf()).toEqual(["active"]);
    const versionBefore = (await atEdge()).snapshot?.version ?? 0;
    now += 90_000;
    const { queues, liveTail } = await deps();
    const tell = () => tellChanges({ ...dueDeps(), document, queues, liveTail });
    await tell();
    expect(sent.at(-1)?.items[0]?.event.properties).toMatchObject({ segments: { entered: ["active-m"] } });

    now += 29 * DAY;
    expect(await tend()).toBe(0);
    now = Date.UTC(2026, 11, 22, 0, 1);
    expect(await tend()).toBe(1);
    expect(await segmentsOf()).toEqual([]);
    // The snapshot's own windows say so: none was written for it.
    expect((await atEdge()).snapshot?.version).toBe(versionBefore);
    now += 90_000;
    await tell();
    expect(sent.at(-1)?.items[0]?.event.properties).toMatchObject({ segments: { left: ["active-m"] } });
    expect(await moved()).toMatchObject([{ left: ["active", "active-m"], entered: [] }]);
    expect(await historyOf(ANN.key)).toEqual(["+active", "+active-m", "<active", "<active-m"]);
    // Nothing of it is left to change.
    expect([await dueOf(V.key), await dueOf(ANN.key)]).toEqual([null, null]);
    expect(await tend()).toBe(0);
  });

  it("enters what begins by something not happening, and a page of the visitor knows it", async () => {
    await send(event("add_to_cart", [V]));
    expect((await segmentsOf()) ?? []).toEqual([]);
    now += 4 * 3_600_000;
    await tend();
    expect(await segmentsOf()).toEqual(["abandoned"]);
    expect(await moved()).toMatchObject([{ entered: ["abandoned"] }]);
  });

  it("costs nobody a write whose membership time does not change", async () => {
    await send(event("scroll", [V]));
    expect(await dueOf(V.key)).toBeNull();
  });

  it("an early look changes nothing and says again when", async () => {
    await send(event("page_view", [V]));
    const due = await dueOf(V.key);
    await makeDue(env.IDENTITY_0, [V.key], now);
    const before = await rows();
    expect(await tend()).toBe(1);
    expect(await dueOf(V.key)).toBe(due);
    expect(await rows()).toEqual(before);
    expect(await moved()).toEqual([]);
  });

  it("an event that comes first keeps the person in, and the look in vain says when it is next", async () => {
    await send(event("page_view", [V]));
    const first = (await dueOf(V.key)) ?? 0;
    now += 10 * DAY;
    await send(event("page_view", [V]));
    now = first + 60_000;
    await tend();
    expect(await segmentsOf()).toContain("active");
    expect(await dueOf(V.key)).toBe(first + 10 * DAY);
  });
});

describe("killed at any step, it is done again", () => {
  const leaving = {
    event: "page_view",
    who: [V, ANN],
    at: Date.UTC(2026, 11, 22, 0, 1),
    shown: [],
    told: { left: ["active", "active-m"] },
    history: ["+active", "+active-m", "<active", "<active-m"],
  };
  const entering = {
    event: "add_to_cart",
    // Nobody in particular: in KV only from then on.
    who: [V],
    at: Date.UTC(2026, 10, 22, 16),
    shown: ["abandoned"],
    told: { entered: ["abandoned"] },
    history: [">abandoned"],
  };
  const steps = [
    ["the write of rows", leaving, "identity", ["batch"], 4],
    ["the snapshot", entering, "kv", ["put"], 1],
    ["the receipt", leaving, "lake", ["put"], 1],
    ["taking the mark away", leaving, "identity", ["batch"], 7],
  ] as const;
  it.each(steps.flatMap((step) => (["before", "after"] as const).map((when) => [...step, when] as const)))(
    "at %s (%o: %s %s, call %i, %s it took effect)",
    async (_title, story, dep, methods, nth, when) => {
      await send(event(story.event, [...story.who]));
      now = story.at;
      let calls = 0;
      const counting = <T extends object>(binding: T) => {
        const broken = failing(binding, [...methods], nth, when);
        // From the crash on nothing of this run reaches a store: it is dead.
        return new Proxy(broken, {
          get(target, name) {
            const value = Reflect.get(target, name) as unknown;
            if (typeof value !== "function" || !(methods as readonly string[]).includes(String(name)))
              return value;
            return (...args: unknown[]) => {
              if (++calls > nth) throw new Error("dead");
              return (value as (...a: unknown[]) => unknown)(...args);
            };
          },
        });
      };
      const brokenBy = {
        identity: () => ({ identity: identityShards([counting(env.IDENTITY_0)]) }),
        kv: () => ({ kv: counting(env.EDGE) }),
        lake: () => ({ lake: counting(env.LAKE) }),
      };
      await tend(brokenBy[dep]()).catch(() => undefined);
      expect(calls).toBeGreaterThanOrEqual(nth);
      now += 11 * 60_000;
      await tend();
      expect(await segmentsOf()).toEqual(story.shown);
      expect(await moved()).toMatchObject([story.told]);
      expect(await historyOf(story.who.at(-1)?.key ?? "")).toEqual(story.history);
      expect(await tend()).toBe(0);
      now += 90_000;
      const { queues, liveTail } = await deps();
      await tellChanges({ ...dueDeps(), document, queues, liveTail });
      expect(sent.flatMap(({ items }) => items)).toHaveLength(0);
    },
  );
});

describe("and others", () => {
  it("an ingest that writes the profile meanwhile wins, and it is looked at again", async () => {
    await send(event("page_view", [V]));
    now = Date.UTC(2026, 11, 22, 0, 1);
    let isFirst = true;
    const meanwhile = new Proxy(env.IDENTITY_0, {
      get(target, name) {
        const value = Reflect.get(target, name) as unknown;
        if (name !== "batch") return typeof value === "function" ? value.bind(target) : value;
        return async (statements: D1PreparedStatement[]) => {
          const result = await target.batch(statements);
          if (isFirst) {
            isFirst = false;
            await send(event("page_view", [V]));
          }
          return result;
        };
      },
    });
    await tend({ identity: identityShards([meanwhile]) });
    await tend();
    expect(await segmentsOf()).toContain("active");
    // It had left by then, and the event brought it back.
    expect(await moved()).toMatchObject([{ left: ["active", "active-m"] }]);
    expect((await historyOf(V.key)).slice(2)).toEqual(["<active", "<active-m", "+active", "+active-m"]);
  });

  it("a row that cannot be looked at harms only itself", async () => {
    await send(event("page_view", [V]), event("page_view", [visitor("w")]));
    await env.IDENTITY_0.prepare("UPDATE identifiers SET facts = 'not JSON' WHERE key = ?1")
      .bind("visitor_id:1.w")
      .run();
    now = Date.UTC(2026, 11, 22, 0, 1);
    await tend();
    expect(await segmentsOf()).toEqual([]);
    expect(await dueOf("visitor_id:1.w")).toBeGreaterThan(now);
  });

  it("nothing is published of who was erased, nor of who withdrew", async () => {
    const [gone, left] = [visitor("gone"), visitor("left")];
    await send(event("page_view", [gone]), event("page_view", [left]));
    await eraseSubjects(IDENTITY, env.LAKE, {
      request: "00000000-0000-4000-8000-000000000001",
      subjects: [gone.key],
      whole: [gone.key],
      now,
    });
    await withdrawSnapshot(env.EDGE, gone.key, now);
    const choice = { receipt: "r2", granted: [], regime: "gdpr", givenAt: now, expiresAt: now + 1e9 };
    await bindConsent(IDENTITY, left.key, { ...choice, despiteGpc: false });
    await withdrawSnapshot(env.EDGE, left.key, now);
    expect(await dueOf(gone.key)).toBeNull();
    now = Date.UTC(2026, 11, 22, 0, 1);
    await tend();
    expect((await atEdge(gone)).snapshot).toBeUndefined();
    expect((await atEdge(left)).snapshot).toBeUndefined();
    expect(JSON.stringify([...(await rows()).values()].filter(({ key }) => key === gone.key))).not.toContain(
      "active",
    );
  });

  it("nobody enters anything, nor is looked at for it, by time after they withdrew", async () => {
    await send(event("add_to_cart", [V]));
    const choice = { receipt: "r2", granted: [], regime: "gdpr", givenAt: now, expiresAt: now + 1e9 };
    await bindConsent(IDENTITY, V.key, { ...choice, despiteGpc: false });
    now += 4 * 3_600_000;
    await tend();
    expect(await moved()).toEqual([]);
    expect(await historyOf(V.key)).toEqual([]);
    expect(await dueOf(V.key)).toBeNull();
  });

  it("what time had changed before an event came is told as well, and the event's own apart from it", async () => {
    await send(event("page_view", [V]));
    now = Date.UTC(2026, 11, 22, 0, 1);
    await send(event("add_to_cart", [V]));
    await tend();
    expect(await moved()).toMatchObject([{ left: ["active", "active-m"], entered: [] }]);
    expect(await historyOf(V.key)).toEqual(["+active", "+active-m", "<active", "<active-m"]);
    expect(await segmentsOf()).toEqual([]);
  });

  it("two profiles that were joined leave as one", async () => {
    await send(event("page_view", [V]));
    now += DAY;
    await send(event("page_view", [ANN]));
    now += 60_000;
    await send(event("page_view", [V, ANN]));
    now = Date.UTC(2026, 11, 23, 0, 1);
    await tend();
    expect(await segmentsOf()).toEqual([]);
    expect((await moved()).flatMap(({ left }) => left)).toEqual(["active", "active-m"]);
    expect([await dueOf(V.key), await dueOf(ANN.key)]).toEqual([null, null]);
  });
});
