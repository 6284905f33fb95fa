/** The whole way, over the real app: a browser's bad purchase, the operator's repair, and the purchase in the lake. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { ingest } from "#ingest/ingest";
import { createApp } from "../../../src/app.ts";
import { deps, landedIds } from "../ingest/envelopes.ts";
import { ALL, event, HOST, RELEASE } from "../product.ts";
import { emptyStores } from "../setup.ts";
import { statuses, textsUnder } from "./refused.ts";

const messages: string[] = [];
const queue = {
  send: async (body: string) => void messages.push(body),
  sendBatch: async (batch: Iterable<{ body: string }>) =>
    void messages.push(...[...batch].map((m) => m.body)),
} as unknown as Queue<string>; // these two are what the door calls
const product = { ...env, EVENTS: queue };
const app = createApp(product);

beforeEach(async () => {
  await emptyStores();
  messages.length = 0;
});

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await app.request(`${HOST}${path}`, init, product, createExecutionContext());
  // biome-ignore lint/suspicious/noExplicitAny: each test looks at what it asked for
  return { status: response.status, body: (await response.json()) as any };
}
const operator = (method: string, path: string, body?: unknown) =>
  ask(method, `/admin/api${path}`, body, { authorization: "Bearer admin_test" });
const browser = {
  origin: HOST,
  "sec-fetch-site": "same-origin",
  "user-agent": "Mozilla/5.0 Chrome/154.0.0.0",
};
const send = (...events: unknown[]) => ask("POST", "/events", { write_key: "wk_demo", events }, browser);

async function drain(): Promise<void> {
  const bodies = messages.splice(0).map((body) => eventEnvelopeSchema.parse(JSON.parse(body)));
  await ingest(bodies, await deps());
}

const bad = (more: Record<string, unknown> = {}) =>
  event("purchase", { order_id: "SECRET-7", value: "12.50", currency: "eur" }, { consent: ALL, ...more });
const repairs = {
  currency: {
    match: { name: "purchase", path: "properties.currency" },
    steps: [
      { cast: { path: "properties.currency", to: "uppercase" } },
      { cast: { path: "properties.value", to: "number" } },
    ],
  },
};

describe("a bad purchase from a browser", () => {
  it("is quarantined at the door, repaired by the release, and back in the lake once", async () => {
    const purchase = bad({ traits: { email: "ida@example.com" } });
    expect((await send(purchase)).body).toMatchObject({ accepted: 0, rejected: [{ code: "invalid_event" }] });
    expect(messages.join()).not.toMatch(/SECRET|ida@/);
    await drain();
    expect(await textsUnder("")).not.toMatch(/SECRET|ida@/);
    expect((await operator("GET", "/quarantine")).body.groups).toMatchObject([{ name: "purchase", kept: 1 }]);

    const cause = { name: "purchase" };
    const tried = await operator("POST", "/quarantine/dry-run", { cause, repair: repairs.currency });
    expect(tried.body.events).toMatchObject([{ id: purchase.id, result: { passes: true } }]);
    const published = await operator("POST", "/releases", {
      document: { ...RELEASE, repairs },
      note: "Currency",
    });
    expect(published.status).toBe(201);
    const replays = await Promise.all([1, 2].map(() => operator("POST", "/quarantine/replay", { cause })));
    expect(replays.reduce((sum, { body }) => sum + body.sent, 0)).toBe(1);
    await drain();

    expect(await statuses()).toEqual({ back: 1 });
    expect(await landedIds()).toEqual([purchase.id]);
    const landed = await textsUnder("landing/events/");
    expect(landed).toContain('"properties":{"order_id":"SECRET-7","value":12.5,"currency":"EUR"}');
    expect(landed).toContain('"browser":"Chrome 154"');
  });

  it("leaves nothing of itself where no purpose is granted", async () => {
    await send(bad({ consent: { analytics: "denied" } }));
    await drain();
    expect(await textsUnder("")).not.toContain("SECRET");
    expect(await textsUnder("quarantine/")).toBe("");
    expect(await statuses()).toEqual({ lost: 1 });
  });

  it("is not repaired by a release whose repair can do nothing: that is not published", async () => {
    const nothing = {
      match: { name: "purchase" },
      steps: [{ cast: { path: "properties.valeu", to: "number" } }],
    };
    const { status, body } = await operator("POST", "/releases", {
      document: { ...RELEASE, repairs: { nothing } },
    });
    expect(status).toBe(422);
    expect(body.issues).toEqual([
      { path: "repairs.nothing.steps.0.cast.path", message: '"properties.valeu" is no field of purchase' },
    ]);
  });
});
