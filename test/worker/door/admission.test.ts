/** What may come in, and what a sender is told if it may not: over HTTP, through the whole app, under any settings. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import { type EventEnvelope, eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { keyring } from "#privacy/keys";
import { identifierKey } from "#privacy/lookup";
import { createApp } from "../../../src/app.ts";
import type { Env } from "../../../src/env.ts";
import { eventually } from "../../setup/eventually.ts";
import { landedIds } from "../ingest/envelopes.ts";
import { ALL, event, HOST, publishRelease } from "../product.ts";

beforeAll(async () => void (await publishRelease()));

type Headers_ = Record<string, string>;

/** Ingest takes a second or so, and more on a busy machine. */
const PATIENT_MS = 30_000;

/** Another site of ours, whose pages may send events here. */
const OTHER = "https://blog.example";
const WEB = { id: "web", writeKey: "wk_demo", secretKey: "sk_demo", origins: [OTHER] };

/** The app under other settings. */
function door(changes: Partial<Env> = {}) {
  const app = createApp({ ...env, TRACE_SLOTS: "0", SOURCES: JSON.stringify([WEB]), ...changes } as Env);
  const ask = async (path: string, init: RequestInit = {}) => {
    const response = await app.request(`${HOST}${path}`, init, env, createExecutionContext());
    const text = await response.text();
    const json = /json/.test(response.headers.get("content-type") ?? "") ? (JSON.parse(text) as object) : {};
    return {
      status: response.status,
      headers: response.headers,
      json: json as { code?: string; accepted?: number; detail?: string; dropped?: unknown[] },
    };
  };
  /** From a page of our own site, in a country where silence is consent. */
  const send = (events: unknown[], headers: Headers_ = {}, path = "/events") =>
    ask(path, {
      method: "POST",
      headers: {
        origin: HOST,
        "sec-fetch-site": "same-origin",
        cookie: "ds_dev_country=US",
        "x-write-key": "wk_demo",
        ...headers,
      },
      body: JSON.stringify({ events }),
    });
  return { ask, send };
}

/** What ingest made of the events with such ids, once for each time that they came. */
async function outcomesOf(ids: RegExp): Promise<string[]> {
  const outcomes: string[] = [];
  for (const { key } of (await env.LAKE.list({ prefix: "landing/events/" })).objects) {
    for (const line of ((await (await env.LAKE.get(key))?.text()) ?? "").split("\n").filter(Boolean)) {
      const record = JSON.parse(line) as { stage?: string; eventId?: string; outcome?: string };
      if (record.stage === "ingest" && ids.test(record.eventId ?? "")) outcomes.push(record.outcome ?? "");
    }
  }
  return outcomes;
}

/** A queue that keeps what it is given, to look at. */
function kept() {
  const envelopes: EventEnvelope[] = [];
  const keep = (text: string) => void envelopes.push(eventEnvelopeSchema.parse(JSON.parse(text)));
  const queue = {
    send: async (text: string) => keep(text),
    sendBatch: async (batch: { body: string }[]) => {
      for (const { body } of batch) keep(body);
    },
  } as unknown as Queue<string>;
  return { queue, envelopes };
}

const down = {
  send: () => Promise.reject(new Error("down")),
  sendBatch: () => Promise.reject(new Error("down")),
} as unknown as Queue<string>;

describe("a source's keys", () => {
  const SOURCES = JSON.stringify([
    {
      id: "web",
      origins: [OTHER],
      writeKey: [
        "wk_new_one",
        { key: "wk_old_one", until: "2020-01-01" },
        { key: "wk_leaked", disabled: true },
      ],
    },
    { id: "closed", writeKey: "wk_closed", disabled: true, origins: [OTHER] },
  ]);
  it.each([
    ["wk_new_one", 202, undefined],
    ["wk_old_one", 401, "key_expired"],
    ["wk_leaked", 403, "key_disabled"],
    ["wk_closed", 403, "source_disabled"],
    ["wk_nobody", 401, "unknown_key"],
  ])("%s → %i %s", async (key, status, code) => {
    const answer = await door({ SOURCES }).send([event("page_view")], { origin: OTHER, "x-write-key": key });
    expect([answer.status, answer.json.code]).toEqual([status, code]);
    expect(answer.json.detail ?? "").not.toContain(key);
    // The page may read why.
    expect(answer.headers.get("access-control-allow-origin")).toBe(OTHER);
  });
});

describe("too many requests", () => {
  const from = (ip: string): Headers_ => ({ origin: OTHER, "cf-connecting-ip": ip });
  it("of one client are answered 429, with a Retry-After that a page may read; others come in", async () => {
    const { send } = door({ CLIENT_RATE: "0.1" });
    expect((await send([event("page_view")], from("203.0.113.7"))).status).toBe(202);
    const { status, json, headers } = await send([event("page_view")], from("203.0.113.7"));
    expect([status, json.code, headers.get("retry-after")]).toEqual([429, "rate_limited", "10"]);
    expect(headers.get("access-control-allow-origin")).toBe(OTHER);
    expect(headers.get("access-control-expose-headers")).toBe("Retry-After");
    expect((await send([event("page_view")], from("203.0.113.8"))).status).toBe(202);
  });
  it("of a server with a secret key are held to another limit", async () => {
    const { ask } = door({ CLIENT_RATE: "0.1" });
    for (let n = 0; n < 3; n++) {
      const { status } = await ask("/events", {
        method: "POST",
        headers: { "x-write-key": "sk_demo", "cf-connecting-ip": "203.0.113.7" },
        body: JSON.stringify({ events: [event("page_view")] }),
      });
      expect(status).toBe(202);
    }
  });
  it("are said so by Cloudflare's limits, too, and nothing is stored", async () => {
    const no: RateLimit = { limit: async () => ({ success: false }) };
    const { queue, envelopes } = kept();
    const { status, headers } = await door({ RATE_WRITE_KEY: no, EVENTS: queue }).send([event("page_view")]);
    expect([status, headers.get("retry-after"), envelopes]).toEqual([429, "10", []]);
  });
});

describe("the events queue", () => {
  it(
    "refuses: another shard takes the events",
    async () => {
      const sent = event("page_view");
      const { status, json } = await door({ EVENTS: down, EVENTS_1: down, EVENTS_2: env.EVENTS }).send([
        sent,
      ]);
      expect([status, json.accepted]).toEqual([202, 1]);
      await eventually(async () => expect(await landedIds()).toContain(sent.id));
    },
    PATIENT_MS,
  );
  it.each(["/events", "/v1/batch"])("and all shards refuse: %s answers 503, never a 2xx", async (path) => {
    const { ask } = door({ EVENTS: down, EVENTS_1: down });
    const { status, json, headers } = await ask(path, {
      method: "POST",
      headers: { origin: OTHER, cookie: "ds_dev_country=US", "x-write-key": "wk_demo" },
      body: JSON.stringify({
        events: [event("page_view")],
        batch: [{ type: "page", anonymousId: "a-1", messageId: "m-503" }],
      }),
    });
    expect([status, json.code, headers.get("retry-after")]).toEqual([503, "queue_unavailable", "5"]);
    expect(headers.get("access-control-allow-origin")).toBe(OTHER);
    expect(headers.getSetCookie()).toEqual([]);
  });
});

describe("renamed paths", () => {
  const PATHS = JSON.stringify({ "/events": "/e", "/v1": "/x", "/consent": "/choice" });
  it("take events, answer preflights, and tell clients the new address; the old ones are gone", async () => {
    const { ask, send } = door({ PATHS });
    expect((await send([event("page_view")], {}, "/e")).json).toMatchObject({ accepted: 1 });
    expect((await send([event("page_view")])).status).toBe(404);
    const preflight = {
      method: "OPTIONS",
      headers: { origin: HOST, "access-control-request-method": "POST" },
    };
    expect((await ask("/e", preflight)).status).toBe(204);
    expect((await ask("/events", preflight)).status).toBe(404);
    expect((await ask("/x/projects/wk_demo/settings")).json).toMatchObject({
      integrations: { "Segment.io": { apiHost: "shop.example/x" } },
    });
  });
  it("lie below the base path", async () => {
    const { send } = door({ PATHS, BASE_PATH: "/ds" });
    expect((await send([event("page_view")], {}, "/ds/e")).status).toBe(202);
    for (const path of ["/ds/events", "/e"]) expect((await send([], {}, path)).status).toBe(404);
  });
  it("leave their old address to the site behind us", async () => {
    // Nothing listens there: what goes on is answered 502.
    const { send } = door({ PATHS, ORIGIN: "http://127.0.0.1:9" });
    expect((await send([event("page_view")])).status).toBe(502);
    expect((await send([event("page_view")], {}, "/e")).status).toBe(202);
  });
  it("override no GPC signal, no denial and no missing consent", async () => {
    const { queue, envelopes } = kept();
    const { ask, send } = door({ PATHS, EVENTS: queue });
    await send([event("page_view")], { "sec-gpc": "1" }, "/e");
    expect(envelopes[0]?.events[0]?.consent.granted).toEqual(["analytics", "personalization"]);
    const silent = await send([event("page_view")], { cookie: "ds_dev_country=SK" }, "/e");
    expect(silent.json).toMatchObject({ accepted: 0, dropped: [{ code: "consent_denied" }] });
    const denial = await ask("/choice", {
      method: "PUT",
      headers: { "sec-fetch-site": "same-origin", cookie: "ds_dev_country=US" },
      body: JSON.stringify({
        purposes: { analytics: "denied", marketing: "denied", personalization: "denied" },
      }),
    });
    const consent = denial.headers
      .getSetCookie()
      .find((line) => line.startsWith("ds_consent="))
      ?.split(";")[0];
    const denied = await send([event("page_view")], { cookie: `ds_dev_country=US; ${consent}` }, "/e");
    expect(denied.json).toMatchObject({ accepted: 0, dropped: [{ code: "consent_denied" }] });
  });
});

describe("POST /v1/import", () => {
  const consent = { categoryPreferences: { Analytics: true } };
  const SOURCES = JSON.stringify([
    {
      id: "till",
      writeKey: "wk_till",
      secretKey: "sk_till",
      consentCategories: { Analytics: "analytics" },
    },
  ]);
  const sale = (order: string, more: Record<string, unknown> = {}) => ({
    type: "track",
    event: "Order Completed",
    userId: "u-1",
    timestamp: "2019-05-04T12:00:00.000Z",
    properties: { order_id: order, total: 10, currency: "EUR" },
    context: { consent },
    ...more,
  });
  const send = (batch: unknown[], { key = "sk_till", EVENTS = env.EVENTS } = {}) =>
    door({ SOURCES, EVENTS }).ask("/v1/import", {
      method: "POST",
      headers: { authorization: `Bearer ${key}` },
      body: JSON.stringify({ batch, sentAt: "2026-11-01T00:00:00.000Z" }),
    });

  it("takes events of any age from a server, with the source's own time", async () => {
    const { queue, envelopes } = kept();
    expect((await send([sale("A-1", { messageId: "old-1" })], { EVENTS: queue })).status).toBe(200);
    expect(envelopes.flatMap(({ events }) => events)).toMatchObject([
      { id: "old-1", name: "purchase", occurredAt: Date.UTC(2019, 4, 4, 12) },
    ]);
  });
  it("takes none with a write key, which is public", async () => {
    const { queue, envelopes } = kept();
    const { status, json } = await send([sale("A-1")], { key: "wk_till", EVENTS: queue });
    expect([status, json.code, envelopes]).toEqual([403, "secret_key_required", []]);
  });
  it("takes what was said on consent, and nothing without it", async () => {
    const { queue, envelopes } = kept();
    await send([sale("A-1", { messageId: "silent-1", context: {} })], { EVENTS: queue });
    expect(envelopes).toMatchObject([
      { events: [], refused: [{ status: "dropped", code: "consent_denied" }] },
    ]);
  });
  it("takes what has not happened yet from nobody", async () => {
    const { queue, envelopes } = kept();
    await send([sale("A-1", { timestamp: "2036-01-01T00:00:00Z" })], { EVENTS: queue });
    expect(envelopes).toMatchObject([{ events: [], refused: [{ code: "timestamp_in_future" }] }]);
  });
  it(
    "counts a file that is sent twice once, also where its events have no ids",
    async () => {
      const file = [sale("B-1"), sale("B-2"), sale("B-3", { messageId: "given-3" })];
      await send(file);
      await send(file);
      // Ingest says what it made of each: the second time each is known.
      await eventually(async () => {
        const outcomes = await outcomesOf(/^c_[0-9a-f]{32}$|^given-3$/);
        expect(outcomes.sort()).toEqual([...Array(3).fill("duplicate"), ...Array(3).fill("folded")]);
      });
      expect(await landedIds()).toContain("given-3");
    },
    PATIENT_MS,
  );
});

describe("another tracker's cookie", () => {
  const GA = "_ga=GA1.1.1234567890.1700000000";
  const keyOf = async (value: string) =>
    identifierKey((await keyring("test-master-secret-0123456789abcdef")).lookup, "anonymous_id", value);
  const identifiersOf = (envelopes: EventEnvelope[]) =>
    envelopes.flatMap(({ events }) => events).map(({ identifiers }) => identifiers);

  it("is a claim beside a new visitor's id: what was collected under it is theirs", async () => {
    const { queue, envelopes } = kept();
    await door({ EVENTS: queue }).send([event("page_view")], { cookie: `ds_dev_country=US; ${GA}` });
    expect(identifiersOf(envelopes)).toEqual([
      [
        { key: expect.stringMatching(/^visitor_id:/), proof: "cookie" },
        { key: await keyOf("1234567890.1700000000"), proof: "claim" },
      ],
    ]);
  });
  it("is read for a visitor whose id was made when they consented, and not once their session has events", async () => {
    const { queue, envelopes } = kept();
    const { ask, send } = door({ EVENTS: queue });
    const cookies = new Map<string, string>([["ds_dev_country", "SK"]]);
    const jar = () => [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const keep = (headers: Headers) => {
      for (const line of headers.getSetCookie()) {
        const [pair = ""] = line.split(";");
        cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
      }
    };
    const chosen = await ask("/consent", {
      method: "PUT",
      headers: { "sec-fetch-site": "same-origin", origin: HOST, cookie: jar() },
      body: JSON.stringify({ purposes: ALL }),
    });
    keep(chosen.headers);
    const topic = { content: { content_id: "a", content_type: "article", topic: "winter" } };
    keep((await send([event("page_view", topic)], { cookie: `${jar()}; ${GA}` })).headers);
    keep((await send([event("page_view", topic)], { cookie: `${jar()}; ${GA}` })).headers);
    expect(identifiersOf(envelopes).map((list) => list.length)).toEqual([2, 1]);
  });
  it("is not looked at without consent, nor for a server", async () => {
    const { queue, envelopes } = kept();
    const { send, ask } = door({ EVENTS: queue });
    await send([event("page_view")], { cookie: `ds_dev_country=SK; ${GA}` });
    await ask("/events", {
      method: "POST",
      headers: { "x-write-key": "sk_demo", cookie: GA },
      body: JSON.stringify({ events: [event("page_view", {}, { consent: { analytics: "granted" } })] }),
    });
    expect(identifiersOf(envelopes)).toEqual([[]]);
  });
});
