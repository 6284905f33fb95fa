/**
 * `GET /query?q=` for statements of the form `SELECT a,b FROM O WHERE f IN ('x','y')`, and the same as a subrequest of
 * `POST /composite`. Moments come back in Salesforce's form, texts match without case.
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-query.html
 * https://developer.salesforce.com/docs/platform/api-rest/guide/resources-composite-composite-post.html
 */
import { z } from "zod";
import type { Reply } from "../../http.ts";
import { json } from "../../http.ts";
import { refuse } from "./errors.ts";
import type { SObject } from "./org.ts";
import { fieldNamed, OBJECTS } from "./org.ts";
import type { Store, Stored } from "./store.ts";

const STATEMENT = /^SELECT ([\w.,]+) FROM (\w+) WHERE ([\w.]+) IN \((.*)\)$/s;
const TEXT = /'((?:[^'\\]|\\.)*)'/gs;
const MAX_STATEMENT = 100_000;

export function runQuery(soql: string, store: Store): Reply {
  const [, columns = "", name = "", given = "", list = ""] = STATEMENT.exec(soql) ?? [];
  if (columns === "" || soql.length > MAX_STATEMENT)
    return refuse(400, "MALFORMED_QUERY", "unexpected token");
  const object = OBJECTS[name];
  if (object === undefined)
    return refuse(
      400,
      "INVALID_TYPE",
      `SELECT ${columns} FROM ${name}\nERROR at Row:1:Column:1\nsObject type '${name}' is not supported.`,
    );
  const field = fieldNamed(object, given) ?? given;
  const names = columns.split(",").map((column) => fieldNamed(object, column) ?? column);
  const twice = names.find((column, n) => names.indexOf(column) !== n);
  if (twice !== undefined)
    return refuse(400, "INVALID_FIELD", `ERROR at Row:1:Column:8\nduplicate field selected: ${twice}`);
  const unknown = [...names, field].find((column) => !isColumn(object, column));
  if (unknown !== undefined)
    return refuse(
      400,
      "INVALID_FIELD",
      `ERROR at Row:1:Column:8\nNo such column '${unknown}' on entity '${name}'.`,
    );
  const wanted = new Set(
    [...list.matchAll(TEXT)].map(([, text = ""]) => text.replace(/\\(.)/gs, "$1").toLowerCase()),
  );
  const found = store
    .all()
    .filter(
      (record) => record.object === name && wanted.has(String(fieldOf(record, field, store)).toLowerCase()),
    );
  return json(200, {
    totalSize: found.length,
    done: true,
    records: found.map((record) => ({
      attributes: { type: name, url: `/services/data/v67.0/sobjects/${name}/${record.id}` },
      ...Object.fromEntries(
        names.map((column) => [column, shown(object, column, fieldOf(record, column, store))]),
      ),
    })),
  });
}

function isColumn(object: SObject, column: string): boolean {
  const [first = "", second] = column.split(".");
  if (column === "Id") return true;
  const field = object.fields[first];
  if (second === undefined) return field !== undefined;
  return field?.type === "reference" && OBJECTS[field.to]?.fields[second] !== undefined;
}

function fieldOf(record: Stored, column: string, store: Store): unknown {
  if (column === "Id") return record.id;
  const [first = "", second] = column.split(".");
  const value = record.values[first];
  return second === undefined ? (value ?? null) : store.byId(String(value))?.values[second];
}

/** A checkbox is never empty, and a moment is written with milliseconds and a zone of four digits. */
function shown(object: SObject, column: string, value: unknown): unknown {
  const type = object.fields[column]?.type;
  if (type === "boolean") return value === true;
  return type === "datetime" && typeof value === "string"
    ? new Date(value).toISOString().replace("Z", "+0000")
    : value;
}

const compositeRequest = z.object({
  allOrNone: z.boolean().default(false),
  compositeRequest: z
    .array(z.object({ method: z.literal("GET"), url: z.string(), referenceId: z.string().regex(/^\w+$/) }))
    .min(1)
    // "Up to 5 of these subrequests can be sObject Collections or query operations."
    .max(5),
});

/** The composite resource, for queries alone. */
export function runComposite(body: unknown, store: Store): Reply {
  const parsed = compositeRequest.safeParse(body);
  if (!parsed.success) return refuse(400, "JSON_PARSER_ERROR", "Unrecognized field at [line:1, column:1]");
  const compositeResponse = parsed.data.compositeRequest.map(({ url, referenceId }) => {
    const soql = /^\/services\/data\/v\d+\.0\/query\/?$/.test(new URL(url, "http://org").pathname)
      ? new URL(url, "http://org").searchParams.get("q")
      : null;
    const reply =
      soql === null
        ? refuse(404, "NOT_FOUND", "The requested resource does not exist")
        : runQuery(soql, store);
    return {
      body: JSON.parse(String(reply.body)),
      httpHeaders: {},
      httpStatusCode: reply.status,
      referenceId,
    };
  });
  return json(200, { compositeResponse });
}
