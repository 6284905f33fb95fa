/**
 * The second half of the one decision: what is left of an event's consent by now. Ingest and delivery ask it, with what
 * the rows of the event's identifiers, and of their profiles, say at that moment. Pure.
 */
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";

/** The current consent of one identifier, as its row says. */
export interface CurrentConsent {
  granted: readonly Purpose[];
  /** Epoch ms at which it was decided, or first seen; 0: nobody has decided. */
  decidedAt: number;
  /** What the decision rests on: an event that rests on the same is not narrowed by it. */
  receipt: string;
  /** What the identifier's own signals said before: the present decision was seen after these, whatever their dates say. */
  told?: readonly string[];
  /** Epoch ms at which a browser of this person first sent Global Privacy Control. */
  optOutAt?: number;
  suppressed: boolean;
}

export type Kept = Pick<ConsentDecision, "granted" | "decidedAt" | "receipt" | "expiresAt">;

/**
 * What is left of an event's grant. A decision of any of its identifiers that is later than the event's own takes away
 * what it does not grant, and never adds. An opt-out of sale takes marketing away unless it was granted after it. A grant
 * that has lapsed is none. Suppression takes away everything.
 * @param now epoch ms
 */
export function stillGranted(event: Kept, current: readonly CurrentConsent[], now: number): Purpose[] {
  if (event.expiresAt !== undefined && event.expiresAt <= now) return [];
  let left = [...event.granted];
  for (const { granted, decidedAt, receipt, told, optOutAt, suppressed } of current) {
    if (suppressed) return [];
    if (optOutAt !== undefined && event.decidedAt <= optOutAt) left = left.filter((p) => p !== "marketing");
    const isLater = decidedAt > event.decidedAt || told?.includes(event.receipt) === true;
    if (isLater && receipt !== event.receipt) left = left.filter((purpose) => granted.includes(purpose));
  }
  return left;
}

/** The decision with what is left of it: of what was taken away the ground is `withdrawn`. */
export function narrowTo(consent: ConsentDecision, left: readonly Purpose[]): ConsentDecision {
  const gone = consent.granted.filter((purpose) => !left.includes(purpose));
  if (gone.length === 0) return consent;
  const grounds = { ...consent.grounds };
  for (const purpose of gone) grounds[purpose] = "withdrawn";
  return { ...consent, granted: [...left], grounds };
}

/** Why what is needed is not left of it. @param gone purposes that were needed and are not */
export function whyNot(
  event: Kept,
  current: readonly CurrentConsent[],
  now: number,
  gone: readonly Purpose[] = event.granted,
): string {
  if (current.some(({ suppressed }) => suppressed)) return "suppressed";
  if (event.expiresAt !== undefined && event.expiresAt <= now) return "consent_expired";
  const decided = current.map(({ optOutAt: _, ...one }) => one);
  const left = stillGranted(event, decided, now);
  return gone.every((purpose) => left.includes(purpose)) ? "opted_out" : "consent_withdrawn";
}
