/**
 * The columns of the lake's Parquet files, and a record as a row of them. Columns with a `field` are the record's own,
 * field by field; those with a `read` repeat what lies deeper, for whoever asks in SQL. What the columns cannot give back
 * exactly (a field that they do not know, a line that is no JSON) is kept as its text in `line`. docs/lake.md lists them.
 * Pure; used by parquet.ts.
 */
import type { PartKind } from "./places.ts";

type Value = unknown;
export type Row = Record<string, Value>;
export type LakeRecord = Record<string, unknown>;

export interface Column {
  name: string;
  type: "STRING" | "INT32" | "DOUBLE" | "BOOLEAN" | "TIMESTAMP" | "JSON";
  /** The record's field that it is. */
  field?: string;
  /** Another's part, for reading only. */
  read?: (record: LakeRecord) => unknown;
}

const own = (type: Column["type"], name: string, field: string = name): Column => ({ name, type, field });
const seen = (type: Column["type"], name: string, ...path: string[]): Column => ({
  name,
  type,
  read: (record) => path.reduce<unknown>((value, step) => fieldOf(value, step), record),
});

const fieldOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as LakeRecord)[name]
    : undefined;

const granted = (purpose: string): Column => ({
  name: `consent_${purpose}`,
  type: "BOOLEAN",
  read: ({ consent }) => {
    const purposes = fieldOf(consent, "granted");
    return Array.isArray(purposes) ? purposes.includes(purpose) : undefined;
  },
});

const EVENTS: readonly Column[] = [
  own("STRING", "event_id", "id"),
  own("STRING", "name"),
  own("STRING", "version"),
  own("TIMESTAMP", "occurred_at", "occurredAt"),
  own("TIMESTAMP", "received_at", "receivedAt"),
  own("STRING", "source"),
  own("STRING", "protocol"),
  own("STRING", "subject"),
  own("STRING", "profile"),
  own("JSON", "consent"),
  own("JSON", "properties"),
  own("JSON", "context"),
  granted("analytics"),
  granted("marketing"),
  granted("personalization"),
  seen("STRING", "consent_regime", "consent", "regime"),
  seen("STRING", "consent_receipt", "consent", "receipt"),
  seen("STRING", "country", "context", "geo", "country"),
  seen("STRING", "region", "context", "geo", "region"),
  seen("STRING", "device_type", "context", "device", "type"),
  seen("STRING", "os", "context", "device", "os"),
  seen("STRING", "browser", "context", "device", "browser"),
  seen("BOOLEAN", "is_bot", "context", "bot"),
  seen("STRING", "agent_kind", "context", "agent", "kind"),
  seen("STRING", "session_id", "context", "session", "id"),
  seen("INT32", "session_number", "context", "session", "number"),
  seen("STRING", "page_url", "context", "page", "url"),
  seen("STRING", "page_title", "context", "page", "title"),
  seen("STRING", "referrer_class", "context", "referrer", "class"),
  seen("STRING", "referrer_name", "context", "referrer", "name"),
  seen("STRING", "utm_source", "context", "utm", "source"),
  seen("STRING", "utm_medium", "context", "utm", "medium"),
  seen("STRING", "utm_campaign", "context", "utm", "campaign"),
  seen("STRING", "locale", "context", "locale"),
  seen("STRING", "experiment_id", "context", "experiment_id"),
  seen("STRING", "variation_id", "context", "variation_id"),
  seen("STRING", "content_id", "properties", "content", "content_id"),
  seen("STRING", "content_type", "properties", "content", "content_type"),
  seen("STRING", "topic", "properties", "content", "topic"),
  seen("STRING", "slot", "properties", "slot"),
  seen("STRING", "offer", "properties", "offer"),
  seen("STRING", "cta_id", "properties", "cta_id"),
  seen("STRING", "order_id", "properties", "order_id"),
  seen("DOUBLE", "value", "properties", "value"),
  seen("STRING", "currency", "properties", "currency"),
  own("STRING", "line", ""),
];

const RECEIPTS: readonly Column[] = [
  own("STRING", "stage"),
  own("STRING", "event_id", "eventId"),
  own("TIMESTAMP", "at"),
  own("STRING", "name"),
  own("STRING", "source"),
  own("STRING", "protocol"),
  own("STRING", "destination"),
  own("STRING", "item_id", "itemId"),
  own("INT32", "attempt"),
  own("STRING", "outcome"),
  own("STRING", "code"),
  own("STRING", "detail"),
  own("JSON", "issues"),
  own("JSON", "refused_on", "refusedOn"),
  own("STRING", "delivery_consent", "consentReceipt"),
  own("BOOLEAN", "may_repeat", "mayRepeat"),
  own("INT32", "release"),
  own("STRING", "via"),
  own("JSON", "consent"),
  own("JSON", "removed"),
  own("JSON", "agent"),
  own("JSON", "flags"),
  own("STRING", "subject"),
  own("STRING", "profile"),
  own("STRING", "identity_state", "identityState"),
  own("JSON", "resolution"),
  own("JSON", "segments"),
  own("JSON", "entered"),
  own("JSON", "left"),
  own("JSON", "changed"),
  own("JSON", "routed"),
  seen("STRING", "consent_receipt", "consent", "receipt"),
  seen("STRING", "consent_regime", "consent", "regime"),
  own("STRING", "line", ""),
];

export const COLUMNS: Record<PartKind, readonly Column[]> = { events: EVENTS, receipts: RECEIPTS };

/** Places of the record's own fields among the columns. */
const PLACES: Record<PartKind, ReadonlyMap<string, number>> = {
  events: new Map(EVENTS.flatMap(({ field }, n) => (field ? [[field, n]] : []))),
  receipts: new Map(RECEIPTS.flatMap(({ field }, n) => (field ? [[field, n]] : []))),
};

/** A record's fields in the order in which the lake gives them back: the same text for the same content. */
export function inOrder(kind: PartKind, record: LakeRecord): LakeRecord {
  if (isInOrder(kind, record)) return record;
  const ordered: LakeRecord = {};
  if (kind === "events") ordered.type = record.type;
  for (const field of PLACES[kind].keys()) if (Object.hasOwn(record, field)) ordered[field] = record[field];
  const rest = Object.entries(record).filter(([field]) => !Object.hasOwn(ordered, field));
  return rest.length === 0 ? ordered : { ...ordered, ...Object.fromEntries(rest) };
}

/** What a column of text or JSON would not give back: a half of a surrogate pair, and a field of this name. */
const BEYOND_COLUMNS = /\\ud[89a-f]|__proto__/i;

function isInOrder(kind: PartKind, record: LakeRecord): boolean {
  let last = -1;
  let isFirst = kind === "events";
  for (const field of Object.keys(record)) {
    if (isFirst) {
      if (field !== "type") return false;
      isFirst = false;
      continue;
    }
    const place = PLACES[kind].get(field) ?? -1;
    if (place <= last) return false;
    last = place;
  }
  return true;
}

/** Lines as the values of each column. A line without a record has nothing but its text. */
export function columnsOf(
  kind: PartKind,
  lines: readonly { text: string; record: LakeRecord | undefined }[],
): Value[][] {
  const columns = COLUMNS[kind];
  const data: Value[][] = columns.map(() => Array.from({ length: lines.length }, () => null));
  lines.forEach(({ text, record }, row) => {
    if (record)
      columns.forEach(({ type, field, read }, n) => {
        const value = read ? read(record) : field ? fieldOf(record, field) : undefined;
        if (value === undefined || value === null || !fits(type, value)) return;
        const values = data[n];
        if (values) values[row] = stored(type, value);
      });
    const isGiven = (place: number) => data[place]?.[row] !== null;
    const ofText = data.at(-1);
    if (ofText && (!record || BEYOND_COLUMNS.test(text) || !isWhole(kind, record, isGiven)))
      ofText[row] = text;
  });
  return data;
}

/** Whether the columns have all of the record. @param isGiven whether a column has a value */
function isWhole(kind: PartKind, record: LakeRecord, isGiven: (place: number) => boolean): boolean {
  for (const field of Object.keys(record)) {
    if (kind === "events" && field === "type") continue;
    const place = PLACES[kind].get(field);
    if (place === undefined) return false;
    if (!isGiven(place) && !(field === "profile" && record[field] === null && kind === "events"))
      return false;
  }
  return kind === "receipts" || (record.type === "event" && Object.hasOwn(record, "profile"));
}

const MAX_INT32 = 2 ** 31 - 1;
const MAX_DATE = 8.64e15;

function fits(type: Column["type"], value: unknown): boolean {
  switch (type) {
    case "STRING":
      return typeof value === "string";
    case "BOOLEAN":
      return typeof value === "boolean";
    case "INT32":
      return Number.isInteger(value) && Math.abs(value as number) <= MAX_INT32 && !Object.is(value, -0);
    case "DOUBLE":
      return typeof value === "number" && Number.isFinite(value);
    case "TIMESTAMP":
      return Number.isInteger(value) && Math.abs(value as number) <= MAX_DATE && !Object.is(value, -0);
    case "JSON":
      return typeof value === "object" && value !== null;
  }
}

const stored = (type: Column["type"], value: unknown): unknown =>
  type === "TIMESTAMP"
    ? new Date(value as number)
    : type === "STRING"
      ? (value as string).toWellFormed()
      : value;

/** The record, or the text of a line that was none. */
export function recordOfRow(kind: PartKind, row: Row): LakeRecord | string {
  if (typeof row.line === "string") {
    const value = parsed(row.line);
    return value ? inOrder(kind, value) : row.line;
  }
  const record: LakeRecord = kind === "events" ? { type: "event" } : {};
  for (const [field, place] of PLACES[kind]) {
    const value = row[COLUMNS[kind][place]?.name ?? ""];
    if (value instanceof Date) record[field] = value.getTime();
    else if (value !== null && value !== undefined) record[field] = value;
    else if (field === "profile" && kind === "events") record[field] = null;
  }
  return record;
}

/** The JSON object of a line; undefined: it is none. */
export function parsed(text: string): LakeRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as LakeRecord)
      : undefined;
  } catch {
    return undefined; // It was cut: harms only itself.
  }
}
