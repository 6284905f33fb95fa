/** What an import may do that live events may not: any age, and ids made from the content. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentId } from "#door/content-id";
import { placeInTime } from "#door/when";

const NOW = Date.UTC(2026, 10, 22);
const MINUTE = 60_000;
const DAY = 86_400_000;
const place = (occurredAt: number, sentAt?: number, historical = false) => {
  const placed = placeInTime({ occurredAt, sentAt, historical }, NOW);
  return placed.ok ? placed.at - NOW : placed.code;
};

describe("a live event's time", () => {
  it.each<[string, number, number | undefined, number | string]>([
    ["as the sender says", NOW - MINUTE, undefined, -MINUTE],
    ["by a clock that is 3 days fast", NOW + 3 * DAY - MINUTE, NOW + 3 * DAY, -MINUTE],
    ["by a clock that is 3 years slow", NOW - 1_095 * DAY - MINUTE, NOW - 1_095 * DAY, -MINUTE],
    ["a little in the future", NOW + MINUTE, undefined, 0],
    ["in the future", NOW + 6 * MINUTE, undefined, "timestamp_in_future"],
    ["7 days ago", NOW - 7 * DAY, undefined, -7 * DAY],
    ["more than 7 days ago", NOW - 7 * DAY - 1, undefined, "timestamp_too_old"],
    ["sent before it happened", NOW + DAY, NOW, "timestamp_in_future"],
    ["good, with a time of sending that is nonsense", NOW - MINUTE, 0, -MINUTE],
    ["good, with a time of sending in another unit", NOW - MINUTE, NOW * 1_000, -MINUTE],
    ["good, with no number as time of sending", NOW - MINUTE, Number.NaN, -MINUTE],
    ["no number", Number.NaN, undefined, "invalid_timestamp"],
  ])("%s", (_title, occurredAt, sentAt, expected) => {
    expect(place(occurredAt, sentAt)).toBe(expected);
  });
});

describe("history", () => {
  it.each<[string, number, number | undefined, number | string]>([
    ["of any age comes in", NOW - 9_000 * DAY, undefined, -9_000 * DAY],
    ["keeps the source's time, whenever it is sent", NOW - 30 * DAY, NOW - DAY, -30 * DAY],
    ["has not happened yet", NOW + DAY, undefined, "timestamp_in_future"],
    ["no number", Number.NaN, undefined, "invalid_timestamp"],
  ])("%s", (_title, occurredAt, sentAt, expected) => {
    expect(place(occurredAt, sentAt, true)).toBe(expected);
  });
});

it("no time that comes in lies outside the window", () => {
  fc.assert(
    fc.property(
      fc.double(),
      fc.option(fc.double(), { nil: undefined }),
      fc.boolean(),
      (at, sentAt, historical) => {
        const placed = placeInTime({ occurredAt: at, sentAt, historical }, NOW);
        if (!placed.ok) return;
        expect(placed.at).toBeLessThanOrEqual(NOW);
        if (!historical) expect(placed.at).toBeGreaterThanOrEqual(NOW - 7 * DAY);
      },
    ),
  );
});

describe("the id of an event that has none", () => {
  const sale = {
    type: "track",
    event: "Order Completed",
    userId: "u-1",
    properties: { total: 10, items: [1, 2] },
  };
  it("is the same whenever the same is sent, in whatever order its keys are", () => {
    const turned = {
      properties: { items: [1, 2], total: 10 },
      userId: "u-1",
      event: "Order Completed",
      type: "track",
    };
    expect(contentId("till", sale)).toBe(contentId("till", turned));
    expect(contentId("till", sale)).toMatch(/^c_[0-9a-f]{32}$/);
  });
  it.each<[string, string, unknown]>([
    ["another amount", "till", { ...sale, properties: { ...sale.properties, total: 11 } }],
    ["another order of a list", "till", { ...sale, properties: { ...sale.properties, items: [2, 1] } }],
    ["a text for a number", "till", { ...sale, properties: { ...sale.properties, total: "10" } }],
    ["another source", "app", sale],
    ["nothing", "till", undefined],
  ])("differs for %s", (_title, source, item) => {
    expect(contentId(source, item)).not.toBe(contentId("till", sale));
  });
  it("takes any JSON", () => {
    fc.assert(
      fc.property(fc.jsonValue(), (item) => {
        const again: unknown = JSON.parse(JSON.stringify(item));
        expect(contentId("till", again)).toBe(contentId("till", item));
      }),
    );
  });
});
