/** What the landing files tell a person who asks: their events, where each went and why not elsewhere, and nobody else's. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { type ReadLines, readLanded } from "#lake/read-subject";
import {
  ANN,
  ANN_CLAIM,
  ANN_MAIL,
  BEN,
  DELIVERIES,
  deliveryLine,
  EVENTS,
  HOUR,
  landedEvent,
  put,
  SPAN,
} from "./landed.ts";

beforeEach(reset);

async function readAll(limit?: number) {
  const all = { events: [] as ReadLines["events"], deliveries: [] as ReadLines["deliveries"], calls: 0 };
  let next: Partial<ReadLines> = {};
  do {
    const { eventIds, cursor } = next;
    const given = {
      subjects: [ANN, ANN_MAIL, ANN_CLAIM],
      ...SPAN,
      eventIds,
      cursor,
      ...(limit && { limit }),
    };
    const read = await readLanded(env.LAKE, given);
    all.events.push(...read.events);
    all.deliveries.push(...read.deliveries);
    all.calls++;
    next = read;
  } while (next.cursor !== undefined);
  return all;
}

it("gives each event once, with where it went and why it did not go elsewhere", async () => {
  const ann = landedEvent("a-1", { subject: ANN_CLAIM, profile: BEN });
  const ben = landedEvent("b-1", { subject: BEN, profile: ANN });
  await put(`${EVENTS}/one.ndjson`, [
    ...ann.events,
    ...ben.events,
    ...ann.receipts,
    ...ben.receipts,
    `cut ${ANN}`,
  ]);
  await put(`${EVENTS}/two.ndjson`, [...ann.events, ...ann.receipts]);
  await put(`${DELIVERIES}/one.ndjson`, [
    await deliveryLine("a-1", ANN_CLAIM, { outcome: "retry", code: "http_500" }),
    await deliveryLine("a-1", ANN_CLAIM, { outcome: "failed", code: "http_400" }),
    await deliveryLine("a-1", BEN),
    await deliveryLine("b-1", BEN),
  ]);
  expect(await readAll()).toEqual({
    calls: 1,
    events: [
      {
        id: "a-1",
        name: "page_view",
        occurredAt: HOUR - 1_000,
        receivedAt: HOUR,
        source: "web",
        properties: { content: { topic: 'of "a-1"' } },
        context: { session: { id: "s-a-1", number: 1, startedAt: HOUR } },
        consent: ann.events[0]?.consent,
        routed: { hook: "queued", ga4: "no_consent:analytics" },
      },
    ],
    deliveries: [
      { eventId: "a-1", destination: "hook", at: HOUR + 60_000, outcome: "failed", code: "http_400" },
    ],
  });
});

it("goes on where it stopped, and changes nothing", async () => {
  for (let n = 0; n < 5; n++) {
    const one = landedEvent(`a-${n}`, { subject: ANN });
    await put(`${EVENTS}/${n}.ndjson`, [...one.events, ...one.receipts]);
    await put(`${DELIVERIES}/${n}.ndjson`, [await deliveryLine(`a-${4 - n}`, ANN)]);
  }
  const read = await readAll(2);
  expect(read.events.map(({ id }) => id)).toEqual(["a-0", "a-1", "a-2", "a-3", "a-4"]);
  expect(read.deliveries).toHaveLength(5);
  expect(read.calls).toBeGreaterThanOrEqual(5);
  expect((await readAll()).events).toEqual(read.events);
});
