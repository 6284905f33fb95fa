/** The account of deliveries: each routed event at each destination has exactly one place in it. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Receipt } from "#contracts/messages/receipt";
import { itemIdOf } from "#forward/item-id";
import { openAccount, QUIET_MS, RETRY_QUIET_MS } from "#forward/reconcile/account";
import type { Totals } from "#forward/reconcile/totals";

const AT = 1_795_168_800_000;
const NOW = AT + 24 * 3_600_000;
const SUBJECT = "visitor_id:1.a";

const door = (eventId: string): Receipt => ({
  stage: "door",
  eventId,
  at: AT,
  name: "purchase",
  source: "web",
  outcome: "accepted",
});
const ingested = (eventId: string, routed: Record<string, string>, changes = {}): Receipt => ({
  stage: "ingest",
  eventId,
  at: AT + 1_000,
  outcome: "folded",
  subject: SUBJECT,
  routed,
  ...changes,
});
const delivery = (
  eventId: string,
  outcome: Extract<Receipt, { stage: "delivery" }>["outcome"],
  changes: Partial<Extract<Receipt, { stage: "delivery" }>> = {},
): Receipt => ({
  stage: "delivery",
  eventId,
  at: AT + 2_000,
  destination: "crm",
  itemId: `item-${eventId}`,
  attempt: 1,
  outcome,
  ...changes,
});

async function close(receipts: Receipt[], now = NOW, parked?: boolean) {
  const account = openAccount();
  for (const receipt of receipts) if (receipt.stage !== "delivery") account.expect(receipt);
  for (const receipt of receipts) account.settle(receipt);
  return { isOpen: account.isOpen(), ...(await account.close(now, async () => parked, 100)) };
}

const crm = (totals: Totals) => totals.destinations.crm;
const sumOf = (totals: Totals, key: string): number => {
  const balance = totals.destinations[key];
  if (!balance) return 0;
  const skipped = Object.values(balance.skipped).reduce((a, b) => a + b, 0);
  const { queued, retry, parked } = balance.inFlight;
  return balance.delivered + balance.failed + skipped + queued + retry + parked + balance.gaps;
};

describe("an event at a destination", () => {
  it.each<[string, Receipt[], string]>([
    ["delivered", [delivery("e", "delivered")], "delivered"],
    [
      "delivered after a retry",
      [delivery("e", "retry"), delivery("e", "delivered", { at: AT + 9_000 })],
      "delivered",
    ],
    [
      "delivered, and repeated in vain",
      [delivery("e", "delivered"), delivery("e", "failed", { at: NOW })],
      "delivered",
    ],
    ["failed", [delivery("e", "retry"), delivery("e", "failed", { at: AT + 9_000 })], "failed"],
  ])("%s", async (_, receipts, where) => {
    const { totals, gaps, isOpen } = await close([door("e"), ingested("e", { crm: "queued" }), ...receipts]);
    expect(crm(totals)).toMatchObject({ routed: 1, [where]: 1, gaps: 0 });
    expect([gaps, isOpen]).toEqual([[], false]);
  });

  it("is skipped for the reason of routing, or of the last look before it leaves", async () => {
    const { totals } = await close([
      ingested("a", { crm: "no_consent:marketing" }),
      ingested("b", { crm: "queued" }),
      delivery("b", "skipped", { code: "consent_withdrawn" }),
    ]);
    expect(crm(totals)).toMatchObject({
      routed: 2,
      skipped: { "no_consent:marketing": 1, consent_withdrawn: 1 },
    });
  });

  it.each<[string, Receipt[], number, string]>([
    ["queued", [], AT + QUIET_MS, "queued"],
    ["to be tried again", [delivery("e", "retry")], AT + RETRY_QUIET_MS, "retry"],
    ["parked, as far as anybody knows", [delivery("e", "parked")], NOW, "parked"],
  ])("is on its way while %s", async (_, receipts, now, where) => {
    const { totals, isOpen } = await close([door("e"), ingested("e", { crm: "queued" }), ...receipts], now);
    expect(crm(totals)).toMatchObject({ inFlight: { [where]: 1 }, gaps: 0 });
    expect(isOpen).toBe(true);
  });

  it.each<[string, Receipt[], string]>([
    ["tried once, and in order", [delivery("e", "retry")], "retry"],
    ["handed over by an isolate that died then", [], "queued"],
  ])("is on its way for however long it lies parked: %s", async (_, receipts, where) => {
    const { totals } = await close([door("e"), ingested("e", { crm: "queued" }), ...receipts], NOW, true);
    expect(crm(totals)).toMatchObject({ inFlight: { [where]: 1 }, gaps: 0 });
  });

  it.each<[string, Receipt[], boolean | undefined, string]>([
    ["of which nothing is known since it was queued", [], false, "no_receipt"],
    ["that was to be tried again, and was not", [delivery("e", "retry")], undefined, "retry_lost"],
    ["that was parked, and lies nowhere", [delivery("e", "parked")], false, "parked_lost"],
  ])("is named %s", async (_, receipts, parked, why) => {
    const { totals, gaps } = await close(
      [door("e"), ingested("e", { crm: "queued" }), ...receipts],
      NOW,
      parked,
    );
    expect(crm(totals)).toMatchObject({ routed: 1, gaps: 1 });
    expect(gaps).toMatchObject([{ eventId: "e", destination: "crm", why }]);
  });

  it("is named where it was accepted and ingest says nothing of it", async () => {
    const { totals, gaps } = await close([door("e"), door("f"), ingested("f", {})]);
    expect(gaps).toEqual([{ eventId: "e", destination: "*", why: "not_ingested", since: AT }]);
    expect(totals.events).toMatchObject({ accepted: 2 });
  });

  it("counts once however often its batch came, by the last word", async () => {
    const { totals } = await close([
      door("e"),
      ingested("e", { crm: "queued" }),
      ingested("e", { crm: "no_consent:marketing" }, { at: AT + 60_000 }),
    ]);
    expect(crm(totals)).toMatchObject({ routed: 1, skipped: { "no_consent:marketing": 1 }, gaps: 0 });
  });

  it("is not missed where it came twice and was dropped twice: what is dropped is claimed by nobody", async () => {
    const dropped = (at: number) => ({
      ...ingested("e", {}, { outcome: "dropped", code: "suppressed", subject: undefined, at }),
    });
    const { gaps, totals } = await close([door("e"), door("e"), dropped(AT), dropped(AT + 5_000)]);
    expect([gaps, totals.events.dropped]).toEqual([[], { suppressed: 1 }]);
  });

  it("is told from another person's with the same id", async () => {
    const own = await itemIdOf("e", "crm", SUBJECT);
    const { totals, gaps } = await close([
      ingested("e", { crm: "queued" }),
      ingested("e", { crm: "queued" }, { subject: "visitor_id:1.b" }),
      delivery("e", "delivered", { itemId: own }),
    ]);
    expect(crm(totals)).toMatchObject({ routed: 2, delivered: 1, gaps: 1 });
    expect(gaps).toMatchObject([{ itemId: await itemIdOf("e", "crm", "visitor_id:1.b") }]);
  });

  it("names a change of a profile that nobody delivered", async () => {
    const change: Receipt = {
      stage: "change",
      eventId: "change:1",
      at: AT,
      outcome: "told",
      subject: SUBJECT,
      profile: SUBJECT,
      changed: ["stage"],
      routed: { crm: "queued" },
    };
    const { totals, gaps } = await close([change]);
    expect(totals.events.changes).toBe(1);
    expect(gaps).toMatchObject([{ eventId: "change:1", why: "no_receipt" }]);
  });
});

it("accepted = delivered + skipped + failed + in flight + gaps, whatever the receipts are and in whatever order", async () => {
  const ids = fc.constantFrom("a", "b", "c");
  const routes = fc.dictionary(fc.constantFrom("crm", "ga4"), fc.constantFrom("queued", "bot"), {
    maxKeys: 2,
  });
  const ages = fc.integer({ min: 0, max: 30 * 3_600_000 });
  const receipt = fc.oneof(
    ids.map(door),
    fc
      .tuple(ids, routes, ages, fc.constantFrom(SUBJECT, "x", undefined))
      .map(([id, routed, age, subject]) => ingested(id, routed, { at: AT + age, subject })),
    fc
      .tuple(
        ids,
        fc.constantFrom("delivered", "skipped", "retry", "failed", "parked"),
        ages,
        fc.constantFrom("i", "j"),
      )
      .map(([id, outcome, age, itemId]) => delivery(id, outcome as "retry", { at: AT + age, itemId })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(receipt, { maxLength: 30 }), fc.boolean(), async (receipts, parked) => {
      const { totals } = await close(receipts, NOW, parked);
      for (const [key, { routed }] of Object.entries(totals.destinations))
        expect(sumOf(totals, key)).toBe(routed);
    }),
    { numRuns: 300 },
  );
});
