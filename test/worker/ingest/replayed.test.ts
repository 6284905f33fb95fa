/** What the quarantine's index is told of a bot's event that it has let back in: in the lake, or stopped by consent. */
import { beforeEach, expect, it } from "vitest";
import { checkEvent } from "#collect/check";
import { keptOf } from "#collect/quarantine/kept";
import { releaseSchema } from "#contracts/definitions/release";
import { eventEnvelopeSchema } from "#contracts/messages/event_envelope";
import { bindConsent } from "#identity/consent-store";
import { ingest } from "#ingest/ingest";
import {
  ALL_PURPOSES,
  circumstances,
  incoming,
  KEYS,
  quarantine,
  quarantineApi,
  statuses,
} from "../quarantine/refused.ts";
import { emptyStores } from "../setup.ts";
import { deps, IDENTITY, landedIds, RELEASE_1, sent } from "./envelopes.ts";

const REPAIRS = {
  value: {
    match: { name: "purchase", path: "properties.value" },
    steps: [{ cast: { path: "properties.value", to: "number" as const } }],
  },
};

/** A release whose only destination takes bots, or does not. */
const releaseFor = (bots: boolean) => ({
  version: 1,
  document: releaseSchema.parse({
    ...RELEASE_1.document,
    destinations: { hook: { ...RELEASE_1.document.destinations["own-hook"], bots } },
  }),
});

beforeEach(async () => {
  await emptyStores();
  sent.length = 0;
});

it.each([
  { bots: true, withdrawn: false, status: "back", deliveries: 1 },
  { bots: true, withdrawn: true, status: "denied", deliveries: 0 },
  { bots: false, withdrawn: false, status: "back", deliveries: 0 },
])("destinations for bots $bots, consent withdrawn $withdrawn: $status", async (given) => {
  const event = incoming("purchase", { order_id: "A-1", value: "10", currency: "EUR" });
  const check = checkEvent(event, undefined, Date.now(), new Set());
  if (check.ok) throw new Error("it is not refused");
  const { code, issues } = check;
  const known = circumstances(ALL_PURPOSES, { server: () => ({ bot: true }) });
  const kept = await keptOf(KEYS, event, { code, issues }, known);
  await quarantine([{ id: event.id, name: event.name, status: "rejected", code, issues, ...kept }]);
  if (given.withdrawn) {
    const choice = { receipt: "r2", regime: "gdpr", givenAt: Date.now(), expiresAt: 1e15, despiteGpc: false };
    await bindConsent(IDENTITY, "visitor_id:1.v", { ...choice, granted: [] });
  }

  const api = quarantineApi(REPAIRS);
  await api.ask("/quarantine/replay", { cause: { name: "purchase" } });
  await ingest(
    api.messages.map((body) => eventEnvelopeSchema.parse(JSON.parse(body))),
    await deps({ release: releaseFor(given.bots) }),
  );

  expect(await statuses()).toEqual({ [given.status]: 1 });
  expect(await landedIds()).toEqual(given.status === "back" ? [event.id] : []);
  expect(sent.flatMap(({ items }) => items)).toHaveLength(given.deliveries);
});
