/**
 * Why each offer of a slot lost, in detail: which clause of its audience failed, when its schedule opens, how many of how
 * many its caps allow, and what it was outranked by. Loaded only where an operator asks; the keys are those of the API.
 */
import { type Explained, explainCondition } from "#core/condition/explain";
import { type Reached, reachedInCookie } from "../caps.ts";
import type { DecideInput, Decision, Loser } from "../decide.ts";
import { type Ranked, ranked, rankedBy } from "../rank.ts";
import { type CompiledOffer, compileOffers } from "./compile.ts";

/** The decisions, with the details of each loser. @param full exact caps that are reached */
export function withDetails(
  decisions: readonly Decision[],
  input: DecideInput,
  full: ReadonlyMap<string, Reached>,
): Decision[] {
  const all = compileOffers(input.document);
  const offers = new Map(all.offers.map((offer) => [offer.key, offer]));
  const rankOf = (offer: CompiledOffer) =>
    ranked(offer, all.slots.get(offer.offer.slot), input.attributes, input.rates ?? {});
  const explain = (loser: Loser): Loser => {
    const offer = offers.get(loser.offer);
    const detail = offer && detailOf(offer, loser.reason, input, full, (key) => offers.get(key), rankOf);
    return detail ? { ...loser, detail } : loser;
  };
  return decisions.map((decision) => ({ ...decision, losers: decision.losers.map(explain) }));
}

function detailOf(
  offer: CompiledOffer,
  reason: string,
  input: DecideInput,
  full: ReadonlyMap<string, Reached>,
  offerOf: (key: string) => CompiledOffer | undefined,
  rankOf: (offer: CompiledOffer) => Ranked,
): Record<string, unknown> | undefined {
  const { now, session, attributes } = input;
  const [code, subject = ""] = reason.split(":", 2);
  switch (code) {
    case "not_started":
    case "not_now": {
      const next = offer.schedule?.nextStart(now);
      return { starts_at: next === undefined ? null : new Date(next).toISOString() };
    }
    case "ended":
      return { ended_at: offer.offer.schedule?.to, timezone: offer.offer.schedule?.timezone };
    case "audience":
      return { failed: failedIn(explainCondition(offer.offer.audience, attributes)) };
    case "cap_session":
    case "cap_day":
    case "cap_exact": {
      const cap = full.get(offer.key) ?? reachedInCookie(offer.key, offer.caps, session, now);
      return cap && { per: cap.per, used: cap.used, of: cap.count, exact: code === "cap_exact" };
    }
    case "outranked": {
      const winner = offerOf(subject);
      return winner && outranked(rankOf(winner), rankOf(offer));
    }
    case "content_missing":
      return { content: offer.offer.content };
    default:
      return undefined;
  }
}

/** By what the winner goes first, and how much both have of it. */
function outranked(winner: Ranked, loser: Ranked): Record<string, unknown> {
  const by = rankedBy(winner, loser);
  const of = ({ offer, score, rate }: Ranked): unknown => {
    const value = { priority: offer.offer.priority, score, rate, key: offer.key }[by];
    return value === Number.NEGATIVE_INFINITY ? null : value;
  };
  return { by, winner: of(winner), own: of(loser) };
}

/** The clauses that an audience failed by: those that had to hold and did not, or must not and did. */
function failedIn(explained: Explained, wanted = true): Record<string, unknown>[] {
  if (explained.holds === wanted) return [];
  if (explained.kind === "clause") {
    const { field, operator, expected, actual } = explained;
    return [{ field, operator, expected, actual, must_hold: wanted }];
  }
  const inner = explained.kind === "none" ? !wanted : wanted;
  return explained.of.flatMap((one) => failedIn(one, inner));
}
