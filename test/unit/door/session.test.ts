import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  countImpression,
  isIdle,
  readSession,
  rememberEvent,
  type Session,
  startSession,
  touchSession,
  writeSession,
} from "#door/session";
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
    for (let i = 0; i < 40; i++)
      rememberEvent(session, { at: 1_000 + i, name: "page_view", fields: { topic: "x" } });
    expect(session.recent).toHaveLength(24);
    expect(session.first).toBe(false); // it no longer has all that happened
    expect(session.recent.at(-1)?.at).toBe(1_039);
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
      rememberEvent(session, { at: 1_000 + i, name: "page_view", fields: { topic: "x".repeat(64) } });
    expect(Math.ceil((writeSession(session).length + 28) * (4 / 3)) + 6).toBeLessThanOrEqual(900);
  });
});
