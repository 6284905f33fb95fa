/** Zod schemas as the JSON Schemas of `components.schemas`. A schema that has a name of its own becomes a reference. */
import * as z from "zod";
import type { JsonSchema } from "./description.ts";

/** The address of a named schema within the document. */
export const refTo = (name: string): { $ref: string } => ({ $ref: `#/components/schemas/${name}` });

/**
 * All named schemas of a document. A name that stands in both lists must mean the same in both.
 * @param requests what is sent: fields with a default may be left out
 * @param answers what is answered: fields may be added to it later, unless its schema is strict
 */
export function componentSchemas(
  requests: Record<string, z.ZodType>,
  answers: Record<string, z.ZodType>,
): Record<string, JsonSchema> {
  const found = convert(requests, "input");
  for (const [name, schema] of Object.entries(convert(answers, "output"))) {
    const other = found[name];
    if (other && JSON.stringify(other) !== JSON.stringify(schema)) {
      throw new Error(`the name ${name} stands for two schemas`);
    }
    found[name] = schema;
  }
  return found;
}

function convert(named: Record<string, z.ZodType>, io: "input" | "output"): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(named)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    io,
    target: "draft-2020-12",
    uri: (id) => refTo(id).$ref,
    override: ({ zodSchema, jsonSchema }) => {
      // The format says it; zod's pattern of a date is 300 characters.
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
      const isStrict = zodSchema instanceof z.ZodObject && zodSchema.def.catchall !== undefined;
      if (io === "output" && jsonSchema.additionalProperties === false && !isStrict)
        delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, { $schema: _, $id: __, ...schema }]) => [name, schema]),
  );
}
