/** A type's settings as a table: its form, with the fields of maps under their own names. */
import { type FormField, formOf } from "#forward/destinations/form";
import { table } from "../markers.ts";
import type { Documented } from "./documented.ts";

export const settingsTable = ({ type }: Documented): string =>
  table(["setting", "", "kind", "default"], rowsOf(formOf(type), ""));

const rowsOf = (fields: readonly FormField[], before: string): string[][] =>
  fields.flatMap((field) => {
    const path = `${before}${field.name}`;
    const row = [`\`${path}\``, `**${field.title}.** ${field.description}`, kindOf(field), defaultOf(field)];
    return [row, ...rowsOf(field.fields ?? [], `${path}.${field.each ? "*." : ""}`)];
  });

function kindOf({ kind, options = [] }: FormField): string {
  const choices = options.map((option) => `\`${option}\``).join(", ");
  if (kind === "choice") return choices;
  const name = kind === "secret" ? 'secret: `{"$secret": "NAME"}`' : kind;
  return choices ? `${name} of ${choices}` : name;
}

function defaultOf(field: FormField): string {
  if (field.required) return "**required**";
  const isNothing = field.default === undefined || ["{}", "[]"].includes(JSON.stringify(field.default));
  return isNothing ? "" : `\`${String(field.default)}\``;
}
