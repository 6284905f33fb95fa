/**
 * In what order offers are tried: priority, then score, then how they have performed, then key. Pure; called by decide.ts
 * and by what explains it.
 */
import type { CompiledOffer, CompiledSlot } from "./decide/compile.ts";

/** What places an offer besides its priority and key. */
export interface Ranked {
  offer: CompiledOffer;
  /** Of the attribute that the offer names; -Infinity where it has none, or it is no number. */
  score: number;
  /** By the slot's `rankBy`; -Infinity where the slot does not rank, or nothing is known yet. */
  rate: number;
}

/** Offer → how it performs (performance-rates.ts). */
export type Rates = Readonly<Record<string, number>>;

export function ranked(
  offer: CompiledOffer,
  slot: CompiledSlot | undefined,
  attributes: Record<string, unknown>,
  rates: Rates,
): Ranked {
  const value = offer.score?.(attributes);
  const rate = slot?.slot.rankBy !== "none" && Object.hasOwn(rates, offer.key) ? rates[offer.key] : undefined;
  return { offer, score: numberOr(value), rate: numberOr(rate) };
}

const numberOr = (value: unknown): number =>
  typeof value === "number" && !Number.isNaN(value) ? value : Number.NEGATIVE_INFINITY;

/** Negative: `a` goes before `b`. */
export const byRank = (a: Ranked, b: Ranked): number =>
  b.offer.offer.priority - a.offer.offer.priority ||
  compare(b.score, a.score) ||
  compare(b.rate, a.rate) ||
  (a.offer.key < b.offer.key ? -1 : 1);

/** What `a` goes before `b` by. */
export function rankedBy(a: Ranked, b: Ranked): "priority" | "score" | "rate" | "key" {
  if (a.offer.offer.priority !== b.offer.offer.priority) return "priority";
  if (a.score !== b.score) return "score";
  return a.rate === b.rate ? "key" : "rate";
}

/** Of two infinities the difference is no number. */
const compare = (a: number, b: number): number => (a === b ? 0 : a < b ? -1 : 1);
