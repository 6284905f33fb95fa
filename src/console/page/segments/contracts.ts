/**
 * Events and their fields, from the public dictionary (`GET /contracts`): what a feature can be made of. Each event's fields
 * are asked for once. Where the dictionary does not answer (its path was renamed), names are written by hand.
 */
import type { AttributeType } from "#core/condition/types";
import type { Known } from "../condition/row.ts";
import { fieldInWords } from "./words.ts";

export interface EventKind {
  name: string;
  description: string;
}

const TIMEOUT_MS = 20_000;

async function read(path: string): Promise<unknown> {
  try {
    const response = await fetch(new URL(`contracts${path}`, document.baseURI), {
      headers: { accept: "application/json" },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    return response.ok ? await response.json() : undefined;
  } catch {
    return undefined; // What cannot be read is written by hand.
  }
}

let events: Promise<EventKind[]> | undefined;
const fields = new Map<string, Promise<ReadonlyMap<string, AttributeType>>>();

/** All kinds of events; none where the dictionary does not answer. */
export function eventKinds(): Promise<EventKind[]> {
  events ??= read("").then((answer) => {
    const contracts = isObject(answer) && Array.isArray(answer.contracts) ? answer.contracts : [];
    const found = contracts.filter(isObject).filter(({ kind }) => kind === "event");
    if (found.length === 0) events = undefined;
    return found.map(({ name, description }) => ({ name: String(name), description: String(description) }));
  });
  return events;
}

/** The fields of an event's properties, by path, that a feature can read. */
export function fieldsOf(event: string): Promise<ReadonlyMap<string, AttributeType>> {
  const known = fields.get(event);
  if (known) return known;
  const asked = read(`/${encodeURIComponent(event)}/latest`).then((schema) => {
    if (schema === undefined) fields.delete(event);
    return fieldsIn(schema);
  });
  fields.set(event, asked);
  return asked;
}

/** Exported for its test. @param schema JSON Schema of a whole event */
export function fieldsIn(schema: unknown): Map<string, AttributeType> {
  const found = new Map<string, AttributeType>();
  const properties =
    isObject(schema) && isObject(schema.properties) ? schema.properties.properties : undefined;
  collect(properties, "", found);
  return found;
}

function collect(schema: unknown, path: string, found: Map<string, AttributeType>): void {
  if (!isObject(schema)) return;
  if (schema.type === "object") {
    for (const [name, inner] of Object.entries(isObject(schema.properties) ? schema.properties : {}))
      collect(inner, path === "" ? name : `${path}.${name}`, found);
    return;
  }
  const type = typeOf(schema);
  if (path !== "" && type !== undefined) found.set(path, type);
}

function typeOf({ type, enum: values, items }: Record<string, unknown>): AttributeType | undefined {
  if (Array.isArray(values)) return { oneOf: values.map(String) };
  if (type === "number" || type === "integer") return "number";
  if (type === "string" || type === "boolean") return type;
  return type === "array" && isObject(items) && items.type === "string" ? "string[]" : undefined;
}

/** What a feature's filter may ask about. */
export const knownFields = (types: ReadonlyMap<string, AttributeType>): Known => ({
  types,
  names: [...types.keys()],
  choices: {},
  words: fieldInWords,
  everything: "Every such event",
});

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
