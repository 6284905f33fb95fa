/** The settings of every type as a form, and the shapes that a form knows. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import type { DestinationType } from "#forward/destinations/contract";
import { type FormField, formOf } from "#forward/destinations/form";
import { DESTINATION_TYPES } from "#forward/destinations/registry";

const nested = (fields: readonly FormField[]): FormField[] =>
  fields.flatMap((field) => [field, ...nested(field.fields ?? [])]);

describe.each(Object.entries<DestinationType>(DESTINATION_TYPES))("%s", (_, type) => {
  const form = formOf(type);

  it("has a title and a description for every setting, and for every one within", () => {
    expect(form.length).toBeGreaterThan(0);
    const wanting = nested(form).filter(
      ({ title, description }) => title.length < 3 || description.length < 5,
    );
    expect(wanting.map(({ name }) => name)).toEqual([]);
  });

  it("shows its credentials as secrets, and nothing else", () => {
    const secrets = form.filter(({ kind }) => kind === "secret").map(({ name }) => name);
    expect(secrets.sort()).toEqual([...type.credentials].sort());
  });
});

describe("a form", () => {
  const said = { title: "Title", description: "What it is." };
  const field = (schema: z.ZodType, credentials: string[] = []) => {
    const [only] = formOf({ settings: z.strictObject({ field: schema }), credentials });
    return only;
  };

  it.each<[string, z.ZodType, Partial<FormField>]>([
    ["a text", z.string().min(1).meta(said), { kind: "text", required: true }],
    ["a number", z.int().min(1).meta(said), { kind: "number", required: true }],
    ["a boolean", z.boolean().default(true).meta(said), { kind: "boolean", required: false, default: true }],
    ["a URL", z.url({ protocol: /^https$/ }).meta(said), { kind: "url", required: true }],
    [
      "a choice",
      z.enum(["a", "b"]).default("b").meta(said),
      { kind: "choice", options: ["a", "b"], required: false, default: "b" },
    ],
    [
      "a list of choices",
      z
        .array(z.enum(["a", "b"]))
        .default([])
        .meta(said),
      { kind: "list", options: ["a", "b"], required: false, default: [] },
    ],
    [
      "names of one's own",
      z.record(z.string(), z.string()).optional().meta(said),
      { kind: "map", required: false },
    ],
    [
      "fields under names of one's own",
      z.record(z.string(), z.strictObject({ x: z.number().meta(said) })).meta(said),
      {
        kind: "map",
        required: true,
        each: true,
        fields: [{ name: "x", ...said, kind: "number", required: true }],
      },
    ],
    [
      "fields within",
      z
        .strictObject({ x: z.string().optional().meta(said) })
        .optional()
        .meta(said),
      { kind: "map", required: false, fields: [{ name: "x", ...said, kind: "text", required: false }] },
    ],
    [
      "a text or a word",
      z.union([z.string(), z.literal(false)]).meta(said),
      { kind: "text", required: true },
    ],
    [
      "a text that is read, and had its meta before it was made optional",
      z
        .string()
        .transform((text) => ({ text }))
        .meta(said)
        .optional(),
      { kind: "text", required: false },
    ],
  ])("knows %s", (_, schema, expected) => {
    expect(field(schema)).toEqual({ name: "field", ...said, ...expected });
  });

  it("asks for a credential as a secret, whatever its schema", () => {
    expect(field(z.string().meta(said), ["field"])).toMatchObject({ kind: "secret", required: true });
  });

  it("is the same where the settings as a whole are checked and changed", () => {
    const settings = z
      .strictObject({ a: z.string().meta(said) })
      .refine(() => true)
      .transform((given) => ({ given }));
    expect(formOf({ settings, credentials: [] })).toMatchObject([{ name: "a", kind: "text" }]);
  });
});
