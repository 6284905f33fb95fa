/** Landing files become parts: each line once, in its hour and bucket, whatever is delivered again, late, or cut short. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { itemIdOf } from "#forward/item-id";
import { compactLake } from "#lake/compact";
import { hoursOf, readHour } from "#lake/read-hour";
import {
  compactAll,
  dyingBucket,
  HOUR,
  HOUR_MS,
  Killed,
  keysUnder,
  landDeliveries,
  landEvents,
  nobody,
  partLines,
  TINY,
  textsOf,
} from "./lake-files.ts";
import { ANN, BEN, doorLine, eventLine, ingestLine } from "./landed.ts";

beforeEach(async () => {
  await reset();
});

const linesOf = (id: string, subject: string, at = HOUR) => [
  eventLine(id, { subject, at }),
  doorLine(id, { at }),
  ingestLine(id, { subject, at: at + 900 }),
];
const delivered = (id: string, subject: string, at = HOUR, attempt = 1) => ({
  stage: "delivery",
  eventId: id,
  at,
  destination: "hook",
  itemId: `${id} ${subject}`,
  attempt,
  outcome: "delivered",
  consentReceipt: "default:gdpr",
});
const texts = (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).sort();
const values = (lines: readonly string[]) => lines.map((line): unknown => JSON.parse(line));
const sorted = (records: readonly unknown[]) => values(texts(records));

it("what landed is in the part of its hour, events and receipts apart, and landing is empty", async () => {
  const lines = [...linesOf("e-1", ANN), ...linesOf("e-2", BEN)];
  await landEvents("b1", lines);
  await landDeliveries("d1", [delivered("e-1", ANN, HOUR + 5)]);
  await compactAll();
  expect(await keysUnder("landing/")).toEqual([]);
  expect(await keysUnder("lake/")).toEqual([
    "lake/events/2026-11-22/10/part-00000-of-00001.parquet",
    "lake/receipts/2026-11-22/10/part-00000-of-00001.parquet",
  ]);
  expect(sorted((await partLines()).map(({ record }) => record))).toEqual(
    expect.arrayContaining(values(texts(lines))),
  );
  expect(await partLines()).toHaveLength(7);
});

it("an hour is left alone until it is over and what was under way has landed", async () => {
  await landEvents("b1", linesOf("e-1", ANN));
  const deps = { bucket: env.LAKE, suppressedAmong: nobody, itemIdOf };
  await compactLake(deps, HOUR + HOUR_MS + 299_999);
  expect(await keysUnder("lake/")).toEqual([]);
  await compactLake(deps, HOUR + HOUR_MS + 300_000);
  expect(await keysUnder("landing/")).toEqual([]);
});

it("a batch of two hours lands and is compacted by hour, the receipts of ingest with their events", async () => {
  const next = HOUR + HOUR_MS;
  await landEvents("b1", [...linesOf("e-1", ANN, next - 1), ...linesOf("e-2", BEN, next)]);
  await compactAll();
  const ids = async (hour: string) =>
    (await partLines()).length > 0 &&
    [
      ...(await partLines(`lake/events/2026-11-22/${hour}`)),
      ...(await partLines(`lake/receipts/2026-11-22/${hour}`)),
    ]
      .map(({ record }) => record?.id ?? record?.eventId)
      .sort();
  expect(await ids("10")).toEqual(["e-1", "e-1", "e-1"]);
  expect(await ids("11")).toEqual(["e-2", "e-2", "e-2"]);
});

it("a file from before lines were landed by hour is put where its lines belong", async () => {
  const next = HOUR + HOUR_MS;
  const lines = [...linesOf("e-1", ANN, next - 1), ...linesOf("e-2", BEN, next)];
  await env.LAKE.put("landing/events/2026-11-22/10/old.ndjson", `${texts(lines).join("\n")}\n`);
  await compactAll();
  expect(await partLines("lake/events/2026-11-22/11")).toHaveLength(1);
  expect(await partLines("lake/receipts/2026-11-22/11")).toHaveLength(2);
  expect(await partLines()).toHaveLength(6);
});

it("a batch that is delivered again, cut differently and stamped anew, counts once; also after it was compacted", async () => {
  const again = (id: string, subject: string) => {
    const [event, door] = linesOf(id, subject);
    return [event, door, ingestLine(id, { subject, at: HOUR + 60_000 })];
  };
  await landEvents("b1", [...linesOf("e-1", ANN), ...linesOf("e-2", BEN)]);
  await landEvents("b2", again("e-1", ANN));
  await landDeliveries("d1", [delivered("e-1", ANN)]);
  await compactAll();
  await landEvents("b1", [...again("e-1", ANN), ...again("e-2", BEN)]);
  await landDeliveries("d1", [delivered("e-1", ANN)]);
  await compactAll();
  expect(await partLines("lake/events/")).toHaveLength(2);
  expect(await partLines("lake/receipts/")).toHaveLength(5);
});

it("two persons' events with one id are two, also where one request had both; a repeat is none", async () => {
  const both = [...linesOf("order-1", ANN), ...linesOf("order-1", BEN)];
  await landEvents("b1", both);
  await compactAll();
  await landEvents("b2", both);
  await compactAll();
  expect(textsOf(await partLines("lake/events/"))).toEqual(texts([both[0], both[3]]));
  expect(await partLines("lake/receipts/")).toHaveLength(4);
});

it("of two versions of an event the one that rests on less consent stays", async () => {
  const [event, ...receipts] = linesOf("e-1", ANN);
  await landEvents("b1", [event, ...receipts]);
  await compactAll();
  const consent = { ...eventLine("e-1", {}).consent, granted: [] };
  const cut = { ...event, consent, properties: {} };
  await landEvents("b2", [cut]);
  await compactAll();
  await landEvents("b3", [event]);
  await compactAll();
  expect(textsOf(await partLines("lake/events/"))).toEqual(texts([cut]));
});

it("who was erased since the lines landed is not compacted, and others' lines are", async () => {
  const lines = [...linesOf("e-1", ANN), ...linesOf("e-2", BEN)];
  await landEvents("b1", lines);
  const itemId = await itemIdOf("e-1", "hook", ANN);
  await landDeliveries("d1", [{ ...delivered("e-1", ANN), itemId }, delivered("e-2", BEN)]);
  await compactAll({ suppressedAmong: async (keys) => new Set(keys.filter((key) => key === ANN)) });
  expect(await keysUnder("landing/")).toEqual([]);
  expect((await partLines()).map(({ record }) => record?.id ?? record?.eventId)).toEqual([
    "e-2",
    "e-2",
    "e-2",
    "e-2",
  ]);
});

it("nothing is compacted where it cannot be known who was erased; later hours are", async () => {
  await landEvents("b1", linesOf("e-1", ANN));
  await landEvents("b2", linesOf("e-2", BEN, HOUR + HOUR_MS));
  const failing = async (keys: readonly string[]) => {
    if (keys.includes(ANN)) throw new Error("down");
    return new Set<string>();
  };
  await expect(compactAll({ suppressedAmong: failing })).rejects.toThrow("down");
  expect(await keysUnder("landing/")).toEqual(["landing/events/2026-11-22/10/b1.ndjson"]);
  expect(await partLines("lake/events/")).toHaveLength(1);
});

it("a part that was cut short and a landing file that is no JSON harm only themselves, and are kept", async () => {
  await landEvents("b1", linesOf("e-1", ANN));
  await compactAll();
  const key = "lake/receipts/2026-11-22/10/part-00000-of-00001.parquet";
  const whole = await (await env.LAKE.get(key))?.bytes();
  const cut = whole?.slice(0, whole.length - 9) ?? new Uint8Array();
  await env.LAKE.put(key, cut);
  await landEvents("b2", linesOf("e-2", BEN));
  await env.LAKE.put("landing/events/2026-11-22/10/b3.ndjson", new Uint8Array([255, 0, 123, 10, 34, 10]));
  await compactAll();
  expect(await keysUnder("landing/")).toEqual([]);
  expect(await partLines("lake/events/")).toHaveLength(2);
  expect((await partLines(key)).map(({ record }) => record?.eventId)).toEqual([
    "e-2",
    "e-2",
    undefined,
    undefined,
  ]);
  expect(await (await env.LAKE.get(`damaged/${key}`))?.bytes()).toEqual(cut);
});

it("an hour that does not fit into memory is divided, and read back in the portions that it has", async () => {
  const lines = Array.from({ length: 20 }, (_, n) => linesOf(`e-${n}`, n % 2 ? ANN : BEN)).flat();
  for (let n = 0; n < 4; n++) await landEvents(`b${n}`, lines.slice(n * 15, n * 15 + 15));
  await landDeliveries("d1", [delivered("e-7", ANN)]);
  expect(await compactAll({ sizes: TINY })).toBeGreaterThan(1);
  expect(await keysUnder("landing/")).toEqual([]);
  const [hour] = await Array.fromAsync(hoursOf(env.LAKE, { from: HOUR + 5, to: HOUR + 6 }));
  expect(hour).toMatchObject({ hour: HOUR, landing: { objects: 0, bytes: 0 } });
  expect(hour?.parts).toBeGreaterThanOrEqual(8);
  for (const of of [hour?.parts ?? 1, 2]) {
    const records: unknown[] = [];
    for (let part = 0; part < of; part++) {
      records.push(...(await readHour(env.LAKE, { kind: "events", hour: HOUR, part, of })));
      records.push(...(await readHour(env.LAKE, { kind: "receipts", hour: HOUR, part, of })));
    }
    expect(texts(records)).toEqual(textsOf(await partLines()));
    expect(records).toHaveLength(61);
  }
});

it("parts that would grow too large are written as more and smaller ones, each line once", async () => {
  const lines = Array.from({ length: 16 }, (_, n) => linesOf(`e-${n}`, ANN)).flat();
  const sizes = { ...TINY, maxPart: 3_000 };
  await landEvents("b0", lines.slice(0, 24));
  await compactAll({ sizes });
  expect(await keysUnder("lake/events/")).toHaveLength(4);
  await landEvents("b1", lines.slice(18));
  await compactAll({ sizes });
  const counts = (await keysUnder("lake/events/")).map((key) => Number(key.slice(-13, -8)));
  expect(Math.max(...counts)).toBeGreaterThan(4);
  expect(await partLines()).toHaveLength(48);
  expect(textsOf(await partLines())).toEqual(texts(lines));
});

it("killed before any of its operations, it loses and doubles nothing when it runs again", async () => {
  const lines = ["e-0", "e-1", "e-2"].flatMap((id) => linesOf(id, ANN));
  const deliveries = [delivered("e-1", ANN)];
  const sizes = { step: 2_000, divide: 2_000, part: 4_000, maxPart: 4_500, files: 9, parts: 8, grace: 0 };
  let nth = 0;
  for (let isDone = false; !isDone; nth++) {
    await clear();
    await landEvents("b0", lines.slice(0, 3));
    await compactAll({ sizes });
    await landEvents("b1", lines);
    await landDeliveries("d1", deliveries);
    const bucket = dyingBucket(env.LAKE, nth);
    const outcome = compactAll({ sizes, bucket }).then(
      () => true,
      (error) => {
        if (error instanceof Killed) return false;
        throw error;
      },
    );
    isDone = await outcome;
    await compactAll({ sizes });
    expect(await keysUnder("landing/")).toEqual([]);
    expect(textsOf(await partLines())).toEqual(texts([...lines, ...deliveries]));
  }
  // It divided the hour, took parts back and merged: all of its operations were among them.
  expect(nth).toBeGreaterThan(20);
}, 60_000);

async function clear(): Promise<void> {
  const keys = [...(await keysUnder("landing/")), ...(await keysUnder("lake/"))];
  if (keys.length > 0) await env.LAKE.delete(keys);
}
