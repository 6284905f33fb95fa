/**
 * Rates of consent: of how many events each purpose was granted, by regime, country and source. Pure; answers
 * `GET /admin/api/consent/rates`, and the console's page shows the same numbers.
 *
 * They count events, not persons, are added up as batches come through ingest (src/lake/tallies.ts), and are best effort:
 * the ledger is what proves a decision. Where a regime counts events without consent anonymously, those that may be shown
 * are among them, since a rate would otherwise know only of those who agreed.
 */

import { packPurposes } from "#consent/cookie";
import type { CountGroup } from "#consent/counts/report";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import type { Tally } from "#lake/tally";

/** How many events of a group had which consent. */
export interface Rate {
  /** A regime, a country, a source. */
  key: string;
  events: number;
  /** Of them, events of which nothing but a number is kept: no purpose was granted. */
  counted: number;
  /** Of how many events each purpose was granted. */
  granted: Record<Purpose, number>;
  /** The same as shares of `events`, 0 to 1. */
  shares: Record<Purpose, number>;
}

export interface Rates {
  total: Rate;
  /** Each the largest first. */
  regimes: Rate[];
  countries: Rate[];
  sources: Rate[];
}

/**
 * @param counted what may be shown of the anonymous counts of the same days
 * @param regimeOf the regime that holds in a country; of none where it is not known
 */
export function ratesOf(
  tallies: readonly Omit<Tally, "day">[],
  counted: readonly CountGroup[],
  regimeOf: (country: string | undefined) => string,
): Rates {
  const groups = { regimes: new Map(), countries: new Map(), sources: new Map() } satisfies Groups;
  const total = emptyRate("all");
  const add = (regime: string, country: string, source: string, count: (rate: Rate) => void) => {
    for (const rate of [
      total,
      rateIn(groups.regimes, regime),
      rateIn(groups.countries, country),
      rateIn(groups.sources, source),
    ])
      count(rate);
  };
  for (const { regime, country, source, granted, events } of tallies) {
    add(regime, country, source, (rate) => {
      rate.events += events;
      for (const purpose of PURPOSES)
        if (granted.includes(packPurposes([purpose]))) rate.granted[purpose] += events;
    });
  }
  for (const { country, source, events } of counted) {
    const regime = country === null ? OTHER : regimeOf(country || undefined);
    add(regime, country === null ? OTHER : country || "unknown", source ?? OTHER, (rate) => {
      rate.events += events;
      rate.counted += events;
    });
  }
  return {
    total: withShares(total),
    regimes: sorted(groups.regimes),
    countries: sorted(groups.countries),
    sources: sorted(groups.sources),
  };
}

/** Groups that were too small to be shown by themselves. */
const OTHER = "other";

type Groups = Record<"regimes" | "countries" | "sources", Map<string, Rate>>;

const none = (): Record<Purpose, number> => ({ analytics: 0, marketing: 0, personalization: 0 });
const emptyRate = (key: string): Rate => ({ key, events: 0, counted: 0, granted: none(), shares: none() });

function rateIn(rates: Map<string, Rate>, key: string): Rate {
  const rate = rates.get(key) ?? emptyRate(key);
  rates.set(key, rate);
  return rate;
}

const sorted = (rates: ReadonlyMap<string, Rate>): Rate[] =>
  [...rates.values()].map(withShares).sort((a, b) => b.events - a.events || (a.key < b.key ? -1 : 1));

function withShares(rate: Rate): Rate {
  const shares = none();
  if (rate.events > 0)
    for (const purpose of PURPOSES)
      shares[purpose] = Number((rate.granted[purpose] / rate.events).toFixed(4));
  return { ...rate, shares };
}
