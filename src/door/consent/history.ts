/** A visitor's own decisions, as the ledger has them: `GET /consent/history`, and the list on the page. */
import type { LedgerEntry } from "#consent/store";
import { PURPOSES } from "#contracts/taxonomy";
import type { RequestContext } from "../context.ts";
import { type ConsentDeps, MAX_HISTORY } from "./record.ts";
import { isoOf } from "./standing.ts";

/** One decision. What proves it stays here: it may name what others used. */
export interface PastDecision {
  receipt: string;
  given_at: string;
  purposes: Record<string, "granted" | "denied">;
  regime: string;
  source: string;
  expires_at: string | null;
}

export interface History {
  decisions: PastDecision[];
  /** False: only the decision of the visitor's cookie, as `reason` says. */
  complete: boolean;
  reason: "no_visitor_id" | "too_many" | null;
}

export type Entry = Omit<LedgerEntry, "subject">;

/** Decisions of a request's visitor, newest first, by the signed cookie alone. */
export async function entriesOf(
  { visitor, choice }: RequestContext,
  { history }: Pick<ConsentDeps, "history">,
): Promise<{ entries: Entry[]; reason: History["reason"] }> {
  if (visitor.key !== undefined) {
    const entries = await history([visitor.key], MAX_HISTORY);
    return { entries, reason: entries.length < MAX_HISTORY ? null : "too_many" };
  }
  if (!choice) return { entries: [], reason: "no_visitor_id" };
  const { receipt: id, granted, regime, givenAt, expiresAt } = choice;
  const entry = { id, granted, regime, givenAt, expiresAt, source: "choice", evidence: "" };
  return { entries: [entry], reason: "no_visitor_id" };
}

export async function historyOf(
  context: RequestContext,
  deps: Pick<ConsentDeps, "history">,
): Promise<History> {
  const { entries, reason } = await entriesOf(context, deps);
  return { decisions: entries.map(pastOf), complete: reason === null, reason };
}

const pastOf = ({ id, granted, regime, source, givenAt, expiresAt }: Entry): PastDecision => ({
  receipt: id,
  given_at: isoOf(givenAt),
  purposes: Object.fromEntries(
    PURPOSES.map((purpose) => [
      purpose,
      granted.includes(purpose) ? ("granted" as const) : ("denied" as const),
    ]),
  ),
  regime,
  source,
  expires_at: expiresAt > 0 ? isoOf(expiresAt) : null,
});
