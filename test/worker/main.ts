/**
 * The Worker as the tests run it. The runtime's queues keep their messages when the stores are emptied, and would bring
 * what one test has sent into the next: messages that are older than the stores are acknowledged, and nothing else.
 */
import type { Env } from "../../src/env.ts";
import worker from "../../src/worker.ts";
// What it loads with the first request for it is here already: import() is not the runtime's here, and of requests that come
// at once for what is not there yet, all but one would wait for what is done for another, which the runtime forbids.
import "../../src/background.ts";
import "../../src/collection.ts";
import "../../src/consents.ts";
import "../../src/content.ts";
import "../../src/operator.ts";
import "../../src/pages.ts";
import "../../src/release-checks.ts";
import "../../src/rights.ts";
import "#contracts/definitions/release";

// biome-ignore lint/performance/noBarrelFile: the runtime finds classes among the entry's exports
export * from "../../src/worker.ts";

/** One for all test files of an isolate, however often this module is loaded. */
const shared: { doorstepTests?: { since: number; consuming: Set<Promise<void>> } } = globalThis as object;
shared.doorstepTests ??= { since: 0, consuming: new Set() };
const { doorstepTests } = shared;

/** Let the batches that are being consumed end, empty the stores, and forget what is on the queues until then. */
export async function betweenMessages(empty: () => Promise<void>): Promise<void> {
  doorstepTests.since = Number.POSITIVE_INFINITY;
  await Promise.allSettled(doorstepTests.consuming);
  await empty();
  doorstepTests.since = Date.now();
}

export default {
  ...worker,
  async fetch(request, env, ctx) {
    // The runtime gives up a request that waits for nothing of its own, and here import() is not the runtime's: it may be
    // another request that loads the module.
    const waiting = setInterval(() => {}, 100);
    try {
      return await worker.fetch(request, env, ctx);
    } finally {
      clearInterval(waiting);
    }
  },
  async queue(batch, env, ctx) {
    const messages = batch.messages.filter(({ timestamp }) => timestamp.getTime() >= doorstepTests.since);
    for (const message of batch.messages) if (!messages.includes(message)) message.ack();
    if (messages.length === 0) return;
    const consumed = worker.queue(
      {
        queue: batch.queue,
        metadata: batch.metadata,
        messages,
        ackAll: () => batch.ackAll(),
        retryAll: (options) => batch.retryAll(options),
      },
      env,
      ctx,
    );
    doorstepTests.consuming.add(consumed);
    try {
      await consumed;
    } finally {
      doorstepTests.consuming.delete(consumed);
    }
  },
} satisfies ExportedHandler<Env>;
