/** The entry: HTTP, queues and schedules, each handed to its own folder. Routing only. */
import { subjectRequestFlow } from "#subjects/flow";
import { createApp } from "./app.ts";
import type { Env } from "./env.ts";

// biome-ignore lint/performance/noBarrelFile: the runtime finds Durable Object classes among the entry's exports
export { Destination } from "#forward/destination-object";
export { LiveTail } from "#lake/live-tail";
export { Visitor } from "#slots/visitor-object";

/** Bound as SUBJECT_REQUESTS. */
export const SubjectRequestFlow = subjectRequestFlow<Env>(async (env) =>
  (await import("./rights.ts")).flowDeps(env),
);

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
  // Loaded where it is needed: an isolate that answers visitors should not start slower for the queues.
  queue: async (batch, env, ctx) => (await import("./background.ts")).consumeQueue(batch, env, ctx),
  scheduled: async ({ cron }, env) => (await import("./background.ts")).runSchedule(env, cron),
} satisfies ExportedHandler<Env>;
