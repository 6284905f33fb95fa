/**
 * Which hour and which event a line of the lake belongs to. Landing files are written by it (receipts.ts), and compaction
 * asks it again, because an older file may hold lines of two hours. Pure.
 */
import type { LakeRecord } from "./columns.ts";
import { hourStart } from "./places.ts";

/** The id that decides the bucket: of an event its own, of a receipt its event's; empty: it names none. */
export function eventIdOf(record: LakeRecord | undefined): string {
  const id = record?.type === "event" ? record.id : record?.eventId;
  return typeof id === "string" ? id : "";
}

/**
 * Lines by hour. An event's is when the door took it, a receipt's when it was decided; but a receipt of ingest is of the
 * hour of its event, as the others of the file tell it: an event, its door and its ingest are found in one place.
 * @param otherwise epoch ms: of a line that does not say
 * @returns epoch ms at which each hour begins → its lines, in their order
 */
export function byHour<T>(
  lines: readonly T[],
  otherwise: number,
  recordIn: (line: T) => LakeRecord | undefined,
): Map<number, T[]> {
  const ofEvent = new Map<string, number>();
  for (const line of lines) {
    const record = recordIn(line);
    if (record?.type !== "event" && record?.stage !== "door") continue;
    const at = timeOf(record);
    const id = eventIdOf(record);
    if (at !== undefined && !ofEvent.has(id)) ofEvent.set(id, at);
  }
  return Map.groupBy(lines, (line) => {
    const record = recordIn(line);
    return hourStart(timeOf(record) ?? ofEvent.get(eventIdOf(record)) ?? otherwise);
  });
}

/** Later than what folders can name. */
const MAX_AT = Date.UTC(10_000, 0);

function timeOf(record: LakeRecord | undefined): number | undefined {
  if (!record || record.stage === "ingest") return undefined;
  const at = record.type === "event" ? record.receivedAt : record.at;
  return typeof at === "number" && at >= 0 && at < MAX_AT ? Math.trunc(at) : undefined;
}
