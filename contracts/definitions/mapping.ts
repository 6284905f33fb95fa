/**
 * The mapping language: how a release changes what a destination makes of an event. Data only, nothing is evaluated as
 * code. A mapping is checked when the release is published (src/forward/mapping/check.ts) and applied to what the type's
 * own `map` has made (src/forward/mapping/apply.ts). docs/mapping.md says what each expression does.
 */
import * as z from "zod";
import { conditionSchema } from "./condition.ts";

/** What a value is turned into. `iso_date`, `date` and the `epoch_…` read epoch ms, or an ISO 8601 text. */
export const CASTS = [
  "string",
  "number",
  "integer",
  "boolean",
  "lower",
  "upper",
  "trim",
  "iso_date",
  "date",
  "epoch_ms",
  "epoch_s",
] as const;
export type Cast = (typeof CASTS)[number];

/** How a value is made uniform before it is hashed: vendors match hashes of these forms only. */
export const HASH_FORMS = ["none", "lower", "email", "phone", "digits"] as const;
export type HashForm = (typeof HASH_FORMS)[number];

/** What happens to a field that the vendor has a value of already. */
export const WRITE_MODES = ["overwrite", "if_empty", "append", "never_backward"] as const;
export type WriteMode = (typeof WRITE_MODES)[number];

type Scalar = string | number | boolean | null;

/**
 * One value. A path that leads nowhere, and a cast that cannot be done, is no value: the field is left out. Each keyword
 * that holds an expression belongs to one form alone, so that reading what is nested takes no longer than it is large.
 */
export type Expression =
  /** `properties.order_id`, `context.page.url`, `traits.email`, `features.x`, `segments`, `profile`, `id` …; within `each`: `item.…`. */
  | { path: string }
  | { value: Scalar }
  /** Text with paths in double braces: `Order {{properties.order_id}}`. No value where one of them has none. */
  | { template: string }
  | { cast: Cast; of: Expression }
  /** SHA-256 as 64 hex digits in lower case, of the value's form. */
  | { sha256: Expression; form?: HashForm | undefined }
  /** A condition over the same paths. */
  | { if: Record<string, unknown>; is: Expression; else?: Expression | undefined }
  /** The first that has a value. */
  | { first: Expression[] }
  /** A list of those that have a value. */
  | { list: Expression[] }
  /** A list: each item of the list at the path, as an object of these fields, or as one value. */
  | { each: string; fields: Record<string, Expression> }
  | { each: string; as: Expression }
  /** A list of values as one text. */
  | { join: Expression; with: string };

/** The keywords that tell the forms apart, in the order of `expressionSchema`. */
const KEYWORDS = [
  "path",
  "value",
  "template",
  "cast",
  "sha256",
  "if",
  "first",
  "list",
  "fields",
  "as",
  "join",
];

/** No name of an object's own machinery: nothing that is set could become anything but a field. */
const NOT_INHERITED = "(?!.*(?:^|\\.)(?:__proto__|constructor|prototype)(?:\\.|$))";
const path = z
  .string()
  .regex(
    new RegExp(`^${NOT_INHERITED}[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z0-9_-]+){0,9}$`),
    'must be like "properties.order_id"',
  )
  .max(200);
/** In a body; vendors name fields `$set`, too. */
const target = z
  .string()
  .regex(
    new RegExp(`^${NOT_INHERITED}[A-Za-z_$][A-Za-z0-9_$-]*(\\.[A-Za-z0-9_$-]+){0,9}$`),
    'must be a path in the body such as "properties.x"',
  )
  .max(200);
const field = z
  .string()
  .regex(new RegExp(`^${NOT_INHERITED}[A-Za-z_$][A-Za-z0-9_$-]{0,99}$`), "must be a field's name");

export const expressionSchema: z.ZodType<Expression> = z.lazy(() =>
  z.union(
    [
      z.strictObject({ path }),
      z.strictObject({ value: z.union([z.string().max(1_000), z.number(), z.boolean(), z.null()]) }),
      z.strictObject({ template: z.string().max(1_000) }),
      z.strictObject({ cast: z.enum(CASTS), of: expressionSchema }),
      z.strictObject({ sha256: expressionSchema, form: z.enum(HASH_FORMS).optional() }),
      z.strictObject({ if: conditionSchema, is: expressionSchema, else: expressionSchema.optional() }),
      z.strictObject({ first: z.array(expressionSchema).min(1).max(20) }),
      z.strictObject({ list: z.array(expressionSchema).min(1).max(20) }),
      z.strictObject({ each: path, fields: z.record(field, expressionSchema) }),
      z.strictObject({ each: path, as: expressionSchema }),
      z.strictObject({ join: expressionSchema, with: z.string().max(20) }),
    ],
    { error: whatIsWrong },
  ),
);

/** In the words of the form that was meant, with the place in it: of a union zod would say no more than "invalid". */
function whatIsWrong(issue: z.core.$ZodRawIssue): string {
  const { input } = issue;
  const meant =
    typeof input === "object" && input !== null
      ? KEYWORDS.findIndex((keyword) => Object.hasOwn(input, keyword))
      : -1;
  const [first] = (issue.code === "invalid_union" && issue.errors[meant]) || [];
  if (!first)
    return "must be an expression: an object with path, value, template, cast, sha256, if, first, list, each or join";
  return first.path.length > 0 ? `at ${first.path.join(".")}: ${first.message}` : first.message;
}

export const mappingSchema = z.strictObject({
  /** Names of events it is for, `profile_change` among them; of several mappings for one event each is applied in turn. */
  events: z.array(z.string()).min(1).max(100),
  /** Only for events of which this holds. */
  when: conditionSchema.optional(),
  /** Do not send these events at all: the receipt says `mapping`. */
  skip: z.boolean().default(false),
  /** Path in the destination's body → its value. */
  set: z.record(target, expressionSchema).default({}),
  /** Paths in the body that are left out. */
  remove: z.array(target).max(100).default([]),
  /** Of fields that the vendor keeps: how they are written. Only types with records have write modes. */
  modes: z.record(target, z.enum(WRITE_MODES)).default({}),
});
export type Mapping = z.infer<typeof mappingSchema>;
