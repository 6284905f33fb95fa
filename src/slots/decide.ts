/**
 * Which offer each slot of a page shows, and why every other one lost: eligibility (schedule, audience) → holdout →
 * caps → exclusion groups across the page → priority → fallback. Pure and deterministic; offers are compiled once per
 * release. Called by serve.ts, which decides all slots of a page before the page's headers leave.
 */
import type { Offer } from "#contracts/definitions/offer";
import type { ReleaseDocument } from "#contracts/definitions/release";
import type { Slot } from "#contracts/definitions/slot";
import { DAY_MS } from "#core/clock";
import { compileCondition, type Predicate } from "#core/condition";
import { bucketOf } from "#core/fnv";
import { isIdle, type Session } from "#door/session";

export interface Decision {
  slot: string;
  outcome: "offer" | "fallback";
  /** The winner. */
  offer?: string;
  /** Key of the content to show; null: the page's own baseline stays. */
  content: string | null;
  /** Every other offer of the slot, with the code of why it lost. */
  losers: Loser[];
  /** The visitor is one of those who always get the fallback, so that the slot's effect can be measured. */
  holdout: boolean;
}

/**
 * `not_started`, `ended`, `audience`, `no_consent`, `holdout`, `cap_session`, `cap_day`, `exclusion_group:<group>`,
 * `outranked`; and of slots that could not be decided `budget` and `error`.
 */
export interface Loser {
  offer: string;
  reason: string;
}

export interface DecideInput {
  document: ReleaseDocument;
  /** Slots of one page. Unknown ones are left out of the result, repeated ones decided once. */
  slots: readonly string[];
  /** What audiences read; empty without consent to personalization. */
  attributes: Record<string, unknown>;
  /** Epoch ms. */
  now: number;
  /** Consent to personalization holds. Without it only offers for everybody can win, and nobody is held out. */
  personal: boolean;
  /** The visitor's bucketing unit (src/segments/unit.ts): what the holdout is drawn by. */
  unit?: string | undefined;
  /** Counts impressions for the caps. */
  session?: Session | undefined;
}

interface CompiledOffer {
  key: string;
  offer: Offer;
  /** Epoch ms. */
  from: number;
  to: number;
  /** Undefined: for everybody. */
  audience: Predicate | undefined;
}

interface CompiledSlot {
  slot: Slot;
  /** By priority, highest first, ties by key. */
  offers: readonly CompiledOffer[];
}

interface Candidate {
  offer: CompiledOffer;
  decision: Decision;
}

const compiled = new WeakMap<ReleaseDocument, Map<string, CompiledSlot>>();

/** One decision per known slot, in the order asked for. */
export function decide(input: DecideInput): Decision[] {
  const slots = compileSlots(input.document);
  const decisions = new Map<string, Decision>();
  const candidates: Candidate[] = [];
  for (const name of input.slots) {
    const known = slots.get(name);
    if (!known || decisions.has(name)) continue;
    const holdout = isHeldOut(name, known.slot, input);
    const decision = fallback(name, known.slot, holdout);
    decisions.set(name, decision);
    for (const offer of known.offers) {
      const reason = ineligible(offer, input) ?? (holdout ? "holdout" : capped(offer, input));
      if (reason === undefined) candidates.push({ offer, decision });
      else decision.losers.push({ offer: offer.key, reason });
    }
  }
  if (decisions.size > 1) candidates.sort((a, b) => byPriority(a.offer, b.offer));
  award(candidates);
  return [...decisions.values()];
}

/** The fallback for every known slot: what is shown where nothing could be decided. @param reason `budget`, `error` */
export function decideNothing(
  document: ReleaseDocument,
  slots: readonly string[],
  reason: string,
): Decision[] {
  const known = compileSlots(document);
  return [...new Set(slots)].flatMap((name) => {
    const slot = known.get(name);
    if (!slot) return [];
    const losers = slot.offers.map(({ key }) => ({ offer: key, reason }));
    return [{ ...fallback(name, slot.slot, false), losers }];
  });
}

/** The best candidate of all takes its slot, then the next best: so the order of the slots never matters. */
function award(candidates: readonly Candidate[]): void {
  const groups = new Set<string>();
  for (const { offer, decision } of candidates) {
    const group = offer.offer.exclusionGroup;
    if (decision.outcome === "offer") {
      decision.losers.push({ offer: offer.key, reason: "outranked" });
    } else if (group !== undefined && groups.has(group)) {
      decision.losers.push({ offer: offer.key, reason: `exclusion_group:${group}` });
    } else {
      if (group !== undefined) groups.add(group);
      decision.outcome = "offer";
      decision.offer = offer.key;
      decision.content = offer.offer.content;
    }
  }
}

const fallback = (slot: string, definition: Slot, holdout: boolean): Decision => ({
  slot,
  outcome: "fallback",
  content: definition.fallback,
  losers: [],
  holdout,
});

function ineligible(offer: CompiledOffer, { now, personal, attributes }: DecideInput): string | undefined {
  if (now < offer.from) return "not_started";
  if (now >= offer.to) return "ended";
  if (!offer.audience) return undefined;
  if (!personal) return "no_consent";
  return offer.audience(attributes) ? undefined : "audience";
}

/** Drawn by unit and slot, so that a visitor stays in or out on every page, and a person on every device. */
function isHeldOut(name: string, { holdout }: Slot, { unit, personal }: DecideInput): boolean {
  return holdout > 0 && personal && unit !== undefined && bucketOf(`holdout:${name}`, unit) < holdout;
}

function capped({ key, offer }: CompiledOffer, { session, now, personal }: DecideInput): string | undefined {
  if (offer.caps.length === 0 || !personal || !session || !Object.hasOwn(session.impressions, key))
    return undefined;
  const seen = session.impressions[key];
  if (!seen) return undefined;
  const inSession = isIdle(session, now) ? 0 : seen.session;
  const today = seen.day === Math.floor(now / DAY_MS) ? seen.today : 0;
  for (const { count, per } of offer.caps) {
    if ((per === "session" ? inSession : today) >= count)
      return per === "session" ? "cap_session" : "cap_day";
  }
  return undefined;
}

function compileSlots(document: ReleaseDocument): Map<string, CompiledSlot> {
  const known = compiled.get(document);
  if (known) return known;
  const offers = Object.entries(document.offers).map(([key, offer]) => compileOffer(key, offer));
  const slots = new Map(
    Object.entries(document.slots).map(([name, slot]): [string, CompiledSlot] => [
      name,
      { slot, offers: offers.filter(({ offer }) => offer.slot === name).sort(byPriority) },
    ]),
  );
  compiled.set(document, slots);
  return slots;
}

const compileOffer = (key: string, offer: Offer): CompiledOffer => ({
  key,
  offer,
  from: offer.schedule?.from === undefined ? Number.NEGATIVE_INFINITY : Date.parse(offer.schedule.from),
  to: offer.schedule?.to === undefined ? Number.POSITIVE_INFINITY : Date.parse(offer.schedule.to),
  audience: Object.keys(offer.audience).length === 0 ? undefined : compileCondition(offer.audience),
});

const byPriority = (a: CompiledOffer, b: CompiledOffer): number =>
  b.offer.priority - a.offer.priority || (a.key < b.key ? -1 : 1);
