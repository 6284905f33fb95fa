/**
 * Whether a part has lines of a person, from few of its columns: most parts have none, and need not be read whole. Used by
 * erase.ts and read-subject.ts.
 */
import { type LandedLine, mayHold } from "./landed-lines.ts";
import { type Line, readRows } from "./parquet.ts";
import type { Person } from "./person.ts";
import type { PartKind } from "./places.ts";

const COLUMNS: Record<PartKind, string[]> = {
  events: ["event_id", "subject", "profile", "consent_receipt", "line"],
  receipts: ["event_id", "subject", "profile", "consent_receipt", "delivery_consent", "detail", "line"],
};

/** @param ids of the person's events */
export async function mayPartHold(
  bytes: ArrayBuffer,
  kind: PartKind,
  person: Person,
  ids: ReadonlySet<string>,
): Promise<boolean> {
  const rows = await readRows(bytes, COLUMNS[kind]);
  return rows.some(
    ({ event_id, subject, profile, consent_receipt, delivery_consent, detail, line }) =>
      person.is(subject) ||
      person.is(profile) ||
      (typeof event_id === "string" && ids.has(event_id)) ||
      person.decided(consent_receipt) ||
      person.decided(delivery_consent) ||
      (typeof detail === "string" && person.isIn(detail)) ||
      (typeof line === "string" && mayHold(line, person, ids)),
  );
}

/** Lines that are nobody's yet. */
export const unmarked = (lines: readonly Line[]): LandedLine[] =>
  lines.map((line) => ({ ...line, isOwn: false }));
