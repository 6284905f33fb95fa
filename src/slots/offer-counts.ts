/**
 * Impressions, clicks and conversions of offers in D1: ingest adds them, the console and the rates read them. As with the
 * anonymous counts (src/consent/counts/store.ts), an envelope's numbers and the mark that they are in are one transaction,
 * so that each is added exactly once, however often the queue delivers it.
 */
import { dayOf } from "#consent/counts/days";

/** What one envelope adds to one offer on one day. */
export interface OfferCount {
  offer: string;
  /** Empty for conversions: they belong to the offer, wherever it was seen. */
  slot: string;
  impressions: number;
  clicks: number;
  conversions: number;
  value: number;
}

/** An envelope and what it adds. */
export interface CountedEnvelope {
  id: string;
  /** Epoch ms: decides the day. */
  receivedAt: number;
  counts: OfferCount[];
}

/** Marks share a table with those of anonymous counts, under a name of their own. */
const markOf = (id: string): string => `offers:${id}`;

/** Add the counts of envelopes; one row for each offer, slot and day, and one for each second that they came in. */
export async function addOfferCounts(db: D1Database, envelopes: readonly CountedEnvelope[]): Promise<void> {
  const given = envelopes.filter(({ counts }) => counts.length > 0);
  if (given.length === 0) return;
  const additions = given.map(({ id, receivedAt, counts }) => ({
    id: markOf(id),
    second: Math.floor(receivedAt / 1000),
    day: dayOf(receivedAt),
    counts,
  }));
  const marks = [...Map.groupBy(additions, ({ second }) => second)].map(([second, some]) => ({
    second,
    ids: some.map(({ id }) => id),
  }));
  await db.batch([
    db
      .prepare(
        `INSERT INTO offer_counts (day, offer, slot, impressions, clicks, conversions, value)
         SELECT e.value->>'day', c.value->>'offer', c.value->>'slot', sum(c.value->>'impressions'),
                sum(c.value->>'clicks'), sum(c.value->>'conversions'), sum(c.value->>'value')
         FROM json_each(?1) e, json_each(e.value, '$.counts') c
         WHERE NOT EXISTS (SELECT 1 FROM counted_envelopes m, json_each(m.ids) i
                           WHERE m.second = e.value->>'second' AND i.value = e.value->>'id')
         GROUP BY 1, 2, 3
         ON CONFLICT DO UPDATE SET impressions = offer_counts.impressions + excluded.impressions,
           clicks = offer_counts.clicks + excluded.clicks,
           conversions = offer_counts.conversions + excluded.conversions,
           value = offer_counts.value + excluded.value`,
      )
      .bind(JSON.stringify(additions)),
    db
      .prepare(
        `INSERT INTO counted_envelopes (second, ids)
         SELECT value->>'second', value->>'ids' FROM json_each(?1) WHERE true
         ON CONFLICT DO UPDATE SET ids = (SELECT json_group_array(value) FROM
           (SELECT value FROM json_each(counted_envelopes.ids) UNION SELECT value FROM json_each(excluded.ids)))`,
      )
      .bind(JSON.stringify(marks)),
  ]);
}

export interface OfferRow extends OfferCount {
  day: string;
}

/** By day, offer and slot. @param from @param to days, both included */
export async function readOfferCounts(db: D1Database, from: string, to: string): Promise<OfferRow[]> {
  const { results } = await db
    .prepare(
      `SELECT day, offer, slot, impressions, clicks, conversions, value FROM offer_counts
       WHERE day BETWEEN ?1 AND ?2 ORDER BY day, offer, slot`,
    )
    .bind(from, to)
    .all<OfferRow>();
  return results;
}

/** An offer's numbers of some days together. */
export interface OfferTotals {
  offer: string;
  impressions: number;
  clicks: number;
  conversions: number;
}

/** @param from @param to days, both included */
export async function readTotals(db: D1Database, from: string, to: string): Promise<OfferTotals[]> {
  const { results } = await db
    .prepare(
      `SELECT offer, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(conversions) AS conversions
       FROM offer_counts WHERE day BETWEEN ?1 AND ?2 GROUP BY offer`,
    )
    .bind(from, to)
    .all<OfferTotals>();
  return results;
}
