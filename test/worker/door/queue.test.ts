/** Handing envelopes over: a queue that refuses is followed by the next, and only what is confirmed counts. */
import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { envelopeSender } from "#door/queue";
import { consumeQueue } from "../../../src/background.ts";
import { eventually } from "../../setup/eventually.ts";
import { accepted, envelope, landedIds, visitor } from "../ingest/envelopes.ts";
import { publishRelease } from "../product.ts";

beforeAll(async () => void (await publishRelease()));

const NOW = Date.UTC(2026, 10, 22);
const message = (id: string, bytes = 0) =>
  JSON.stringify(
    envelope(`x-${id}`, [
      accepted(id, "page_view", [visitor("v")], { content: { padding: "x".repeat(bytes) } }),
    ]),
  );

/** Ingest takes a second or so, and more on a busy machine. */
const PATIENT_MS = 30_000;

/** A queue that is down, which the platform's cannot be made to be; it counts how often it was asked. */
function downQueue(calls = { asked: 0 }) {
  const refuse = async () => {
    calls.asked++;
    throw new Error("Queue is overloaded");
  };
  return { calls, queue: { send: refuse, sendBatch: refuse } as unknown as Queue<string> };
}

/** A real queue that keeps what it was given and then fails to say so, from the nth call on. */
function silentQueue(nth: number) {
  let calls = 0;
  const after = async (sent: Promise<unknown>) => {
    await sent;
    if (++calls >= nth) throw new Error("Network connection lost");
  };
  return {
    send: (body: string, options: QueueSendOptions) => after(env.EVENTS.send(body, options)),
    sendBatch: (batch: MessageSendRequest<string>[]) => after(env.EVENTS.sendBatch(batch)),
  } as unknown as Queue<string>;
}

const problem = (error: unknown) => {
  const { status, code, headers, message: detail } = error as Record<string, unknown>;
  return { status, code, headers, detail };
};

describe("a queue that refuses", () => {
  it(
    "is followed by the next one, whose events are taken in",
    async () => {
      const down = downQueue();
      await envelopeSender([down.queue, env.EVENTS])([message("q-1")], NOW);
      expect(down.calls.asked).toBe(1);
      await eventually(async () => expect(await landedIds()).toContain("q-1"));
    },
    PATIENT_MS,
  );

  it("is followed also where it fails without a promise", async () => {
    const sent: string[] = [];
    const failing = {
      send() {
        throw new Error("no such queue");
      },
    } as unknown as Queue<string>;
    const next = { send: async (text: string) => void sent.push(text) } as unknown as Queue<string>;
    await envelopeSender([failing, next])([message("q-sync")], NOW);
    expect(sent).toHaveLength(1);
  });

  it("is asked last for a while, and first again after that", async () => {
    const down = downQueue();
    const send = envelopeSender([down.queue, env.EVENTS]);
    for (let second = 0; second < 10; second++) await send([message(`q-w${second}`)], NOW + second * 1_000);
    expect(down.calls.asked).toBe(1);
    await send([message("q-w10")], NOW + 10_000);
    expect(down.calls.asked).toBe(2);
  });

  it("where none takes the events, says 503 and when to come again, and asks each of them every time", async () => {
    const [one, two] = [downQueue(), downQueue()];
    const send = envelopeSender([one.queue, two.queue]);
    for (const second of [0, 1]) {
      expect(problem(await send([message("q-2")], NOW + second).catch((e: unknown) => e))).toEqual({
        status: 503,
        code: "queue_unavailable",
        headers: { "retry-after": "5", "access-control-expose-headers": "Retry-After" },
        detail: "The events could not be stored. Send them again.",
      });
    }
    expect([one.calls.asked, two.calls.asked]).toEqual([2, 2]);
  });

  it(
    "half way says so: what is stored counts once when all is sent again",
    async () => {
      // Six envelopes of 60 kB are two batches; the second is refused.
      const messages = Array.from({ length: 6 }, (_, n) => message(`q-h${n}`, 59_000));
      let batches = 0;
      const halfWay = {
        sendBatch: (batch: MessageSendRequest<string>[]) =>
          ++batches === 1 ? env.EVENTS.sendBatch(batch) : Promise.reject(new Error("down")),
        send: () => Promise.reject(new Error("down")),
      } as unknown as Queue<string>;
      const refused = problem(await envelopeSender([halfWay])(messages, NOW).catch((e: unknown) => e));
      expect(refused).toMatchObject({ status: 503, code: "queue_unavailable" });
      expect(refused.detail).toMatch(/^Only 4 of 6 envelopes .* same ids/);
      await envelopeSender([env.EVENTS])(messages, NOW);
      await eventually(async () =>
        expect((await landedIds()).filter((id) => id.startsWith("q-h"))).toHaveLength(6),
      );
    },
    PATIENT_MS,
  );
});

it(
  "a copy that a silent queue kept is the same envelope, and counts once",
  async () => {
    const text = message("q-3");
    await envelopeSender([silentQueue(1), env.EVENTS])([text], NOW);
    const outcomes = async () => {
      const { results } = await env.IDENTITY_0.prepare(
        "SELECT claims FROM identifiers WHERE key = 'visitor_id:1.v'",
      ).all<{ claims: string }>();
      return (results[0]?.claims.match(/x-q-3/g) ?? []).length;
    };
    await eventually(async () => expect(await outcomes()).toBe(1));
    expect((await landedIds()).filter((id) => id === "q-3")).toHaveLength(1);
  },
  PATIENT_MS,
);

it("another shard's queue has the events consumer by its name", async () => {
  const batch = createMessageBatch("doorstep-1-events", [
    { id: "m1", timestamp: new Date(), attempts: 1, body: message("q-4") },
  ]);
  await consumeQueue(batch, env);
  expect((await getQueueResult(batch, createExecutionContext())).explicitAcks).toEqual(["m1"]);
  expect(await landedIds()).toContain("q-4");
});

it("nothing to send asks nobody", async () => {
  const down = downQueue();
  await envelopeSender([down.queue])([], NOW);
  expect(down.calls.asked).toBe(0);
});

it.each(["doorstep-events", "doorstep-crm"])(
  "%s: where nothing can be worked off, messages come again later each time, and are no dead letters soon",
  async (queue) => {
    const messages = [1, 4].map((attempts) => ({
      ...{ id: `m${attempts}`, timestamp: new Date(), attempts },
      body: message("q-5"),
    }));
    const batch = createMessageBatch(queue, messages);
    const retries = batch.messages.map((one) => vi.spyOn(one, "retry"));
    await consumeQueue(batch, { ...env, MASTER_SECRET: "short" });
    const { retryMessages } = await getQueueResult(batch, createExecutionContext());
    expect(retryMessages).toMatchObject([{ msgId: "m1" }, { msgId: "m4" }]);
    expect(retries.map(({ mock }) => mock.calls)).toEqual([
      [[{ delaySeconds: 10 }]],
      [[{ delaySeconds: 80 }]],
    ]);
  },
);
