/** The entry: HTTP, queues and schedules, each handed to its own folder. Routing only. */
import { createApp } from "./app.ts";
import { consumeQueue, runSchedule } from "./background.ts";
import type { Env } from "./env.ts";

// biome-ignore lint/performance/noBarrelFile: the runtime finds Durable Object classes among the entry's exports
export { Destination } from "#forward/destination-object";
export { LiveTail } from "#lake/live-tail";

const apps = new WeakMap<object, ReturnType<typeof createApp>>();

export default {
  fetch(request, env, ctx) {
    let app = apps.get(env);
    if (!app) {
      app = createApp(env);
      apps.set(env, app);
    }
    return app.fetch(request, env, ctx);
  },
  queue: (batch, env) => consumeQueue(batch, env),
  scheduled: (_controller, env) => runSchedule(env),
} satisfies ExportedHandler<Env>;
