/** From a refused purchase to one that is in the lake, once: kept, grouped, repaired, replayed, forgotten. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { finishReplays, replay } from "#collect/quarantine/replay";
import { forgetOld, tendQuarantine } from "#collect/quarantine/schedule";
import { dayOf } from "#collect/quarantine/status";
import { envelopeSender } from "#door/queue";
import { bindConsent } from "#identity/consent-store";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { type FactState, featureValues, mergeFacts } from "#segments/features";
import { featuresFor } from "#segments/purposes";
import { deps, failing, IDENTITY, landedIds, rows } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";
import {
  incoming,
  quarantine,
  quarantineApi,
  refusalsIn,
  refuse,
  release,
  statuses,
  textsUnder,
} from "./refused.ts";

beforeEach(async () => {
  await emptyStores();
});

const TODAY = dayOf(Date.now());
const PURCHASE = { order_id: "A-77", value: "420.50", currency: "eur", items: [{ product_id: "skis" }] };
const purchase = (more = {}) =>
  incoming("purchase", PURCHASE, { traits: { email: "ida@example.com" }, ...more });

const REPAIRS = {
  "purchase-types": {
    match: { name: "purchase", path: "properties.currency" },
    steps: [
      { cast: { path: "properties.value", to: "number" as const } },
      { cast: { path: "properties.currency", to: "uppercase" as const } },
    ],
  },
};
const CAUSE = { cause: "invalid_event properties.currency properties.value", name: "purchase" };

/** What the feature `purchases` has counted, over all rows. */
async function purchasesCounted(): Promise<unknown> {
  const facts = [...(await rows()).values()].map((row) => JSON.parse(row.facts) as FactState);
  const features = featuresFor(release({}), "personalization");
  return featureValues(mergeFacts(facts), features, Date.now()).purchases;
}

describe("a refused purchase", () => {
  it("is kept sealed, and counted by its cause", async () => {
    await quarantine([
      await refuse(purchase()),
      await refuse(purchase()),
      await refuse(incoming("bought", {})),
    ]);

    const kept = await textsUnder("quarantine/");
    expect(kept.split("\n").filter(Boolean)).toHaveLength(3);
    for (const plain of ["A-77", "420.50", "ida@example.com", "skis", "shop.example"])
      expect(kept).not.toContain(plain);

    const { body } = await quarantineApi().ask("/quarantine");
    expect(body.groups).toMatchObject([
      { day: TODAY, source: "web", name: "bought", code: "unknown_event", paths: ["name"], kept: 1, back: 0 },
      {
        day: TODAY,
        name: "purchase",
        cause: CAUSE.cause,
        code: "invalid_event",
        paths: ["properties.currency", "properties.value"],
        kept: 2,
        lost: 0,
      },
    ]);
    expect(body.truncated).toBe(false);
    expect(await landedIds()).toEqual([]);
  });

  it("is kept once, however often its envelope is delivered, and in whatever batch", async () => {
    const one = refusalsIn("e-1", [await refuse(purchase())]);
    const other = refusalsIn("e-2", [await refuse(purchase())]);
    await ingest([one], await deps());
    await ingest([one, other], await deps());
    expect(await statuses()).toEqual({ kept: 2 });
    const api = quarantineApi(REPAIRS);
    expect((await api.ask("/quarantine/replay", { cause: CAUSE })).body).toMatchObject({ sent: 2, lost: 0 });
  });

  it("without consent leaves its count, and nothing of itself", async () => {
    await quarantine([await refuse(purchase(), [])]);
    expect(await textsUnder("quarantine/")).toBe("");
    expect(await statuses()).toEqual({ lost: 1 });
    const { body } = await quarantineApi(REPAIRS).ask("/quarantine/replay", { cause: CAUSE });
    expect(body).toEqual({ sent: 0, failing: {}, lost: 0, next: null });
  });

  it("comes back once: in the lake, in the facts, with its own id, time and identifiers", async () => {
    const event = purchase({ occurredAt: Date.now() - 3_600_000 });
    await quarantine([await refuse(event)]);
    const api = quarantineApi(REPAIRS);

    const { status, body } = await api.ask("/quarantine/replay", { cause: CAUSE });
    expect(status).toBe(202);
    expect(body).toEqual({ sent: 1, failing: {}, lost: 0, next: null });
    expect(await statuses()).toEqual({ sent: 1 });
    await api.drain();

    expect(await statuses()).toEqual({ back: 1 });
    expect(await landedIds()).toEqual([event.id]);
    const landed = (await textsUnder("landing/events/"))
      .split("\n")
      .map((line) => (line ? JSON.parse(line) : {}))
      .find((line) => line.type === "event");
    expect(landed).toMatchObject({
      id: event.id,
      name: "purchase",
      source: "web",
      occurredAt: event.occurredAt,
      properties: { order_id: "A-77", value: 420.5, currency: "EUR", items: [{ product_id: "skis" }] },
      context: {
        device: { type: "desktop" },
        geo: { country: "SK" },
        page: { url: "https://shop.example/cart" },
      },
    });
    const stored = [...(await rows()).keys()];
    expect(stored.some((key) => key.startsWith("visitor_id:1.v"))).toBe(true);
    expect(stored.some((key) => key.includes("email:"))).toBe(true);
    expect(await purchasesCounted()).toBe(1);
    expect((await api.ask("/quarantine")).body.groups).toMatchObject([{ kept: 0, sent: 0, back: 1 }]);
  });

  it("is replayed once by two operators at once, and by one who clicks twice", async () => {
    await quarantine(await Promise.all([1, 2, 3, 4].map(() => refuse(purchase()))));
    const api = quarantineApi(REPAIRS);
    const replays = await Promise.all([1, 2, 3].map(() => api.ask("/quarantine/replay", { cause: CAUSE })));
    expect(replays.reduce((sum, { body }) => sum + body.sent, 0)).toBe(4);
    const before = api.messages.length;
    expect((await api.ask("/quarantine/replay", { cause: CAUSE })).body.sent).toBe(0);
    expect(api.messages).toHaveLength(before);
    await api.drain();
    expect(await landedIds()).toHaveLength(4);
    expect(await statuses()).toEqual({ back: 4 });
  });

  it.each([
    ["before the queue has it", "send", "before"],
    ["after the queue has it", "send", "after"],
  ] as const)("survives a crash %s, and still comes back once", async (_, method, when) => {
    await quarantine([await refuse(purchase())]);
    const api = quarantineApi(REPAIRS);
    const crashing = { ...api.stores, send: envelopeSender([failing(api.queue, [method], 1, when)]) };
    const now = Date.now();
    const selection = { from: TODAY, to: TODAY, cause: CAUSE.cause };
    const at = { limit: 10, after: undefined, now, newId: () => "r1" };
    await expect(replay(crashing, selection, at)).rejects.toThrow("could not be stored");
    expect(await statuses()).toEqual({ replaying: 1 });
    await api.drain();

    // Not while the first one may still be at work; nobody else can take the row meanwhile.
    await finishReplays(api.stores, now + 60_000);
    expect(api.messages).toEqual([]);
    expect((await api.ask("/quarantine/replay", { cause: CAUSE })).body.sent).toBe(0);

    await finishReplays(api.stores, now + 10 * 60_000);
    await api.drain();
    await finishReplays(api.stores, now + 20 * 60_000);
    await api.drain();
    expect(await landedIds()).toHaveLength(1);
    expect(await statuses()).toEqual({ back: 1 });
    expect(await purchasesCounted()).toBe(1);
  });

  it("is not lost where its seal does not open: with the right secret it comes back", async () => {
    await quarantine([await refuse(purchase())]);
    const api = quarantineApi(REPAIRS);
    const wrong = { ...api.stores, keys: await keyring("another-master-secret-0123456789abcdef") };
    const at = { limit: 10, after: undefined, now: Date.now(), newId: () => "r1" };
    expect(await replay(wrong, { from: TODAY, to: TODAY }, at)).toMatchObject({
      failing: { unreadable: 1 },
      lost: 0,
    });
    expect((await api.ask("/quarantine/replay", { cause: CAUSE })).body.sent).toBe(1);
  });

  it("stops where consent was withdrawn after it was kept", async () => {
    await quarantine([await refuse(purchase())]);
    const choice = {
      granted: [],
      givenAt: Date.now(),
      expiresAt: Date.now() + 1e9,
      receipt: "r2",
      despiteGpc: false,
      regime: "gdpr",
    };
    await bindConsent(IDENTITY, "visitor_id:1.v", choice);
    const api = quarantineApi(REPAIRS);
    await api.ask("/quarantine/replay", { cause: CAUSE });
    await api.drain();
    expect(await landedIds()).toEqual([]);
    expect(await statuses()).toEqual({ denied: 1 });
  });

  it("that no repair puts right stays, and says what is wrong with it now", async () => {
    await quarantine([await refuse(purchase()), await refuse(incoming("purchase", { value: "1" }))]);
    const api = quarantineApi(REPAIRS);
    const { body } = await api.ask("/quarantine/replay", { cause: { name: "purchase" } });
    expect(body).toMatchObject({
      sent: 1,
      failing: { "invalid_event properties.currency properties.order_id": 1 },
    });
    expect(await statuses()).toEqual({ kept: 1, sent: 1 });
  });

  it("is replayed in parts, each going on behind the one before", async () => {
    const good = await Promise.all(Array.from({ length: 5 }, () => refuse(purchase())));
    const bad = await Promise.all(
      Array.from({ length: 4 }, () => refuse(incoming("purchase", { value: "1" }))),
    );
    await quarantine([...bad, ...good]);
    const api = quarantineApi(REPAIRS);
    let cursor: unknown;
    const seen = { calls: 0, sent: 0 };
    do {
      const { body } = await api.ask("/quarantine/replay", {
        cause: {},
        limit: 2,
        ...(cursor ? { cursor } : {}),
      });
      seen.calls++;
      seen.sent += body.sent;
      cursor = body.next;
    } while (cursor);
    expect(seen).toEqual({ calls: 5, sent: 5 });
    expect(await statuses()).toEqual({ kept: 4, sent: 5 });
  });

  it("can be discarded, by its cause or its id", async () => {
    const [one, two, three] = await Promise.all([
      refuse(purchase()),
      refuse(purchase()),
      refuse(incoming("bought", {})),
    ]);
    await quarantine([one, two, three]);
    const api = quarantineApi(REPAIRS);
    expect((await api.ask("/quarantine/discard", { cause: CAUSE, ids: [one.id] })).body).toEqual({
      discarded: 1,
    });
    expect((await api.ask("/quarantine/discard", { cause: { name: "bought" } })).body).toEqual({
      discarded: 1,
    });
    expect(await statuses()).toEqual({ discarded: 2, kept: 1 });
    expect((await api.ask("/quarantine/replay", { cause: {} })).body.sent).toBe(1);
  });
});

describe("retention", () => {
  it("takes events and their rows away after their days, and no others", async () => {
    const day = 86_400_000;
    const old = Date.now() - 32 * day;
    await quarantine([await refuse(purchase({ occurredAt: old }), undefined, old)], { receivedAt: old });
    await quarantine([await refuse(purchase())]);
    const stores = { db: env.IDENTITY_0, bucket: env.LAKE };
    await forgetOld(stores, Date.now(), 40);
    expect(await statuses()).toEqual({ kept: 2 });
    await forgetOld(stores, Date.now(), 30);
    expect(await statuses()).toEqual({ kept: 1 });
    expect((await env.LAKE.list({ prefix: "quarantine/" })).objects.map(({ key }) => key)).toEqual([
      expect.stringContaining(`quarantine/${TODAY}/`),
    ]);
  });

  it("is looked after once an hour, and by the schedule", async () => {
    const received = Date.parse("2026-01-02T12:00:00Z");
    const refused = await refuse(purchase({ occurredAt: received }), undefined, received);
    await quarantine([refused], { receivedAt: received });
    const { stores } = quarantineApi();
    await tendQuarantine(stores, Date.parse("2026-02-02T10:16:00Z"), 30);
    expect(await statuses()).toEqual({ kept: 1 });
    await tendQuarantine(stores, Date.parse("2026-02-02T10:17:30Z"), 30);
    expect(await statuses()).toEqual({});
    expect(await textsUnder("quarantine/")).toBe("");
  });
});
