/**
 * `doorstep.d.ts`, for sites written in TypeScript: src/browser/types.ts with what it imports written out, so that the
 * file needs no other. Called by scripts/build-browser.ts; test/unit/browser/declarations.test.ts compiles the result.
 */
import { readFile } from "node:fs/promises";
import * as z from "zod";
import { traitsSchema } from "#contracts/event";
import { EVENT_CONTRACTS } from "#contracts/registry";
import { PURPOSES } from "#contracts/taxonomy";

const API = new URL("../../src/browser/types.ts", import.meta.url);
const EVENTS = new URL("../../src/browser/event-properties.ts", import.meta.url);

/** The part of JSON Schema that contracts come to. */
type Schema = z.core.JSONSchema.JSONSchema;

/** The text of the declaration file. Throws where a contract has a shape that is not known here. */
export async function declarations(): Promise<string> {
  const [api, events] = await Promise.all([readFile(API, "utf8"), readFile(EVENTS, "utf8")]);
  // What is left of the file after its imports and the re-export of them.
  const own = api.slice(api.indexOf(";\n", api.indexOf("export type {")) + 2).trim();
  const names = /export type EcommerceName = Extract<\s*keyof Contracts,\s*([^>]+?)\s*>;/.exec(events)?.[1];
  if (!names) throw new Error("event-properties.ts no longer lists the names of e-commerce events");
  const contracts = Object.values(EVENT_CONTRACTS).map(
    ({ name, description, properties }) =>
      `  /** ${description} */\n  ${name}: ${typeOf(schemaOf(properties), "  ")};`,
  );
  return `/**
 * Types of the browser script, /doorstep.js: made with it, from the same contracts as the door checks events against.
 * Reference this file, and \`window.doorstep\` has a type.
 */

/** What a visitor can grant. */
export type Purpose = ${PURPOSES.map((purpose) => JSON.stringify(purpose)).join(" | ")};

/** A person's own data. */
export interface Traits ${typeOf(schemaOf(traitsSchema()), "")}

/** Properties by name of event. */
export interface EventProperties {
${contracts.join("\n")}
}

/** Events that GA4 knows by the same name and with \`items\` or a promotion. */
export type EcommerceName = ${names.replace(/\s*\|\s*/g, " | ").replace(/^ \| /, "")};

${own}
`;
}

const schemaOf = (schema: z.ZodType): Schema =>
  z.toJSONSchema(schema, { io: "input", target: "draft-2020-12" });

function typeOf(schema: Schema | boolean, indent: string): string {
  if (typeof schema === "boolean" || Object.keys(schema).length === 0) return "unknown";
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.anyOf) return schema.anyOf.map((option) => typeOf(option, indent)).join(" | ");
  if (schema.type === "array" && !Array.isArray(schema.items)) {
    const item = typeOf(schema.items ?? {}, indent);
    return /^\w+$/.test(item) || item.startsWith("{") ? `readonly ${item}[]` : `readonly (${item})[]`;
  }
  if (schema.type === "integer") return "number";
  if (schema.type === "string" || schema.type === "number" || schema.type === "boolean") return schema.type;
  if (schema.type !== "object") throw new Error(`no TypeScript is known for ${JSON.stringify(schema)}`);
  const inner = `${indent}  `;
  const fields = Object.entries(schema.properties ?? {}).map(([key, field]) => {
    const isRequired = schema.required?.includes(key);
    return `${inner}${key}${isRequired ? "" : "?"}: ${typeOf(field, inner)}${isRequired ? "" : " | undefined"};\n`;
  });
  if (fields.length === 0)
    return schema.propertyNames
      ? `Record<string, ${typeOf(schema.additionalProperties ?? {}, indent)}>`
      : "Record<string, never>";
  return `{\n${fields.join("")}${indent}}`;
}
