/**
 * A release's slots and offers, compiled once for all decisions: schedules, audiences, caps, and their order as far as it
 * is the same for everybody. Called by decide.ts.
 */
import type { Offer } from "#contracts/definitions/offer";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Slot } from "#contracts/definitions/slot";
import type { Predicate } from "#core/condition";
import { compilePath, type Read } from "#core/condition/path";
import { compileAudience } from "#segments/membership";
import type { Limit } from "../caps.ts";
import { type CompiledSchedule, compileSchedule } from "../schedule.ts";

export interface CompiledOffer {
  key: string;
  offer: Offer;
  /** Undefined: always. */
  schedule: CompiledSchedule | undefined;
  /** Undefined: for everybody. */
  audience: Predicate | undefined;
  /** Those that the session cookie can tell of, exact ones too: what it knows already need not be asked. */
  caps: readonly Limit[];
  exact: readonly Limit[];
  /** Reads the attribute that ranks it. */
  score: Read | undefined;
}

/** Offers of one priority, by key. */
export interface Tie {
  offers: readonly CompiledOffer[];
  /** Some have a score, or their slot ranks by performance: the order differs between visitors, or by the hour. */
  isRanked: boolean;
}

export interface CompiledSlot {
  slot: Slot;
  /** By priority, highest first, ties by key. */
  offers: readonly CompiledOffer[];
  /** The same, by priority. */
  ties: readonly Tie[];
}

export interface Compiled {
  slots: ReadonlyMap<string, CompiledSlot>;
  /** Of all slots, in that order. */
  offers: readonly CompiledOffer[];
  ties: readonly Tie[];
  /** Those with exact caps. */
  exact: readonly CompiledOffer[];
  /** Something is drawn or counted by the visitor's bucketing unit. */
  asksUnit: boolean;
}

const compiled = new WeakMap<ReleaseDocument, Compiled>();

export function compileOffers(document: ReleaseDocument): Compiled {
  const known = compiled.get(document);
  if (known) return known;
  const offers = Object.entries(document.offers)
    .filter(([, { slot }]) => Object.hasOwn(document.slots, slot))
    .map(([key, offer]) => compileOffer(key, offer, document))
    .sort(byPriority);
  const slots = Object.entries(document.slots).map(([name, slot]): [string, CompiledSlot] => {
    const own = offers.filter(({ offer }) => offer.slot === name);
    return [name, { slot, offers: own, ties: tiesOf(own, document) }];
  });
  const exact = offers.filter((offer) => offer.exact.length > 0);
  const holdouts = [document.decisioning, ...Object.values(document.slots)];
  const all: Compiled = {
    slots: new Map(slots),
    offers,
    ties: tiesOf(offers, document),
    exact,
    asksUnit: exact.length > 0 || holdouts.some(({ holdout }) => holdout > 0),
  };
  compiled.set(document, all);
  return all;
}

const compileOffer = (key: string, offer: Offer, document: ReleaseDocument): CompiledOffer => ({
  key,
  offer,
  schedule: offer.schedule && compileSchedule(offer.schedule),
  audience: Object.keys(offer.audience).length === 0 ? undefined : compileAudience(document, offer.audience),
  caps: offer.caps.filter(({ per }) => per === "session" || per === "day"),
  exact: offer.caps.filter(({ exact }) => exact),
  score: offer.score === undefined ? undefined : compilePath(offer.score),
});

/** @param offers by priority */
function tiesOf(offers: readonly CompiledOffer[], { slots }: ReleaseDocument): Tie[] {
  const ties = Map.groupBy(offers, ({ offer }) => offer.priority).values();
  return Array.from(ties, (tied) => {
    const ranks = ({ score, offer }: CompiledOffer) => score || slots[offer.slot]?.rankBy !== "none";
    return { offers: tied, isRanked: tied.length > 1 && tied.some(ranks) };
  });
}

const byPriority = (a: CompiledOffer, b: CompiledOffer): number =>
  b.offer.priority - a.offer.priority || (a.key < b.key ? -1 : 1);
