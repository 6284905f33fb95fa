/** A client that sends too much, over real HTTP and against the platform's own limiter: told so, and kept apart from others. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { DEMO_SECRET_KEY, DEMO_WRITE_KEY, demoVars, waitUntilReady } from "../../scripts/local/demo.ts";
import { type Local, startLocal } from "../../scripts/local.ts";

const LIMIT = 20;

let local: Local;
let stateDir: string;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "doorstep-rate-"));
  local = await startLocal({
    port: 0,
    stateDir,
    quiet: true,
    isBuilt: true,
    vars: { ...demoVars("test-master-secret-0123456789abcdef", []), ORIGIN: "" },
    rateLimits: {
      RATE_CLIENT: { limit: LIMIT, period: 60 },
      RATE_SECRET_KEY: { limit: 2 * LIMIT, period: 60 },
    },
  });
  await waitUntilReady(local.url);
  // The limiter's windows are the minutes of the clock: none may end while we count.
  const secondsLeft = 60 - ((Date.now() / 1_000) % 60);
  if (secondsLeft < 15) await new Promise((resolve) => setTimeout(resolve, secondsLeft * 1_000));
}, 120_000);

afterAll(async () => {
  await local?.close();
  await rm(stateDir, { recursive: true, force: true });
});

/** Statuses of `times` requests with a key, all at once, with the Retry-After of those that were refused. */
async function send(key: string, times: number): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  const body = JSON.stringify({
    events: [{ id: "r-1", name: "page_view", occurred_at: new Date().toISOString() }],
  });
  await Promise.all(
    Array.from({ length: times }, async () => {
      const response = await fetch(`${local.url}/events`, {
        method: "POST",
        headers: { "x-write-key": key },
        body,
      });
      await response.arrayBuffer();
      const seen = `${response.status} ${response.headers.get("retry-after") ?? ""}`.trim();
      counts[seen] = (counts[seen] ?? 0) + 1;
    }),
  );
  return counts;
}

it("a page's requests are limited by their address, a server's by its key", async () => {
  expect(await send(DEMO_WRITE_KEY, 3 * LIMIT)).toEqual({ "202": LIMIT, "429 10": 2 * LIMIT });
  expect(await send(DEMO_SECRET_KEY, 3 * LIMIT)).toEqual({ "202": 2 * LIMIT, "429 10": LIMIT });
});
