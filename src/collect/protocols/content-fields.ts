/**
 * What a page shows, as vendors' senders say it: `content_id` and its companions, beside other fields or in an object of
 * their own. Their lists of kinds are not ours: a value that our contract does not know costs itself and not its event.
 * Pure; called by the mappings of Segment, GA4 and Snowplow.
 */
import { CONTENT_TYPES } from "#contracts/taxonomy";
import { type Fields, type FieldTable, field, id, type Read, readFields, text } from "./segment-fields.ts";

const KINDS: ReadonlySet<unknown> = new Set(CONTENT_TYPES);

/** `2026-10-02` of a date, or of a time on that day. */
const day: Read = (value) => {
  const date = typeof value === "string" ? value.slice(0, 10) : "";
  const at = Date.parse(date);
  return Number.isFinite(at) && new Date(at).toISOString().startsWith(`${date}T`) ? date : undefined;
};

const topics: Read = (value) => {
  if (!Array.isArray(value)) return undefined;
  const read = value.map(text(64)).filter((topic) => topic !== undefined);
  return read.length > 0 ? read.slice(0, 20) : undefined;
};

const CONTENT: FieldTable = {
  content_id: field(id, "content_id"),
  content_type: field((kind) => (KINDS.has(kind) ? kind : undefined), "content_type"),
  topic: field(text(64), "topic", "content_group"),
  taxonomy: field(topics, "taxonomy"),
  author: field(text(128), "author"),
  publish_date: field(day, "publish_date"),
};

/** The contract's `content`; of kind `page` where it says no other that we know. Undefined without a `content_id`. */
export function contentIn(given: Fields): Record<string, unknown> | undefined {
  if (given.content_id === undefined || given.content_id === null) return undefined;
  const content = readFields(CONTENT, given);
  return content.content_id === undefined ? undefined : { content_type: "page", ...content };
}
