/**
 * What visitors decided, as the door saw it with their requests, put into their rows and the ledger. Called by fold.ts,
 * once per run over a batch; pure but for the rows, which are changed in place.
 */
import { replayOf } from "#collect/quarantine/status";
import { packPurposes, unpackPurposes } from "#consent/cookie";
import type { LedgerRow } from "#consent/store";
import type { ConsentRecord } from "#contracts/messages/event_envelope";
import type { Purpose } from "#contracts/taxonomy";
import { hasDecided, type IdentifierRow, NAMES_NOBODY, type RowConsent } from "#identity/graph";
import type { IngestEvent, SeenRecord } from "./batch.ts";

/** What became of a decision: it changed the row, it was known already, or the row's own is later. */
export type Applied =
  | { changed: true; consent: RowConsent; entry: LedgerRow | undefined }
  | { changed: false; isKnown: boolean };

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
  const before = known?.s ?? NOT_TOLD;
  if (known?.r === record.id || before[0] === record.id) return { changed: false, isKnown: true };
  // Our own cookie says exactly when. Of all else it is known when the door first saw it.
  const at = isOwn ? record.givenAt : seenAt;
  // What another identifier's signals said is dated by when it was seen: a denial that comes late may be the later one.
  const isUndated = known?.b === 1 && known.r !== known.c && known.r !== before[0];
  const choice = record.source.startsWith("choice") ? record.id.split("+", 1)[0] : undefined;
  const isRepeated = before.includes(record.id);
  const isNews = !isOwn || (choice !== known?.c && !isRepeated);
  if (known && at <= known.t && !(isUndated && isNews)) return { changed: false, isKnown: false };
  // What was told before is not surely later, whatever its clock says.
  const isSurelyLater = known !== null && record.givenAt > known.t && !isRepeated;
  const isOnTheSame = choice !== undefined && choice === known?.c && !isUndated;
  const isBound = known?.b === 1 && !isSurelyLater && !isOnTheSame;
  const g = packPurposes(isBound ? narrowed(record.granted, known) : record.granted);
  // Two clients of a page, each with its own words for the same: that is no new decision with every request.
  if (isRepeated && g === known?.g) return { changed: false, isKnown: true };
  const told = { ...known, s: newest(record.id, before) };
  // What came through `PUT /consent` was appended there and then.
  const entry = isOwn ? undefined : entryOf(record, at);
  if (isBound) {
    const consent = {
      ...known,
      ...told,
      ...(g !== known.g && { g, t: Math.max(at, known.t), r: mixed(record) }),
    };
    row.consent = consent;
    return { changed: true, consent, entry };
  }
  const { b: _b, c: _c, ...kept } = told;
  const consent = {
    ...kept,
    g,
    t: at,
    r: record.id,
    ...(choice !== undefined && { b: 1 as const, c: choice }),
  };
  row.consent = consent;
  return { changed: true, consent, entry };
}

const NOT_TOLD: readonly string[] = [];
/** Of a browser so many decisions are remembered that its signals told. */
const MAX_TOLD = 4;

const newest = (id: string, before: readonly string[]): string[] =>
  [id, ...before.filter((other) => other !== id)].slice(0, MAX_TOLD);

const NARROWED = "narrowed:";

/** A receipt that no event has: what two decisions leave together narrows the events of either. */
const mixed = ({ id }: ConsentRecord): string => `${NARROWED}${id}`;

const narrowed = (granted: readonly Purpose[], known: RowConsent): Purpose[] =>
  granted.filter((purpose) => unpackPurposes(known.g).includes(purpose));

/**
 * What a row has become by a decision binds every identifier of its profile. What that denies is denied at once; what it
 * grants only where it was surely given after the other's own decision. A row that has no decision but what it took over
 * from this one (a claim made on the browser, its anonymous id) goes on as this one does: of these the order is known.
 * @param others of the profile @param now what the row says now @param before what it said before
 * @returns those that changed
 */
export function bindOthers(
  others: readonly IdentifierRow[],
  now: RowConsent,
  before: RowConsent | null,
  { record, seenAt }: SeenRecord,
): IdentifierRow[] {
  return others.filter((other) => {
    const { consent } = other;
    // One that missed a decision in between, since somebody else wrote it, follows still.
    const hasFollowed = consent !== null && now.s?.includes(consent.r, 1) === true;
    if (consent === null || !hasDecided(other) || hasFollowed || follows(consent, before)) {
      if (consent?.t === now.t && consent.r === now.r) return false;
      other.consent = { ...consent, g: now.g, t: now.t, r: now.r, b: 1 };
      return true;
    }
    if (consent.t >= seenAt) return false;
    const isSurelyLater = record.givenAt > consent.t;
    const g = isSurelyLater ? now.g : packPurposes(narrowed(unpackPurposes(now.g), consent));
    other.consent = { ...consent, g, t: seenAt, r: isSurelyLater ? now.r : mixed(record), b: 1 };
    return true;
  });
}

/** Whether a row's decision is the other's, taken over whole. */
const follows = ({ g, t, r }: RowConsent, other: RowConsent | null): boolean =>
  other !== null && other.t === t && other.r === r && other.g === g && !r.startsWith(NARROWED);

const entryOf = (record: ConsentRecord, givenAt: number): LedgerRow => ({
  subject: record.subject,
  givenAt,
  id: record.id,
  granted: record.granted,
  ...(record.unsaid && { unsaid: record.unsaid }),
  regime: record.regime,
  source: record.source,
  evidence: record.evidence,
  expiresAt: record.expiresAt ?? 0,
});

/**
 * Note whether the browser sends Global Privacy Control. That it is on again after it was off is an opt-out of its own;
 * that it stays on is not, or what was explicitly granted since would never count. Requests may come in any order. An
 * event that is let back in says nothing of the browser as it is now; one that names nobody has a row of its own, which
 * no other event will ever ask.
 * @param browser its row @param others those of its profile, whom the opt-out binds
 * @returns rows that changed, and whether it is a new opt-out
 */
export function noteGpc(
  { event, envelope, receivedAt: at }: IngestEvent,
  browser: IdentifierRow,
  others: readonly IdentifierRow[],
): { changed: IdentifierRow[]; isOptOut: boolean } {
  if (replayOf(envelope) !== undefined || browser.key.startsWith(NAMES_NOBODY)) return NOTHING;
  const known = browser.consent ?? UNDECIDED;
  const { o: optOutAt = 0, q: lastOn, n: lastOff = 0 } = known;
  let since: number | undefined;
  if (event.consent.gpc === true) {
    // Said before: the others may have been written by somebody else then.
    if (lastOn !== undefined && at <= lastOn)
      return at === optOutAt ? { changed: optOut(others, at), isOptOut: false } : NOTHING;
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
  const changed = optOut([browser, ...others], since);
  return { changed: [...new Set([browser, ...changed])], isOptOut: true };
}

/** @returns those that were not opted out before */
function optOut(rows: readonly IdentifierRow[], at: number): IdentifierRow[] {
  const changed = rows.filter(({ consent }) => (consent?.o ?? 0) < at);
  for (const row of changed) row.consent = { ...(row.consent ?? UNDECIDED), o: at };
  return changed;
}

const UNDECIDED: RowConsent = { g: "", t: 0, r: "" };
const NOTHING = { changed: [], isOptOut: false };

/** The opt-out as the ledger has it. */
export const optOutEntry = (item: IngestEvent, subject: string): LedgerRow => ({
  subject,
  givenAt: item.receivedAt,
  id: `gpc:${item.envelope}`,
  granted: [],
  unsaid: ["analytics", "personalization"],
  regime: item.event.consent.regime,
  source: "gpc",
  evidence: "Sec-GPC: 1",
  expiresAt: 0,
});
