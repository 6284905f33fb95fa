/** Receipts for the console's tests: a plain one of each stage, and what differs. */
import type { Receipt } from "../../../contracts/messages/receipt.ts";

type At<Stage extends Receipt["stage"]> = Extract<Receipt, { stage: Stage }>;

export const door = (differs: Partial<At<"door">> = {}): At<"door"> => ({
  stage: "door",
  eventId: "e1",
  at: 1_000,
  name: "page_view",
  source: "web",
  protocol: "native",
  outcome: "accepted",
  ...differs,
});

export const ingest = (differs: Partial<At<"ingest">> = {}): At<"ingest"> => ({
  stage: "ingest",
  eventId: "e1",
  at: 2_000,
  outcome: "folded",
  profile: "visitor_id:1.abc",
  identityState: "anonymous",
  ...differs,
});

export const delivery = (differs: Partial<At<"delivery">> = {}): At<"delivery"> => ({
  stage: "delivery",
  eventId: "e1",
  at: 3_000,
  destination: "ga4",
  itemId: "i1",
  attempt: 1,
  outcome: "delivered",
  ...differs,
});

export const slot = (differs: Partial<At<"slot">> = {}): At<"slot"> => ({
  stage: "slot",
  eventId: "d1",
  at: 1_000,
  slot: "hero",
  release: 7,
  outcome: "offer",
  offer: "thanks",
  segments: ["loyal"],
  losers: [],
  ...differs,
});
