import { createExecutionContext, createMessageBatch, getQueueResult } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { consumeEvents } from "#ingest/consumer";
import { emptyStores } from "../setup.ts";
import { accepted, deps, envelope, landedIds, rows, visitor } from "./envelopes.ts";

beforeEach(async () => {
  await emptyStores();
});

const message = (id: string, body: unknown) => ({ id, timestamp: new Date(), attempts: 1, body });

async function consume(bodies: [id: string, body: unknown][]) {
  const batch = createMessageBatch(
    "doorstep-events",
    bodies.map(([id, body]) => message(id, body)),
  );
  await consumeEvents(batch, await deps());
  const result = await getQueueResult(batch, createExecutionContext());
  return { acked: [...result.explicitAcks].sort(), retried: result.retryMessages.map((m) => m.msgId).sort() };
}

const view = (id: string, who: string) =>
  JSON.stringify(envelope(`x-${id}`, [accepted(id, "page_view", [visitor(who)])]));

it("acknowledges what it took in", async () => {
  expect(
    await consume([
      ["m1", view("e1", "v")],
      ["m2", view("e2", "w")],
    ]),
  ).toEqual({ acked: ["m1", "m2"], retried: [] });
  expect(await landedIds()).toEqual(["e1", "e2"]);
});

it("one envelope that cannot be ingested harms only itself", async () => {
  await env.IDENTITY_0.prepare(
    "INSERT INTO identifiers (key, facts, version, seen_at) VALUES ('visitor_id:1.broken', '{', 1, 0)",
  ).run();
  expect(
    await consume([
      ["m1", view("e1", "v")],
      ["m2", view("e2", "broken")],
      ["m3", view("e3", "w")],
    ]),
  ).toEqual({ acked: ["m1", "m3"], retried: ["m2"] });
  expect((await rows()).has("visitor_id:1.w")).toBe(true);
});

it.each([
  ["no JSON", "{"],
  ["another shape", JSON.stringify({ v: 2 })],
  ["nothing", ""],
])("a message that is %s is kept for a person to look at", async (_title, body) => {
  expect(
    await consume([
      ["bad", body],
      ["m1", view("e1", "v")],
    ]),
  ).toEqual({ acked: ["bad", "m1"], retried: [] });
  expect(await (await env.LAKE.get("dead/doorstep-events/bad.json"))?.json()).toBe(body);
});

it("an envelope of refusals alone leaves its receipts, and is acknowledged", async () => {
  const refused = [
    { id: "r1", name: "page_view", status: "dropped" as const, code: "consent_denied", issues: [] },
  ];
  const body = JSON.stringify({ ...envelope("x1", []), refused });
  expect(await consume([["m1", body]])).toEqual({ acked: ["m1"], retried: [] });
  const { objects } = await env.LAKE.list({ prefix: "landing/events/" });
  expect(await (await env.LAKE.get(objects[0]?.key ?? ""))?.text()).toContain('"eventId":"r1"');
});

it("takes a batch of any size in parts that the database takes", async () => {
  const many = Array.from({ length: 6 }, (_, m): [string, unknown] => [
    `m${m}`,
    JSON.stringify(
      envelope(
        `x${m}`,
        Array.from({ length: 300 }, (_e, e) =>
          accepted(`e-${m}-${e}`, "page_view", [visitor(`v-${m}-${e}`)]),
        ),
      ),
    ),
  ]);
  expect((await consume(many)).acked).toHaveLength(6);
  expect((await rows()).size).toBe(1_800);
});
