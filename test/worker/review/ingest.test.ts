/** What ingest must hold to where the queue repeats itself, and where a bot acts for a person. Rules, by their titles. */
import { beforeEach, expect, it } from "vitest";
import { bindConsent } from "#identity/consent-store";
import { ingest } from "#ingest/ingest";
import { accepted, deps, envelope, IDENTITY, landedIds, sent, visitor } from "../ingest/envelopes.ts";
import { textsUnder } from "../quarantine/refused.ts";
import { emptyStores } from "../setup.ts";

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
});

const order = { order_id: "A-77", value: 1, currency: "EUR" };

it("an envelope that a batch holds twice is delivered once: two queues may have kept it", async () => {
  const one = envelope("e-1", [accepted("p-1", "purchase", [visitor("v")], order)]);
  await ingest([one, structuredClone(one)], await deps());
  expect(sent.flatMap(({ items }) => items)).toHaveLength(1);
});

it("what a person has withdrawn is not landed, also where an agent acts for them", async () => {
  await ingest([envelope("e-0", [accepted("p-0", "page_view", [visitor("v")])])], await deps());
  await bindConsent(IDENTITY, "visitor_id:1.v", {
    granted: [],
    givenAt: Date.now(),
    expiresAt: Date.now() + 1e9,
    receipt: "r2",
    despiteGpc: false,
    regime: "gdpr",
  });
  const context = { bot: true, agent: { kind: "ai_assistant" as const, name: "ChatGPT-User" } };
  await ingest(
    [envelope("e-1", [accepted("p-1", "purchase", [visitor("v")], order, { context })])],
    await deps(),
  );
  expect(await landedIds()).toEqual(["p-0"]);
  expect(await textsUnder("landing/events/")).not.toContain("A-77");
});
