/**
 * Traits as a row has them in `sealed`: of each field one candidate per source, the newest of that source, each sealed by
 * itself for its row and field. What is stored is a function of the events, in whatever order they came. Called by
 * record.ts and by src/ingest/traits.ts.
 */
import type { Traits } from "#contracts/event";
import type { IdentifierRow } from "#identity/graph";
import type { VersionedKey } from "#privacy/keys";
import { open, type Place, seal } from "#privacy/seal";

/** Which event a value is from. */
export interface Origin {
  /** Epoch ms at which the event occurred. */
  at: number;
  /** Id of the source; "" where it was stored before sources were. */
  source: string;
  /** Id of the event; "" likewise. */
  event: string;
}

/** A value, sealed, and where it is from. */
export interface SealedCandidate extends Origin {
  s: string;
}

/** Field → its candidates, the newest first. */
export type SealedTraits = Record<string, SealedCandidate[]>;

/** Sources that are remembered of a field: those that spoke last. */
export const MAX_SOURCES = 8;

/** A candidate's place: it opens nowhere else. */
export const placeOf = (row: string, field: string): Place => ["trait", row, field];

/**
 * The candidates of a field after one more event: of each source its newest, and of the sources those that spoke last.
 * @returns the very same list where the event changes nothing
 */
export function withNewest<T extends Origin>(known: readonly T[], fresh: T): readonly T[] {
  const own = known.find(({ source }) => source === fresh.source);
  if (own && !isLater(fresh, own)) return known;
  const kept = [...known.filter((one) => one !== own), fresh].sort(byRecency).slice(0, MAX_SOURCES);
  return kept.includes(fresh) ? kept : known;
}

const isLater = (a: Origin, b: Origin): boolean => a.at > b.at || (a.at === b.at && a.event > b.event);

const byRecency = (a: Origin, b: Origin): number => b.at - a.at || (a.source < b.source ? 1 : -1);

/** Put an event's traits into a row. What the row has is not opened for that. */
export async function addTraits(
  row: IdentifierRow,
  stored: SealedTraits,
  key: VersionedKey,
  fresh: Traits,
  from: Origin,
): Promise<void> {
  for (const [field, value] of Object.entries(fresh)) {
    if (value === undefined) continue;
    const known = Object.hasOwn(stored, field) ? (stored[field] ?? []) : [];
    const { at, source, event } = from;
    const candidate: SealedCandidate = { s: "", at, source, event };
    const kept = withNewest(known, candidate);
    if (kept === known) continue;
    candidate.s = await seal(key, value, placeOf(row.key, field));
    stored[field] = [...kept];
  }
  const fields = Object.entries(stored).sort(([a], [b]) => (a < b ? -1 : 1));
  row.sealed = JSON.stringify(Object.fromEntries(fields));
}

/**
 * What a row has sealed, also where it was stored in an older form: one value a field without its source, or all as one
 * whole, which is sealed anew by field here.
 */
export async function storedTraits(
  { key: row, sealed }: Pick<IdentifierRow, "key" | "sealed">,
  key: VersionedKey,
): Promise<SealedTraits> {
  if (sealed === null) return {};
  if (sealed.startsWith("{")) {
    const fields = Object.entries(JSON.parse(sealed) as Record<string, SealedCandidate[] | OneValue>); // addTraits wrote it
    return Object.fromEntries(
      fields.map(([field, had]) => [field, Array.isArray(had) ? had : [{ ...had, ...UNKNOWN }]]),
    );
  }
  const whole = await open(key, sealed, ["traits", row]);
  if (whole === undefined) return {};
  const stored: SealedTraits = {};
  // The form in which it was written then.
  for (const [field, { v, at }] of Object.entries(
    JSON.parse(whole) as Record<string, { v: string; at: number }>,
  ))
    stored[field] = [{ s: await seal(key, v, placeOf(row, field)), at, ...UNKNOWN }];
  return stored;
}

/** As a field was stored before there were candidates. */
type OneValue = Pick<SealedCandidate, "s" | "at">;

const UNKNOWN = { source: "", event: "" };
