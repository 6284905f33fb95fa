import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isNews } from "#door/last-ids";
import {
  addEvents,
  countImpression,
  isIdle,
  recentEvents,
  type Session,
  startSession,
  touchSession,
} from "#door/session";
import { readSession, writeSession } from "#door/session-cookie";
import { isWhose, NOT_KNOWN, personKeys, whoseOf } from "#door/whose";

const start = (): Session => startSession("s1", 1_000, undefined, true);

describe("a session", () => {
  it("ends after 30 minutes of silence that it is sure of, and the next one knows its number", () => {
    const session = start();
    expect(isIdle(session, 1_000 + 35 * 60_000)).toBe(false);
    expect(isIdle(session, 1_001 + 35 * 60_000)).toBe(true);
    expect(startSession("s2", 2_000, session, false)).toMatchObject({ number: 2, recent: [], first: false });
  });

  it("keeps the day's impressions when the next one starts, but not the session's", () => {
    const session = start();
    countImpression(session, "hero", 1_000);
    countImpression(session, "hero", 1_000);
    expect(startSession("s2", 5_000, session, false).impressions.hero).toEqual({
      session: 0,
      day: 0,
      today: 2,
    });
    expect(startSession("s3", 86_400_000, session, false).impressions).toEqual({});
  });

  it("is written down anew every five minutes, not for every event", () => {
    const session = start();
    expect(touchSession(session, 1_000 + 5 * 60_000)).toBe(false);
    expect(session.lastAt).toBe(1_000);
    expect(touchSession(session, 1_001 + 5 * 60_000)).toBe(true);
    expect(session.lastAt).toBe(1_001 + 5 * 60_000);
  });

  it("remembers the newest events only", () => {
    const session = start();
    for (let i = 0; i < 100; i++)
      addEvents(session, [{ at: 1_000 + i, name: "page_view", fields: { topic: "x" } }]);
    expect(recentEvents(session)).toHaveLength(64);
    expect(session.first).toBe(false); // it no longer has all that happened
    expect(recentEvents(session).at(-1)?.at).toBe(1_099);
  });

  it("has room for sixty events of a few kinds, and for all of a burst", () => {
    const session = start();
    for (let i = 0; i < 60; i++)
      addEvents(session, [
        {
          at: 1_000 + Math.floor(i / 3) * 17_000,
          name: i % 7 === 0 ? "add_to_cart" : "page_view",
          fields: i % 7 === 0 ? {} : { "content.topic": `topic ${i % 5}` },
        },
      ]);
    const text = writeSession(session);
    expect(recentEvents(readSession(text))).toHaveLength(60);
  });

  it("has the newest events however many offers were seen, and the newest offers however much was done", () => {
    const session = start();
    for (let i = 0; i < 40; i++) countImpression(session, `winter-sale-banner-${i}`, 1_000 + i);
    countImpression(session, "winter-sale-banner-3", 2_000);
    for (let i = 0; i < 60; i++)
      addEvents(session, [{ at: 3_000 + i * 977, name: "page_view", fields: { topic: `topic ${i}` } }]);
    const read = readSession(writeSession(session));
    const { impressions, first } = read;
    const recent = recentEvents(read);
    expect(recent.length).toBeGreaterThan(8);
    expect(recent.at(-1)?.fields).toEqual({ topic: "topic 59" });
    expect(Object.keys(impressions).length).toBeGreaterThan(5);
    expect(Object.keys(impressions).slice(-2)).toEqual(["winter-sale-banner-39", "winter-sale-banner-3"]);
    expect(first).toBe(false);
  });

  it("has its newest event, by the fields that fit, however long they are", () => {
    const session = start();
    countImpression(session, "hero", 1_000);
    addEvents(session, [{ at: 1_000, name: "page_view", fields: { topic: "x" } }]);
    const long = Object.fromEntries(
      Array.from({ length: 9 }, (_, n) => [`content.f${n}`, "漢".repeat(64 - n)]),
    );
    addEvents(session, [{ at: 2_000, name: "purchase", fields: { value: 5, "?mark": 1, ...long } }]);
    const read = readSession(writeSession(session));
    const recent = recentEvents(read);
    expect(recent).toHaveLength(1);
    expect(recent[0]).toMatchObject({ at: 2_000, name: "purchase", fields: { value: 5, "?mark": 1 } });
    expect(read.first).toBe(false);
  });

  it("of one request's events keeps the last, and of each kind the newer ones, where not all have room", () => {
    const session = start();
    const text = (n: number) => `${n}-${"x".repeat(60)}`;
    for (const name of ["view_item", "search"]) addEvents(session, [{ at: 1_000, name, fields: {} }]);
    for (let n = 0; n < 14; n++)
      addEvents(session, [
        {
          at: 2_000,
          name: n % 2 === 0 ? "search" : "view_item",
          fields: { term: text(n) },
        },
      ]);
    const kept = recentEvents(readSession(writeSession(session))).map(({ fields }) => String(fields.term));
    const numbers = kept.map((term) => Number.parseInt(term, 10));
    expect(Math.min(...numbers)).toBe(14 - numbers.length);
    expect(numbers.at(-1)).toBe(13);

    const two = start();
    addEvents(two, [{ at: 1_000, name: "page_view", fields: { title: "a".repeat(400) } }]);
    addEvents(two, [{ at: 1_000, name: "search", fields: { term: "b".repeat(400) } }]);
    expect(recentEvents(readSession(writeSession(two))).map(({ name }) => name)).toEqual(["search"]);
  });

  it("takes an event that is sent again for the one that it was, also in the next session", () => {
    const session = start();
    for (const id of ["order-1", "b", "c"]) expect(isNews(session, id)).toBe(true);
    expect(isNews(session, "order-1")).toBe(false);
    const next = startSession("s2", 9_000, readSession(writeSession(session)), false);
    expect(isNews(next, "order-1")).toBe(false);
    for (let n = 0; n < 100; n++) isNews(next, `other-${n}`);
    expect(next.ids).toHaveLength(32);
  });

  it("counts impressions of an offer of any name", () => {
    const session = start();
    for (let n = 0; n < 2; n++) countImpression(session, "constructor", 1_000);
    expect(session.impressions).toEqual({ constructor: { session: 2, day: 0, today: 2 } });
  });

  it("reads back what it wrote, in order of time", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            at: fc.integer({ min: -5_000, max: 90_000 }),
            name: fc.constantFrom("page_view", "purchase", "7"),
            fields: fc.dictionary(
              fc.constantFrom("value", "content.topic", "?mark", "7"),
              fc.oneof(fc.integer(), fc.constantFrom("", "winter", "-3", "7")),
            ),
          }),
          { maxLength: 12 },
        ),
        (events) => {
          const session = start();
          const added = events.map((event) => ({ ...event, at: session.startedAt + event.at }));
          addEvents(session, added);
          const read = recentEvents(readSession(writeSession(session)));
          fc.pre(session.first); // else the cookie was full
          expect(read.map(({ at }) => at)).toEqual(read.map(({ at }) => at).sort((a, b) => a - b));
          const kept = added.map((one) => JSON.stringify([one.at, one.name, sorted(one.fields)]));
          expect(read.map((one) => JSON.stringify([one.at, one.name, sorted(one.fields)])).sort()).toEqual(
            kept.sort(),
          );
        },
      ),
    );
  });

  it("opens what an earlier release wrote", () => {
    const old = ["id", 1, 5_000, 5_000, 1, [[100, "page_view", { topic: "x" }]], {}, 0];
    expect(recentEvents(readSession(JSON.stringify(old)))).toEqual([
      { at: 5_100, name: "page_view", fields: { topic: "x" } },
    ]);
  });

  it("goes on remembering what was done in the one before: the edge may not have it yet", () => {
    const before = start();
    addEvents(before, [{ at: 2_000, name: "purchase", fields: { value: 5 } }]);
    const next = startSession("next", 9_000_000, before, false);
    expect(recentEvents(readSession(writeSession(next)))).toEqual(recentEvents(before));
  });

  it("never counts an impression on the wrong day", () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 4 * 86_400_000 }), { minLength: 1, maxLength: 30 }),
        (times) => {
          const session = start();
          const sorted = times.sort((a, b) => a - b);
          for (const at of sorted) countImpression(session, "hero", at);
          const day = Math.floor((sorted.at(-1) ?? 0) / 86_400_000);
          expect(session.impressions.hero).toEqual({
            session: times.length,
            day,
            today: times.filter((t) => Math.floor(t / 86_400_000) === day).length,
          });
        },
      ),
    );
  });
});

describe("whose a session is", () => {
  const [current, older] = ["user_id:2.AAAAAAAAAAAAAAAAAAAAAA", "user_id:1.BBBBBBBBBBBBBBBBBBBBBB"] as const;

  it("goes with the cookie, by every version of the person's key, and into the next session, but not when it was proved", () => {
    const session: Session = { ...start(), whose: whoseOf([current, older]), provedAt: 1_500 };
    expect(readSession(writeSession(session))).toEqual(session);
    const next = startSession("s2", 9_000, session, false);
    expect(personKeys(next.whose)).toEqual([current, older]);
    expect(next.provedAt).toBeUndefined();
  });

  it("is told by any version of the key, and by the short form of earlier cookies", () => {
    expect(isWhose(whoseOf([current, older]), [older])).toBe(true);
    expect(isWhose(whoseOf([older]), [current, older])).toBe(true);
    expect(isWhose("AAAAAAAAAAAA", [current])).toBe(true);
    expect(isWhose("AAAAAAAAAAAA", [older])).toBe(false);
    expect(isWhose(whoseOf([current]), [older])).toBe(false);
  });

  it("names nobody whose rows could be read where it is not known, or short", () => {
    for (const whose of [undefined, NOT_KNOWN, "AAAAAAAAAAAA"]) expect(personKeys(whose)).toEqual([]);
  });

  it("leaves the cookie under 1 kB, however many versions there are", () => {
    const session = start();
    session.whose = whoseOf(Array.from({ length: 6 }, (_, n) => `customer_id:${n}.AAAAAAAAAAAAAAAAAAAAAA`));
    for (let i = 0; i < 20; i++)
      addEvents(session, [{ at: 1_000 + i, name: "page_view", fields: { topic: "x".repeat(64) } }]);
    expect(Math.ceil((writeSession(session).length + 28) * (4 / 3)) + 6).toBeLessThanOrEqual(900);
  });
});

/** Without the order of the fields, which means nothing. */
const sorted = (fields: Record<string, unknown>) =>
  Object.entries(fields).sort(([a], [b]) => (a < b ? -1 : 1));
