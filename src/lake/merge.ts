/**
 * What counts as the same in the lake. Consumers bring batches again, cut differently, and a crash leaves landing files that
 * have been compacted: each line is kept once. But within one file two equal lines are two: ids are chosen by senders, and
 * a request may hold two persons' events of one id, whose receipts of the door are alike. Pure; used by compact.ts and
 * read-hour.ts.
 */
import type { LakeRecord } from "./columns.ts";
import type { Line } from "./parquet.ts";

/** So many receipts of one event and stage are kept: somebody may send one id all day. */
export const MAX_SAME = 1_000;

/**
 * What makes an event or a receipt itself.
 *
 * An event: its id, whose facts it made, and when the door took it. Of one that was landed twice the content may differ:
 * consent may have been withdrawn between. A receipt: all that it says; of ingest without its time, since a batch that is
 * ingested again is stamped anew.
 */
export function identityOf({ text, record }: Line): string {
  if (!record) return text;
  if (record.type === "event")
    return JSON.stringify(["event", record.id, record.subject, record.receivedAt, record.source]);
  if (record.stage !== "ingest") return text;
  const { at: _at, ...rest } = record;
  return JSON.stringify(rest);
}

/**
 * Lines of several sources (a part, landing files) as one list, in their order. What several sources have is there as
 * often as in the one that has it most.
 * @param sources those before come first; of two versions of an event the one that rests on less consent stays
 */
export function union(sources: Iterable<readonly Line[]>): Line[] {
  const merged: Line[] = [];
  const placesOf = new Map<string, number[]>();
  const perStage = new Map<string, number>();
  for (const lines of sources) {
    const seen = new Map<string, number>();
    for (const line of lines) {
      const identity = identityOf(line);
      const isEvent = line.record?.type === "event";
      const nth = isEvent ? 0 : (seen.get(identity) ?? 0);
      seen.set(identity, nth + 1);
      const places = placesOf.get(identity) ?? [];
      const place = places[nth];
      const known = place === undefined ? undefined : merged[place];
      if (place !== undefined && known) {
        if (isEvent && purposesOf(line.record) < purposesOf(known.record)) merged[place] = line;
        continue;
      }
      if (!isEvent && line.record) {
        const stage = `${String(line.record.eventId)} ${String(line.record.stage)} ${String(line.record.destination)}`;
        const count = (perStage.get(stage) ?? 0) + 1;
        if (count > MAX_SAME) continue;
        perStage.set(stage, count);
      }
      places.push(merged.length);
      placesOf.set(identity, places);
      merged.push(line);
    }
  }
  return merged;
}

function purposesOf(record: LakeRecord | undefined): number {
  const consent = record?.consent;
  const granted =
    typeof consent === "object" && consent !== null && "granted" in consent ? consent.granted : [];
  return Array.isArray(granted) ? granted.length : 0;
}
