/** Minimisation in the running Worker: what a request says of a person's device and address is written nowhere. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openKept } from "#collect/quarantine/open-kept";
import { type EventEnvelope, eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { ingest } from "#ingest/ingest";
import { createApp } from "../../../src/app.ts";
import { deps } from "../ingest/envelopes.ts";
import { ALL, event, HOST } from "../product.ts";
import { KEYS, textsUnder } from "../quarantine/refused.ts";
import { emptyStores } from "../setup.ts";

const messages: string[] = [];
const queue = {
  send: async (body: string) => void messages.push(body),
  sendBatch: async (batch: Iterable<{ body: string }>) =>
    void messages.push(...[...batch].map((m) => m.body)),
} as unknown as Queue<string>; // these two are what the door calls
const product = { ...env, EVENTS: queue };
const app = createApp(product);

/** Parts of user agents and addresses that stand nowhere else. */
const RARE = ["PlantedKit", "913.4", "7777.88", "Zq9x", "PlantedModel", "203.0.113", "2001:db8:77"];
const PLANTED =
  "Mozilla/5.0 (Linux; Android 14; PlantedModel Zq9x) PlantedKit/913.4 (KHTML, like Gecko) Chrome/154.0.7777.88 Mobile Safari/913.4";
const APP =
  "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X; Zq9x) PlantedKit/913.4 Version/26.0 Mobile/PlantedModel Safari/913.4";

const logged: string[] = [];
beforeEach(async () => {
  await emptyStores();
  messages.length = 0;
  logged.length = 0;
  for (const level of ["log", "info", "warn", "error", "debug"] as const)
    vi.spyOn(console, level).mockImplementation((...said) => void logged.push(JSON.stringify(said)));
});
afterEach(() => vi.restoreAllMocks());

async function post(path: string, body: unknown, headers: Record<string, string>): Promise<number> {
  const init = { method: "POST", headers, body: JSON.stringify(body) };
  return (await app.request(`${HOST}${path}`, init, product, createExecutionContext())).status;
}

const browser = {
  origin: HOST,
  "sec-fetch-site": "same-origin",
  "user-agent": PLANTED,
  "cf-connecting-ip": "203.0.113.77",
  "x-forwarded-for": "203.0.113.78, 2001:db8:77::1",
};

/** All that ingest has written: the lake, receipts, what is quarantined, and every table. */
async function everything(): Promise<string> {
  const { results: tables } = await env.IDENTITY_0.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'",
  ).all<{ name: string }>();
  const rows = await Promise.all(
    tables.map(async ({ name }) => (await env.IDENTITY_0.prepare(`SELECT * FROM "${name}"`).all()).results),
  );
  return JSON.stringify(rows) + (await textsUnder(""));
}

const envelopes = (): EventEnvelope[] => messages.map((body) => eventEnvelopeSchema.parse(JSON.parse(body)));

describe("a user agent and an address", () => {
  it("are reduced to family and major version, and to nothing, in an accepted event", async () => {
    const consent = { consent: ALL };
    expect(
      await post("/events", { write_key: "wk_demo", events: [event("page_view", {}, consent)] }, browser),
    ).toBe(202);
    const [accepted] = envelopes().flatMap(({ events }) => events);
    expect(accepted?.context.device).toEqual({
      type: "mobile",
      os: "Android",
      browser: expect.stringMatching(/^[A-Za-z ]+ 154$/),
    });
    expect(accepted?.context).not.toHaveProperty("ip");
    expect(accepted?.context).not.toHaveProperty("user_agent");
  });

  it("are in no message, receipt, file, table or log, of accepted, dropped and refused events, in any protocol", async () => {
    const all = { consent: ALL };
    const native = [
      event(
        "page_view",
        { user_agent: PLANTED },
        { ...all, context: { ip: "203.0.113.77", userAgent: PLANTED, user_agent: PLANTED } },
      ),
      event("page_view", {}),
      event("purchase", { order_id: 7 }, { ...all, context: { userAgent: PLANTED, ip: "203.0.113.77" } }),
    ];
    expect(await post("/events", { write_key: "wk_demo", events: native }, browser)).toBe(202);
    const call = {
      anonymousId: "a-1",
      writeKey: "wk_demo",
      context: { ip: "203.0.113.77", userAgent: APP, consent: { categoryPreferences: {} } },
    };
    expect(await post("/v1/page", { ...call, messageId: "m-1" }, browser)).toBe(200);
    const payload = {
      e: "pv",
      aid: "wk_demo",
      eid: "0f8fad5b-d9cb-469f-a165-70867728950e",
      p: "web",
      tv: "js-4.0",
      ua: APP,
      ip: "203.0.113.77",
      url: `${HOST}/`,
    };
    expect(await post("/com.snowplowanalytics.snowplow/tp2", { data: [payload] }, browser)).toBe(200);

    expect(messages.length).toBeGreaterThan(0);
    for (const rare of RARE) expect(messages.join("\n")).not.toContain(rare);
    const kept = envelopes().flatMap(({ refused }) => refused.filter((one) => one.kept !== undefined));
    expect(kept).toHaveLength(1);
    for (const { id, kept: sealed = "" } of kept) {
      const opened = JSON.stringify(await openKept(KEYS, id, sealed));
      expect(opened).toContain("Android");
      for (const rare of RARE) expect(opened).not.toContain(rare);
    }
    await ingest(envelopes(), await deps());
    const written = await everything();
    expect(written).toContain("page_view");
    for (const rare of RARE) {
      expect(written).not.toContain(rare);
      expect(logged.join("\n")).not.toContain(rare);
    }
  });
});

describe("what people type", () => {
  it("reaches no message: addresses, phones and tokens of title, URL, referrer and texts stay at the door", async () => {
    const secrets = [
      "ida@example.com",
      "905 123 456",
      "9f86d081884c7d659a2feaa0c55ad015",
      "4111111111111111",
      "s3cret",
    ];
    const context = {
      page: {
        url: "https://ida:s3cret@shop.example/u/ida%40example.com?utm_term=%2B421%20905%20123%20456&q=s3cret#s3cret",
        title: "Order of ida@example.com, call 0905 123 456",
        referrer: "https://mail.example/reset/9f86d081884c7d659a2feaa0c55ad015",
      },
    };
    const more = { consent: ALL, context };
    const events = [
      event("search", { search_term: "4111111111111111 ida@example.com" }, more),
      event(
        "form_submit",
        { form_id: "f", form_name: "call 0905 123 456", fields: ["ida@example.com"] },
        more,
      ),
      event("cta_click", { cta_id: "c", label: "+421 905 123 456", href: "tel:+421 905 123 456" }, more),
    ];
    expect(await post("/events", { write_key: "wk_demo", events }, browser)).toBe(202);
    const accepted = envelopes().flatMap((one) => one.events);
    expect(accepted).toHaveLength(3);
    for (const secret of secrets) expect(JSON.stringify(accepted)).not.toContain(secret);
    expect(accepted[0]?.removed).toContainEqual({
      path: "properties.search_term",
      action: "scrubbed",
      reason: "personal_data_in_text",
    });
    expect(accepted[0]?.context).toMatchObject({ utm: { term: "[phone]" } });
  });
});
