/** What ingest and delivery really land of a person is found again, read and erased, and what comes late leaves no trace. */
import { env } from "cloudflare:workers";
import { beforeEach, expect, it } from "vitest";
import { DAY_MS } from "#core/clock";
import { itemIdOf } from "#forward/item-id";
import { ingest } from "#ingest/ingest";
import { eraseLanded } from "#lake/erase";
import { readLanded } from "#lake/read-subject";
import { consume, deliveryContext } from "../forward/delivery.ts";
import { accepted, claim, deps, envelope, RELEASE_1, rows, sent, visitor } from "../ingest/envelopes.ts";
import { emptyStores } from "../setup.ts";
import { textUnder } from "./landed.ts";

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
});

const consentOf = (receipt: string) => ({ consent: { ...accepted("x", "x", []).consent, receipt } });
const purchase = (id: string, ...identifiers: Parameters<typeof accepted>[2]) =>
  accepted(
    id,
    "purchase",
    identifiers,
    { order_id: id, value: 1, currency: "EUR" },
    consentOf(`choice-${id}`),
  );

it("a person's events, receipts and deliveries are read, erased, and others' are still there", async () => {
  const ann = purchase("ann-1", visitor("ann"), claim("email:1.ann"));
  const again = envelope("e-3", [{ ...ann, consent: { ...ann.consent, receipt: "choice-ann-1" } }]);
  await ingest([envelope("e-1", [ann, purchase("ben-1", visitor("ben"))])], await deps());
  await ingest([envelope("e-2", [purchase("ann-2", visitor("ann"))]), again], await deps());
  const { context } = await deliveryContext({
    document: RELEASE_1.document,
    clock: () => Date.now(),
    fetch: async () => new Response(null, { status: 200 }),
  });
  await consume(context, ...sent.splice(0));
  const subjects = [...(await rows()).keys()].filter((key) => key.includes("ann"));
  const span = { subjects, itemIdOf, from: Date.now() - DAY_MS, to: Date.now() };

  const read = await readLanded(env.LAKE, span);
  expect(read.events.map(({ id }) => id).sort()).toEqual(["ann-1", "ann-2"]);
  expect(read.events.map(({ routed }) => routed)).toEqual([
    { "own-hook": "queued" },
    { "own-hook": "queued" },
  ]);
  expect(read.deliveries).toMatchObject([
    { destination: "own-hook", outcome: "delivered" },
    { destination: "own-hook", outcome: "delivered" },
  ]);

  const done = await eraseLanded(env.LAKE, span);
  expect(done).toMatchObject({ events: 2, receipts: 8 });
  const left = await textUnder("landing/");
  expect(left).not.toContain("ann");
  expect(left.match(/ben-1"/g)?.length).toBeGreaterThanOrEqual(4);
  const tail = env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail"));
  await tail.forget(done.eventIds, subjects);
  expect(JSON.stringify(await tail.live(100))).not.toContain("ann");
  expect(await tail.traceOf("ben-1")).toBeDefined();
});

it("what lands again by a redelivery is erased by the next sweep with the ids of the first", async () => {
  const ann = envelope("e-1", [purchase("ann-1", visitor("ann"))]);
  await ingest([ann], await deps());
  const span = { subjects: ["visitor_id:1.ann"], itemIdOf, from: Date.now() - DAY_MS, to: Date.now() };
  const first = await eraseLanded(env.LAKE, span);
  // Of an event that is known the receipts alone land, and they say nothing of whose it is.
  await ingest([{ ...ann, id: "e-2" }], await deps());
  expect(await textUnder("landing/")).toContain("ann-1");
  await eraseLanded(env.LAKE, { ...span, eventIds: first.eventIds });
  expect(await textUnder("landing/")).not.toContain("ann");
});
