/**
 * Our Worker as it is deployed, with stand-ins for its bindings. `../../src/worker.ts` is not bundled again: the build
 * leaves it as an import of the very file that wrangler would upload.
 */
import { VARS } from "bench:fixtures";
import worker from "../../src/worker.ts";
import { database, kv, liveTail, queue, queued, visitors } from "./stand-ins.ts";

// The measured paths touch no other binding; if one ever does, the bench fails with its name.
const bindings = { EDGE: kv, EVENTS: queue, LIVE_TAIL: liveTail, VISITOR: visitors, IDENTITY_0: database };
const env = { ...VARS, ...bindings } as unknown as Parameters<typeof worker.fetch>[1];

export default {
  fetch: (request: Parameters<typeof worker.fetch>[0], _env: unknown, ctx: ExecutionContext) =>
    worker.fetch(request, env, ctx),
};

/** What the events queue was given; asked by bench/measure/check.ts on a socket of its own. */
export const taken = { fetch: () => Response.json(queued) };
