/**
 * The ledger of one person: what each of their identifiers' rows says of consent now, what holds for the person as a whole,
 * and every decision that was written. Pure; store and hashing are in consent-person.ts. Shows keys, never values.
 */
import { unpackPurposes } from "#consent/cookie";
import type { LedgerEntry } from "#consent/store";
import { PURPOSES, type Purpose } from "#contracts/taxonomy";
import { type IdentifierRow, isScoped, namespaceOf } from "#identity/graph";
import { sourcesInWords } from "./consent-words.ts";
import { listInWords } from "./wording.ts";

/** What one identifier's row says. Times are ISO. */
export interface IdentifierState {
  key: string;
  namespace: string;
  /** It is but claimed on a device: its facts are kept apart. */
  claimed: boolean;
  suppressed: boolean;
  /** Nobody has decided: null. */
  decision: {
    granted: Purpose[];
    at: string;
    receipt: string;
    /** Another identifier of the person decided, and that binds this one. */
    by_another: boolean;
    expires_at: string | null;
    expired: boolean;
  } | null;
  /** The browser's first Global Privacy Control: an opt-out that stays. */
  opted_out_at: string | null;
  /** The same as sentences. */
  explained: string[];
}

/** What holds for the person as a whole: of several identifiers, the strictest. */
export interface PurposeState {
  purpose: Purpose;
  /** `undecided`: the default of the regime of each event holds. */
  state: "granted" | "denied" | "undecided";
  why: string;
}

/** One row of the ledger. Times are ISO. */
export interface Decision {
  subject: string;
  at: string;
  receipt: string;
  granted: Purpose[];
  /** Purposes that it does not speak of. */
  unsaid: Purpose[];
  regime: string;
  source: string;
  evidence: string;
  /** Null: it does not lapse by itself. */
  expires_at: string | null;
  expired: boolean;
  /** Global Privacy Control: it speaks of marketing alone. */
  opt_out: boolean;
  explained: string;
}

export interface PersonLedger {
  /** The profile's root, or the one identifier. */
  profile: string;
  now: PurposeState[];
  identifiers: IdentifierState[];
  /** Newest first. */
  decisions: Decision[];
  /** There are older decisions than are listed. */
  more: boolean;
  /** How the audit log names the person, by each of their identifiers: who has looked at them. */
  audit_targets: string[];
}

type Row = Pick<IdentifierRow, "key" | "consent" | "suppressed">;

/** @param entries newest first @param now epoch ms */
export function ledgerOf(
  profile: string,
  rows: readonly Row[],
  entries: readonly LedgerEntry[],
  more: boolean,
  now: number,
): Omit<PersonLedger, "audit_targets"> {
  const expiries = new Map(entries.map(({ id, expiresAt }) => [id, expiresAt]));
  const sorted = [...rows].sort((a, b) => (a.key < b.key ? -1 : 1));
  const identifiers = sorted.map((row) => identifierState(row, expiries.get(row.consent?.r ?? "") ?? 0, now));
  return {
    profile,
    now: PURPOSES.map((purpose) => purposeState(purpose, identifiers)),
    identifiers,
    decisions: entries.map((entry) => decisionOf(entry, now)),
    more,
  };
}

function identifierState({ key, consent, suppressed }: Row, expiresAt: number, now: number): IdentifierState {
  const expired = expiresAt > 0 && expiresAt <= now;
  const state: IdentifierState = {
    key,
    namespace: namespaceOf(key),
    claimed: isScoped(key),
    suppressed,
    decision:
      consent === null || consent.t === 0
        ? null
        : {
            granted: unpackPurposes(consent.g),
            at: iso(consent.t),
            receipt: consent.r,
            by_another: consent.b === 1,
            expires_at: expiresAt > 0 ? iso(expiresAt) : null,
            expired,
          },
    opted_out_at: consent?.o === undefined ? null : iso(consent.o),
    explained: [],
  };
  state.explained = explainState(state);
  return state;
}

function explainState({ decision, suppressed, opted_out_at }: IdentifierState): string[] {
  const sentences = suppressed ? ["It is suppressed: nothing of it is processed."] : [];
  if (decision) {
    const { granted, at, by_another, expired } = decision;
    sentences.push(
      `${by_another ? "Another identifier of the person" : "It"} ${didInWords(granted)} at ${at}.`,
    );
    if (expired) sentences.push(`That lapsed at ${decision.expires_at}: what was granted is denied again.`);
  } else sentences.push("Nobody has decided for it: the regime's default holds.");
  if (opted_out_at !== null) {
    const later = decision?.granted.includes("marketing") && decision.at > opted_out_at;
    sentences.push(
      `Its browser sent Global Privacy Control at ${opted_out_at}${later ? "; marketing was granted after that" : ", which denies marketing"}.`,
    );
  }
  return sentences;
}

/** As the decision at ingest and delivery (src/consent/still-granted.ts): what any identifier denies is denied. */
function purposeState(purpose: Purpose, identifiers: readonly IdentifierState[]): PurposeState {
  const denied = (why: string): PurposeState => ({ purpose, state: "denied", why });
  if (identifiers.some(({ suppressed }) => suppressed)) return denied("the person is suppressed");
  const decided = identifiers.flatMap(({ decision }) => decision ?? []);
  if (decided.some(({ granted }) => !granted.includes(purpose))) return denied("it was denied");
  const isOut = ({ decision, opted_out_at }: IdentifierState) =>
    opted_out_at !== null && !(decision?.granted.includes(purpose) && decision.at > opted_out_at);
  if (purpose === "marketing" && identifiers.some(isOut)) return denied("Global Privacy Control");
  if (decided.some(({ expired }) => expired)) return denied("the decision has expired");
  if (decided.length === 0) return { purpose, state: "undecided", why: "nobody has decided" };
  return { purpose, state: "granted", why: "it was granted" };
}

function decisionOf(entry: LedgerEntry, now: number): Decision {
  const { subject, givenAt, id, granted, unsaid, regime, source, evidence, expiresAt } = entry;
  const optOut = source === "gpc";
  const what = optOut
    ? "Global Privacy Control: marketing was denied"
    : capitalised(didInWords(granted, unsaid));
  const by = optOut ? "" : `, by ${sourcesInWords(source)}`;
  return {
    subject,
    at: iso(givenAt),
    receipt: id,
    granted,
    unsaid,
    regime,
    source,
    evidence,
    expires_at: expiresAt > 0 ? iso(expiresAt) : null,
    expired: expiresAt > 0 && expiresAt <= now,
    opt_out: optOut,
    explained: `${what}${by}, under the regime \`${regime}\`.`,
  };
}

/** `granted analytics and denied marketing and personalization`. */
function didInWords(granted: readonly Purpose[], unsaid: readonly Purpose[] = []): string {
  const denied = PURPOSES.filter((purpose) => !granted.includes(purpose) && !unsaid.includes(purpose));
  const parts = [
    granted.length > 0 && `granted ${listInWords(granted)}`,
    denied.length > 0 && `denied ${listInWords(denied)}`,
    unsaid.length > 0 && `left ${listInWords(unsaid)} to the regime's default`,
  ];
  return listInWords(parts.filter((part) => part !== false));
}

const iso = (ms: number): string => new Date(ms).toISOString();
const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
