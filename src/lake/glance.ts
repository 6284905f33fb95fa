/**
 * Where a line of landing belongs, without parsing it: what it is, its event's id and its time stand at its beginning, as
 * ingest, delivery and the lake itself write them. Any other line is parsed. Whether the rest of it is whole is found when
 * it becomes a row. Pure; used by divide.ts and merge-landing.ts.
 */
import { fnv1a32 } from "#core/fnv";
import { type LakeRecord, parsed } from "./columns.ts";
import { identityOf } from "./merge.ts";
import { lineOf } from "./parquet.ts";

const EVENT =
  /^\{"type":"event","id":"([^"\\]+)","name":"[^"\\]*","version":"[^"\\]*","occurredAt":\d+,"receivedAt":(\d{1,16}),/;
const RECEIPT = /^\{"stage":"(door|ingest|delivery)","eventId":"([^"\\]+)","at":(\d{1,16}),/;

/** As much of the line's record as by-hour.ts and places.ts ask for; undefined: it is no JSON object. */
export function glanceAt(text: string): LakeRecord | undefined {
  const event = EVENT.exec(text);
  if (event) return { type: "event", id: event[1], receivedAt: Number(event[2]) };
  const receipt = RECEIPT.exec(text);
  if (receipt) return { stage: receipt[1], eventId: receipt[2], at: Number(receipt[3]) };
  const record = parsed(text);
  return record && { type: record.type, id: record.id, receivedAt: record.receivedAt, ...receiptIn(record) };
}

const receiptIn = ({ stage, eventId, at }: LakeRecord) => ({ stage, eventId, at });

/** 53 bits that tell a line from all others: of two versions of an event both are kept, since merging decides. */
export function printOf(text: string): number {
  const own = identityIn(text);
  return (fnv1a32(own) % 2 ** 21) * 2 ** 32 + fnv1a32(`~${own}`);
}

/** identityOf of merge.ts, but of an event all of its text. */
function identityIn(text: string): string {
  if (EVENT.test(text)) return text;
  const receipt = RECEIPT.exec(text);
  // A batch that is ingested again is stamped anew.
  if (receipt?.[1] === "ingest")
    return `{"stage":"ingest","eventId":"${receipt[2]}",${text.slice(receipt[0].length)}`;
  if (receipt) return text;
  const line = lineOf(text);
  return line.record?.type === "event" ? line.text : identityOf(line);
}
