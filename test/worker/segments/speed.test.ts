/**
 * The labels hold: with KV sixty seconds late, on the product's own door and slots, a segment of "next request" is there
 * with the next page, and one of "within 120 s" is not, and is when KV has caught up.
 */
import { env } from "cloudflare:workers";
import { afterEach, expect, it, vi } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import type { EventEnvelope } from "#contracts/messages/event_envelope";
import { tendDue } from "#ingest/due";
import { ingest } from "#ingest/ingest";
import { keyring } from "#privacy/keys";
import { changeList } from "#segments/lists-store";
import { speedOf } from "#segments/speed";
import { createApp } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { accepted, deps, envelope, IDENTITY, proven } from "../ingest/envelopes.ts";
import { ALL, Browser, event, HOST } from "../product.ts";

const LATE_MS = 60_000;
const MINUTE = 60_000;
const DOCUMENT = releaseSchema.parse({
  features: { views: { event: "page_view", agg: "count" } },
  lists: { vip: {} },
  segments: {
    returning: { when: { views: { $gte: 2 } } },
    invited: { when: { lists: { $in: ["vip"] } } },
  },
  slots: { hero: {}, side: {} },
  offers: {
    back: { slot: "hero", audience: { segments: { $in: ["returning"] } }, content: "hello" },
    special: { slot: "side", audience: { segments: { $in: ["invited"] } }, content: "hello" },
  },
  content: { hello: { html: "<p>Hello</p>" } },
  policy: { regimes: { gdpr: { countries: ["SK"], default: "denied" } }, otherwise: "gdpr" },
});

let now = Date.UTC(2026, 10, 22, 12);

/** KV as another data centre may see it: what was written less than a minute ago is not there yet. */
function lateKv(): KVNamespace {
  const written = new Map<string, { at: number; value: string }[]>();
  const late = {
    async get(key: string, options?: string | { type?: string }) {
      const seen = (written.get(key) ?? []).filter(({ at }) => at <= now - LATE_MS).at(-1);
      const type = typeof options === "string" ? options : options?.type;
      return seen && type === "json" ? (JSON.parse(seen.value) as unknown) : (seen?.value ?? null);
    },
    async put(key: string, value: string) {
      written.set(key, [...(written.get(key) ?? []), { at: now, value }]);
    },
  };
  return late as unknown as KVNamespace; // the product gets and puts texts alone
}

afterEach(() => vi.restoreAllMocks());

it("a page knows its own visit at once, and what ingest has to tell it when KV has caught up", async () => {
  expect(speedOf(DOCUMENT, "returning").label).toBe("next_request");
  expect(speedOf(DOCUMENT, "invited").label).toBe("within_120s");

  vi.spyOn(Date, "now").mockImplementation(() => now);
  const kv = lateKv();
  await kv.put("release:1", JSON.stringify(DOCUMENT));
  await kv.put("release:active", JSON.stringify({ revision: 1, stable: 1, share: 0 }));
  now += 5 * MINUTE;
  const brought: EventEnvelope[] = [];
  const take = async (body: string) => void brought.push(JSON.parse(body) as EventEnvelope);
  const queue = {
    send: take,
    sendBatch: async (all: Iterable<{ body: string }>) => {
      for (const { body } of all) await take(body);
    },
  };
  const app = createApp({ ...env, EDGE: kv, EVENTS: queue } as unknown as Env);
  const waiting: Promise<unknown>[] = [];
  const context = {
    waitUntil: (work: Promise<unknown>) => void waiting.push(work),
    passThroughOnException() {},
  };
  const ask = async (path: string, init?: RequestInit) =>
    app.fetch(new Request(`${HOST}${path}`, init), env, context as unknown as ExecutionContext);
  const browser = new Browser("SK", {}, ask);
  await browser.consent(ALL);
  const page = () => browser.send([event("page_view", {}, { occurred_at: new Date(now).toISOString() })]);
  const offers = async () => {
    const response = await browser.fetch("/slots", {
      method: "POST",
      body: JSON.stringify({ slots: ["hero", "side"] }),
    });
    const { slots } = (await response.json()) as { slots: { offer?: string | null }[] };
    return slots.map(({ offer }) => offer ?? null);
  };

  await page();
  expect(await offers()).toEqual([null, null]);
  await page();
  // No ingest has run, and KV has nothing.
  expect(await offers()).toEqual(["back", null]);

  // A server says who it is, and that person is put on a list.
  const [first] = brought.flatMap(({ events }) => events);
  const visitor = first?.identifiers.find(({ proof }) => proof === "cookie");
  if (!visitor) throw new Error("the door names no visitor");
  const release = { version: 1, document: DOCUMENT };
  const clock = () => now;
  const ann = proven("user_id:1.ann");
  const named = [visitor, ann];
  const given = await deps({ release, kv, clock });
  await ingest([...brought, envelope("server", [accepted("s1", "page_view", named)])], given);
  // In a visitor's first minutes the session is all that is asked.
  for (let minutes = 0; minutes < 12; minutes += 4) {
    now += 4 * MINUTE;
    await page();
  }
  await ingest(brought.splice(0), given);
  now += 5 * MINUTE;
  expect(await offers()).toEqual(["back", null]);
  const change = { list: "vip", mode: "add" as const, id: 1, keys: [ann.key], others: new Map(), now };
  await changeList(IDENTITY, change);
  now += MINUTE;
  const keys = await keyring("test-master-secret-0123456789abcdef");
  expect(await tendDue({ identity: IDENTITY, kv, lake: env.LAKE, keys, release, clock })).toBe(1);
  now += LATE_MS - 1_000;
  expect(await offers()).toEqual(["back", null]);
  // Where it was asked for a moment before, it is held for ten seconds more: within the 120 s all the same.
  now += 10_000;
  expect(await offers()).toEqual(["back", "special"]);
  await Promise.all(waiting);
});

it("a page knows all that was answered, also at the same time, and of what was sent twice that it happened once", async () => {
  vi.spyOn(Date, "now").mockImplementation(() => now);
  const kv = lateKv();
  await kv.put("release:1", JSON.stringify(DOCUMENT));
  await kv.put("release:active", JSON.stringify({ revision: 1, stable: 1, share: 0 }));
  now += 5 * MINUTE;
  // The queue confirms nothing until so many requests wait for it.
  let together = 1;
  let waiting: (() => void)[] = [];
  const confirmed = () =>
    new Promise<void>((resolve) => {
      waiting.push(resolve);
      if (waiting.length < together) return;
      for (const go of waiting) go();
      waiting = [];
    });
  const queue = { send: confirmed, sendBatch: confirmed };
  const app = createApp({ ...env, EDGE: kv, EVENTS: queue } as unknown as Env);
  const context = { waitUntil() {}, passThroughOnException() {} } as unknown as ExecutionContext;
  const ask = async (path: string, init?: RequestInit) =>
    app.fetch(new Request(`${HOST}${path}`, init), env, context);
  const at = () => ({ occurred_at: new Date(now).toISOString() });
  const arrives = async () => {
    together = 1;
    const browser = new Browser("SK", {}, ask);
    await browser.consent(ALL);
    await browser.send([event("content_impression", { slot: "hero" }, at())]);
    return browser;
  };
  const hero = async (browser: Browser) =>
    (
      (await (await browser.fetch("/slots/hero", { headers: { accept: "application/json" } })).json()) as {
        offer: string | null;
      }
    ).offer;

  const [reader, again] = [await arrives(), await arrives()];
  const view = event("page_view", {}, at());
  for (let n = 0; n < 2; n++) await again.send([view]);
  expect(await hero(again)).toBeNull();
  await again.send([event("page_view", {}, at())]);
  expect(await hero(again)).toBe("back");

  together = 2;
  const views = [event("page_view", {}, at()), event("page_view", {}, at())];
  const answers = await Promise.all(views.map((one) => reader.send([one])));
  expect(answers.map(({ status }) => status)).toEqual([202, 202]);
  expect(await hero(reader)).toBe("back");
});
