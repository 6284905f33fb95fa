/** Whoever may not see what is known of one person sees events, and not which of them are one person's. */
import { env } from "cloudflare:workers";
import { expect, it } from "vitest";
import type { Receipt } from "#contracts/messages/receipt";
import { showLive } from "#lake/receipts";
import { bearer, consoleOf, tokenFor } from "./access-app.ts";
import { NOW } from "./access-team.ts";

const { ask } = consoleOf();
const KEY = "visitor_id:1.pseudonym";
const DECISION = "c2b8ba15-8f3a-4b2c-9d39-1f0b6a5f5a11";
const consent = {
  regime: "gdpr",
  granted: ["analytics" as const],
  receipt: DECISION,
  decidedAt: NOW - 1234,
  expiresAt: NOW + 1234,
  gpc: false,
  grounds: { analytics: "cookie" },
};

const receipts: Receipt[] = [
  { stage: "door", eventId: "e", at: NOW, name: "purchase", source: "web", outcome: "accepted", consent },
  {
    stage: "ingest",
    eventId: "e",
    at: NOW + 1,
    outcome: "folded",
    subject: KEY,
    profile: KEY,
    identityState: "authenticated",
    segments: ["loyal"],
  },
  {
    stage: "delivery",
    eventId: "e",
    at: NOW + 2,
    destination: "crm",
    itemId: "0".repeat(32),
    attempt: 1,
    outcome: "delivered",
    detail: "51234567",
    consentReceipt: DECISION,
  },
  // As src/consents.ts shows a visitor's own decision.
  { stage: "door", eventId: "d", at: NOW, name: "consent_update", source: KEY, outcome: "accepted", consent },
  {
    stage: "slot",
    eventId: "s",
    at: NOW,
    slot: "hero",
    visitor: KEY,
    release: 1,
    outcome: "offer",
    segments: ["loyal"],
    losers: [],
  },
];
const TELLING = /pseudonym|c2b8ba15|51234567/;

it.each(["/live", "/trace/e", "/trace/d", "/trace/s"])(
  "%s shows pseudonyms to those alone who may see personal data",
  async (path) => {
    await showLive(env.LIVE_TAIL, receipts);
    const read = async (personal: boolean) =>
      (await ask(path, bearer(await tokenFor("admin", { personal })))).text();
    const [hidden, shown] = [await read(false), await read(true)];
    expect(shown).toMatch(/pseudonym/);
    expect(hidden).not.toMatch(TELLING);
    expect(hidden).not.toContain(String(consent.decidedAt));
    expect(hidden).not.toContain(String(consent.expiresAt));
  },
);

it("what was decided stays: state, segments, deliveries, and on what ground", async () => {
  await showLive(env.LIVE_TAIL, receipts);
  const answer = await ask("/trace/e", bearer(await tokenFor("viewer")));
  const { explained } = (await answer.json()) as { explained: string[] };
  const text = explained.join(" ");
  expect(text).toContain("a profile that is authenticated");
  expect(text).toMatch(/It is now in the segment .loyal.\./);
  expect(text).toContain("`crm` took it at attempt 1.");
  expect(text).toContain("a decision that is not named, since you may not see what is known of one person");
});
