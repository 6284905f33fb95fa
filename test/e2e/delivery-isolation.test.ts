/**
 * Five destinations on one queue, of which one hangs, one answers 500 and one takes one request a second: the other two get
 * every event once, over real HTTP and Miniflare's queues. `npm run bench -- --only delivery` measures how fast.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { deliverTo } from "../../bench/measure/delivery.ts";

it("destinations that fail cost the others no event and no duplicate", { timeout: 120_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), "doorstep-isolation-"));
  try {
    const masterSecret = "test-master-secret-0123456789abcdef";
    const { lost, repeated, requests } = await deliverTo({
      folder,
      masterSecret,
      events: 1_000,
      faults: true,
    });
    expect({ lost, repeated }).toEqual({ lost: 0, repeated: 0 });
    // The dead ones are left alone: one by its deadline, the other after five vain batches.
    expect(requests.one).toBeLessThanOrEqual(6);
    expect(requests.two).toBeLessThanOrEqual(6);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});
