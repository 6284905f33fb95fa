/** An adapter's example: one entry of an answer, asked for in Slovak, and what it is. */
import type { Found } from "../contract.ts";

export interface AdapterExample {
  title: string;
  settings: Record<string, unknown>;
  entry: unknown;
  found: Found[];
}
