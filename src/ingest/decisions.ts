/**
 * What visitors decided, as the door saw it with their requests, put into their rows and the ledger. Called by fold.ts,
 * once per run over a batch; pure but for the rows, which are changed in place.
 */
import { packPurposes, unpackPurposes } from "#consent/cookie";
import type { LedgerRow } from "#consent/store";
import type { ConsentRecord } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { hasDecided, type IdentifierRow, type RowConsent } from "#identity/graph";
import type { IngestEvent, SeenRecord } from "./batch.ts";

/** What became of a decision: it changed the row, it was known already, or the row's own is later. */
export type Applied = { changed: true; entry: LedgerRow | undefined } | { changed: false; isKnown: boolean };

/**
 * Make a decision the row's, unless a later one is there.
 *
 * One browser's own signals count in the order in which the door saw them: a string often knows no more than the day on
 * which it was given. Against a decision that was taken by `PUT /consent`, or through another identifier of the profile
 * (`b`), a grant counts only where it rests on that very decision or was surely given after it: a request that was under
 * way, or an old string in a browser that has not heard of it, must not undo it. A denial counts at once, if it is news.
 */
export function applyRecord(row: IdentifierRow, { record, seenAt }: SeenRecord): Applied {
  const known = row.consent;
  const isOwn = record.source === "choice";
  if (known?.r === record.id || (!isOwn && known?.s === record.id)) return { changed: false, isKnown: true };
  // Our own cookie says exactly when. Of all else it is known when the door first saw it.
  const at = isOwn ? record.givenAt : seenAt;
  if (known && at <= known.t) return { changed: false, isKnown: false };
  const choice = record.source.startsWith("choice") ? record.id.split("+", 1)[0] : undefined;
  const told = { ...known, ...(!isOwn && { s: record.id }) };
  // What came through `PUT /consent` was appended there and then.
  const entry = isOwn ? undefined : entryOf(record, at);
  const isBound = known?.b === 1 && record.givenAt <= known.t && (choice === undefined || choice !== known.c);
  if (isBound) {
    const g = packPurposes(narrowed(record.granted, known));
    row.consent = { ...known, ...told, ...(g !== known.g && { g, t: at, r: mixed(record) }) };
    return { changed: true, entry };
  }
  const { b: _b, c: _c, ...kept } = told;
  row.consent = {
    ...kept,
    g: packPurposes(record.granted),
    t: at,
    r: record.id,
    ...(choice !== undefined && { b: 1 as const, c: choice }),
  };
  return { changed: true, entry };
}

/** A receipt that no event has: what two decisions leave together narrows the events of either. */
const mixed = ({ id }: ConsentRecord): string => `narrowed:${id}`;

const narrowed = (granted: readonly Purpose[], known: RowConsent): Purpose[] =>
  granted.filter((purpose) => unpackPurposes(known.g).includes(purpose));

/**
 * A decision binds every identifier of the profile. What it denies is denied at once; what it grants only where it was
 * surely given after the other's own decision.
 * @param rows the others of the profile @returns those that changed
 */
export function bindOthers(rows: readonly IdentifierRow[], { record, seenAt }: SeenRecord): IdentifierRow[] {
  const changed = rows.filter(({ consent }) => (consent?.t ?? 0) < seenAt);
  for (const row of changed) {
    const { consent } = row;
    const isSurelyLater = consent === null || !hasDecided(row) || record.givenAt > consent.t;
    const granted = isSurelyLater ? record.granted : narrowed(record.granted, consent);
    const r = isSurelyLater ? record.id : mixed(record);
    row.consent = { ...consent, g: packPurposes(granted), t: seenAt, r, b: 1 };
  }
  return changed;
}

const entryOf = (record: ConsentRecord, givenAt: number): LedgerRow => ({
  subject: record.subject,
  givenAt,
  id: record.id,
  granted: record.granted,
  regime: record.regime,
  source: record.source,
  evidence: record.evidence,
  expiresAt: record.expiresAt ?? 0,
});

/**
 * Note whether the browser sends Global Privacy Control. That it is on again after it was off is an opt-out of its own;
 * that it stays on is not, or what was explicitly granted since would never count. Requests may come in any order.
 * @param browser its row @param others those of its profile, whom the opt-out binds
 * @returns rows that changed, and whether it is a new opt-out
 */
export function noteGpc(
  { event, receivedAt: at }: IngestEvent,
  browser: IdentifierRow,
  others: readonly IdentifierRow[],
): { changed: IdentifierRow[]; isOptOut: boolean } {
  const known = browser.consent ?? UNDECIDED;
  const { o: optOutAt = 0, q: lastOn, n: lastOff = 0 } = known;
  let since: number | undefined;
  if (event.consent.gpc === true) {
    if (lastOn !== undefined && at <= lastOn) return NOTHING;
    if (lastOn === undefined || lastOff > lastOn) since = at;
    browser.consent = { ...known, q: at };
  } else {
    if (lastOn === undefined) return NOTHING;
    // Late: it was off between, so that what was seen last is on again.
    if (at < lastOn && at > optOutAt) since = lastOn;
    else if (at <= lastOff) return NOTHING;
    browser.consent = { ...known, n: Math.max(lastOff, at) };
  }
  if (since === undefined) return { changed: [browser], isOptOut: false };
  const changed = [browser, ...others].filter((row) => (row.consent?.o ?? 0) < since);
  for (const row of changed) row.consent = { ...(row.consent ?? UNDECIDED), o: since };
  return { changed: [...new Set([browser, ...changed])], isOptOut: true };
}

const UNDECIDED: RowConsent = { g: "", t: 0, r: "" };
const NOTHING = { changed: [], isOptOut: false };

/** The opt-out as the ledger has it. */
export const optOutEntry = (item: IngestEvent, subject: string): LedgerRow => ({
  subject,
  givenAt: item.receivedAt,
  id: `gpc:${item.envelope}`,
  granted: [],
  regime: item.event.consent.regime,
  source: "gpc",
  evidence: "Sec-GPC: 1",
  expiresAt: 0,
});
