/** Jobs: replays of many failures, backfills from the lake, and the daily reconciliation of what became of it all. */
import { env } from "cloudflare:workers";
import { beforeAll, describe, expect, it } from "vitest";
import type { ReleaseInput } from "#contracts/definitions/release";
import type { Receipt } from "#contracts/messages/receipt";
import { exampleEvent } from "#forward/destinations/example-event";
import { insertFailures, listFailures } from "#forward/failures/store";
import { itemIdOf } from "#forward/item-id";
import { type BackfillJob, insertJob, type Job, readJob, setJobState } from "#forward/jobs/store";
import { reconcile } from "#forward/reconcile/run";
import { beginReconciliation, readReconciliation } from "#forward/reconcile/store";
import { putDeadItem, putParked } from "#forward/store";
import { shardsOf } from "#identity/shards";
import { type JobsContext, runJobs } from "#ingest/jobs";
import { land } from "#lake/receipts";
import { keyring } from "#privacy/keys";
import { deliveryContext, itemOf, keepingQueue, release, webhookTo } from "./delivery.ts";
import { isolateOf } from "./killable.ts";

const HOUR = 3_600_000;
/** Midnight of the day that is backfilled and reconciled. */
const DAY = Date.parse("2026-11-20T00:00:00Z");
const LATER = DAY + 3 * 24 * HOUR;

async function jobs(destinations: ReleaseInput["destinations"] = { hook: webhookTo() }) {
  const crm = keepingQueue();
  let now = LATER;
  const context: JobsContext = {
    db: env.IDENTITY_0,
    bucket: env.LAKE,
    identity: shardsOf([env.IDENTITY_0]),
    keys: await keyring("test-master-secret-0123456789abcdef"),
    document: release(destinations),
    currentConsent: async () => new Map(),
    queues: { crm, analytics: keepingQueue() },
    now,
    clock: () => now,
  };
  const items = () => crm.sent.flatMap(({ envelope }) => envelope.items);
  return { context, crm, items, wait: (ms: number) => (now += ms) };
}

/** The same jobs in an isolate that dies at its nth await. */
async function killable(context: JobsContext, dies: number, when: "before" | "after") {
  const { context: other } = await deliveryContext({ fetch: async () => new Response() });
  const isolate = isolateOf({ ...other, ...context }, dies, when);
  return { context: { ...context, ...isolate.context, now: context.now }, died: isolate.died };
}

const jobOf = <J extends Job>(job: Partial<J> & Pick<J, "id" | "kind" | "asked">): J =>
  ({
    ...{ destination: "hook", state: "running", counts: {}, cursor: null, actor: "test" },
    ...{ createdAt: LATER, updatedAt: LATER },
    ...job,
  }) as J; // the kind comes with what it asks

const eventOf = (id: string, receivedAt: number, changes = {}) => {
  const { properties, context, consent } = exampleEvent("form_submit", { form_id: "newsletter" });
  return {
    ...{ type: "event", id, name: "form_submit", version: "1.0.0", occurredAt: receivedAt - 1_000 },
    ...{ receivedAt, source: "web", protocol: "native", subject: `visitor_id:${id.slice(0, 4)}` },
    ...{ profile: `visitor_id:${id.slice(0, 4)}`, properties, context, consent },
    ...changes,
  };
};

describe("a replay of many", () => {
  const fail = async (count: number, code: string, at: number) => {
    const ids = Array.from({ length: count }, (_, n) => `${code}-${n}`);
    await insertFailures(
      env.IDENTITY_0,
      ids.map((itemId) => ({
        ...{ itemId, destination: "hook", eventId: `evt-${itemId}`, name: "form_submit" },
        ...{ code, detail: null, attempt: 1, at },
      })),
    );
    for (let n = 0; n < count; n += 50)
      await Promise.all(ids.slice(n, n + 50).map((id) => putDeadItem(env.LAKE, "hook", itemOf(id))));
    return ids;
  };
  const codes = async () => (await listFailures(env.IDENTITY_0, 1_000)).map(({ code }) => code);

  it("takes those of a cause that failed before it, each once, and says how many", async () => {
    const ids = await fail(250, "http_400", LATER - 1);
    await fail(3, "other", LATER - 1);
    await fail(2, "too_late", LATER + 1);
    const { context, items } = await jobs();
    await insertJob(env.IDENTITY_0, jobOf({ id: "r1", kind: "replay", asked: { code: "http_400" } }));
    await Promise.all([runJobs(context), runJobs(context)]);
    expect(await readJob(env.IDENTITY_0, "r1")).toMatchObject({ state: "done", counts: { replayed: 250 } });
    expect(
      items()
        .map(({ id }) => id)
        .sort(),
    ).toEqual(ids.sort());
    expect(new Set(await codes())).toEqual(new Set(["other", "too_late"]));
    await insertJob(env.IDENTITY_0, jobOf({ id: "r2", kind: "replay", asked: {} }));
    await runJobs(context);
    expect(await codes()).toEqual(["too_late", "too_late"]);
  });

  it("is over once: what has no item any more stays, and may be discarded at once", async () => {
    const [bare] = await fail(1, "bare", LATER - 1);
    await env.LAKE.delete(`dead/hook/${bare}.json`);
    const { context } = await jobs();
    await insertJob(env.IDENTITY_0, jobOf({ id: "r3", kind: "replay", asked: { code: "bare" } }));
    await runJobs(context);
    expect(await readJob(env.IDENTITY_0, "r3")).toMatchObject({ state: "done", counts: { item_gone: 1 } });
    await insertJob(env.IDENTITY_0, jobOf({ id: "d3", kind: "discard", asked: { code: "bare" } }));
    await runJobs(context);
    expect(await readJob(env.IDENTITY_0, "d3")).toMatchObject({ state: "done", counts: { discarded: 1 } });
  });

  it("killed at any of its awaits is gone on with, forgets what it sent, and counts each failure once", async () => {
    for (const when of ["before", "after"] as const) {
      for (let dies = 1; ; dies++) {
        const code = `kill-${when}-${dies}`;
        const ids = await fail(3, code, LATER - 1);
        const { context, items, wait } = await jobs();
        const killed = await killable(context, dies, when);
        await insertJob(env.IDENTITY_0, jobOf({ id: code, kind: "replay", asked: { code } }));
        const ended = await Promise.race([runJobs(killed.context), killed.died.then(() => "died")]);
        for (let runs = 0; runs < 3; runs++) {
          wait(121_000);
          await runJobs(context);
        }
        const job = await readJob(env.IDENTITY_0, code);
        expect([code, job?.state, job?.counts]).toEqual([code, "done", { replayed: 3 }]);
        expect(new Set(items().map(({ id }) => id))).toEqual(new Set(ids));
        expect(await listFailures(env.IDENTITY_0, 10, { code })).toEqual([]);
        if (ended !== "died") break;
      }
    }
  }, 60_000);

  it("does not wait for the backfills before it", async () => {
    await fail(1, "behind", LATER - 1);
    const asked = { from: 0, to: 1, events: [], eventIds: [], perSecond: 1, again: false };
    for (let n = 0; n < 5; n++)
      await insertJob(env.IDENTITY_0, jobOf<BackfillJob>({ id: `stuck-${n}`, kind: "backfill", asked }));
    await insertJob(
      env.IDENTITY_0,
      jobOf({ id: "behind", kind: "replay", asked: { code: "behind" }, createdAt: LATER + 1 }),
    );
    const { context, wait } = await jobs();
    const list: typeof env.LAKE.list = async () => {
      throw new Error("the lake is away");
    };
    const bucket = new Proxy(env.LAKE, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        return name === "list" ? list : typeof value === "function" ? value.bind(target) : value;
      },
    });
    await runJobs({ ...context, bucket });
    wait(60_000);
    await runJobs(context);
    expect(await readJob(env.IDENTITY_0, "behind")).toMatchObject({ state: "done" });
    for (let n = 0; n < 5; n++) await setJobState(env.IDENTITY_0, `stuck-${n}`, ["running"], "cancelled");
  });

  it("discards as many without sending one", async () => {
    const { context, items } = await jobs();
    await insertJob(env.IDENTITY_0, jobOf({ id: "d1", kind: "discard", asked: {}, createdAt: LATER + 2 }));
    await runJobs(context);
    expect(await readJob(env.IDENTITY_0, "d1")).toMatchObject({ state: "done", counts: { discarded: 2 } });
    expect([items(), await codes()]).toEqual([[], []]);
  });
});

describe("a backfill", () => {
  const HOURS = 10;
  const FILES = 5;
  const PER_FILE = 2_000;
  const ALL = HOURS * FILES * PER_FILE;
  const backfill = (id: string, asked: Partial<BackfillJob["asked"]> = {}) =>
    jobOf<BackfillJob>({
      id,
      kind: "backfill",
      asked: {
        ...{ from: DAY, to: DAY + 24 * HOUR, events: [], eventIds: [] },
        ...{ perSecond: 1_000, again: false, ...asked },
      },
    });
  const untilDone = async (id: string, context: JobsContext, wait: (ms: number) => number) => {
    for (let runs = 0; runs < 20; runs++) {
      const job = await readJob(env.IDENTITY_0, id);
      if (job?.state !== "running") return job;
      await runJobs(context);
      wait(60_000);
    }
    throw new Error("it does not end");
  };

  beforeAll(async () => {
    for (let hour = 0; hour < HOURS; hour++) {
      for (let file = 0; file < FILES; file++) {
        const at = DAY + hour * HOUR + file * 60_000;
        const lines = Array.from({ length: PER_FILE }, (_, n) => eventOf(`${hour}${file}-${n}`, at + n));
        await land(env.LAKE, "events", `batch-${hour}-${file}`, at, lines);
      }
    }
  }, 60_000);

  it("of 100,000 events ends with exact counts after being stopped and resumed twice", async () => {
    const { context, items, wait } = await jobs();
    await insertJob(env.IDENTITY_0, backfill("b1"));
    for (let stops = 0; stops < 2; stops++) {
      const running = runJobs(context);
      // While the run is under way: it ends with the chunk that it is at.
      await setJobState(env.IDENTITY_0, "b1", ["running"], "stopped");
      await running;
      wait(60_000);
      const before = items().length;
      await runJobs(context);
      expect(items()).toHaveLength(before);
      expect((await readJob(env.IDENTITY_0, "b1"))?.counts.queued ?? 0).toBe(before);
      await setJobState(env.IDENTITY_0, "b1", ["stopped"], "running");
    }
    const job = await untilDone("b1", context, wait);
    expect(job).toMatchObject({ state: "done", counts: { events: ALL, queued: ALL } });
    expect(new Set(items().map(({ event }) => event.id)).size).toBe(ALL);
    expect(items()).toHaveLength(ALL);
    expect(items()[0]).toMatchObject({ attempt: 1, via: "backfill", event: { name: "form_submit" } });
  }, 60_000);

  it("goes at the pace that it was asked for, and takes the events, ids and times that it was asked for", async () => {
    const { context, crm, items, wait } = await jobs();
    const from = DAY + HOUR;
    await insertJob(env.IDENTITY_0, backfill("b2", { from, to: from + 1_500, perSecond: 10 }));
    await runJobs(context);
    expect(items()).toHaveLength(600);
    expect(Math.max(...crm.sent.map(({ delaySeconds }) => delaySeconds))).toBeGreaterThan(30);
    expect(await untilDone("b2", context, wait)).toMatchObject({ counts: { events: 1_500, queued: 1_500 } });
    const eventIds = ["10-0", "10-7", "00-1", "nobody"];
    await insertJob(env.IDENTITY_0, backfill("b3", { from, to: from + HOUR, eventIds }));
    expect(await untilDone("b3", context, wait)).toMatchObject({ counts: { queued: 2 } });
    await insertJob(env.IDENTITY_0, backfill("b4", { to: from, events: ["purchase"] }));
    expect(await untilDone("b4", context, wait)).toMatchObject({ state: "done", counts: {} });
  }, 60_000);

  it("a chunk that was sent, and killed before it was counted, is sent again under the same ids, and counted once", async () => {
    const { context, items, wait } = await jobs();
    await insertJob(env.IDENTITY_0, backfill("b5", { to: DAY + 1_000 }));
    const prepare = env.IDENTITY_0.prepare.bind(env.IDENTITY_0);
    let killed = false;
    const db = new Proxy(env.IDENTITY_0, {
      get: (target, name) =>
        name === "prepare"
          ? (sql: string) => {
              if (!killed && sql.includes("SET cursor")) {
                killed = true;
                throw new Error("killed");
              }
              return prepare(sql);
            }
          : Reflect.get(target, name, target),
    });
    await runJobs({ ...context, db });
    const sent = items().map(({ id }) => id);
    expect(sent.length).toBeGreaterThan(0);
    expect(await untilDone("b5", context, wait)).toMatchObject({ counts: { events: 1_000, queued: 1_000 } });
    expect(new Set(items().map(({ id }) => id)).size).toBe(1_000);
    expect(
      items()
        .slice(sent.length, 2 * sent.length)
        .map(({ id }) => id),
    ).toEqual(sent);
  });

  it("killed at any of its awaits is gone on with, and counts each event once", async () => {
    const from = DAY + 30 * HOUR;
    const events = Array.from({ length: 130 }, (_, n) => eventOf(`k ${n}`, from + Math.floor(n / 7)));
    await land(env.LAKE, "events", "killed", from, events);
    for (const when of ["before", "after"] as const) {
      for (let dies = 1; ; dies++) {
        const id = `killed-${when}-${dies}`;
        const { context, items, wait } = await jobs();
        const killed = await killable(context, dies, when);
        await insertJob(env.IDENTITY_0, backfill(id, { from, to: from + HOUR, perSecond: 1 }));
        const ended = await Promise.race([runJobs(killed.context), killed.died.then(() => "died")]);
        wait(121_000);
        const job = await untilDone(id, context, (ms) => wait(2 * ms + 1_000));
        expect([id, job?.counts]).toEqual([id, { events: 130, queued: 130 }]);
        expect(new Set(items().map(({ event }) => event.id))).toEqual(new Set(events.map((one) => one.id)));
        expect(new Set(items().map((item) => item.id)).size).toBe(130);
        if (ended !== "died") break;
      }
    }
  }, 60_000);

  it("never calls what a browser claimed proved, and asks for whom it claimed to be", async () => {
    const at = DAY + 31 * HOUR;
    const subject = "visitor_id:claims|email:1.z";
    await land(env.LAKE, "events", "claims", at, [eventOf("claims", at, { subject })]);
    const { context, items, wait } = await jobs();
    await insertJob(env.IDENTITY_0, backfill("b8", { from: at, to: at + HOUR }));
    await untilDone("b8", context, wait);
    expect(items()).toMatchObject([{ subjects: [subject, "email:1.z"], event: { verified: false } }]);
    const said = { granted: [], decidedAt: at, receipt: "later", suppressed: true };
    const currentConsent = async () => new Map([["email:1.z", [said]]]);
    await insertJob(env.IDENTITY_0, backfill("b9", { from: at, to: at + HOUR }));
    const job = await untilDone("b9", { ...context, currentConsent }, wait);
    expect(job?.counts).toEqual({ events: 1, "skipped:suppressed": 1 });
  });

  it("of days that another has is not begun, also when two ask at once; those of a few events stand in nobody's way", async () => {
    const far = { from: DAY + 900 * HOUR, to: DAY + 901 * HOUR };
    const begin = (id: string, asked = {}) =>
      insertJob(env.IDENTITY_0, { ...backfill(id, { ...far, ...asked }), state: "stopped" }, true);
    expect(await begin("few", { eventIds: ["one"], again: true })).toBe(true);
    const both = await Promise.all([begin("first"), begin("second")]);
    expect(both.filter(Boolean)).toHaveLength(1);
    expect(await begin("next", { from: far.to, to: far.to + HOUR })).toBe(true);
  });

  it("leaves out what went there when it came, what was withdrawn since, and who was erased", async () => {
    const at = DAY + 20 * HOUR;
    const own = (id: string) => eventOf(id, at, { subject: `visitor_id:${id}` });
    const routed: Receipt = {
      ...{ stage: "ingest", eventId: "went", at, outcome: "folded", subject: "visitor_id:went" },
      routed: { hook: "queued" },
    };
    await land(env.LAKE, "events", "mixed", at, [...["went", "left", "gone", "open"].map(own), routed]);
    const { context, items, wait } = await jobs();
    const said = { granted: [], decidedAt: at, receipt: "later", suppressed: false };
    const currentConsent = async () =>
      new Map([
        ["visitor_id:left", [said]],
        ["visitor_id:gone", [{ ...said, suppressed: true }]],
      ]);
    await insertJob(env.IDENTITY_0, backfill("b6", { from: at }));
    const job = await untilDone("b6", { ...context, currentConsent }, wait);
    expect(job?.counts).toEqual({
      ...{ events: 3, queued: 1 },
      ...{ "skipped:consent_withdrawn": 1, "skipped:suppressed": 1 },
    });
    expect(items().map(({ event }) => event.id)).toEqual(["open"]);
    expect(items()[0]?.id).toBe(await itemIdOf("open", "hook", "visitor_id:open"));
  });

  it("fails where the destination is gone, and an operator can let it go on", async () => {
    const { context } = await jobs({});
    await insertJob(env.IDENTITY_0, backfill("b7"));
    await runJobs(context);
    expect(await readJob(env.IDENTITY_0, "b7")).toMatchObject({
      state: "failed",
      counts: { destination_removed: 1 },
    });
    expect(await setJobState(env.IDENTITY_0, "b7", ["failed"], "cancelled")).toBe(true);
  });
});

describe("the daily reconciliation", () => {
  const RECONCILED = DAY - 5 * 24 * HOUR;
  const at = RECONCILED + 4 * HOUR;
  const accepted = (eventId: string, routed: Record<string, string>): Receipt[] => [
    { stage: "door", eventId, at, name: "purchase", source: "web", outcome: "accepted" },
    {
      ...{ stage: "ingest", eventId, at: at + 1_000, outcome: "folded", subject: `visitor_id:${eventId}` },
      routed,
    },
  ];
  const outcome = async (
    eventId: string,
    what: "delivered" | "failed" | "parked" | "skipped",
  ): Promise<Receipt> => ({
    ...{ stage: "delivery", eventId, at: at + HOUR, destination: "hook", attempt: 1, outcome: what },
    ...(what === "skipped" && { code: "consent_withdrawn" }),
    itemId: await itemIdOf(eventId, "hook", `visitor_id:${eventId}`),
  });
  const dayName = new Date(RECONCILED).toISOString().slice(0, 10);
  const run = async (now: number, bucket = env.LAKE) => {
    const alerts: unknown[] = [];
    const alert = {
      alertUrl: "https://alerts.example.com/",
      allowInsecure: false,
      fetch: async (_: string, init: RequestInit) => {
        alerts.push(JSON.parse(String(init.body)));
        return new Response();
      },
    };
    const context = { db: env.IDENTITY_0, bucket, clock: () => now, alert };
    for (let runs = 0; runs < 3; runs++) await reconcile(context);
    return { alerts, day: await readReconciliation(env.IDENTITY_0, dayName) };
  };

  it("proves that each accepted event was delivered, skipped, failed or is on its way", async () => {
    const ids = Array.from({ length: 20 }, (_, n) => `r-${n}`);
    const routed = [...ids.flatMap((id) => accepted(id, { hook: "queued", ga4: "event_not_listed" }))];
    await land(env.LAKE, "events", "day", at, routed);
    const ends = await Promise.all(
      ids.map((id, n) =>
        outcome(id, n < 16 ? "delivered" : n < 18 ? "failed" : n < 19 ? "skipped" : "parked"),
      ),
    );
    await land(env.LAKE, "deliveries", "day", at + HOUR, ends);
    const item = itemOf(await itemIdOf("r-19", "hook", "visitor_id:r-19"));
    await putParked(env.LAKE, "hook", { code: "paused", items: [item] }, at + HOUR, "kept");
    const { day, alerts } = await run(RECONCILED + 26 * HOUR);
    expect(day).toMatchObject({ state: "done", open: 0, gaps: [], totals: { events: { accepted: 20 } } });
    expect(day?.totals.destinations).toEqual({
      hook: {
        ...{ routed: 20, delivered: 16, failed: 2, skipped: { consent_withdrawn: 1 }, gaps: 0 },
        inFlight: { queued: 0, retry: 0, parked: 1 },
      },
      ga4: {
        ...{ routed: 20, delivered: 0, failed: 0, skipped: { event_not_listed: 20 }, gaps: 0 },
        inFlight: { queued: 0, retry: 0, parked: 0 },
      },
    });
    expect(alerts).toEqual([]);
  });

  it("names one receipt and one message that were deleted, and raises an alert", async () => {
    await land(env.LAKE, "events", "more", at, [
      ...accepted("receipt-deleted", { hook: "queued" }),
      ...accepted("message-deleted", { hook: "queued" }),
    ]);
    // The message never came to a vendor; the other did, and its receipt is deleted where it landed.
    await land(env.LAKE, "deliveries", "lost", at + HOUR, [await outcome("receipt-deleted", "delivered")]);
    const lost = (await env.LAKE.list({ prefix: "landing/deliveries/" })).objects.filter(({ key }) =>
      key.includes("lost"),
    );
    expect(lost).toHaveLength(1);
    for (const { key } of lost) await env.LAKE.delete(key);
    const { day, alerts } = await run(RECONCILED + 50 * HOUR);
    expect(day).toMatchObject({ state: "done", open: 2 });
    expect(
      day?.gaps.map(({ eventId, destination, why }) => `${eventId} ${destination} ${why}`).sort(),
    ).toEqual(["message-deleted hook no_receipt", "receipt-deleted hook no_receipt"]);
    expect(alerts).toMatchObject([{ type: "delivery.gap", open: 2 }]);
  });

  it("draws a day up again that was drawn up before its end, and a day on which no schedule ran", async () => {
    const early = RECONCILED + 10 * 24 * HOUR;
    const name = new Date(early).toISOString().slice(0, 10);
    await beginReconciliation(env.IDENTITY_0, name, early + 5 * HOUR);
    await run(early + 5 * HOUR);
    expect(await readReconciliation(env.IDENTITY_0, name)).toMatchObject({ state: "done" });
    const late = early + 6 * HOUR;
    await land(
      env.LAKE,
      "events",
      "late",
      late,
      accepted("late", { hook: "queued" }).map((one) => ({ ...one, at: late })),
    );
    // Nothing ran the next day.
    const { alerts } = await run(early + 51 * HOUR);
    expect(await readReconciliation(env.IDENTITY_0, name)).toMatchObject({ open: 1 });
    expect(alerts).toHaveLength(1);
    const next = new Date(early + 24 * HOUR).toISOString().slice(0, 10);
    expect(await readReconciliation(env.IDENTITY_0, next)).toMatchObject({ state: "done" });
    // The same gap, when somebody asks again, is no news.
    await beginReconciliation(env.IDENTITY_0, name, early + 52 * HOUR);
    expect((await run(early + 52 * HOUR)).alerts).toEqual([]);
    expect(await readReconciliation(env.IDENTITY_0, name)).toMatchObject({ state: "done", open: 1 });
  });

  it("ends a day of which something is on its way, though a later hour is too much to read", async () => {
    const begun = RECONCILED + 20 * 24 * HOUR;
    const name = new Date(begun).toISOString().slice(0, 10);
    const then = begun + 12 * HOUR;
    const events = accepted("waits", { hook: "queued" }).map((one) => ({ ...one, at: then }));
    await land(env.LAKE, "events", "waits", then, events);
    const parked = { ...(await outcome("waits", "parked")), at: then + 1_000 };
    await land(env.LAKE, "deliveries", "waits", then, [parked]);
    const busy = begun + 27 * HOUR;
    await land(env.LAKE, "deliveries", "busy", busy, [
      { ...(await outcome("waits", "delivered")), at: busy },
    ]);
    const bucket = new Proxy(env.LAKE, {
      get: (target, key) => {
        const value: unknown = Reflect.get(target, key);
        if (key !== "list") return typeof value === "function" ? value.bind(target) : value;
        return async (options: R2ListOptions) => {
          const listed = await target.list(options);
          const objects = listed.objects.map((one) =>
            one.key.includes("/busy") ? { key: one.key, size: 300_000_000 } : one,
          );
          return { ...listed, objects };
        };
      },
    });
    const { alerts } = await run(begun + 27.5 * HOUR, bucket);
    expect(await readReconciliation(env.IDENTITY_0, name)).toMatchObject({
      ...{ state: "done", open: 0 },
      totals: { destinations: { hook: { routed: 1, inFlight: { parked: 1 } } } },
    });
    expect(alerts).toEqual([]);
  });
});
