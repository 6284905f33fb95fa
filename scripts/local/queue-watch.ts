/**
 * Runs inside workerd, around the Worker, in local runs only. Local queues live in memory and their metrics show
 * neither a batch that is being worked on nor a message that waits out a delay: this reports both to Node
 * (queue-ledger.ts), and it can close the door before a shutdown. The Worker's own code is not changed.
 */

/** What a finished batch leaves behind: delays in seconds; null stands for the queue's own `retry_delay`. */
export interface BatchReport {
  queue: string;
  phase: "started" | "ended";
  messages: number;
  retries: { attempts: number; delaySeconds: number | null }[];
  /** Messages that the handler itself sent with a delay. */
  delayed: number[];
}

/** A batch on this name tells the Worker to answer 503 from now on. No queue has such a name. */
export const CLOSE_DOOR = "local:close-door";

/** The service binding that reports go to. */
export const WATCH_BINDING = "LOCAL_QUEUE_WATCH";

type Bindings = Record<string, unknown>;
type Watched = ExportedHandler<Bindings>;

/** The same Worker; its `queue` handler reports what it does. */
export function watchQueues(worker: Watched): Watched {
  let closed = false;
  return {
    ...worker,
    fetch(request, env, ctx) {
      if (closed || !worker.fetch) {
        return new Response("Doorstep is stopping.\n", { status: 503, headers: { "retry-after": "5" } });
      }
      return worker.fetch(request, env, ctx);
    },
    async queue(batch, env, ctx) {
      if (batch.queue === CLOSE_DOOR) {
        closed = true;
        return;
      }
      const report: BatchReport = {
        queue: batch.queue,
        phase: "started",
        messages: batch.messages.length,
        retries: [],
        delayed: [],
      };
      await tell(env, report);
      const settled = noteOutcomes(batch, report);
      try {
        await worker.queue?.(batch, watchSends(env, report.delayed), ctx);
      } catch (error) {
        // The whole batch comes back, acked messages too.
        report.retries = batch.messages.map(({ attempts }) => ({ attempts, delaySeconds: null }));
        throw error;
      } finally {
        settled();
        await tell(env, { ...report, phase: "ended" });
      }
    },
  };
}

/** Notes every `retry` and `retryAll` of the batch in the report; an `ack` that came first wins, as in production. */
function noteOutcomes(batch: MessageBatch, report: BatchReport): () => void {
  const acked = new Set<string>();
  const retried = new Map<string, BatchReport["retries"][number]>();
  const note = (message: Message, options?: QueueRetryOptions) => {
    if (acked.has(message.id)) return;
    retried.set(message.id, { attempts: message.attempts, delaySeconds: options?.delaySeconds ?? null });
  };
  for (const message of batch.messages) {
    const ack = message.ack.bind(message);
    const retry = message.retry.bind(message);
    override(message, "ack", () => {
      if (!retried.has(message.id)) acked.add(message.id);
      ack();
    });
    override(message, "retry", (options?: QueueRetryOptions) => {
      note(message, options);
      retry(options);
    });
  }
  const retryAll = batch.retryAll.bind(batch);
  override(batch, "retryAll", (options?: QueueRetryOptions) => {
    for (const message of batch.messages) note(message, options);
    retryAll(options);
  });
  return () => {
    if (report.retries.length === 0) report.retries = [...retried.values()];
  };
}

function override<T extends object, K extends keyof T>(target: T, key: K, value: T[K]): void {
  Object.defineProperty(target, key, { value, configurable: true });
}

const watchedEnvs = new WeakMap<Bindings, { env: Bindings; sink: { delayed: number[] } }>();

/** The bindings with queues whose delayed sends are noted. One object per isolate, since settings are cached by it. */
function watchSends(env: Bindings, delayed: number[]): Bindings {
  const known = watchedEnvs.get(env);
  if (known) {
    known.sink.delayed = delayed;
    return known.env;
  }
  const sink = { delayed };
  const note = (seconds: number | undefined) => {
    if (seconds) sink.delayed.push(seconds);
  };
  const watched: Bindings = {};
  for (const [name, binding] of Object.entries(env)) {
    watched[name] = isQueue(binding) ? watchQueue(binding, note) : binding;
  }
  watchedEnvs.set(env, { env: watched, sink });
  return watched;
}

function watchQueue(queue: Queue, note: (delaySeconds: number | undefined) => void): Queue {
  return {
    metrics: () => queue.metrics(),
    send(body, options) {
      note(options?.delaySeconds);
      return queue.send(body, options);
    },
    sendBatch(messages, options) {
      const list = [...messages];
      for (const message of list) note(message.delaySeconds ?? options?.delaySeconds);
      return queue.sendBatch(list, options);
    },
  };
}

/** A queue is the only binding that can `sendBatch`. Services and Durable Objects answer any name, so they go first. */
function isQueue(binding: unknown): binding is Queue {
  if (typeof binding !== "object" || binding === null) return false;
  return binding.constructor.name === "WorkerQueue";
}

async function tell(env: Bindings, report: BatchReport): Promise<void> {
  const watch = env[WATCH_BINDING] as Fetcher; // bound by scripts/local.ts, never elsewhere
  const response = await watch.fetch("http://local/", { method: "POST", body: JSON.stringify(report) });
  await response.arrayBuffer();
}
