/** Bots and AI agents at ingest: in the lake, tagged; in no feature; at those destinations alone that ask for them. */
import { env } from "cloudflare:workers";
import { beforeEach, describe, expect, it } from "vitest";
import { releaseSchema } from "#contracts/definitions/release";
import { bindConsent } from "#identity/consent-store";
import { type IngestDeps, ingest } from "#ingest/ingest";
import { emptyStores } from "../setup.ts";
import {
  accepted,
  deps,
  envelope,
  failing,
  IDENTITY,
  landedIds,
  proven,
  RELEASE_1,
  rows,
  sent,
  visitor,
} from "./envelopes.ts";

const V = visitor("v");
const AGENT = { bot: true, agent: { kind: "ai_assistant" as const, name: "ChatGPT-User" } };
const hook = RELEASE_1.document.destinations["own-hook"];
const release = {
  version: 1,
  document: releaseSchema.parse({
    ...RELEASE_1.document,
    destinations: {
      humans: hook,
      everyone: { ...hook, bots: true },
      assistants: { ...hook, bots: true, when: { "context.agent.kind": "ai_assistant" } },
      monitors: { ...hook, bots: true, when: { "context.agent.kind": "monitor" } },
    },
  }),
};
const purchase = (id: string, who = [V], context = {}) =>
  accepted(id, "purchase", who, { order_id: id, value: 10, currency: "EUR" }, { context });
const asked = (more: Partial<IngestDeps> = {}) => deps({ release, ...more });
const destinations = () => sent.flatMap(({ destination, items }) => items.map(() => destination)).sort();

async function receiptOf(id: string) {
  const tail = env.LIVE_TAIL.get(env.LIVE_TAIL.idFromName("tail"));
  return (await tail.traceOf(id))?.receipts.find((receipt) => receipt.stage === "ingest");
}

async function landed(): Promise<Record<string, unknown>[]> {
  const { objects } = await env.LAKE.list({ prefix: "landing/events/" });
  const texts = await Promise.all(objects.map(async ({ key }) => (await env.LAKE.get(key))?.text() ?? ""));
  return texts
    .flatMap((text) => text.trim().split("\n"))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ type }) => type === "event");
}

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
});

describe("by default", () => {
  it("a bot's event is in the lake, tagged, and nowhere else; its receipt says why", async () => {
    await ingest([envelope("x1", [purchase("e1", [V], AGENT)])], await deps());
    expect((await rows()).size).toBe(0);
    expect(sent).toEqual([]);
    expect(await landed()).toMatchObject([{ id: "e1", profile: null, context: AGENT }]);
    expect(await receiptOf("e1")).toMatchObject({ outcome: "dropped", code: "bot" });
  });

  it("the lake keeps the consent receipt, and what the door added, of people's events", async () => {
    const context = { referrer: { class: "ai_assistant", name: "ChatGPT" }, flags: ["unknown_product"] };
    await ingest([envelope("x1", [purchase("e1", [V], context)])], await deps());
    expect(await landed()).toMatchObject([{ consent: { receipt: "r1" }, context }]);
    expect(sent[0]?.items[0]?.event).toMatchObject({ consent: { receipt: "r1" }, context });
  });

  it("what the door added stays where a purpose was withdrawn since, and a click's id goes with marketing", async () => {
    const context = {
      ...{ referrer: { class: "search", name: "Google" }, flags: ["unknown_product"] },
      click_ids: { gclid: "g" },
    };
    const choice = { receipt: "r2", regime: "gdpr", givenAt: 2000, expiresAt: 1e15, despiteGpc: false };
    await bindConsent(IDENTITY, V.key, { ...choice, granted: ["analytics"] });
    await ingest([envelope("x1", [purchase("e1", [V], context)])], await deps());
    const [event] = await landed();
    expect(event?.context).toMatchObject({ referrer: context.referrer, flags: context.flags });
    expect(JSON.stringify(event)).not.toContain("gclid");
  });
});

describe("a destination that asks for bots", () => {
  it("gets their events with what they are; the others get none, and the receipt says so", async () => {
    await ingest([envelope("x1", [purchase("e1", [V], AGENT)])], await asked());
    expect(destinations()).toEqual(["assistants", "everyone"]);
    expect(sent[0]?.items[0]?.event).toMatchObject({ id: "e1", context: AGENT, segments: [], features: {} });
    expect(await receiptOf("e1")).toMatchObject({
      outcome: "dropped",
      code: "bot",
      routed: { humans: "bot", everyone: "queued", assistants: "queued", monitors: "condition" },
    });
  });

  it("changes no fact, no identifier and no link by that", async () => {
    await ingest([envelope("x1", [purchase("e1")])], await asked());
    const before = await rows();
    await ingest(
      [envelope("x2", [purchase("e2", [proven("user_id:1.u"), proven(V.key)], AGENT)])],
      await asked(),
    );
    const after = await rows();
    for (const [key, row] of before) expect(after.get(key)).toEqual(row);
    expect([...after.keys()].filter((key) => !before.has(key))).toEqual([
      expect.stringMatching(/^event:0\./),
    ]);
    const profiles = Object.fromEntries((await landed()).map(({ id, profile }) => [id, profile]));
    expect(profiles).toEqual({ e1: V.key, e2: null });
  });

  it("gets each event once, however often it is sent", async () => {
    await ingest([envelope("x1", [purchase("e1", [V], AGENT)])], await asked());
    await ingest([envelope("x2", [purchase("e1", [V], AGENT)])], await asked());
    expect(destinations()).toEqual(["assistants", "everyone"]);
    expect(await receiptOf("e1")).toBeDefined();
    expect(await landedIds()).toEqual(["e1"]);
  });

  it("gets it after a crash, too, under the same id", async () => {
    const envelopes = [envelope("x1", [purchase("e1", [V], AGENT)])];
    const lake = failing(env.LAKE, ["put"], 1, "before");
    await expect(ingest(envelopes, await asked({ lake }))).rejects.toThrow("crashed");
    expect(sent).toEqual([]);
    await ingest(envelopes, await asked());
    await ingest(envelopes, await asked());
    expect(new Set(sent.flatMap(({ items }) => items.map(({ id }) => id))).size).toBe(2);
  });

  it("gets nothing that consent was withdrawn for since, and nor does the lake", async () => {
    const withdrawal = { receipt: "r2", regime: "gdpr", givenAt: 2000, expiresAt: 1e15, despiteGpc: false };
    await bindConsent(IDENTITY, V.key, { ...withdrawal, granted: [] });
    await ingest([envelope("x1", [purchase("e1", [V], AGENT)])], await asked());
    expect(sent).toEqual([]);
    expect(await landedIds()).toEqual([]);
    expect(await receiptOf("e1")).toMatchObject({ outcome: "dropped", code: "consent_withdrawn" });
  });

  it("is not asked for events that it does not take", async () => {
    await ingest([envelope("x1", [accepted("e1", "page_view", [V], {}, { context: AGENT })])], await asked());
    expect((await rows()).size).toBe(0);
    expect(sent).toEqual([]);
  });
});
