/**
 * How many events came with which consent: a batch's decisions added up by day, source, regime, country and what was
 * granted. Ingest makes them of each batch, the LiveTail object keeps them (tallies.ts), the console shows rates. Pure.
 */
import { packPurposes } from "#consent/cookie";
import { dayOf } from "#consent/counts/days";
import type { ConsentGrounds, EventEnvelope } from "#contracts/messages/event_envelope";

export interface Tally {
  /** UTC day of arrival, `YYYY-MM-DD`. */
  day: string;
  source: string;
  regime: string;
  /** ISO 3166-1, or `unknown`: of no known place, or a server's events. */
  country: string;
  /** Granted purposes as letters, `amp`; empty: none. */
  granted: string;
  events: number;
}

/** Accepted events, and those that consent kept out. What was refused for another reason says nothing of consent. */
export function tallyOf(envelopes: readonly EventEnvelope[]): Tally[] {
  const tallies = new Map<string, Tally>();
  const add = (day: string, source: string, { regime, place }: ConsentGrounds, granted: string) => {
    const country = place?.slice(0, 2) ?? "unknown";
    const key = `${day} ${source} ${country} ${granted} ${regime}`;
    const known = tallies.get(key);
    if (known) known.events++;
    else tallies.set(key, { day, source, regime, country, granted, events: 1 });
  };
  for (const { source, receivedAt, events, refused } of envelopes) {
    const day = dayOf(receivedAt);
    for (const { consent } of events) add(day, source, consent, packPurposes(consent.granted));
    for (const { consent } of refused) if (consent) add(day, source, consent, "");
  }
  return [...tallies.values()];
}
