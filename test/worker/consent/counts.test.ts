/** Anonymous counts in D1: each envelope's numbers once, by day, and nothing that could tell one event from another. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { addCounts, forgetMarks, readCounts } from "#consent/counts/store";
import type { AnonymousCount, EventEnvelope } from "#contracts/messages/event_envelope";

const db = env.IDENTITY_0;
const NOON = Date.parse("2026-11-22T12:00:00.250Z");
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const count = (differs: Partial<AnonymousCount> = {}): AnonymousCount => ({
  name: "page_view",
  country: "SK",
  content: "",
  events: 1,
  ...differs,
});
const envelope = (
  id: string,
  counts?: AnonymousCount[],
  differs: Partial<EventEnvelope> = {},
): EventEnvelope => ({
  v: 1,
  kind: "events",
  id,
  source: "web",
  receivedAt: NOON,
  events: [],
  refused: [],
  ...(counts && { counts }),
  ...differs,
});

const add = (envelopes: EventEnvelope[], now = NOON + 2000) => addCounts(db, envelopes, now);
const stored = () => readCounts(db, "2026-01-01", "2026-12-31");
const marks = async () =>
  (
    await db
      .prepare("SELECT second, ids FROM counted_envelopes ORDER BY second")
      .all<{ second: number; ids: string }>()
  ).results;

/** A database that tells how often it was asked. */
function watched() {
  let calls = 0;
  const proxy = new Proxy(db, {
    get(target, name) {
      calls++;
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
  return { db: proxy, calls: () => calls };
}

beforeEach(async () => {
  await db.batch([db.prepare("DELETE FROM anonymous_counts"), db.prepare("DELETE FROM counted_envelopes")]);
});

describe("what ingest adds", () => {
  it("is summed up by day, source, name, country and content", async () => {
    await add([
      envelope("a", [count({ events: 2 }), count({ content: "post-1" })]),
      envelope("b", [count({ events: 3 }), count({ name: "purchase" })]),
      envelope("c", [count()], { source: "app" }),
      envelope("d", [count({ country: "" })], { receivedAt: NOON - DAY / 2 - 1000 }),
    ]);
    await add([envelope("e", [count({ events: 10 })])]);
    const day = "2026-11-22";
    expect(await stored()).toEqual([
      { day, source: "app", name: "page_view", country: "SK", content: "", events: 1 },
      { day, source: "web", name: "page_view", country: "", content: "", events: 1 },
      { day, source: "web", name: "page_view", country: "SK", content: "", events: 15 },
      { day, source: "web", name: "page_view", country: "SK", content: "post-1", events: 1 },
      { day, source: "web", name: "purchase", country: "SK", content: "", events: 1 },
    ]);
  });

  it("is added once, however often and in whatever batches an envelope is delivered", async () => {
    const [a, b, c] = [
      envelope("a", [count()]),
      envelope("b", [count()], { receivedAt: NOON + 900 }),
      envelope("c", [count()]),
    ];
    await add([a, b]);
    await add([a, b]);
    await add([b, c, c]);
    await add([c, a], NOON + 3 * DAY);
    expect(await stored()).toMatchObject([{ events: 3 }]);
    expect((await marks()).map(({ second, ids }) => [second, JSON.parse(ids)])).toEqual([
      [Math.floor(NOON / 1000), ["a", "c"]],
      [Math.floor(NOON / 1000) + 1, ["b"]],
    ]);
  });

  it("is added once by consumers that work at the same time", async () => {
    const envelopes = Array.from({ length: 20 }, (_, i) => envelope(`e${i}`, [count()]));
    await Promise.all(Array.from({ length: 8 }, (_, i) => add(envelopes.slice(i, i + 12))));
    expect(await stored()).toMatchObject([{ events: 19 }]);
  });

  it("asks the database nothing where no envelope has counts, and once for a whole batch", async () => {
    const none = watched();
    await addCounts(none.db, [envelope("a"), envelope("b", [])], NOON);
    expect(none.calls()).toBe(0);
    const some = watched();
    await addCounts(
      some.db,
      Array.from({ length: 100 }, (_, i) => envelope(`e${i}`, [count()])),
      NOON,
    );
    expect(some.calls()).toBe(3); // prepare, prepare, batch
  });

  it("writes few rows for a batch of many envelopes", async () => {
    const envelopes = Array.from({ length: 100 }, (_, i) =>
      envelope(`e${i}`, [count(), count({ name: "scroll" })], { receivedAt: NOON + i * 10 }),
    );
    await add(envelopes);
    const rows = await db
      .prepare(
        "SELECT (SELECT count(*) FROM anonymous_counts) + (SELECT count(*) FROM counted_envelopes) AS n",
      )
      .first<number>("n");
    expect(rows).toBe(4); // two numbers, and the two seconds that the envelopes came in
  });

  it("is of the day of its arrival for an hour after that day, and then of the present day", async () => {
    const late = { receivedAt: Date.parse("2026-11-21T23:59:59.999Z") };
    const end = late.receivedAt + 1;
    await add([envelope("a", [count()], late)], end + HOUR - 1);
    await add([envelope("b", [count({ events: 5 })], late)], end + HOUR);
    expect((await stored()).map(({ day, events }) => [day, events])).toEqual([
      ["2026-11-21", 1],
      ["2026-11-22", 5],
    ]);
  });

  it("is of the present day where the door's clock is ahead", async () => {
    await add([envelope("a", [count()], { receivedAt: NOON + DAY })]);
    expect(await stored()).toMatchObject([{ day: "2026-11-22" }]);
  });

  it("keeps names and ids of any characters", async () => {
    const content = `"é'--[]{}\\`;
    await add([envelope(`"'é`, [count({ content })])]);
    await add([envelope(`"'é`, [count({ content })])]);
    expect(await stored()).toMatchObject([{ content, events: 1 }]);
  });
});

describe("the marks of envelopes that were counted", () => {
  const at = (iso: string) => Date.parse(iso);

  it("are forgotten after seven days, once an hour", async () => {
    await add([envelope("old", [count()])]);
    await add([envelope("new", [count()], { receivedAt: NOON + 60_000 })]);
    await forgetMarks(db, at("2026-11-29T12:40:00Z"));
    expect(await marks()).toHaveLength(2);
    await forgetMarks(db, at("2026-11-29T11:41:00Z"));
    expect(await marks()).toHaveLength(2);
    await forgetMarks(db, at("2026-11-29T12:41:00Z"));
    expect(await marks()).toEqual([]);
    expect(await stored()).toMatchObject([{ events: 2 }]);
  });

  it("stay for those that are younger", async () => {
    await add([envelope("young", [count()], { receivedAt: at("2026-11-22T13:00:00Z") })]);
    await forgetMarks(db, at("2026-11-29T12:41:00Z"));
    expect(await marks()).toHaveLength(1);
  });
});
