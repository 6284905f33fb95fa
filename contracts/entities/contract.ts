/**
 * The shape of an entity contract: a thing that events are about, as it is written down and handed on. A new one is a
 * file beside this and a line in contracts/registry.ts.
 */
import type * as z from "zod";
import type { Versioned } from "../version.ts";

export interface EntityContract extends Versioned {
  fields: z.ZodObject;
  /** Run as tests, and shown in the docs. */
  examples: readonly { title: string; value: Record<string, unknown> }[];
  /** Older versions that may still be met, oldest first. Nobody sends entities to the door: nothing is upgraded. */
  previous?: readonly { version: string; fields: z.ZodObject }[];
}
