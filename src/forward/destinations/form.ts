/**
 * The settings of a type as the fields of a form: of its zod schema, with the title and the description that each field
 * has in its `.meta()`. The console shows them (forms.ts), the docs list them (scripts/docs/destinations/).
 */
import * as z from "zod";
import type { DestinationType } from "./contract.ts";

export interface FormField {
  name: string;
  title: string;
  /** Markdown, a sentence or two. */
  description: string;
  /** `secret` is given as the name of a secret; a `map` has names of one's own, or those of `fields`. */
  kind: "text" | "secret" | "url" | "number" | "boolean" | "choice" | "list" | "map";
  required: boolean;
  /** What holds where it is left out; absent: nothing does. */
  default?: unknown;
  /** What a choice, or each of a list or of a map's values, may be. */
  options?: readonly string[];
  /** What stands in a map. `each`: in every value of it, under names of one's own. */
  fields?: readonly FormField[];
  each?: true;
}

/** The fields of a type's settings, in the order of the schema. */
export const formOf = ({
  settings,
  credentials,
}: Pick<DestinationType, "settings" | "credentials">): FormField[] => fieldsOf(settings, credentials);

function fieldsOf(schema: z.ZodType, credentials: readonly string[] = []): FormField[] {
  const object = bare(schema);
  if (!(object instanceof z.ZodObject)) return [];
  return Object.entries<z.ZodType>(object.shape).map(([name, field]) => {
    const { title = "", description = "" } = metaOf(field);
    const absent = field.safeParse(undefined);
    return {
      ...{ name, title, description, required: !absent.success },
      ...(credentials.includes(name) ? { kind: "secret" } : shapeOf(bare(field))),
      ...(absent.data !== undefined && { default: absent.data }),
    };
  });
}

function shapeOf(schema: z.ZodType): Pick<FormField, "kind" | "options" | "fields" | "each"> {
  const options = optionsOf(schema);
  if (options) return { kind: "choice", options };
  if (schema instanceof z.ZodNumber) return { kind: "number" };
  if (schema instanceof z.ZodBoolean) return { kind: "boolean" };
  if (schema instanceof z.ZodURL) return { kind: "url" };
  if (schema instanceof z.ZodArray) return { kind: "list", ...within(schema.element as z.ZodType) };
  if (schema instanceof z.ZodRecord) return { kind: "map", ...within(schema.valueType as z.ZodType) };
  if (schema instanceof z.ZodObject) return { kind: "map", fields: fieldsOf(schema) };
  return { kind: "text" };
}

/** What each of a list, or of a map's values, is. */
function within(schema: z.ZodType): Pick<FormField, "options" | "fields" | "each"> {
  const inner = bare(schema);
  const options = optionsOf(inner);
  if (options) return { options };
  return inner instanceof z.ZodObject ? { fields: fieldsOf(inner), each: true } : {};
}

const optionsOf = (schema: z.ZodType): string[] | undefined =>
  schema instanceof z.ZodEnum ? schema.options.map(String) : undefined;

/** What is given, without what says that it may be left out, and before a transform. */
function bare(schema: z.ZodType): z.ZodType {
  const inner = schema instanceof z.ZodPipe ? schema.in : unwrapped(schema);
  return inner ? bare(inner as z.ZodType) : schema;
}

/** The outermost that says something: a field may be made optional after it was given its meta. */
function metaOf(schema: z.ZodType): { title?: string | undefined; description?: string | undefined } {
  const inner = unwrapped(schema);
  return schema.meta() ?? (inner ? metaOf(inner as z.ZodType) : {});
}

const unwrapped = (schema: z.ZodType) =>
  schema instanceof z.ZodOptional ||
  schema instanceof z.ZodDefault ||
  schema instanceof z.ZodPrefault ||
  schema instanceof z.ZodNullable
    ? schema.unwrap()
    : undefined;
