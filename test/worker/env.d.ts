/** Types of `env` from "cloudflare:workers" in worker tests: the Worker's own bindings and the migrations to apply. */
import type { D1Migration } from "cloudflare:test";
import type { Env as WorkerEnv } from "../../src/env.ts";

declare global {
  namespace Cloudflare {
    interface GlobalProps {
      mainModule: typeof import("./main.ts");
    }
    interface Env extends WorkerEnv {
      /** Read by vitest.config.mts, applied by test/worker/setup.ts. */
      TEST_MIGRATIONS: D1Migration[];
    }
  }
}
