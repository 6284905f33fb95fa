/** What a refused event may leave of a person, in receipts, in the index and in a dry run. Rules, by their titles. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { ingest } from "#ingest/ingest";
import { createApp } from "../../../src/app.ts";
import { deps } from "../ingest/envelopes.ts";
import { event, HOST } from "../product.ts";
import { incoming, quarantine, quarantineApi, refuse, textsUnder } from "../quarantine/refused.ts";
import { emptyStores } from "../setup.ts";

const messages: string[] = [];
const queue = {
  send: async (body: string) => void messages.push(body),
  sendBatch: async (batch: Iterable<{ body: string }>) =>
    void messages.push(...[...batch].map((m) => m.body)),
} as unknown as Queue<string>; // these two are what the door calls
const product = { ...env, EVENTS: queue };
const app = createApp(product);
const ANALYTICS = { analytics: "granted" } as const;

beforeEach(async () => {
  await emptyStores();
  messages.length = 0;
});

async function send(...events: unknown[]): Promise<Response> {
  const headers = {
    origin: HOST,
    "sec-fetch-site": "same-origin",
    "user-agent": "Mozilla/5.0 Chrome/154.0.0.0",
  };
  const init = { method: "POST", headers, body: JSON.stringify({ write_key: "wk_demo", events }) };
  return app.request(`${HOST}/events`, init, product, createExecutionContext());
}

async function drain(): Promise<void> {
  const bodies = messages.splice(0).map((body) => eventEnvelopeSchema.parse(JSON.parse(body)));
  await ingest(bodies, await deps());
}

async function indexed(): Promise<string> {
  const { results } = await env.IDENTITY_0.prepare("SELECT * FROM quarantine_index").all();
  return JSON.stringify(results);
}

describe("without consent for marketing", () => {
  it("an address in a refused event's name or version is in no receipt and not in the index", async () => {
    await send(
      event("Mail from ida@example.com", {}, { consent: ANALYTICS, id: "a-1" }),
      event("purchase", {}, { consent: ANALYTICS, version: "i@example.com" }),
    );
    expect(messages.join()).not.toContain("@example.com");
    await drain();
    expect(await indexed()).not.toContain("@example.com");
    expect(await textsUnder("")).not.toContain("@example.com");
  });

  it("an address in a refused event's name is not in what is kept, and a repair finds the event by its shown name", async () => {
    await send(event("Mail from ida@example.com", { order_id: "A" }, { consent: ANALYTICS, id: "a-2" }));
    await drain();
    const api = quarantineApi();
    const { body: listed } = await api.ask("/quarantine");
    const [{ name }] = listed.groups;
    expect(name).toBe("Mail from [email]");
    const repair = { match: { name }, steps: [{ event: "purchase" }] };
    const { body } = await api.ask("/quarantine/dry-run", { cause: { name }, repair });
    expect(JSON.stringify(body)).not.toContain("ida@");
    expect(body.events[0].after.name).toBe("purchase");
  });
});

describe("one bad item harms only itself", () => {
  it("an event with a name of 200 kB does not keep the others from coming in", async () => {
    const huge = event("custom", { event: "x".repeat(200_000) }, { consent: ANALYTICS });
    const good = event("page_view", {}, { consent: ANALYTICS });
    const response = await send(huge, good);
    expect(await response.json()).toMatchObject({ accepted: 1, rejected: [{ code: "unknown_event" }] });
    // A queue takes 128 kB; an envelope is to have at most 60.
    for (const message of messages) expect(message.length).toBeLessThan(60_000);
  });
});

const fieldsOf = (side: { fields: { path: string; value: string }[] }) =>
  Object.fromEntries(side.fields.map(({ path, value }) => [path, value]));

describe("a dry run", () => {
  it.each([
    [
      "a number",
      "0905123456",
      { cast: { path: "properties.value", to: "number" } },
      "properties.value",
      "905123456",
    ],
    [
      "a date",
      "1990-02-03T00:00:00Z",
      { cast: { path: "properties.content.publish_date", to: "date" } },
      "properties.content.publish_date",
      "1990-02-03",
    ],
  ])(
    "masks a personal value also where a repair moves it and casts it to %s",
    async (_, secret, cast, to, plain) => {
      await quarantine([await refuse(incoming("bought", {}, { traits: { born: secret } }))]);
      const repair = {
        match: { name: "bought" },
        steps: [{ event: "purchase" }, { rename: { from: "traits.born", to } }, cast],
      };
      if (to.includes("content")) repair.steps[0] = { event: "search" };
      const { status, body } = await quarantineApi().ask("/quarantine/dry-run", { cause: {}, repair });
      expect(status).toBe(200);
      expect(fieldsOf(body.events[0].after)[to]).toBeDefined();
      expect(JSON.stringify(body)).not.toContain(plain);
    },
  );

  it("masks a personal value that comes behind more fields than are shown", async () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`field${n}`, n]));
    await quarantine([await refuse(incoming("bought", many, { traits: { mail: "Ida Novak" } }))]);
    const repair = {
      match: { name: "bought" },
      steps: [
        { event: "purchase" },
        ...Array.from({ length: 40 }, (_, n) => ({ drop: `properties.field${n}` })),
        { rename: { from: "traits.mail", to: "properties.order_id" } },
      ],
    };
    const { body } = await quarantineApi().ask("/quarantine/dry-run", { cause: {}, repair });
    expect(fieldsOf(body.events[0].after)["properties.order_id"]).toBe("text of 9 characters");
    expect(JSON.stringify(body)).not.toContain("Novak");
  });

  it("masks an address that is a field's name", async () => {
    await quarantine([await refuse(incoming("bought", { "ida@example.com": true }))]);
    const { body } = await quarantineApi().ask("/quarantine/dry-run", { cause: {} });
    expect(JSON.stringify(body)).not.toContain("ida@");
  });
});
