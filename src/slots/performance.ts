/**
 * How offers perform, summed up for the console: of each offer its impressions, clicks and conversions, by day and all
 * together, and what its slot missed. Pure; called by performance-routes.ts.
 *
 * What cannot be said is null, with the reason: a share of nothing, and the lift against the holdout. Visitors who are held
 * out see the slot's fallback, of which no impression names an offer, so that nothing here tells what they went on to do.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { MissRow } from "./misses.ts";
import type { OfferRow } from "./offer-counts.ts";
import { ratesOf } from "./performance-tend.ts";

interface Numbers {
  impressions: number;
  clicks: number;
  /** Goal events in sessions that had seen the offer. */
  conversions: number;
  /** Sum of their `value`, whatever its currency. */
  value: number;
}

export interface OfferPerformance extends Numbers {
  offer: string;
  /** Null: the release does not have the offer any more, and no impression says whose it was. */
  slot: string | null;
  in_release: boolean;
  /** Clicks by impressions. */
  ctr: number | null;
  /** Conversions by impressions. */
  rate: number | null;
  lift: null;
  lift_reason: "no_holdout" | "holdout_not_counted";
  /** What its slot ranks it by; null where the slot does not. */
  ranked_by: number | null;
  /** Days on which there was anything, oldest first. */
  days: (Numbers & { day: string })[];
}

export interface SlotPerformance {
  slot: string;
  rank_by: "none" | "clicks" | "conversions";
  holdout: number;
  impressions: number;
  clicks: number;
  ctr: number | null;
  /** Decisions that were not made in time or failed, and the baseline showed. */
  misses: { budget: number; error: number; content: number };
}

export interface Performance {
  goal: string;
  /** Most impressions first. */
  offers: OfferPerformance[];
  slots: SlotPerformance[];
}

export function performanceOf(
  document: ReleaseDocument,
  rows: readonly OfferRow[],
  misses: readonly MissRow[],
): Performance {
  const byOffer = Map.groupBy(rows, ({ offer }) => offer);
  const totals = Array.from(byOffer, ([offer, some]) => ({ offer, ...sum(some) }));
  const rates = ratesOf(document, totals);
  const keys = new Set([...Object.keys(document.offers), ...byOffer.keys()]);
  const offers = [...keys].map((key): OfferPerformance => {
    const some = byOffer.get(key) ?? [];
    const definition = Object.hasOwn(document.offers, key) ? document.offers[key] : undefined;
    const slot = definition?.slot ?? (some.find((row) => row.slot !== "")?.slot || null);
    const all = sum(some);
    const held =
      slot === null ? 0 : Math.max(document.decisioning.holdout, document.slots[slot]?.holdout ?? 0);
    return {
      offer: key,
      slot,
      in_release: definition !== undefined,
      ...all,
      ctr: share(all.clicks, all.impressions),
      rate: share(all.conversions, all.impressions),
      lift: null,
      lift_reason: held > 0 ? "holdout_not_counted" : "no_holdout",
      ranked_by: Object.hasOwn(rates, key) ? (rates[key] ?? null) : null,
      days: Array.from(
        Map.groupBy(some, ({ day }) => day),
        ([day, ofDay]) => ({ day, ...sum(ofDay) }),
      ),
    };
  });
  const slots = Object.entries(document.slots).map(([slot, { rankBy, holdout }]): SlotPerformance => {
    const all = sum(rows.filter((row) => row.slot === slot));
    const missed = (reason: MissRow["reason"]) =>
      misses.reduce((n, one) => (one.slot === slot && one.reason === reason ? n + one.misses : n), 0);
    return {
      slot,
      rank_by: rankBy,
      holdout,
      impressions: all.impressions,
      clicks: all.clicks,
      ctr: share(all.clicks, all.impressions),
      misses: { budget: missed("budget"), error: missed("error"), content: missed("content") },
    };
  });
  offers.sort((a, b) => b.impressions - a.impressions || (a.offer < b.offer ? -1 : 1));
  return { goal: document.decisioning.goal, offers, slots };
}

const sum = (rows: readonly Numbers[]): Numbers => {
  const all = { impressions: 0, clicks: 0, conversions: 0, value: 0 };
  for (const { impressions, clicks, conversions, value } of rows) {
    all.impressions += impressions;
    all.clicks += clicks;
    all.conversions += conversions;
    all.value += value;
  }
  return all;
};

/** Four decimals; null: of nothing. */
const share = (part: number, whole: number): number | null =>
  whole === 0 ? null : Math.round((part / whole) * 10_000) / 10_000;
