/**
 * What a repair would do, to be looked at by an operator: kept events before and after, and whether each would pass.
 * Values of fields that a contract calls behavioural or technical are shown; of all others only what kind of value it
 * is, also where a repair has moved it into a field that is shown. Nothing is changed. Pure.
 */
import * as z from "zod";
import { CASTS } from "#contracts/definitions/repair";
import { contextSchema, traitsSchema } from "#contracts/event";
import { fieldRule } from "#contracts/fields";
import { EVENT_CONTRACTS, isEventName } from "#contracts/registry";
import type { Issue } from "../issues.ts";
import { withoutPersonal } from "../refusal.ts";
import { type Refused, type Rules, readmit } from "./readmit.ts";
import { castTo, type Draft } from "./repair.ts";

/** One field as it is shown. */
export interface ShownField {
  path: string;
  /** A value as JSON, or a kind such as `text of 12 characters`. */
  value: string;
  masked: boolean;
}

export interface Tried {
  id: string;
  received_at: string;
  before: { name: string; fields: ShownField[] };
  after: { name: string; fields: ShownField[] };
  /** Paths of what consent did not allow to keep. */
  left: string[];
  result: { passes: true } | { passes: false; code: string; issues: Issue[] };
}

const MAX_FIELDS = 60;
const MAX_SHOWN_CHARS = 120;

/** Try repairs on one kept event. */
export async function tryRepairs(refused: Refused, rules: Rules): Promise<Tried> {
  const { id, receivedAt, kept } = refused;
  const result = await readmit(refused, rules);
  const hidden = new Set<unknown>();
  const { name, properties, context, traits } = kept;
  return {
    id,
    received_at: new Date(receivedAt).toISOString(),
    before: { name, fields: shown({ name, properties, context, traits }, hidden) },
    after: { name: result.draft.name, fields: shown(result.draft, hidden) },
    left: kept.left,
    result: result.ok ? { passes: true } : { passes: false, code: result.code, issues: result.issues },
  };
}

/** @param hidden values that were masked; those of this draft are added */
function shown({ name, properties, context, traits }: Draft, hidden: Set<unknown>): ShownField[] {
  const fields: ShownField[] = [];
  const schema = isEventName(name) ? EVENT_CONTRACTS[name].properties : undefined;
  add(fields, "properties", schema, properties, hidden);
  add(fields, "context", contextSchema(), context, hidden);
  add(fields, "traits", traitsSchema(), traits, hidden);
  return fields;
}

function add(
  fields: ShownField[],
  path: string,
  schema: z.ZodType | undefined,
  value: unknown,
  hidden: Set<unknown>,
): void {
  if (value === undefined) return;
  if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value))
      add(fields, `${path}.${key}`, within(schema, key), inner, hidden);
    return;
  }
  const rule = schema && fieldRule(schema);
  const isOpen = rule?.class === "behavioural" || rule?.class === "technical";
  const masked = !isOpen || hidden.has(comparable(value));
  if (masked) hide(value, hidden);
  // Also what is not shown is to be known as hidden: a repair may move it to the front.
  if (fields.length >= MAX_FIELDS) return;
  const text = masked ? kindOf(value) : JSON.stringify(value).slice(0, MAX_SHOWN_CHARS);
  fields.push({ path: withoutPersonal(path.slice(0, 200)), value: text, masked });
}

const comparable = (value: unknown): string => String(value).trim().toLowerCase();

/** A value that casts have changed is still the same secret: a birthday's date, a telephone number without its zero. */
function hide(value: unknown, hidden: Set<unknown>): void {
  const forms = [value];
  // A set of forms grows while it is walked: each cast of each form, until there is no new one.
  for (const form of forms) {
    if (typeof form === "boolean") continue;
    hidden.add(comparable(form));
    for (const cast of CASTS) {
      const made = castTo(form, cast);
      if (!forms.includes(made)) forms.push(made);
    }
  }
}

function within(schema: z.ZodType | undefined, key: string): z.ZodType | undefined {
  if (schema === undefined) return undefined;
  if (schema instanceof z.ZodOptional) return within(schema.unwrap() as z.ZodType, key);
  if (schema instanceof z.ZodArray) {
    const rule = fieldRule(schema);
    return rule ? schema : unwrapped(schema.element as z.ZodType);
  }
  if (schema instanceof z.ZodRecord) return unwrapped(schema.valueType as z.ZodType);
  if (!(schema instanceof z.ZodObject) || !Object.hasOwn(schema.shape, key)) return undefined;
  return unwrapped(schema.shape[key] as z.ZodType);
}

/** A field's mark may be on what is optional, or within. */
const unwrapped = (schema: z.ZodType): z.ZodType =>
  fieldRule(schema) === undefined && schema instanceof z.ZodOptional
    ? unwrapped(schema.unwrap() as z.ZodType)
    : schema;

function kindOf(value: unknown): string {
  if (typeof value === "string") return `text of ${value.length} characters`;
  return typeof value === "number" ? "a number" : typeof value === "boolean" ? "yes or no" : "nothing";
}
