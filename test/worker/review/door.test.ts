/** What a request may leave behind, whoever made it. Rules, by their titles. */
import { createExecutionContext } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { type EventEnvelope, eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { createApp } from "../../../src/app.ts";
import { ALL, Browser, event, HOST, publishRelease } from "../product.ts";
import { emptyStores } from "../setup.ts";

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

const ask = (path: string, init: RequestInit) =>
  app.request(`${HOST}${path}`, init, product, createExecutionContext());
const envelopes = (): EventEnvelope[] => messages.map((body) => eventEnvelopeSchema.parse(JSON.parse(body)));

describe("a link on another site", () => {
  it.each([
    "/pixel/v1/track?writeKey=wk_demo&anonymousId=a-1&userId=evil&event=Signed+Up",
    "/pixel/v1/page?writeKey=wk_demo&anonymousId=a-1",
    "/g/collect?v=2&tid=wk_demo&cid=1.2&en=page_view",
    "/i?e=pv&p=web&tv=js-4&aid=wk_demo&eid=e-1",
  ])("puts nothing to the account of who follows it: %s", async (path) => {
    await publishRelease();
    const person = new Browser("SK");
    await person.consent({ ...ALL });
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    expect(cookie).toContain("ds_id=");
    await ask(path, {
      headers: {
        cookie,
        "user-agent": "Mozilla/5.0 Chrome/154.0.0.0",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "navigate",
        "sec-fetch-dest": "document",
      },
    });
    const proofs = envelopes().flatMap(({ events }) => events.flatMap(({ identifiers }) => identifiers));
    expect(proofs.filter(({ proof }) => proof === "cookie")).toEqual([]);
  });
});

describe("a batch with one large context", () => {
  const address = `https://shop.example${"/a".repeat(2_000)}`;
  const batchOf = (event: string) =>
    JSON.stringify({
      writeKey: "wk_demo",
      context: { page: { url: address, referrer: address } },
      batch: Array.from({ length: 2_500 }, (_, n) => ({
        type: "track",
        event,
        anonymousId: "a",
        messageId: `m-${n}`,
        properties: {},
      })),
    });
  const send = (body: string) =>
    ask("/v1/batch", {
      method: "POST",
      body,
      headers: { cookie: "ds_dev_country=US", "user-agent": "Mozilla/5.0 Chrome/154.0.0.0" },
    });

  it.each(["Cart Viewed", "Order Completed"])(
    "is not many times its own size on the queue: %s",
    async (event) => {
      await publishRelease();
      const body = batchOf(event);
      await send(body);
      const bytes = messages.reduce((sum, { length }) => sum + length, 0);
      expect(bytes).toBeLessThan(20 * body.length);
    },
  );
});

describe("what another tracker called the visitor", () => {
  it("is adopted with their first event alone", async () => {
    await publishRelease();
    const person = new Browser("SK");
    await person.consent({ ...ALL });
    person.cookies.set("_ga", "GA1.1.1234567890.1700000000");
    const adopted: number[] = [];
    for (let n = 0; n < 3; n++) {
      messages.length = 0;
      const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
      const events = [event("scroll", { percent: 50 })];
      const response = await ask("/events", {
        method: "POST",
        headers: { ...person.headers, cookie },
        body: JSON.stringify({ write_key: "wk_demo", events }),
      });
      for (const line of response.headers.getSetCookie()) {
        const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
        person.cookies.set(name, value);
      }
      const all = envelopes().flatMap(({ events }) => events.flatMap(({ identifiers }) => identifiers));
      adopted.push(all.filter(({ proof }) => proof === "claim").length);
    }
    expect(adopted).toEqual([1, 0, 0]);
  });
});

describe("PUT /consent", () => {
  it("is held to the limit of a client: each call of a new visitor writes to the database", async () => {
    await publishRelease();
    const limited = createApp({ ...product, CLIENT_RATE: "1" });
    const statuses = new Set<number>();
    for (let n = 0; n < 15; n++) {
      const response = await limited.request(
        `${HOST}/consent`,
        {
          method: "PUT",
          headers: { "sec-fetch-site": "same-origin", "cf-connecting-ip": "203.0.113.7" },
          body: JSON.stringify({ purposes: ALL }),
        },
        product,
        createExecutionContext(),
      );
      statuses.add(response.status);
    }
    expect(statuses).toContain(429);
  });
});

describe("a server in a place where silence is consent", () => {
  it("has no consent of anyone's: what of its events cannot be read leaves no name and no text", async () => {
    await publishRelease();
    const response = await ask("/v1/batch", {
      method: "POST",
      body: JSON.stringify({ batch: [{ type: "Ida Novak", anonymousId: "a", messageId: "order of Ida" }] }),
      headers: { authorization: "Bearer sk_demo", cookie: "ds_dev_country=US" },
    });
    expect(response.status).toBe(200);
    expect(messages.join()).not.toContain("Ida");
  });
});
