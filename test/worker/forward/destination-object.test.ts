/** The Destination object: what it decided survives its eviction, and what it lets through is bounded. */
import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import { destinationObject, type Report } from "#forward/destination-object";
import type { Ask } from "#forward/permits";

const ask = (now: number, changes: Partial<Ask> = {}): Ask => ({
  want: 10,
  perRequest: 1,
  requestsPerSecond: 100,
  concurrency: 10,
  deadlineMs: 10_000,
  now,
  ...changes,
});
const report = (now: number, changes: Partial<Report> = {}): Report => ({
  ...{ delivered: 0, skipped: 0, retry: 0, failed: 0, parked: 0, lagsMs: [] },
  ...{ requests: 1, latencyMs: 5, slowestMs: 5, now },
  ...changes,
});
const sent = (changes: Partial<Report["sent"]>) => ({
  sent: { delivered: 0, failed: 0, retry: 0, timedOut: 0, unauthorized: 0, elapsedMs: 5, ...changes },
});

it("an open circuit and a pause survive eviction, and resume ends both", async () => {
  const object = destinationObject(env.DESTINATION, "evicted");
  for (let n = 1; n <= 5; n++) await object.report(report(n * 10_000, sent({ retry: 1 })));
  await evictDurableObject(object);
  expect(await object.permit(ask(52_000))).toEqual({ granted: 0, reason: "circuit_open", until: 80_000 });
  await object.pause("operator", 53_000);
  await evictDurableObject(object);
  expect(await object.status(54_000)).toMatchObject({
    paused: true,
    reason: "operator",
    pausedAt: 53_000,
    circuit: "open",
    openUntil: 80_000,
  });
  await object.resume();
  await evictDurableObject(object);
  expect(await object.permit(ask(54_000))).toMatchObject({ granted: 10 });
});

it("only one of many that ask at once gets to probe, and only the schedule may", async () => {
  const object = destinationObject(env.DESTINATION, "probed");
  for (let n = 0; n < 5; n++) await object.report(report(0, sent({ retry: 1 })));
  expect(await object.permit(ask(30_000))).toMatchObject({ granted: 0, reason: "circuit_open" });
  const permits = await Promise.all(
    Array.from({ length: 10 }, () => object.permit(ask(30_000, { drain: true }))),
  );
  expect(permits.filter(({ granted }) => granted > 0)).toMatchObject([{ granted: 1, probe: true }]);
});

it("a backlog of a destination that keeps the order survives eviction, and ends when nothing is parked", async () => {
  const object = destinationObject(env.DESTINATION, "in-order");
  const first = await object.permit(ask(0, { ordered: true }));
  await object.report(report(10_000, { permit: first.id ?? "", backlog: true, ...sent({ retry: 1 }) }));
  await evictDurableObject(object);
  expect(await object.permit(ask(10_010, { ordered: true }))).toMatchObject({
    granted: 0,
    reason: "ordered",
  });
  await object.beginDrain(60_000, 50_000);
  expect(await object.permit(ask(60_000, { ordered: true, drain: true }))).toMatchObject({ granted: 10 });
  await object.endDrain(true, 60_001);
  expect(await object.status(60_002)).toMatchObject({ backlog: true }); // a batch is still under way
  await object.beginDrain(120_000, 50_000);
  await object.endDrain(true, 120_001);
  expect(await object.status(120_002)).toMatchObject({ backlog: true }); // it was not looked since one has parked
  await object.beginDrain(180_000, 50_000);
  await object.beginLook();
  await object.endDrain(true, 180_001);
  expect(await object.permit(ask(180_002, { ordered: true }))).toMatchObject({ granted: 10 });
});

it("counts are written once in ten seconds, and the end of a burst is not lost", async () => {
  const object = destinationObject(env.DESTINATION, "counted");
  const puts = () =>
    runInDurableObject(object, (_, state) => [...state.storage.kv.list()].map(([key]) => key));
  await object.permit(ask(100_000));
  expect(await puts()).toEqual([]);
  await object.report(
    report(100_000, { delivered: 3, lagsMs: [400, 400, 7_000], ...sent({ delivered: 3 }) }),
  );
  await object.report(report(101_000, { delivered: 1, lagsMs: [20_000], failed: 2, error: "http_400" }));
  expect(await puts()).toEqual(["metrics"]);
  const counts = {
    lastSuccessAt: 101_000,
    lastError: { code: "http_400", at: 101_000 },
    lastHour: { delivered: 4, failed: 2, lagP50Seconds: 1, lagP95Seconds: 30, requests: 3, latencyMeanMs: 5 },
  };
  await object.report(report(111_000, { parked: 1 }));
  await evictDurableObject(object);
  expect(await object.status(112_000)).toMatchObject({
    ...counts,
    lastHour: { ...counts.lastHour, parked: 1 },
  });
  expect((await object.history()).minutes).toHaveLength(1);
});

it("tells what stopped once for each time, and never that a person has paused it", async () => {
  const object = destinationObject(env.DESTINATION, "alarmed");
  await object.pause("operator", 1);
  expect(await object.alarms(2)).toEqual([]);
  await object.resume();
  await object.report(report(10_005, sent({ unauthorized: 1 })));
  const [alarm] = await object.alarms(10_006);
  expect(alarm).toEqual({ type: "delivery.paused", reason: "unauthorized", since: 10_005 });
  if (alarm) await object.told(alarm);
  await evictDurableObject(object);
  expect(await object.alarms(7)).toEqual([]);
  await object.resume();
  await object.pause("secret_missing:HOOK", 9);
  expect(await object.alarms(10)).toMatchObject([{ reason: "secret_missing:HOOK" }]);
});
