/**
 * Receipts for an operator who may not see what is known of one person: without what tells one person's events from
 * another's. What was decided, removed, entered and delivered stays. Pure; called by routes.ts for the live view and traces.
 */
import type { ConsentDecision } from "#contracts/messages/event_envelope";
import type { Receipt } from "#contracts/messages/receipt";
import { DAY_MS } from "#core/clock";
import { WITHHELD } from "./consent-words.ts";

/** Evidence that many share: a regime's default, and that of clients who asked not to be recognised. */
const SHARED = /^(default:[\w-]+|anonymous)$/;
/** A visitor's own decision is shown as from its visitor; ids of sources have no colon. */
const IDENTIFIER = /:/;

/** @returns new receipts: the given ones are not touched */
export const withoutPseudonyms = (receipts: readonly Receipt[]): Receipt[] => receipts.map(withoutPseudonym);

function withoutPseudonym(given: Receipt): Receipt {
  switch (given.stage) {
    case "door": {
      const { consent, ...receipt } = given;
      if (IDENTIFIER.test(receipt.source)) receipt.source = WITHHELD;
      return consent ? { ...receipt, consent: withoutDecision(consent) } : receipt;
    }
    case "ingest": {
      const { profile, subject, ...receipt } = given;
      return receipt;
    }
    case "change":
      return { ...given, profile: WITHHELD, subject: WITHHELD };
    case "delivery": {
      const { consentReceipt, detail, ...receipt } = given;
      // Of what a vendor took it is the person's record there.
      return detail === undefined || receipt.outcome === "delivered" ? receipt : { ...receipt, detail };
    }
    case "slot": {
      const { visitor, ...receipt } = given;
      return receipt;
    }
  }
}

/** A decision by its day: its ms are one person's, as its id is. */
function withoutDecision(consent: ConsentDecision): ConsentDecision {
  if (SHARED.test(consent.receipt)) return consent;
  const { decidedAt, expiresAt } = consent;
  const withheld = { ...consent, receipt: WITHHELD, decidedAt: dayOf(decidedAt) };
  return expiresAt === undefined ? withheld : { ...withheld, expiresAt: dayOf(expiresAt) };
}

const dayOf = (ms: number): number => ms - (ms % DAY_MS);
