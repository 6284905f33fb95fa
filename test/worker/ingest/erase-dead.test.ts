/** One person out of the dead letters of the events queues. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { putDeadMessage } from "#forward/store";
import { countDeadEvents, eraseDeadEvents } from "#ingest/erase-dead";
import { accepted, claim, envelope, visitor } from "./envelopes.ts";

beforeEach(reset);

const ANN = "visitor_id:1.ann";
const ANN_MAIL = "email:1.ann";
const subjects = [ANN, ANN_MAIL];
const DEAD = "doorstep-events-dead";
const UNREAD = "dead/doorstep-events/m.json";

const refused = (id: string, ...keys: string[]) => ({
  id,
  name: "purchase",
  status: "rejected" as const,
  code: "invalid_event",
  issues: [],
  kept: "1.sealed",
  subjects: keys,
});
const record = (subject: string) => ({
  id: "r1",
  subject,
  granted: [],
  regime: "gdpr",
  source: "tcf",
  evidence: "e",
  givenAt: 1,
});
const BEN = accepted("b-1", "page_view", [visitor("ben")]);
const mixed = () => ({
  ...envelope("e-1", [
    accepted("a-1", "page_view", [visitor("ann")]),
    BEN,
    accepted("a-2", "page_view", [visitor("shared"), claim(ANN_MAIL)]),
    accepted("a-3", "page_view", [{ ...visitor("new"), older: [ANN] }]),
  ]),
  refused: [refused("q-1", "visitor_id:1.x", ANN_MAIL), refused("q-2", "visitor_id:1.ben")],
  record: record(ANN),
});
const bury = (id: string, body: unknown, queue = DEAD) =>
  putDeadMessage(env.LAKE, queue, id, { at: 1, attempts: 100, body });
const read = async (object: string) => (await env.LAKE.get(object))?.text();

it.each([
  ["an object", (body: unknown) => body],
  ["a text, as the door sends it", (body: unknown) => JSON.stringify(body)],
])(
  "an envelope that is %s loses the person's events, refusals and decision, and can still be replayed",
  async (_, form) => {
    await bury("m", form(mixed()));
    expect(await countDeadEvents(env.LAKE, { subjects })).toEqual({
      events: 3,
      refused: 1,
      decisions: 1,
      unreadable: 0,
    });

    expect(await eraseDeadEvents(env.LAKE, { subjects })).toEqual({
      events: 3,
      refused: 1,
      decisions: 1,
      unreadable: 0,
      objects: 1,
    });

    const { body, ...message } = JSON.parse((await read(`dead/${DEAD}/m.json`)) ?? "");
    expect(message).toEqual({ queue: DEAD, id: "m", at: 1, attempts: 100 });
    expect(typeof body).toBe(typeof form(mixed()));
    const { record: _record, ...left } = mixed();
    expect(eventEnvelopeSchema.parse(typeof body === "string" ? JSON.parse(body) : body)).toEqual({
      ...left,
      receivedAt: expect.any(Number),
      events: [{ ...BEN, occurredAt: expect.any(Number) }],
      refused: [refused("q-2", "visitor_id:1.ben")],
    });
    expect(await eraseDeadEvents(env.LAKE, { subjects })).toMatchObject({ events: 0, objects: 0 });
  },
);

it("an envelope of nobody else goes whole; of counts without a person it stays", async () => {
  const own = envelope("e-1", [accepted("a-1", "page_view", [visitor("ann")])]);
  const counts = [{ name: "page_view", country: "SK", content: "", events: 2 }];
  await bury("own", own);
  await bury("counted", { ...own, counts });
  await bury("ben", envelope("e-2", [BEN]));
  await eraseDeadEvents(env.LAKE, { subjects });
  expect(await read(`dead/${DEAD}/own.json`)).toBeUndefined();
  expect(JSON.parse((await read(`dead/${DEAD}/counted.json`)) ?? "").body).toMatchObject({
    events: [],
    counts,
  });
  expect(await read(`dead/${DEAD}/ben.json`)).toContain("b-1");
});

it.each([
  ["is not JSON", `{"v":1,"events":[{"identifiers":[{"key":"${ANN}"`],
  ["is no envelope", JSON.stringify({ v: 2, kind: "events", who: ANN })],
  ["is an envelope in a text that was cut", JSON.stringify(JSON.stringify(mixed()).slice(0, 600))],
])("what %s and has the person's key in it goes whole, and is counted", async (_, text) => {
  await env.LAKE.put(UNREAD, text);
  await env.LAKE.put("dead/doorstep-events-2/other.json", text.replaceAll(ANN, "visitor_id:1.anna"));
  expect(await eraseDeadEvents(env.LAKE, { subjects: [ANN] })).toMatchObject({ unreadable: 1, objects: 1 });
  expect(await read(UNREAD)).toBeUndefined();
});

it("queues of more than one name are looked at, a bounded number of objects a call, and no other folder", async () => {
  const own = envelope("e-1", [accepted("a-1", "page_view", [visitor("ann")])]);
  for (let n = 0; n < 3; n++) await bury(`m-${n}`, own);
  for (let n = 0; n < 3; n++) await bury(`m-${n}`, own, "spare-events-dead");
  await bury("m", own, "doorstep-crm-dead");
  const total = { events: 0, calls: 0 };
  let cursor: string | undefined;
  do {
    const done = await eraseDeadEvents(env.LAKE, { subjects, cursor, limit: 2 });
    total.events += done.events;
    total.calls++;
    cursor = done.cursor;
  } while (cursor !== undefined);
  expect(total.events).toBe(6);
  expect(total.calls).toBeGreaterThanOrEqual(3);
  expect((await env.LAKE.list({ prefix: "dead/" })).objects.map(({ key }) => key)).toEqual([
    "dead/doorstep-crm-dead/m.json",
  ]);
});
