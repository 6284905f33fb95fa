/** The shape of an event contract. A new one is a file beside this and a line in contracts/registry.ts. */
import type * as z from "zod";
import type { Traits } from "../event.ts";

export interface EventContract {
  name: string;
  /** Semantic version; the published JSON Schema of a version never changes. */
  version: string;
  description: string;
  properties: z.ZodObject;
  /** Run as tests, and shown in the docs. */
  examples: readonly { title: string; properties: Record<string, unknown>; traits?: Traits }[];
}
