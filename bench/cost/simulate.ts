/**
 * One scenario: visitors' requests, the queues' batches and the schedule, in the order in which virtual time has them,
 * through the Worker's own handlers. Time passes only between them; a handler itself takes none.
 */
import "../node-runtime.ts";
import { itemIdOf } from "#forward/item-id";
import { type Arrival, arrivalsOf } from "./arrivals.ts";
import { openBrowser } from "./browser.ts";
import { compactionOf, hoursShare } from "./compaction.ts";
import { createCpuMeter } from "./cpu.ts";
import { startD1 } from "./d1.ts";
import { playLater } from "./later.ts";
import { loadWorker } from "./load-worker.ts";
import { type Counts, createMeter, difference, noCounts, sum } from "./meter.ts";
import { objectNamespace } from "./objects.ts";
import { PAGE_FILL_MS, providePageStream } from "./page-stream.ts";
import { UNITS } from "./prices.ts";
import { createQueues, readConsumers } from "./queues.ts";
import { MASTER_SECRET, releaseInKv, vars } from "./site.ts";
import { type KvStore, kvBinding, r2Binding } from "./stores.ts";
import { makeVisitors } from "./traffic.ts";
import { createVendors } from "./vendors.ts";

export interface Scenario {
  eventsPerSecond: number;
  eventsPerRequest: number;
  visitors: number;
  events: number;
  /** Isolates that requests and batches are spread over: each keeps a release in memory and reads it again by itself. */
  isolates: number;
  /** Whether it is played as well what time alone does to these visitors later. */
  playsLater?: boolean;
}

export interface Outcome {
  counts: Counts;
  /** The same by what caused it: a kind of request, a queue, or the schedule. */
  causes: Map<string, Counts>;
  /** The schedule's first run of the day, with what it does once a day: not in `counts`. */
  daily: Counts;
  /** What time alone costs later: not in `counts`. */
  later: Counts | undefined;
  /** Events that the door accepted. */
  accepted: number;
  requests: Record<string, number>;
  batches: Map<string, { batches: number; messages: number }>;
  vendors: Map<string, number>;
  /** Virtual seconds from the first request to the last. */
  seconds: number;
  /** Answers other than 2xx and 304, by what was asked. */
  failures: Map<string, number>;
}

const CRON_MS = 60_000;
const START = Date.UTC(2026, 10, 23, 9);
const DAY_BEFORE = START - 86_400_000;
/** By then the hours of a scenario are over. */
const COMPACTED_MS = 2 * 3_600_000;

/** Run a scenario. The process's clock and `fetch` are the simulation's until it returns. */
export async function simulate(scenario: Scenario): Promise<Outcome> {
  const meter = createMeter();
  const cpu = createCpuMeter();
  const d1 = await startD1(meter, cpu);
  const real = { now: Date.now, fetch: globalThis.fetch };
  let now = DAY_BEFORE;
  try {
    Date.now = () => now;
    const vendors = createVendors();
    globalThis.fetch = vendors.fetch;
    providePageStream();
    const queues = createQueues(readConsumers(), meter, () => now);
    const { default: worker, LiveTail, Destination, Visitor } = await loadWorker();

    const store: KvStore = new Map(await releaseInKv());
    const shared = {
      ...vars(),
      IDENTITY_0: d1.db,
      LAKE: r2Binding(meter),
      EVENTS: queues.binding("doorstep-events"),
      ANALYTICS: queues.binding("doorstep-analytics"),
      CRM: queues.binding("doorstep-crm"),
      LIVE_TAIL: objectNamespace(LiveTail, meter, cpu),
      DESTINATION: objectNamespace(Destination, meter, cpu),
      VISITOR: objectNamespace(Visitor, meter, cpu),
      ASSETS: { fetch: async () => new Response(null, { status: 304 }) },
    };
    type Env = Parameters<typeof worker.queue>[1];
    const isolates = Array.from(
      { length: scenario.isolates },
      () => ({ ...shared, EDGE: kvBinding(store, meter) }) as unknown as Env,
    );
    let turn = 0;
    const isolate = (): Env => isolates[turn++ % isolates.length] as Env; // There is one at least.

    const causes: Outcome["causes"] = new Map();
    const invoke = async (cause: string, handler: (env: Env) => Promise<unknown>) => {
      const before = { ...meter.counts };
      meter.add("requests");
      const env = isolate();
      meter.add("cpuMs", await cpu.measure(() => handler(env)));
      causes.set(cause, sum(causes.get(cause) ?? noCounts(), difference(meter.counts, before)));
    };
    const outcome: Outcome = {
      counts: meter.counts,
      causes,
      daily: noCounts(),
      later: undefined,
      accepted: 0,
      requests: {},
      batches: queues.delivered,
      vendors: vendors.asked,
      seconds: 0,
      failures: new Map(),
    };
    let ids = 0;
    const newId = () => `e${(ids++).toString(36).padStart(7, "0")}-4000-8000-0123456789ab`;

    const answer = ({ browser, sent }: Arrival) =>
      invoke(sent.kind, async (env) => {
        const later: Promise<unknown>[] = [];
        const ctx = {
          waitUntil: (work: Promise<unknown>) => void later.push(work),
          passThroughOnException() {},
          props: {},
        };
        const request = await cpu.outside(async () => browser.request(sent, now, newId));
        const response = await worker.fetch(
          request as Parameters<typeof worker.fetch>[0],
          env,
          ctx as unknown as ExecutionContext,
        );
        // What a page had is told once it has gone through.
        if (sent.kind === "page") await cpu.outside(() => response.arrayBuffer());
        await Promise.all(later);
        await cpu.outside(async () => {
          browser.keep(sent, response, now);
          outcome.requests[sent.kind] = (outcome.requests[sent.kind] ?? 0) + 1;
          if (!response.ok && response.status !== 304) {
            const what = `${sent.kind} ${response.status}`;
            outcome.failures.set(what, (outcome.failures.get(what) ?? 0) + 1);
          } else if (sent.kind === "events") {
            const { accepted } = (await response.json()) as { accepted: number }; // the native protocol's answer
            outcome.accepted += accepted;
          }
        });
        if (sent.kind === "page") meter.add("cpuMs", PAGE_FILL_MS);
      });

    let nextCron = Number.POSITIVE_INFINITY;
    /** Everything that is due up to and including `until`; with Infinity, all that is left but the schedule. */
    const advance = async (until: number) => {
      for (;;) {
        const due = Math.min(queues.dueAt(), until === Number.POSITIVE_INFINITY ? until : nextCron);
        if (due > until || due === Number.POSITIVE_INFINITY) break;
        now = Math.max(now, due);
        if (due === nextCron) {
          nextCron += CRON_MS;
          await invoke("schedule", (env) => worker.scheduled({} as ScheduledController, env));
        } else
          await queues.deliver(now, (batch) =>
            invoke(batch.queue, (env) =>
              worker.queue(batch, env, { waitUntil() {} } as unknown as ExecutionContext),
            ),
          );
      }
    };
    /** What the schedule does when the hours are over, in as many runs as it takes. */
    const compact = async (times: number) => {
      const { run, share } = compactionOf(times, itemIdOf);
      for (let isMore = true; isMore; )
        await invoke("compaction", async ({ LAKE }) => {
          isMore = await run(LAKE, now + COMPACTED_MS);
        });
      const counted = causes.get("compaction") ?? noCounts();
      causes.set("compaction", share(counted));
      const excess = difference(counted, share(counted));
      for (const unit of UNITS) meter.add(unit, -excess[unit]);
    };
    const play = async (arrivals: readonly Arrival[]) => {
      for (const arrival of arrivals) {
        await advance(arrival.at);
        now = Math.max(now, arrival.at);
        if (!arrival.browser.has(arrival.sent, now)) await answer(arrival);
      }
      await advance(Number.POSITIVE_INFINITY);
    };

    const visitors = makeVisitors(scenario.visitors, scenario.events);
    const browsers = new Map(visitors.map((visitor) => [visitor, openBrowser(visitor)]));
    const yesterday = { ...scenario, eventsPerRequest: 10 }; // not counted: packed as tightly as it may be
    await play(arrivalsOf(visitors, browsers, (v) => v.before, DAY_BEFORE, yesterday));

    await compact(1); // in parts of their true size, which the daily reconciliation reads
    // On a site that runs, the day's own work was done in its first minutes, and what was due since yesterday long ago.
    now = START - CRON_MS;
    const schedule = () => invoke("schedule", (env) => worker.scheduled({} as ScheduledController, env));
    await schedule();
    outcome.daily = causes.get("schedule") ?? noCounts();
    await advance(Number.POSITIVE_INFINITY);
    now = START;
    nextCron = START + CRON_MS;
    meter.reset();
    Object.assign(outcome, { accepted: 0, requests: {} });
    causes.clear();
    queues.delivered.clear();
    vendors.asked.clear();
    const arrivals = arrivalsOf(visitors, browsers, (v) => v.visit, START, scenario);
    await play(arrivals);
    await compact(hoursShare(outcome.accepted, scenario.eventsPerSecond));
    outcome.seconds = ((arrivals.at(-1)?.at ?? START) - START) / 1000;
    if (scenario.playsLater) {
      await playLater({
        db: d1.db,
        kv: kvBinding(store, meter),
        lake: shared.LAKE,
        secret: MASTER_SECRET,
        now: () => now,
        passTo: (at) => {
          now = at;
        },
        invoke: (run) => invoke("later", run),
      });
      const later = causes.get("later") ?? noCounts();
      causes.delete("later");
      outcome.later = later;
      for (const unit of UNITS) meter.add(unit, -later[unit]);
    }
    return outcome;
  } finally {
    Date.now = real.now;
    globalThis.fetch = real.fetch;
    await d1.close();
  }
}
