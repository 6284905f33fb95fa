/**
 * The rates that slots rank by: worked out each ten minutes by the schedule (src/background.ts), and put into KV where they
 * have changed, for isolates to read (performance-rates.ts).
 *
 * A rate is a mean with a prior: an offer of which little is known is taken to perform as all offers of its slot together,
 * with the weight of 100 impressions, so that one early click does not put it before all others.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { DAY_MS } from "#core/clock";
import { type OfferTotals, readTotals } from "./offer-counts.ts";
import { isRanking, RATES_KEY } from "./performance-rates.ts";
import type { Rates } from "./rank.ts";

/** Days that rates are made of, today included. */
const RATED_DAYS = 14;
const PRIOR_IMPRESSIONS = 100;
/** Rates differ only where four decimals do: what changes less is not worth a write. */
const STEPS = 10_000;
const EVERY_MINUTES = 10;

/** Each ten minutes: work out the rates, and write them where they have changed. @param now epoch ms */
export async function tendRates(
  { db, kv, document }: { db: D1Database; kv: KVNamespace; document: ReleaseDocument },
  now: number,
): Promise<void> {
  if (new Date(now).getUTCMinutes() % EVERY_MINUTES !== 0 || !isRanking(document)) return;
  const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
  const totals = await readTotals(db, day(now - (RATED_DAYS - 1) * DAY_MS), day(now));
  const rates = ratesOf(document, totals);
  if (isSame(rates, (await kv.get<Rates>(RATES_KEY, "json")) ?? {})) return;
  await kv.put(RATES_KEY, JSON.stringify(rates));
}

/** The rate of each offer in a slot that ranks. */
export function ratesOf(document: ReleaseDocument, totals: readonly OfferTotals[]): Rates {
  const known = new Map(totals.map((one) => [one.offer, one]));
  const rates: Record<string, number> = {};
  for (const [slot, { rankBy }] of Object.entries(document.slots)) {
    if (rankBy === "none") continue;
    const offers = Object.keys(document.offers).filter((key) => document.offers[key]?.slot === slot);
    const of = (key: string) => ({
      shown: known.get(key)?.impressions ?? 0,
      good: known.get(key)?.[rankBy] ?? 0,
    });
    const all = offers
      .map(of)
      .reduce((sum, one) => ({ shown: sum.shown + one.shown, good: sum.good + one.good }), {
        shown: 0,
        good: 0,
      });
    const mean = all.shown > 0 ? all.good / all.shown : 0;
    for (const key of offers) {
      const { shown, good } = of(key);
      const rate = (good + mean * PRIOR_IMPRESSIONS) / (shown + PRIOR_IMPRESSIONS);
      rates[key] = Math.round(rate * STEPS) / STEPS;
    }
  }
  return rates;
}

const isSame = (a: Rates, b: Rates): boolean => {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
};
