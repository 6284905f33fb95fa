/**
 * How a route is described here: as plain data, by the names of its schemas and the codes of its problems. One file per
 * group of routes, in public/ and admin/; document.ts makes OpenAPI of them.
 */
import type * as z from "zod";
import type { ProblemCodes } from "./problems.ts";

export type JsonSchema = Record<string, unknown>;

/** JSON by the name of its schema among `requests` or `answers`, and examples by their title. */
export interface JsonBody {
  schema: string;
  examples: Record<string, unknown>;
}

export interface Parameter {
  name: string;
  in: "path" | "query" | "header" | "cookie";
  description: string;
  schema: JsonSchema;
  /** Path parameters always are. */
  required?: boolean;
}

/** A successful answer, or one that is no problem+json. */
export interface Answer {
  description: string;
  json?: JsonBody;
  /** Other media types, each with an example. */
  text?: Record<string, string>;
  /** Headers that a caller may care for, each with what it says. */
  headers?: Record<string, string>;
}

/** Names of schemes of security.ts; each entry is one way in, and an empty list none at all. */
export type Security = readonly (readonly string[])[];

export interface Operation {
  /** Unique, camelCase: what generated clients call it. */
  id: string;
  summary: string;
  description?: string;
  security: Security;
  parameters?: readonly Parameter[];
  body?: JsonBody & { description?: string };
  answers: Record<number, Answer>;
  /** One list, or several together. */
  problems?: ProblemCodes | readonly ProblemCodes[];
}

export type Method = "get" | "put" | "post" | "patch" | "delete";

/** Routes that belong together: one tag of the document. */
export interface Group {
  tag: string;
  description: string;
  /** Schemas of what is sent, by name: fields with a default may be left out. */
  requests: Record<string, z.ZodType>;
  /** Schemas of what is answered, by name. */
  answers: Record<string, z.ZodType>;
  /** By path below the base path, parameters in braces. */
  paths: Record<string, Partial<Record<Method, Operation>>>;
}
