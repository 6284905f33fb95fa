/**
 * Which offer each slot of a page shows, and why every other one lost: eligibility (schedule, audience, consent) → holdout
 * (global, then the slot's) → caps → exclusion groups across the page → priority → score → performance → key → fallback.
 * Pure and deterministic: all slots of a page are decided together, and neither their order nor that of the definitions
 * matters. Called by decide/for-request.ts, before the page's headers leave; docs/slots.md.
 */
import type { ReleaseDocument } from "#contracts/definitions/release";
import { bucketOf } from "#core/fnv";
import type { Session } from "#door/session";
import { reachedInCookie } from "./caps.ts";
import {
  type Compiled,
  type CompiledOffer,
  type CompiledSlot,
  compileOffers,
  type Tie,
} from "./decide/compile.ts";
import { byRank, type Rates, ranked } from "./rank.ts";

export interface Decision {
  slot: string;
  outcome: "offer" | "fallback";
  /** The winner. */
  offer?: string | undefined;
  /** Key of the content to show; null: the page's own baseline stays. */
  content: string | null;
  /** Every other offer of the slot, the first in rank first, with the code of why it lost. */
  losers: Loser[];
  /** The visitor is one of those who always get the fallback, so that the effect can be measured. */
  holdout: boolean;
}

/**
 * `not_started`, `ended`, `not_now`, `audience`, `no_consent`, `holdout_global`, `holdout`, `cap_session`, `cap_day`,
 * `cap_exact:<per>`, `cap_unknown`, `exclusion_group:<group>`, `outranked:<winner>`, `content_missing`; and of slots that
 * could not be decided `budget` and `error`.
 */
export interface Loser {
  offer: string;
  reason: string;
  /** Only where it was asked for: decide/details.ts. */
  detail?: Record<string, unknown>;
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
  /** The visitor's bucketing unit (src/segments/unit.ts): what holdouts are drawn by, and exact caps counted. */
  unit?: string | undefined;
  /** Key of the browser, whose sessions exact caps are counted by. */
  visitor?: string | undefined;
  /** Counts impressions for the caps. */
  session?: Session | undefined;
  /** Offers that the visitor's object has refused, and why. */
  refused?: ReadonlyMap<string, string>;
  rates?: Rates | undefined;
  /** Whether there is such content; absent: all that the release names is there. */
  hasContent?: ((content: string) => boolean) | undefined;
  /** Offers that the page shows already: none of their exclusion groups can win. */
  onPage?: readonly string[] | undefined;
  /** For previews: caps do not count, nor holdouts. */
  withoutCaps?: boolean;
  withoutHoldouts?: boolean;
  /** Nobody asks why the others lost: `losers` stay empty, and most offers are not looked at. */
  winnersOnly?: boolean;
}

/** One decision per known slot, in the order asked for. */
export function decide(input: DecideInput): Decision[] {
  const all = compileOffers(input.document);
  const places = new Map<string, Place>();
  for (const name of input.slots) {
    const known = all.slots.get(name);
    if (!known || places.has(name)) continue;
    const heldOut = holdoutOf(name, known, input);
    places.set(name, { heldOut, decision: fallback(name, known, heldOut !== undefined) });
  }
  const groups = new Set(input.onPage?.flatMap((key) => groupOf(key, input.document)));
  let open = input.winnersOnly ? places.size : Number.POSITIVE_INFINITY;
  for (const tie of tiesFor(all, places)) {
    for (const offer of inOrder(tie, all, places, input)) {
      const place = places.get(offer.offer.slot);
      if (place && triesOffer(offer, place, groups, input)) open--;
      if (open === 0) break;
    }
    if (open === 0) break;
  }
  const decisions: Decision[] = [];
  for (const { decision } of places.values()) decisions.push(decision);
  return decisions;
}

/** Whether the offer wins its slot. */
function triesOffer(
  offer: CompiledOffer,
  { decision, heldOut }: Place,
  groups: Set<string>,
  input: DecideInput,
): boolean {
  if (input.winnersOnly && (decision.offer !== undefined || heldOut !== undefined)) return false;
  const reason =
    ineligible(offer, input) ?? heldOut ?? capped(offer, input) ?? beaten(offer, decision, groups, input);
  if (reason !== undefined) {
    if (!input.winnersOnly) decision.losers.push({ offer: offer.key, reason });
    return false;
  }
  const { exclusionGroup, content } = offer.offer;
  if (exclusionGroup !== undefined) groups.add(exclusionGroup);
  decision.outcome = "offer";
  decision.offer = offer.key;
  decision.content = content;
  return true;
}

const groupOf = (key: string, { offers }: ReleaseDocument): string | readonly string[] =>
  (Object.hasOwn(offers, key) && offers[key]?.exclusionGroup) || [];

/** The fallback for every known slot: what is shown where nothing could be decided. @param reason `budget`, `error` */
export function decideNothing(
  document: ReleaseDocument,
  slots: readonly string[],
  reason: string,
): Decision[] {
  const all = compileOffers(document);
  return [...new Set(slots)].flatMap((name) => {
    const known = all.slots.get(name);
    if (!known) return [];
    const losers = known.offers.map(({ key }) => ({ offer: key, reason }));
    return [{ ...fallback(name, known, false), losers }];
  });
}

interface Place {
  decision: Decision;
  /** Why nobody wins it. */
  heldOut: string | undefined;
}

const fallback = (
  slot: string,
  { slot: { fallback: content } }: CompiledSlot,
  holdout: boolean,
): Decision => ({
  slot,
  outcome: "fallback",
  offer: undefined,
  content,
  losers: [],
  holdout,
});

/** Offers of these places, and where they are several of others too, by priority: the best takes its slot, then the next best. */
function tiesFor(all: Compiled, places: ReadonlyMap<string, Place>): readonly Tie[] {
  const [only] = places.keys();
  return ((places.size === 1 && only !== undefined && all.slots.get(only)) || all).ties;
}

/** Offers of one priority, the first in rank first. */
function inOrder(
  { offers, isRanked }: Tie,
  all: Compiled,
  places: ReadonlyMap<string, Place>,
  { attributes, rates = NO_RATES }: DecideInput,
): readonly CompiledOffer[] {
  if (!isRanked) return offers;
  return offers
    .filter(({ offer }) => places.has(offer.slot))
    .map((offer) => ranked(offer, all.slots.get(offer.offer.slot), attributes, rates))
    .sort(byRank)
    .map(({ offer }) => offer);
}

const NO_RATES: Rates = {};

function ineligible(
  { schedule, audience }: CompiledOffer,
  { now, personal, attributes }: DecideInput,
): string | undefined {
  const state = schedule ? schedule.at(now) : "open";
  if (state !== "open") return state;
  if (!audience) return undefined;
  if (!personal) return "no_consent";
  return audience(attributes) ? undefined : "audience";
}

/** Drawn by unit, so that a visitor stays in or out on every page, and a person on every device; each slot by itself. */
function holdoutOf(
  name: string,
  { slot }: CompiledSlot,
  { document, unit, personal, withoutHoldouts }: DecideInput,
): string | undefined {
  if (withoutHoldouts || !personal || unit === undefined) return undefined;
  const global = document.decisioning.holdout;
  if (global > 0 && bucketOf("holdout_global:", unit) < global) return "holdout_global";
  return slot.holdout > 0 && bucketOf(`holdout:${name}`, unit) < slot.holdout ? "holdout" : undefined;
}

function capped({ key, caps, exact }: CompiledOffer, input: DecideInput): string | undefined {
  if (input.withoutCaps) return undefined;
  if (exact.length > 0) {
    // Whom nothing tells apart nobody can count.
    if (!input.personal) return "no_consent";
    if (input.unit === undefined) return "cap_unknown";
    const refused = input.refused?.get(key);
    if (refused !== undefined) return refused;
  }
  if (caps.length === 0 || !input.personal) return undefined;
  const full = reachedInCookie(key, caps, input.session, input.now);
  return full && `cap_${full.per}`;
}

function beaten(
  { offer }: CompiledOffer,
  { offer: winner }: Decision,
  groups: ReadonlySet<string>,
  { hasContent }: DecideInput,
): string | undefined {
  if (winner !== undefined) return `outranked:${winner}`;
  const { exclusionGroup, content } = offer;
  if (exclusionGroup !== undefined && groups.has(exclusionGroup)) return `exclusion_group:${exclusionGroup}`;
  return hasContent && !hasContent(content) ? "content_missing" : undefined;
}
