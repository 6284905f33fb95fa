/** What someone with nothing but the public write key must not be able to do. Rules, by their titles. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { storeRefusals } from "#collect/quarantine/store";
import type { Refusal } from "#contracts/messages/event_envelope";
import { Problem } from "#core/problem";
import { requestCounter } from "#door/rate";
import { keyring } from "#privacy/keys";
import { createApp } from "../../../src/app.ts";
import { type Env, readSettings } from "../../../src/env.ts";
import { incoming, quarantineApi, refusalsIn, refuse, statuses, textsUnder } from "../quarantine/refused.ts";
import { emptyStores } from "../setup.ts";

beforeEach(async () => {
  await emptyStores();
});

describe("limits", () => {
  it("ids are free, so they are no way around the limit of an address", async () => {
    const { cookie: key } = await keyring("test-master-secret-0123456789abcdef");
    const count = requestCounter({}, 1, "seed");
    const headers = new Headers({ "cf-connecting-ip": "203.0.113.7" });
    let came = 0;
    for (let n = 0; n < 1_000; n++) {
      try {
        await count({ source: "web", secret: false, visitorKey: `visitor_id:1.${n}`, headers, now: 0, key });
        came++;
      } catch (error) {
        expect(error).toBeInstanceOf(Problem);
      }
    }
    // Ten clients' worth of ten seconds each.
    expect(came).toBe(100);
  });

  it("a blank rate is the usual one, not none", () => {
    const read = readSettings({ ...env, CLIENT_RATE: "", QUARANTINE_DAYS: " " } as Env);
    expect(read).toMatchObject({ ok: true, settings: { CLIENT_RATE: 100, QUARANTINE_DAYS: 30 } });
  });

  it("a day and source of the index hold so many rows and no more, and the console says so", async () => {
    const stores = { db: env.IDENTITY_0, bucket: env.LAKE };
    const refused = await Promise.all(
      Array.from({ length: 5 }, (_, n) => refuse(incoming(`Noise ${n}`, {}))),
    );
    for (const [n, one] of refused.entries())
      await storeRefusals(stores, [refusalsIn(`e-${n}`, [one, { ...one, id: `${one.id}-b` }])], `b-${n}`, {
        maxRows: 3,
      });
    await storeRefusals(stores, [refusalsIn("e-x", refused, { source: "other" })], "b-x", { maxRows: 9 });
    expect(await statuses()).toEqual({ kept: 3 + 5, lost: 1 });
    const { body } = await quarantineApi().ask("/quarantine");
    expect(body.groups).toContainEqual(
      expect.objectContaining({ source: "web", name: "(more)", code: "quarantine_full", lost: 1 }),
    );
    expect((await textsUnder("quarantine/")).split("\n").filter(Boolean)).toHaveLength(3 + 5);
  });
});

describe("the quarantine's page", () => {
  it("shows lost purchases whatever noise was sent under a thousand other names", async () => {
    const stores = { db: env.IDENTITY_0, bucket: env.LAKE };
    const lost = (name: string, n: number): Refusal => ({
      id: `${name}-${n}`,
      name,
      status: "rejected",
      code: "unknown_event",
      issues: [],
    });
    const noise = Array.from({ length: 1_100 }, (_, n) => lost(`0 noise ${n}`, n));
    await storeRefusals(stores, [refusalsIn("e-1", noise)], "b-1");
    const yesterday = { receivedAt: Date.now() - 86_400_000 };
    await storeRefusals(stores, [refusalsIn("e-2", [lost("purchase", 1)], yesterday)], "b-2");
    const { body } = await quarantineApi().ask("/quarantine");
    expect(body.truncated).toBe(true);
    expect(body.groups).toContainEqual(expect.objectContaining({ name: "purchase", lost: 1 }));
  });
});

describe("settings", () => {
  it("a field that no generic event could carry is refused where it is listed", async () => {
    const SOURCES = JSON.stringify([
      { id: "web", writeKey: "wk_demo", unknownEvents: { accept: ["plan-name"] } },
    ]);
    const response = await createApp({ ...env, SOURCES } as Env).request("https://shop.example/events");
    expect(response.status).toBe(503);
    expect(await response.text()).toContain("SOURCES.0.unknownEvents.accept.0 must be a letter");
  });
});
