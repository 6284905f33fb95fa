/**
 * Lines of the lake as a Parquet file, and back. The writer and the reader are loaded only here, by whoever compacts,
 * erases or reads back; nothing that answers visitors does. Files are Snappy, one row group, readable by DuckDB and Spark.
 */
import type { SchemaElement } from "hyparquet";
import {
  COLUMNS,
  type Column,
  columnsOf,
  inOrder,
  type LakeRecord,
  parsed,
  type Row,
  recordOfRow,
} from "./columns.ts";
import type { PartKind } from "./places.ts";

/** A line of landing or of a part: its text, and what it says; undefined: it is no JSON object. */
export interface Line {
  text: string;
  record: LakeRecord | undefined;
}

/** A landing file's or a part's line, its fields in the lake's order. */
export function lineOf(text: string): Line {
  const record = parsed(text);
  if (!record) return { text, record };
  const ordered = inOrder(kindOf(record), record);
  // Ours are written in this order already.
  return ordered === record ? { text, record } : { text: JSON.stringify(ordered), record: ordered };
}

/** Which files a line belongs to; what says nothing of itself lies among the receipts. */
export const kindOf = (record: LakeRecord | undefined): PartKind =>
  record?.type === "event" ? "events" : "receipts";

/** A part as the bytes of a Parquet file. */
export async function toParquet(kind: PartKind, lines: readonly Line[]): Promise<Uint8Array<ArrayBuffer>> {
  const { parquetWriteBuffer } = await import("hyparquet-writer/src/write.js");
  const columns = COLUMNS[kind];
  const data = columnsOf(kind, lines);
  // Nobody asks for a range of JSON, whose bounds would be whole values.
  const columnData = columns.map(({ name, type }, n) => ({
    name,
    data: data[n] ?? [],
    statistics: type !== "JSON" && name !== "line",
  }));
  const schema: SchemaElement[] = [
    { name: "root", num_children: columns.length },
    ...columns.map(({ name, type }) => ({ name, repetition_type: "OPTIONAL" as const, ...PHYSICAL[type] })),
  ];
  const options = { columnData, schema, rowGroupSize: Math.max(1, lines.length), createdBy: "doorstep" };
  return new Uint8Array(parquetWriteBuffer(options));
}

/** https://parquet.apache.org/docs/file-format/types/logicaltypes/ */
const PHYSICAL = {
  STRING: { type: "BYTE_ARRAY", converted_type: "UTF8", logical_type: { type: "STRING" } },
  JSON: { type: "BYTE_ARRAY", converted_type: "JSON", logical_type: { type: "JSON" } },
  TIMESTAMP: {
    type: "INT64",
    converted_type: "TIMESTAMP_MILLIS",
    logical_type: { type: "TIMESTAMP", isAdjustedToUTC: true, unit: "MILLIS" },
  },
  INT32: { type: "INT32" },
  DOUBLE: { type: "DOUBLE" },
  BOOLEAN: { type: "BOOLEAN" },
} as const satisfies Record<Column["type"], Partial<SchemaElement>>;

/** All lines of a part, in its order. @throws Error where it is no Parquet file */
export async function fromParquet(kind: PartKind, bytes: ArrayBuffer): Promise<Line[]> {
  const rows = await readRows(
    bytes,
    COLUMNS[kind].flatMap(({ name, field }) => (field === undefined ? [] : [name])),
  );
  return rows.map((row) => {
    const record = recordOfRow(kind, row);
    return typeof record === "string"
      ? { text: record, record: undefined }
      : { text: JSON.stringify(record), record };
  });
}

/** Some columns alone: what a search asks of a part before it reads all of it. */
export async function readRows(bytes: ArrayBuffer, columns: string[]): Promise<Row[]> {
  const { parquetReadObjects } = await import("hyparquet/src/read.js");
  return await parquetReadObjects({ file: bytes, columns });
}
