/** Doorstep's own protocol, where a sender does not write to the letter: what is meant is taken, what is not is kept. */
import { expect, it } from "vitest";
import { checkEvent } from "#collect/check";
import { native } from "#collect/protocols/native";
import { NOW, parse } from "./parsing.ts";

const EVENT = { id: "e-1", name: "page_view", occurred_at: "2026-11-22T10:00:00.000Z" };
const read = (event: unknown) => parse(native, { path: "/events", body: { events: [event] } });

it.each<[string, object, object]>([
  ["null for what it has not", { user_id: null, anonymous_id: null, version: null, traits: null }, {}],
  ["null for its parts", { properties: null, context: null }, { properties: {}, context: {} }],
  [
    "numbers for ids",
    { id: 7, user_id: 42, anonymous_id: 1.5 },
    { id: "7", userId: "42", anonymousId: "1.5" },
  ],
])("an event with %s comes in", (_, given, meant) => {
  const { events, unreadable } = read({ ...EVENT, ...given });
  expect(unreadable).toEqual([]);
  const [event] = events;
  if (!event) throw new Error("there is no event");
  expect(event).toMatchObject({ id: "e-1", name: "page_view", occurredAt: NOW - 5_000, ...meant });
  expect(checkEvent(event, undefined, NOW, new Set())).toMatchObject({ ok: true });
});

it.each(["yesterday", undefined, null, 1_795_341_600_000, "2026-11-22", {}])(
  "an event of the time %j is refused for that, and can be repaired",
  (occurred_at) => {
    // As it comes: what is undefined is not there.
    const { events, unreadable } = read(JSON.parse(JSON.stringify({ ...EVENT, occurred_at })));
    expect(unreadable).toEqual([]);
    const [event] = events;
    if (!event) throw new Error("there is no event");
    expect(checkEvent(event, undefined, NOW, new Set())).toMatchObject({
      ok: false,
      code: "invalid_timestamp",
      issues: [{ path: "occurred_at" }],
    });
  },
);

it.each<[string, object, string]>([
  ["no id", { id: null }, "id"],
  ["an empty id", { id: "" }, "id"],
  ["an object for a user", { user_id: { id: 1 } }, "user_id"],
  ["an id too long to be one", { anonymous_id: "x".repeat(129) }, "anonymous_id"],
])("an event with %s cannot be read", (_, given, path) => {
  expect(read({ ...EVENT, ...given })).toMatchObject({
    events: [],
    unreadable: [{ code: "invalid_event", issues: [{ path }] }],
  });
});

it.each([null, "all", { analytics: true }, { marketing: "yes" }])(
  "an event whose consent is %j does not come in: what cannot be read grants nothing",
  (consent) => {
    expect(read({ ...EVENT, consent })).toMatchObject({
      events: [],
      unreadable: [{ code: "invalid_consent" }],
    });
  },
);
