/**
 * One payload of Snowplow's tracker protocol v2, read: a flat object whose self-describing parts are JSON, as it is
 * (`ue_pr`, `co`) or as base64url (`ue_px`, `cx`). Used by snowplow.ts; what it means is the business of the mappings.
 * Source: https://docs.snowplow.io/docs/events/going-deeper/event-parameters/ and the npm trackers.
 */
import { fromBase64Url } from "#core/base64";
import { Problem } from "#core/problem";
import { parseJson } from "#door/body";
import { asId, asRecord, asText } from "../shape.ts";

export type Fields = Readonly<Record<string, unknown>>;

/** A piece of data that names its schema: the event itself, or one of the entities that came with it. */
export interface SelfDescribing {
  vendor: string;
  name: string;
  data: Fields;
}

export interface Payload {
  /** `pv`, `pp`, `se`, `ue`, `tr`, `ti`, or what else a sender makes up. */
  type: string;
  fields: Fields;
  /** Of `ue` alone. */
  event?: SelfDescribing;
  entities: readonly SelfDescribing[];
}

/** What is wrong with a payload that cannot be read. */
interface Unreadable {
  path: string;
  message: string;
}

/** More entities than this come with no event that a tracker makes. */
const MAX_ENTITIES = 200;
const SCHEMA = /^iglu:([\w.-]{1,128})\/([\w-]{1,128})\/[\w-]+\/\d+-\d+-\d+$/;
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

/** A field's text; trackers send texts alone, and a number of a careless sender is taken as its digits. */
export const textOf = (fields: Fields, key: string): string | undefined => {
  const value = fields[key];
  return typeof value === "number" ? String(value) : asText(value);
};

/** Read one payload. */
export function readPayload(fields: Fields): Payload | Unreadable {
  const type = asId(fields.e, 64);
  if (type === undefined) return { path: "e", message: "is required: what kind of event it is" };
  const contexts = embedded(fields, "co", "cx");
  if (contexts === "bad") return { path: "cx", message: "must be JSON of self-describing entities" };
  const entities = contexts === undefined ? [] : entitiesOf(contexts);
  if (!entities) return { path: "cx", message: `must be a list of at most ${MAX_ENTITIES} entities` };
  if (type !== "ue") return { type, fields, entities };
  const wrapped = embedded(fields, "ue_pr", "ue_px");
  const event = wrapped === "bad" ? undefined : selfDescribing(asRecord(wrapped)?.data);
  if (!event) return { path: "ue_px", message: "must be JSON of a self-describing event" };
  return { type, fields, event, entities };
}

/** JSON in a field, plain or encoded; undefined where there is neither. */
function embedded(fields: Fields, plain: string, encoded: string): unknown | "bad" {
  const asIs = asText(fields[plain]);
  const text = asIs ?? decoded(asText(fields[encoded]));
  if (text === undefined) return undefined;
  try {
    return parseJson(text);
  } catch (error) {
    if (error instanceof Problem) return "bad"; // no JSON, or nested too deep
    throw error;
  }
}

/** Some trackers use the other alphabet, whose `+` a query makes a space. */
function decoded(base64: string | undefined): string | undefined {
  if (base64 === undefined) return undefined;
  const bytes = fromBase64Url(base64.replaceAll(/[+ ]/g, "-").replaceAll("/", "_"));
  if (!bytes) return "";
  try {
    return decoder.decode(bytes);
  } catch {
    return ""; // not UTF-8, and so no JSON either
  }
}

function entitiesOf(contexts: unknown): SelfDescribing[] | undefined {
  const list = asRecord(contexts)?.data;
  if (!Array.isArray(list) || list.length > MAX_ENTITIES) return undefined;
  return list.map(selfDescribing).filter((entity) => entity !== undefined);
}

function selfDescribing(value: unknown): SelfDescribing | undefined {
  const record = asRecord(value);
  const [, vendor, name] = SCHEMA.exec(asText(record?.schema) ?? "") ?? [];
  if (vendor === undefined || name === undefined) return undefined;
  return { vendor, name, data: asRecord(record?.data) ?? {} };
}

/** Data of the entities of one schema, whatever its version. */
export const entitiesNamed = (
  { entities }: Pick<Payload, "entities">,
  vendor: string,
  name: string,
): Fields[] => entities.filter((e) => e.vendor === vendor && e.name === name).map(({ data }) => data);
