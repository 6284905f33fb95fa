/** One person out of the landing files: all of theirs, nothing of others, in a bounded number of operations. */
import { reset } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { itemIdOf } from "#forward/item-id";
import { type ErasedLines, eraseLanded, type LandedErasure } from "#lake/erase";
import {
  ANN,
  ANN_CLAIM,
  ANN_MAIL,
  BEN,
  counted,
  DELIVERIES,
  deliveryLine,
  doorLine,
  droppedLine,
  EVENTS,
  eventLine,
  ingestLine,
  key,
  landedEvent,
  linesOf,
  put,
  SPAN,
  textUnder,
} from "./landed.ts";

beforeEach(reset);

/** Every call until the end. */
async function eraseAll(given: Partial<LandedErasure> = {}, bucket = env.LAKE) {
  const total = { events: 0, receipts: 0, objects: 0, calls: 0, eventIds: [] as string[] };
  let next: Partial<ErasedLines> = { ...(given.eventIds && { eventIds: [...given.eventIds] }) };
  do {
    const { eventIds, cursor } = next;
    const done = await eraseLanded(bucket, {
      subjects: [ANN, ANN_MAIL, ANN_CLAIM],
      ...SPAN,
      ...given,
      eventIds,
      cursor,
    });
    total.events += done.events;
    total.receipts += done.receipts;
    total.objects += done.objects;
    total.calls++;
    total.eventIds = done.eventIds;
    next = done;
  } while (next.cursor !== undefined);
  return total;
}

const texts = (lines: readonly unknown[]) => lines.map((line) => JSON.stringify(line));

describe("an erased person", () => {
  it("is gone from events and receipts of door, ingest and delivery; others' lines stay byte for byte", async () => {
    const ann = landedEvent("a-1", { subject: ANN });
    const claim = landedEvent("a-2", { subject: ANN_CLAIM, profile: ANN });
    const ben = landedEvent("b-1", { subject: BEN });
    await put(`${EVENTS}/one.ndjson`, [
      ...ann.events,
      ...ben.events,
      ...claim.events,
      ...ann.receipts,
      ...ben.receipts,
      ...claim.receipts,
    ]);
    const bens = await deliveryLine("b-1", BEN);
    await put(`${DELIVERIES}/one.ndjson`, [
      await deliveryLine("a-1", ANN),
      bens,
      await deliveryLine("a-2", ANN_CLAIM),
    ]);

    const done = await eraseAll();

    expect(done).toMatchObject({ events: 2, receipts: 6, objects: 2, eventIds: ["a-1", "a-2"] });
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toEqual(texts([...ben.events, ...ben.receipts]));
    expect(await linesOf(`${DELIVERIES}/one.ndjson`)).toEqual(texts([bens]));
    expect(await eraseAll()).toMatchObject({ events: 0, receipts: 0, objects: 0 });
  });

  it("takes an object along that has nothing else, and leaves one without them as it is", async () => {
    await put(`${EVENTS}/ann.ndjson`, landedEvent("a-1", { subject: ANN }).events);
    await put(`${EVENTS}/ben.ndjson`, landedEvent("b-1", { subject: BEN }).events);
    const before = await env.LAKE.head(`${EVENTS}/ben.ndjson`);
    await eraseAll();
    expect(await linesOf(`${EVENTS}/ann.ndjson`)).toBeUndefined();
    expect((await env.LAKE.head(`${EVENTS}/ben.ndjson`))?.version).toBe(before?.version);
  });

  it("is found by the subject of an event, also where its profile had another root when it landed", async () => {
    const other = key("anonymous_id", "zoe");
    await put(`${EVENTS}/one.ndjson`, [
      eventLine("a-1", { subject: ANN, profile: other }),
      ingestLine("a-1", { subject: ANN, profile: other }),
    ]);
    expect(await eraseAll()).toMatchObject({ events: 1, receipts: 1 });
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toBeUndefined();
  });

  it("is found by the profile in lines from before subjects were written", async () => {
    await put(`${EVENTS}/one.ndjson`, [
      eventLine("a-1", { profile: ANN }),
      doorLine("a-1"),
      ingestLine("a-1", { profile: ANN }),
    ]);
    expect(await eraseAll()).toMatchObject({ events: 1, receipts: 2 });
  });

  it("leaves who was split from them their events, under their own name", async () => {
    await put(`${EVENTS}/one.ndjson`, [
      eventLine("a-1", { subject: ANN }),
      eventLine("b-1", { subject: BEN, profile: ANN }),
      ingestLine("b-1", { subject: BEN, profile: ANN }),
    ]);
    await eraseAll();
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toEqual(
      texts([
        eventLine("b-1", { subject: BEN, profile: BEN }),
        ingestLine("b-1", { subject: BEN, profile: BEN }),
      ]),
    );
  });

  it("takes no receipts of another along whose event has the same id", async () => {
    const same = {
      ann: landedEvent("1", { subject: ANN, receipt: "r-ann" }),
      ben: landedEvent("1", { subject: BEN, receipt: "r-ben" }),
    };
    const [annDoor, annIngest] = same.ann.receipts;
    const [benDoor, benIngest] = same.ben.receipts;
    await put(`${EVENTS}/one.ndjson`, [
      ...same.ben.events,
      ...same.ann.events,
      benDoor,
      annDoor,
      benIngest,
      annIngest,
    ]);
    await put(`${EVENTS}/two.ndjson`, [...same.ben.events, benDoor, benIngest]);
    const bens = await deliveryLine("1", BEN);
    await put(`${DELIVERIES}/one.ndjson`, [await deliveryLine("1", ANN), bens]);

    expect(await eraseAll()).toMatchObject({ events: 1, receipts: 3, objects: 2 });
    const left = texts([...same.ben.events, benDoor, benIngest]);
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toEqual(left);
    expect(await linesOf(`${EVENTS}/two.ndjson`)).toEqual(left);
    expect(await linesOf(`${DELIVERIES}/one.ndjson`)).toEqual(texts([bens]));
  });

  it("leaves no receipt that names their decision on consent, nor one of an event that came again", async () => {
    const choice = "0b0c8d1e-6a52-4f0e-9a53-000000000001";
    await put(`${EVENTS}/one.ndjson`, [
      eventLine("a-1", { subject: ANN }),
      // Stopped at ingest after a withdrawal: only the decision that it came with tells whose it was.
      doorLine("gone", { receipt: `${choice}+tcf:sha256:ff` }),
      droppedLine("gone"),
      // A bot's, with the cookie of the same browser.
      eventLine("bot", { profile: null, receipt: choice }),
      // Others rest on the same string.
      doorLine("b-1", { receipt: "tcf:sha256:ff" }),
    ]);
    await put(`${EVENTS}/again.ndjson`, [doorLine("a-1"), droppedLine("a-1", "duplicate"), doorLine("b-2")]);
    await put(`${DELIVERIES}/one.ndjson`, [await deliveryLine("lost", BEN, { consentReceipt: choice })]);

    const done = await eraseAll({ decisions: [choice, "tcf:sha256:ff", "default:gdpr", "anonymous"] });

    expect(done).toMatchObject({ events: 2, receipts: 5 });
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toEqual(
      texts([doorLine("b-1", { receipt: "tcf:sha256:ff" })]),
    );
    expect(await linesOf(`${EVENTS}/again.ndjson`)).toEqual(texts([doorLine("b-2")]));
    expect(await linesOf(`${DELIVERIES}/one.ndjson`)).toBeUndefined();
  });

  it("leaves no receipt of a refusal whose id the quarantine has told", async () => {
    const refused = { ...doorLine("q-1"), outcome: "rejected", code: "invalid_event" };
    await put(`${EVENTS}/one.ndjson`, [refused, { ...refused, eventId: "q-2" }]);
    expect(await eraseAll({ eventIds: ["q-1"] })).toMatchObject({ events: 0, receipts: 1 });
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toEqual(texts([{ ...refused, eventId: "q-2" }]));
  });

  it("does not live on in lines that were cut, and these do not stop the sweep", async () => {
    const cut = JSON.stringify(eventLine("a-1", { subject: ANN })).slice(0, -20);
    const others = '{"type":"event","id":"b-9","subj';
    const longer = `something of ${ANN}x`;
    const ben = eventLine("b-1", { subject: BEN });
    await put(`${EVENTS}/one.ndjson`, [cut, others, `not JSON, ${ANN_MAIL}`, longer, "[]", ben]);
    await put(`${DELIVERIES}/one.ndjson`, [`{"stage":"delivery","note":"${ANN}`, others]);
    expect(await eraseAll()).toMatchObject({ events: 0, receipts: 3, objects: 2 });
    expect(await linesOf(`${EVENTS}/one.ndjson`)).toEqual([others, longer, "[]", JSON.stringify(ben)]);
    expect(await linesOf(`${DELIVERIES}/one.ndjson`)).toEqual([others]);
  });

  it("with event ids that need escaping is found as well", async () => {
    const id = 'a"\\1';
    await put(`${EVENTS}/one.ndjson`, [eventLine(id, { subject: ANN })]);
    await put(`${EVENTS}/two.ndjson`, [doorLine(id)]);
    await put(`${DELIVERIES}/one.ndjson`, [await deliveryLine(id, ANN)]);
    expect(await eraseAll()).toMatchObject({ events: 1, receipts: 2, objects: 3 });
    expect(await textUnder("landing/")).toBe("");
  });

  it("is looked for from a day before to a day after, and on no other day", async () => {
    const days = ["2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"];
    for (const day of days)
      await put(`landing/events/${day}/10/x.ndjson`, [eventLine(day, { subject: ANN })]);
    expect((await eraseAll()).eventIds).toEqual(["2026-11-21", "2026-11-22", "2026-11-23"]);
  });
});

describe("the sweep", () => {
  it("erases 10,000 events over 60 objects, beside as many others', with a bounded number of operations", async () => {
    const PER_OBJECT = 167;
    for (let n = 0; n < 60; n++) {
      const ids = Array.from({ length: PER_OBJECT }, (_, i) => `${n}-${i}`);
      const all = ids.flatMap((id) => [
        landedEvent(`a-${id}`, { subject: ANN }),
        landedEvent(`b-${id}`, { subject: BEN }),
      ]);
      await put(`${EVENTS}/${n}.ndjson`, [
        ...all.flatMap((e) => e.events),
        ...all.flatMap((e) => e.receipts),
      ]);
      const sent = await Promise.all(
        ids.flatMap((id) => [deliveryLine(`a-${id}`, ANN), deliveryLine(`b-${id}`, BEN)]),
      );
      await put(`${DELIVERIES}/${n}.ndjson`, sent);
    }
    const { bucket, calls } = counted(env.LAKE);
    const done = await eraseAll({}, bucket);
    const all = 60 * PER_OBJECT;
    expect(done).toMatchObject({ events: all, receipts: 3 * all, objects: 120, calls: 1 });
    // Each object of events is read to find, and once more to rewrite.
    expect(calls).toEqual({ list: 7, get: 180, put: 120 });
    const left = await textUnder("landing/");
    expect(left).not.toContain(ANN);
    expect(left.trim().split(/\n+/)).toHaveLength(4 * all);
    expect(JSON.stringify(done.eventIds).length).toBeLessThan(1_000_000);
  }, 60_000);

  it("looks at so many objects a call and no more, and goes on where it stopped", async () => {
    for (let n = 0; n < 7; n++) {
      await put(`${EVENTS}/${n}.ndjson`, landedEvent(`a-${n}`, { subject: ANN }).events);
      await put(`${DELIVERIES}/${n}.ndjson`, [await deliveryLine(`a-${6 - n}`, ANN)]);
    }
    const done = await eraseAll({ limit: 3 });
    expect(done).toMatchObject({ events: 7, receipts: 7, objects: 14 });
    expect(done.calls).toBeGreaterThanOrEqual(7);
    expect(await textUnder("landing/")).toBe("");
  });

  it.each(Array.from({ length: 26 }, (_, i) => i + 1))(
    "after a crash at its operation %i leaves nothing behind when it is repeated",
    async (nth) => {
      const ann = [0, 1, 2].map((n) => landedEvent(`a-${n}`, { subject: ANN }));
      for (const [n, one] of ann.entries()) {
        await put(`${EVENTS}/${n}.ndjson`, [...one.events, ...one.receipts]);
        await put(`${DELIVERIES}/${n}.ndjson`, [
          await deliveryLine(`a-${n}`, ANN),
          await deliveryLine(`b-${n}`, BEN),
        ]);
      }
      let operations = 0;
      const crashing = new Proxy(env.LAKE, {
        get(target, name) {
          const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
          return (...given: unknown[]) => {
            if (++operations === nth) throw new Error("crashed");
            return value.apply(target, given);
          };
        },
      });
      // As a workflow repeats a step: with what the last one that ended gave back.
      const state: { eventIds?: string[]; cursor?: string } = {};
      let crashed = 0;
      for (let step = 0; step === 0 || state.cursor !== undefined || crashed > step; step++) {
        try {
          const done = await eraseLanded(crashing, { subjects: [ANN], ...SPAN, limit: 4, ...state });
          state.eventIds = done.eventIds;
          if (done.cursor === undefined) break;
          state.cursor = done.cursor;
        } catch (error) {
          expect(error).toMatchObject({ message: "crashed" });
          crashed = step + 2;
        }
      }
      expect(await textUnder("landing/events/")).toBe("");
      expect((await textUnder("landing/deliveries/")).match(/"eventId":"./g)).toEqual(
        Array(3).fill('"eventId":"b'),
      );
    },
  );

  it("loses nothing that lands in an object while it is rewritten, and erases what comes back there the next time", async () => {
    const object = `${EVENTS}/one.ndjson`;
    const ann = eventLine("a-1", { subject: ANN });
    const ben = eventLine("b-1", { subject: BEN });
    await put(object, [ann, ben]);
    let puts = 0;
    const busy = new Proxy(env.LAKE, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        if (name !== "put") return value.bind(target);
        return async (...given: unknown[]) => {
          // Another writes it between the reading and the writing, the first time.
          if (puts++ === 0) await put(object, [ann, ben, eventLine("b-2", { subject: BEN })]);
          return value.apply(target, given);
        };
      },
    });
    expect(await eraseAll({}, busy)).toMatchObject({ events: 1, objects: 1 });
    expect(await linesOf(object)).toEqual(texts([ben, eventLine("b-2", { subject: BEN })]));
    await put(object, [ann, ben]);
    expect(await eraseAll()).toMatchObject({ events: 1, objects: 1 });
    expect(await linesOf(object)).toEqual(texts([ben]));
  });

  it("gives up an object that others keep writing, so that the step is repeated", async () => {
    const object = `${EVENTS}/one.ndjson`;
    const lines = [eventLine("a-1", { subject: ANN }), eventLine("b-1", { subject: BEN })];
    await put(object, lines);
    const contended = new Proxy(env.LAKE, {
      get(target, name) {
        const value = Reflect.get(target, name) as (...all: unknown[]) => unknown;
        if (name !== "put") return value.bind(target);
        return async (...given: unknown[]) => {
          await put(object, [...lines, { n: Math.random() }]);
          return value.apply(target, given);
        };
      },
    });
    await expect(eraseAll({}, contended)).rejects.toThrow("stayed contended");
  });

  it("searches in portions where a person has more events than a step can remember", async () => {
    const ids = Array.from({ length: 12_000 }, (_, n) => `${n}`.padStart(80, "0"));
    for (let at = 0; at < ids.length; at += 500) {
      const own = ids.slice(at, at + 500);
      const object = String(at).padStart(6, "0");
      await put(
        `${EVENTS}/${object}.ndjson`,
        own.map((id) => ({ type: "event", id, subject: ANN })),
      );
      await put(
        `${DELIVERIES}/${object}.ndjson`,
        await Promise.all(
          own.map(async (eventId) => ({
            stage: "delivery",
            eventId,
            destination: "d",
            itemId: await itemIdOf(eventId, "d", ANN),
          })),
        ),
      );
    }
    const { bucket, calls } = counted(env.LAKE);
    const done = await eraseAll({}, bucket);
    expect(done).toMatchObject({ events: 12_000, receipts: 12_000, calls: 1 });
    // Two portions: each finds, goes over the deliveries, and rewrites the events; the second one looks for parts, too.
    expect(calls.list).toBe(11);
    expect(await textUnder("landing/")).toBe("");
    expect(JSON.stringify(done.eventIds).length).toBeLessThan(1_000_000);
  }, 60_000);
});
