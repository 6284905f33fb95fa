/** Envelopes, backoff and the sorting of a batch. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MAX_ATTEMPTS, retryDelaySeconds } from "#forward/backoff";
import { sortBatch } from "#forward/batch";
import { ENVELOPE_LIMIT_BYTES, oversizeReceipts, packItems } from "#forward/envelope";
import { itemIdOf } from "#forward/item-id";
import { itemOf } from "./items.ts";

const sized = (id: string, bytes: number) => itemOf(id, { properties: { form_id: "x".repeat(bytes) } });
const bytesOf = (value: unknown) => new TextEncoder().encode(JSON.stringify(value)).length;

describe("packing", () => {
  it("keeps every item once, in order, in envelopes of at most 60 KB", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 30 }), (sizes) => {
        const items = sizes.map((size, n) => sized(`i${n}`, size));
        const { envelopes, tooLarge } = packItems("hubspot", items, (n) => `e${n}`);
        const packed = envelopes.flatMap((envelope) => envelope.items);
        expect([...packed, ...tooLarge].map(({ id }) => id).sort()).toEqual(items.map(({ id }) => id).sort());
        expect(packed).toEqual(items.filter((item) => !tooLarge.includes(item)));
        for (const envelope of envelopes) expect(bytesOf(envelope)).toBeLessThanOrEqual(ENVELOPE_LIMIT_BYTES);
        expect(new Set(envelopes.map(({ id }) => id)).size).toBe(envelopes.length);
      }),
      { numRuns: 50 },
    );
  });

  it("counts bytes, not characters", () => {
    const items = Array.from({ length: 4 }, (_, n) =>
      itemOf(`i${n}`, { properties: { form_id: "漢".repeat(8_000) } }),
    );
    expect(packItems("h", items, String).envelopes).toHaveLength(2);
  });

  it("says of an item that fits no envelope that it failed", () => {
    const { envelopes, tooLarge } = packItems("hubspot", [sized("big", 61_000), sized("small", 1)], String);
    expect(envelopes.flatMap((e) => e.items).map(({ id }) => id)).toEqual(["small"]);
    expect(oversizeReceipts("hubspot", tooLarge, 5)).toEqual([
      {
        stage: "delivery",
        eventId: "evt-big",
        at: 5,
        destination: "hubspot",
        itemId: "big",
        attempt: 1,
        outcome: "failed",
        code: "item_too_large",
        consentReceipt: "c-1",
      },
    ]);
  });

  it("an item that fits at the first attempt fits at the last", () => {
    const fits = (bytes: number, attempt: number) =>
      packItems("h", [{ ...sized("i", bytes), attempt }], String).tooLarge.length === 0;
    for (let bytes = 58_000; bytes < 60_000; bytes++)
      if (fits(bytes, 1)) expect(fits(bytes, MAX_ATTEMPTS)).toBe(true);
  });
});

describe("backoff", () => {
  it("doubles up to an hour, with full jitter, and is never nothing", () => {
    expect([1, 2, 3, 4].map((attempt) => retryDelaySeconds(attempt, 0.999, 5))).toEqual([5, 10, 20, 40]);
    expect(retryDelaySeconds(12, 0.999_999, 5)).toBe(3_600);
    expect(retryDelaySeconds(1, 0, 5)).toBe(1);
    expect(retryDelaySeconds(40, 0.5, 5)).toBe(1_800);
  });

  it("waits at least as long as the vendor asks, and never longer than a queue can", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 12 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        fc.nat(200_000),
        (n, r, after) => {
          const delay = retryDelaySeconds(n, r, 5, after);
          expect(delay).toBeGreaterThanOrEqual(Math.min(after, 43_200));
          expect(delay).toBeLessThanOrEqual(43_200);
          expect(Number.isInteger(delay)).toBe(true);
        },
      ),
    );
  });
});

describe("a batch", () => {
  const envelope = (destination: string, ...items: ReturnType<typeof itemOf>[]) =>
    ({ v: 1, kind: "delivery", id: "e", destination, items }) as const;

  it("is sorted by destination; an item that came twice is one piece of work of both messages", () => {
    const { groups, unreadable } = sortBatch([
      envelope("a", itemOf("1"), itemOf("2")),
      envelope("b", itemOf("1")),
      envelope("a", itemOf("2"), itemOf("3")),
    ]);
    expect(unreadable).toEqual([]);
    expect(groups.get("a")?.map(({ item, messages }) => [item.id, messages])).toEqual([
      ["1", [0]],
      ["2", [0, 2]],
      ["3", [2]],
    ]);
    expect(groups.get("b")).toHaveLength(1);
  });

  it("sets aside what is no envelope, whatever it is", () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { maxLength: 5 }), (bodies) => {
        expect(sortBatch([...bodies, envelope("a", itemOf("1"))]).groups.get("a")).toHaveLength(1);
        expect(sortBatch(bodies).unreadable).toEqual(bodies.map((_, n) => n));
      }),
    );
  });
});

it("an item's id is that of the event and the destination, and of no other pair", async () => {
  const id = await itemIdOf("evt-1", "hubspot", "v");
  expect(id).toMatch(/^[0-9a-f]{32}$/);
  expect(await itemIdOf("evt-1", "hubspot", "v")).toBe(id);
  expect(await itemIdOf("evt-1", "ga4", "v")).not.toBe(id);
  expect(await itemIdOf('evt","x', "y", "v")).not.toBe(await itemIdOf("evt", 'x","y', "v"));
});
