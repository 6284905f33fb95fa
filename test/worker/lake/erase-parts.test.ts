/** One person out of the lake's parts, and read from them: by the rules of landing files, also while compaction runs. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { eraseLanded } from "#lake/erase";
import { hoursOf, readHour } from "#lake/read-hour";
import { readLanded } from "#lake/read-subject";
import {
  compactAll,
  HOUR,
  keysUnder,
  landDeliveries,
  landEvents,
  partLines,
  TINY,
  textsOf,
} from "./lake-files.ts";
import {
  ANN,
  ANN_CLAIM,
  ANN_MAIL,
  BEN,
  deliveryLine,
  doorLine,
  eventLine,
  ingestLine,
  SPAN,
} from "./landed.ts";

beforeEach(async () => {
  await reset();
});

const linesOf = (id: string, subject: string, profile = subject) => [
  eventLine(id, { subject, profile }),
  doorLine(id),
  ingestLine(id, { subject, profile }),
];
const SUBJECTS = [ANN, ANN_MAIL, ANN_CLAIM];

async function eraseAll(more: Partial<Parameters<typeof eraseLanded>[1]> = {}, bucket = env.LAKE) {
  const done = { events: 0, receipts: 0, calls: 0 };
  let onward: { eventIds?: readonly string[] | undefined; cursor?: string | undefined } = {};
  do {
    const step = await eraseLanded(bucket, { subjects: SUBJECTS, ...SPAN, ...more, ...onward });
    done.events += step.events;
    done.receipts += step.receipts;
    done.calls++;
    onward = step;
  } while (onward.cursor !== undefined);
  return { ...done, eventIds: onward.eventIds ?? [] };
}

const texts = (lines: readonly unknown[]) => lines.map((line) => JSON.stringify(line)).sort();

it("all of a person is gone from the parts, receipts with their events, and others' rows are as they were", async () => {
  const others = [...linesOf("b-1", BEN), ...linesOf("same", BEN)];
  // Her event of the same id lies in the same request as his.
  await landEvents("b1", [
    ...others,
    ...linesOf("a-1", ANN),
    ...linesOf("a-2", ANN_CLAIM),
    ...linesOf("same", ANN),
  ]);
  const his = [await deliveryLine("b-1", BEN), await deliveryLine("same", BEN)];
  await landDeliveries("d1", [...his, await deliveryLine("a-1", ANN), await deliveryLine("same", ANN)]);
  await compactAll();
  expect(await eraseAll()).toMatchObject({ events: 3, receipts: 8 });
  expect(textsOf(await partLines())).toEqual(texts([...others, ...his]));
  expect(await eraseAll()).toMatchObject({ events: 0, receipts: 0 });
});

it("what rests on a decision of theirs goes, and where another was in their profile that one is named by itself", async () => {
  const theirs = doorLine("c-1", { receipt: "choice-ann" });
  await landEvents("b1", [theirs, ...linesOf("b-1", BEN, ANN)]);
  await compactAll();
  expect(await eraseAll({ decisions: ["choice-ann"] })).toMatchObject({ events: 0, receipts: 1 });
  expect(textsOf(await partLines())).toEqual(texts(linesOf("b-1", BEN)));
});

it("goes on where a call stopped, over landing files and many parts", async () => {
  const lines = Array.from({ length: 24 }, (_, n) => linesOf(`e-${n}`, n % 2 ? ANN : BEN)).flat();
  await landEvents("b1", lines);
  await compactAll({ sizes: TINY });
  expect((await keysUnder("lake/")).length).toBeGreaterThan(8);
  await landEvents("b2", linesOf("a-late", ANN));
  const done = await eraseAll({ limit: 15 });
  expect(done).toMatchObject({ events: 13, receipts: 26 });
  expect(done.calls).toBeGreaterThan(3);
  expect(JSON.stringify(await partLines())).not.toContain(ANN);
  expect(await partLines()).toHaveLength(36);
});

it.each([0, 1, 2])(
  "compaction that runs while a person is erased brings nothing back: before operation %i of the put",
  async (nth) => {
    await landEvents("b1", [...linesOf("a-1", ANN), ...linesOf("b-1", BEN)]);
    await compactAll();
    await landEvents("b2", linesOf("b-2", BEN));
    // The first sweep goes over the part after compaction has read it, and before it writes.
    let puts = 0;
    const racing = new Proxy(env.LAKE, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        if (name !== "put") return value.bind(target);
        return async (...given: unknown[]) => {
          if (puts++ === nth) await eraseAll();
          return value.apply(target, given);
        };
      },
    });
    await compactAll({ bucket: racing });
    await eraseAll();
    expect(textsOf(await partLines())).toEqual(texts([...linesOf("b-1", BEN), ...linesOf("b-2", BEN)]));
  },
);

it("what was on its way into a part when the first sweep passed is found by the second", async () => {
  await landEvents("b1", [...linesOf("a-1", ANN), ...linesOf("b-1", BEN)]);
  let isSwept = false;
  const racing = new Proxy(env.LAKE, {
    get(target, name) {
      const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
      if (name !== "put") return value.bind(target);
      return async (...given: unknown[]) => {
        if (!isSwept) {
          isSwept = true;
          await eraseAll();
        }
        return value.apply(target, given);
      };
    },
  });
  await compactAll({ bucket: racing });
  expect(JSON.stringify(await partLines())).toContain(ANN);
  await eraseAll();
  expect(textsOf(await partLines())).toEqual(texts(linesOf("b-1", BEN)));
});

it("is not done while a part of these days is damaged: nobody can tell who is in it", async () => {
  await landEvents("b1", linesOf("a-1", ANN));
  await compactAll();
  const day = new Date(SPAN.from).toISOString().slice(0, 10);
  const key = `damaged/lake/events/${day}/07/part-0-of-1.parquet`;
  await env.LAKE.put(key, "cut short");
  await env.LAKE.put(key.replace(day, "2020-01-01"), "of another time");
  await expect(eraseAll()).rejects.toThrow("1 parts of these days cannot be read");
  await env.LAKE.delete(key);
  await eraseAll();
  expect(JSON.stringify(await partLines())).not.toContain(ANN);
});

it("a request for access reads the same of parts as of landing files", async () => {
  await landEvents("b1", [...linesOf("a-1", ANN), ...linesOf("b-1", BEN)]);
  await landDeliveries("d1", [await deliveryLine("a-1", ANN), await deliveryLine("b-1", BEN)]);
  const asked = { subjects: SUBJECTS, ...SPAN };
  const landed = await readLanded(env.LAKE, asked);
  await compactAll();
  const compacted = await readLanded(env.LAKE, asked);
  expect(compacted).toEqual(landed);
  expect(compacted.events).toMatchObject([{ id: "a-1", routed: { hook: "queued" } }]);
  expect(compacted.deliveries).toHaveLength(1);
});

it("an hour is read back from its parts and from what is late, each record once", async () => {
  await landEvents("b1", [...linesOf("a-1", ANN), ...linesOf("b-1", BEN)]);
  await compactAll();
  await landEvents("b2", [...linesOf("b-1", BEN), ...linesOf("b-2", BEN)]);
  await landDeliveries("d1", [await deliveryLine("b-2", BEN)]);
  const hours = await Array.fromAsync(hoursOf(env.LAKE, { from: HOUR - 86_400_000, to: HOUR + 86_400_000 }));
  expect(hours).toMatchObject([{ hour: HOUR, parts: 1, landing: { objects: 2 } }]);
  const of = 2;
  const ids: string[] = [];
  for (const part of [0, 1]) {
    const events = await readHour(env.LAKE, { kind: "events", hour: HOUR, part, of });
    const receipts = await readHour(env.LAKE, { kind: "receipts", hour: HOUR, part, of });
    // The receipts of an event are in the portion of the same number.
    expect(new Set(receipts.map(({ eventId }) => eventId))).toEqual(new Set(events.map(({ id }) => id)));
    ids.push(...events.map(({ id }) => id), ...receipts.map(({ eventId }) => eventId));
  }
  expect(ids.sort()).toEqual(["a-1", "a-1", "a-1", "b-1", "b-1", "b-1", "b-2", "b-2", "b-2", "b-2"]);
});
