/** The Destination object: what it decided survives its eviction. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { destinationObject } from "#forward/destination-object";

const none = { delivered: 0, failed: 0, retry: 0, unauthorized: 0 };

it("an open circuit and a pause survive eviction, and resume ends both", async () => {
  const object = destinationObject(env.DESTINATION, "evicted");
  for (let n = 0; n < 5; n++) await object.report({ ...none, retry: 1, now: 1_000 });
  await evictDurableObject(object);
  expect(await object.permit(1, 2_000)).toEqual({ granted: false, reason: "circuit_open", until: 31_000 });
  await object.pause("operator", 3_000);
  await evictDurableObject(object);
  expect(await object.status(4_000)).toEqual({
    paused: true,
    reason: "operator",
    pausedAt: 3_000,
    circuit: "open",
    openUntil: 31_000,
  });
  await object.resume();
  await evictDurableObject(object);
  expect(await object.permit(1, 4_000)).toEqual({ granted: true });
});

it("only one of many that ask at once gets to probe", async () => {
  const object = destinationObject(env.DESTINATION, "probed");
  for (let n = 0; n < 5; n++) await object.report({ ...none, retry: 1, now: 0 });
  const permits = await Promise.all(Array.from({ length: 10 }, () => object.permit(3, 30_000)));
  expect(permits.filter(({ granted }) => granted)).toEqual([{ granted: true, probe: true }]);
});

it("a batch in good times writes nothing", async () => {
  const object = destinationObject(env.DESTINATION, "healthy");
  await object.permit(5, 0);
  await object.report({ ...none, delivered: 5, now: 0 });
  await runInDurableObject(object, (_, state) => {
    expect([...state.storage.kv.list()]).toEqual([]);
  });
});
