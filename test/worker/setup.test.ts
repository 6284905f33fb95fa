/** That one test's messages stay out of the next, which all others rely on. */
import { env } from "cloudflare:workers";
import { expect, it, vi } from "vitest";
import { refusalsIn } from "./quarantine/refused.ts";
import { emptyStores } from "./setup.ts";

const refused = (id: string) =>
  refusalsIn(id, [{ id, name: "purchase", status: "rejected", code: "unknown_event", issues: [] }]);

it("what is on a queue when the stores are emptied is delivered no more", async () => {
  await env.EVENTS.send(JSON.stringify(refused("before")));
  await emptyStores();
  await env.EVENTS.send(JSON.stringify(refused("after")));
  const kept = async () =>
    (await env.IDENTITY_0.prepare("SELECT id FROM quarantine_index").all<{ id: string }>()).results;
  await vi.waitFor(async () => expect(await kept()).not.toEqual([]), { timeout: 15_000, interval: 50 });
  expect(await kept()).toEqual([{ id: "after" }]);
});
