/**
 * Runs the Worker on this machine: built, with every binding that wrangler.toml names, on a real port, with its
 * state in a folder. `npm start`, the end-to-end tests and the bench all use this. It never contacts the network.
 */
import { mkdir } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import {
  convertV4MiniflareOptions,
  Log,
  LogLevel,
  Miniflare,
  type MiniflareOptions,
  Response,
} from "miniflare";
import { unstable_getMiniflareWorkerOptions, unstable_readConfig } from "wrangler";
import { builtModules, bundleSources } from "./local/bundle.ts";
import { isDue } from "./local/cron.ts";
import { applyMigrations } from "./local/migrations.ts";
import {
  type ConsumerSettings,
  createQueueLedger,
  type DrainOptions,
  type DrainResult,
} from "./local/queue-ledger.ts";
import { type BatchReport, CLOSE_DOOR, WATCH_BINDING } from "./local/queue-watch.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const CONFIG = join(ROOT, "wrangler.toml");

/** What Cloudflare would say about a local visitor. The Worker's dev switch overrides the country. */
const LOCAL_CF = {
  colo: "VIE",
  continent: "EU",
  country: "SK",
  isEUCountry: "1",
  region: "Bratislava Region",
  regionCode: "BL",
  timezone: "Europe/Bratislava",
  httpProtocol: "HTTP/1.1",
};

export interface LocalOptions {
  /** 0 takes any free port. */
  port: number;
  /** Where D1, KV, R2 and Durable Objects are kept; created if missing. Queues live in memory. */
  stateDir: string;
  /** The site that the Worker fronts: becomes `ORIGIN`. */
  sandboxUrl?: string;
  /** Variables and secrets, over those of wrangler.toml. */
  vars?: Record<string, string>;
  /** Shows errors only, and not what the Worker itself logs. */
  quiet?: boolean;
  /** Whoever starts many of these has built what is uploaded before, Worker and static assets: that is what runs. */
  isBuilt?: boolean;
  /**
   * Rate limits by binding, in place of wrangler.toml's: on this machine everybody comes from one address, so that there
   * are none unless asked for.
   */
  rateLimits?: Record<string, RateLimitSettings>;
}

/** So many requests in so many seconds. */
interface RateLimitSettings {
  limit: number;
  period: 10 | 60;
}

/** The part of wrangler's options that is added to here. */
interface DeclaredBindings {
  bindings: Record<string, string>;
  queueProducers: Record<string, { queueName: string }>;
  queueConsumers: Record<string, ConsumerSettings>;
  serviceBindings: Record<string, string>;
  cronTriggers: string[];
}

export interface Local {
  /** `http://127.0.0.1:<port>`, without a slash at the end. */
  url: string;
  /** The same Worker without Miniflare's entry in front, for measuring: no `request.cf`, no CF-Connecting-IP. */
  directUrl: string;
  mf: Miniflare;
  /** Waits until the queues are empty, nothing is in flight and no delayed message is due. */
  drain(options?: DrainOptions): Promise<DrainResult>;
  /** Runs every schedule of wrangler.toml now. */
  tick(): Promise<void>;
  /** From now on the Worker answers 503; its queues go on. */
  closeDoor(): Promise<void>;
  /** Builds again and restarts the Worker on the same port and state. Drain first: queues are lost. */
  reload(): Promise<void>;
  /** Stops without draining. */
  close(): Promise<void>;
}

/**
 * Builds and starts the Worker, and applies D1 migrations.
 * @throws esbuild's error when it does not compile, Miniflare's when the port is taken.
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const stateDir = resolve(options.stateDir);
  await mkdir(stateDir, { recursive: true });

  const { workerOptions } = unstable_getMiniflareWorkerOptions(CONFIG);
  // Wrangler gives exactly these shapes; an index signature in its declared type hides them.
  const declared = workerOptions as unknown as DeclaredBindings;
  const ledger = createQueueLedger(declared.queueConsumers);

  const build = async (port: number): Promise<MiniflareOptions> => {
    const [modules] = options.isBuilt
      ? [await builtModules()]
      : await Promise.all([bundleSources(), assets()]);
    return convertV4MiniflareOptions({
      ...workerOptions,
      name: "doorstep",
      ...modules,
      bindings: {
        ...declared.bindings,
        ...(options.sandboxUrl !== undefined && { ORIGIN: options.sandboxUrl }),
        ...options.vars,
      },
      ratelimits: Object.fromEntries(
        Object.entries(options.rateLimits ?? {}).map(([binding, simple], index) => [
          binding,
          { namespace_id: String(index + 1), simple },
        ]),
      ),
      queueProducers: { ...declared.queueProducers, ...watchedQueues(Object.keys(declared.queueConsumers)) },
      serviceBindings: {
        ...declared.serviceBindings,
        [WATCH_BINDING]: async (request) => {
          ledger.record((await request.json()) as BatchReport); // sent by queue-watch.ts alone
          return new Response(null, { status: 204 });
        },
      },
      host: "127.0.0.1",
      port,
      // A socket without Miniflare's own entry in front: faster, but without `request.cf` and CF-Connecting-IP.
      unsafeDirectSockets: [{ host: "127.0.0.1", port: 0 }],
      cf: LOCAL_CF,
      // The layout of `wrangler --persist-to`, so that wrangler's own commands can open it.
      resourcePersistencePath: join(stateDir, "v3"),
      log: new Log(options.quiet ? LogLevel.ERROR : LogLevel.WARN),
      logRequests: false,
      telemetry: { enabled: false },
      handleStructuredLogs: ({ level, message }) => {
        if (level === "error" || level === "warn") console.error(message);
        else if (!options.quiet) console.log(message);
      },
    });
  };

  const mf = new Miniflare(await build(options.port));
  const url = (await mf.ready).origin;
  const port = Number(new URL(url).port);
  for (const { binding, migrations_dir } of unstable_readConfig({ config: CONFIG }).d1_databases) {
    const directory = resolve(dirname(CONFIG), migrations_dir ?? "migrations");
    await applyMigrations(await mf.getD1Database(binding), directory);
  }

  const runSchedules = async (due: readonly string[]): Promise<void> => {
    const worker = await mf.getWorker();
    for (const cron of due) await worker.scheduled({ cron, scheduledTime: new Date() });
  };
  const clock = setInterval(() => {
    const now = new Date();
    runSchedules(declared.cronTriggers.filter((cron) => isDue(cron, now))).catch((error: unknown) => {
      console.error("A schedule failed:", error);
    });
  }, 60_000);
  clock.unref();

  return {
    url,
    directUrl: (await mf.unsafeGetDirectURL()).origin,
    mf,
    drain: (drainOptions) =>
      ledger.drain(async (queue) => {
        const producer = await mf.getQueueProducer(watchedBinding(queue));
        return (await producer.metrics()).backlogCount;
      }, drainOptions),
    tick: () => runSchedules(declared.cronTriggers),
    async closeDoor() {
      clearInterval(clock);
      await (await mf.getWorker()).queue(CLOSE_DOOR, []);
    },
    async reload() {
      await mf.setOptions(await build(port));
    },
    async close() {
      clearInterval(clock);
      await mf.dispose();
    },
  };
}

/** Loaded with what it documents only where it is asked for. */
const assets = async (): Promise<void> => (await import("./build-assets.ts")).buildAssets();

/** A producer for every queue, dead-letter queues too: only a producer can be asked for its backlog. */
function watchedQueues(queues: readonly string[]): Record<string, { queueName: string }> {
  return Object.fromEntries(queues.map((queueName) => [watchedBinding(queueName), { queueName }]));
}

const watchedBinding = (queue: string): string => `LOCAL_QUEUE_${queue.replaceAll("-", "_")}`;
