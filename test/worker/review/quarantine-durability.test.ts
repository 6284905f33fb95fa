/** What a replay and the quarantine's upkeep must hold to, whatever fails or repeats. Rules, by their titles. */
import { beforeEach, describe, expect, it } from "vitest";
import type { IncomingEvent } from "#collect/protocols/protocol";
import { replay } from "#collect/quarantine/replay";
import { tendQuarantine } from "#collect/quarantine/schedule";
import { dayOf } from "#collect/quarantine/status";
import { sent } from "../ingest/envelopes.ts";
import { incoming, quarantine, quarantineApi, refuse, statuses, textsUnder } from "../quarantine/refused.ts";
import { emptyStores } from "../setup.ts";

const DAY = 86_400_000;

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
});

const REPAIRS = {
  value: {
    match: { name: "purchase" },
    steps: [{ cast: { path: "properties.value", to: "number" as const } }],
  },
};
const purchase = (id: string, more: Partial<IncomingEvent> = {}) =>
  incoming("purchase", { order_id: "A", value: "1", currency: "EUR" }, { id, ...more });

describe("a replay", () => {
  it("of an event that was refused twice sends it once to a destination that does not know what it has got", async () => {
    // Sent again by its client the next day; or refused for another cause after a deploy.
    const yesterday = Date.now() - DAY;
    const first = purchase("p-1", { occurredAt: yesterday });
    await quarantine([await refuse(first)], { receivedAt: yesterday });
    await quarantine([await refuse(purchase("p-1"))]);
    const api = quarantineApi(REPAIRS);
    await api.ask("/quarantine/replay", { cause: { name: "purchase" } });
    await api.drain();
    expect(sent.flatMap(({ items }) => items)).toHaveLength(1);
    expect(await statuses()).toEqual({ back: 2 });
  });
});

describe("the schedule", () => {
  it("forgets what is too old even where a replay cannot be ended", async () => {
    const now = Date.parse("2026-02-02T10:17:30Z");
    const old = Date.parse("2026-01-02T12:00:00Z");
    await quarantine([await refuse(incoming("purchase", {}, { occurredAt: old }), undefined, old)], {
      receivedAt: old,
    });
    await quarantine([await refuse(purchase("p-1"))], { receivedAt: now });
    const { stores } = quarantineApi(REPAIRS);
    const broken = { ...stores, send: () => Promise.reject(new Error("no queue takes it")) };
    const at = { limit: 10, after: undefined, now: now - 10 * 60_000, newId: () => "r1" };
    const selection = { from: dayOf(now), to: dayOf(now) };
    await expect(replay(broken, selection, at)).rejects.toThrow("no queue");
    await expect(tendQuarantine(broken, now, 30)).rejects.toThrow("no queue");
    expect(await statuses()).toEqual({ replaying: 1 });
    expect((await textsUnder("quarantine/")).split("\n").filter(Boolean)).toHaveLength(1);
  });

  it("ends the other replays where one cannot be ended", async () => {
    const now = Date.now();
    await quarantine([await refuse(purchase("p-1")), await refuse(purchase("p-2"))]);
    const { stores, messages } = quarantineApi(REPAIRS);
    const broken = { ...stores, send: () => Promise.reject(new Error("no queue takes it")) };
    for (const id of ["p-1", "p-2"]) {
      const selection = { from: dayOf(now), to: dayOf(now), ids: [id] };
      const at = { limit: 10, after: undefined, now: now - 10 * 60_000, newId: () => `r-${id}` };
      await expect(replay(broken, selection, at)).rejects.toThrow("no queue");
    }
    let calls = 0;
    const once = {
      ...stores,
      send: (bodies: readonly string[], at: number) =>
        ++calls === 1 ? Promise.reject(new Error("no queue takes it")) : stores.send(bodies, at),
    };
    await expect(tendQuarantine(once, now, 30)).rejects.toThrow("no queue");
    expect(messages).toHaveLength(1);
    expect(await statuses()).toEqual({ replaying: 1, sent: 1 });
  });
});
