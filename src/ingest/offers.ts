/**
 * What the events of a batch say of how offers perform: impressions and clicks of offers, and conversions of those that the
 * session had seen. Only of offers that a release has, only of events that took effect, never of bots. Pure; called by
 * ingest.ts, and slots/offer-counts.ts adds the numbers.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { CountedEnvelope, OfferCount } from "#slots/offer-counts";
import { type IngestEvent, isBot } from "./batch.ts";

/** Each envelope's own numbers: what is added once however often it is delivered. @param documents all that decide now */
export function offerCounts(
  items: readonly IngestEvent[],
  documents: readonly ReleaseDocument[],
): CountedEnvelope[] {
  const envelopes = new Map<string, CountedEnvelope & { by: Map<string, OfferCount> }>();
  for (const item of items) {
    // Also what an earlier delivery of the envelope folded: a crash may have come before it was counted.
    if (item.outcome !== "folded" || isBot(item)) continue;
    for (const { offer, slot, ...more } of seenIn(item, documents)) {
      let envelope = envelopes.get(item.envelope);
      if (!envelope) {
        envelope = { id: item.envelope, receivedAt: item.receivedAt, counts: [], by: new Map() };
        envelopes.set(item.envelope, envelope);
      }
      let count = envelope.by.get(`${offer} ${slot}`);
      if (!count) {
        count = { offer, slot, ...NOTHING };
        envelope.by.set(`${offer} ${slot}`, count);
        envelope.counts.push(count);
      }
      count.impressions += more.impressions ?? 0;
      count.clicks += more.clicks ?? 0;
      count.conversions += more.conversions ?? 0;
      count.value += more.value ?? 0;
    }
  }
  return Array.from(envelopes.values(), ({ id, receivedAt, counts }) => ({ id, receivedAt, counts }));
}

const NOTHING = { impressions: 0, clicks: 0, conversions: 0, value: 0 };

type Part = Pick<OfferCount, "offer" | "slot"> & Partial<OfferCount>;

function seenIn({ event, granted }: IngestEvent, documents: readonly ReleaseDocument[]): Part[] {
  const parts: Part[] = [];
  const { name, properties, seen } = event;
  const { offer, value } = properties;
  const isShown = name === "content_impression";
  // What it is a conversion of was remembered for personalization: without it nobody may put the two together.
  if (seen && granted.includes("personalization") && documents.some((one) => one.decisioning.goal === name)) {
    const worth = typeof value === "number" && Number.isFinite(value) ? value : 0;
    for (const key of new Set(seen))
      if (slotOf(key, documents) !== undefined)
        parts.push({ offer: key, slot: "", conversions: 1, value: worth });
  }
  if ((isShown || name === "cta_click") && typeof offer === "string" && mayMeasure(granted)) {
    // The release says whose slot it is, not the page.
    const slot = slotOf(offer, documents);
    if (slot !== undefined) parts.push({ offer, slot, ...(isShown ? { impressions: 1 } : { clicks: 1 }) });
  }
  return parts;
}

const mayMeasure = (granted: IngestEvent["granted"]): boolean =>
  granted.includes("analytics") || granted.includes("personalization");

function slotOf(offer: string, documents: readonly ReleaseDocument[]): string | undefined {
  for (const { offers } of documents) if (Object.hasOwn(offers, offer)) return offers[offer]?.slot;
  return undefined;
}
