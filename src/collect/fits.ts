/**
 * A quick yes for what fits a schema. zod may not generate code in a Worker and interprets a schema for every event,
 * which was a third of the door's own work; here a schema becomes, once, closures that say yes or nothing. Where they do
 * not say yes, zod decides and explains. Called by check.ts and protocols/native.ts, test: whatever fits, zod takes.
 */
import * as z from "zod";
import { fieldRule } from "#contracts/fields";

export type Fits = (value: unknown) => boolean;

/** For a schema, or a part of one, that is not understood here: zod alone decides. */
const NEVER: Fits = () => false;

/**
 * Compile a schema. The value itself is not changed and keeps fields that the schema does not name, so the caller must
 * pick those that it wants, as minimisation does; inside a single marked field nothing picks, so objects there never fit.
 */
export function fitsOf(schema: z.ZodType): Fits {
  return compile(schema, false);
}

function compile(schema: z.ZodType, insideField: boolean): Fits {
  const isField = insideField || fieldRule(schema) !== undefined;
  if (schema instanceof z.ZodUnknown) return isField ? NEVER : () => true;
  if (schema instanceof z.ZodOptional) {
    const inner = compile(schema.unwrap() as z.ZodType, isField);
    return (value) => value === undefined || inner(value);
  }
  if (schema instanceof z.ZodEnum) {
    const options = new Set<unknown>(schema.options);
    return (value) => options.has(value);
  }
  if (schema instanceof z.ZodArray) {
    const element = compile(schema.element as z.ZodType, isField);
    const checks = checksOf(schema);
    return (value) => Array.isArray(value) && checks(value) && value.every(element);
  }
  if (schema instanceof z.ZodUnion) {
    const options = schema.options.map((option) => compile(option as z.ZodType, isField));
    const checks = checksOf(schema);
    return (value) => options.some((fits) => fits(value)) && checks(value);
  }
  if (schema instanceof z.ZodRecord) return isField ? NEVER : recordFits(schema);
  if (schema instanceof z.ZodBoolean) return (value) => typeof value === "boolean";
  if (schema instanceof z.ZodObject) return isField || schema.def.catchall ? NEVER : objectFits(schema);
  // An ISO date and an e-mail address are strings with a format, a safe integer a number with one.
  if (schema.def.type === "string" || schema.def.type === "number") {
    const isType: Fits =
      schema.def.type === "string" ? (v) => typeof v === "string" : (v) => Number.isFinite(v);
    const checks = checksOf(schema);
    return (value) => isType(value) && checks(value);
  }
  return NEVER;
}

function objectFits(schema: z.ZodObject): Fits {
  const fields = new Map<string, { fits: Fits; isRequired: boolean }>();
  let required = 0;
  for (const [key, field] of Object.entries(schema.shape)) {
    const isRequired = !(field instanceof z.ZodOptional);
    if (isRequired) required++;
    fields.set(key, { fits: compile(field as z.ZodType, false), isRequired });
  }
  const checks = checksOf(schema);
  return (value) => {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !checks(value)) return false;
    const record = value as Record<string, unknown>; // as just seen
    // By what there is: most fields of most events are optional and absent.
    let missing = required;
    for (const key in record) {
      const known = fields.get(key);
      if (known === undefined) continue;
      if (!known.fits(record[key])) return false;
      if (known.isRequired) missing--;
    }
    return missing === 0;
  };
}

/** A record by any text: zod takes plain objects only, as JSON makes them, and leaves out a `__proto__`. */
function recordFits(schema: z.ZodRecord): Fits {
  if (schema.def.keyType._zod.def.type !== "string") return NEVER;
  const isKey = compile(schema.keyType as z.ZodType, false);
  const element = compile(schema.valueType as z.ZodType, false);
  const checks = checksOf(schema);
  return (value) => {
    if (typeof value !== "object" || value === null || !checks(value)) return false;
    if (Object.getPrototypeOf(value) !== Object.prototype) return false;
    const record = value as Record<string, unknown>; // as just seen
    for (const key of Object.keys(record))
      if (key === "__proto__" || !isKey(key) || !element(record[key])) return false;
    return true;
  };
}

/** What zod keeps of a check: which one it is, and what it compares with. */
interface CheckDefinition {
  check?: string;
  format?: string;
  pattern?: RegExp;
  minimum?: number;
  maximum?: number;
  value?: number | bigint | Date;
  inclusive?: boolean;
}

/** All checks of a schema as one; those on lengths and bounds are only reached by values of the right type. */
function checksOf(schema: z.ZodType): Fits {
  const definition = schema.def as unknown as CheckDefinition & { checks?: { _zod: { def: unknown } }[] };
  const own = definition.check === undefined ? [] : [definition];
  const added = (definition.checks ?? []).map((check) => check._zod.def as CheckDefinition);
  const checks = [...own, ...added].map(checkOf);
  const [first, second] = checks;
  if (!first) return () => true;
  if (!second) return first;
  return (value) => checks.every((check) => check(value));
}

function checkOf({
  check,
  format,
  pattern,
  minimum,
  maximum,
  value: bound,
  inclusive,
}: CheckDefinition): Fits {
  if (check === "max_length" && maximum !== undefined)
    return (v) => (v as string | unknown[]).length <= maximum;
  if (check === "min_length" && minimum !== undefined)
    return (v) => (v as string | unknown[]).length >= minimum;
  if (check === "number_format" && format === "safeint") return (v) => Number.isSafeInteger(v);
  if (typeof bound === "number" && inclusive) {
    if (check === "greater_than") return (v) => (v as number) >= bound;
    if (check === "less_than") return (v) => (v as number) <= bound;
  }
  const isPlain = pattern !== undefined && !pattern.global && !pattern.sticky;
  if (check === "string_format" && isPlain && FORMATS.has(format ?? ""))
    return (v) => pattern.test(v as string);
  return NEVER;
}

/** Formats that are their pattern and nothing else. */
const FORMATS = new Set(["regex", "date", "datetime", "email"]);
