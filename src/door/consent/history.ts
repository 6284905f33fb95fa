/** A visitor's own decisions, as the ledger has them: `GET /consent/history`, and the list on the page. */
import type { LedgerEntry } from "#consent/store";
import { PURPOSES } from "#contracts/taxonomy";
import type { RequestContext } from "../context.ts";
import { type ConsentDeps, countVisitor, MAX_HISTORY } from "./record.ts";
import { isoOf } from "./standing.ts";

/** One decision. What proves it stays here: it may name what others used. */
export interface PastDecision {
  receipt: string;
  given_at: string;
  /** `default`: the decision did not speak of it, and the regime's default held. */
  purposes: Record<string, "granted" | "denied" | "default">;
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
  context: RequestContext,
  headers: Headers,
  { history, count }: Pick<ConsentDeps, "history" | "count">,
): Promise<{ entries: Entry[]; reason: History["reason"] }> {
  const { visitor, choice } = context;
  if (visitor.key !== undefined) {
    await countVisitor(context, headers, count);
    const entries = await history([visitor.key], MAX_HISTORY);
    return { entries, reason: entries.length < MAX_HISTORY ? null : "too_many" };
  }
  if (!choice) return { entries: [], reason: "no_visitor_id" };
  const { receipt: id, granted, regime, givenAt, expiresAt } = choice;
  const entry = { id, granted, unsaid: [], regime, givenAt, expiresAt, source: "choice", evidence: "" };
  return { entries: [entry], reason: "no_visitor_id" };
}

export async function historyOf(
  context: RequestContext,
  headers: Headers,
  deps: Pick<ConsentDeps, "history" | "count">,
): Promise<History> {
  const { entries, reason } = await entriesOf(context, headers, deps);
  return { decisions: entries.map(pastOf), complete: reason === null, reason };
}

const pastOf = ({ id, granted, unsaid, regime, source, givenAt, expiresAt }: Entry): PastDecision => ({
  receipt: id,
  given_at: isoOf(givenAt),
  purposes: Object.fromEntries(
    PURPOSES.map((purpose) => [
      purpose,
      unsaid.includes(purpose) ? "default" : granted.includes(purpose) ? "granted" : "denied",
    ]),
  ),
  regime,
  source,
  expires_at: expiresAt > 0 ? isoOf(expiresAt) : null,
});
