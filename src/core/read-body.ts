/** The JSON body of an operator's request, checked. Called by the routes of profiles, identity and delivery. */
import type { Context } from "hono";
import type * as z from "zod";
import { Problem } from "./problem.ts";

/**
 * @param wanted what to send instead; without it the first thing that is wrong is named
 * @throws Problem 400 `invalid_json`, `invalid_body`
 */
export async function readBody<T>(c: Context, schema: z.ZodType<T>, wanted?: string): Promise<T> {
  let value: unknown;
  try {
    value = JSON.parse(await c.req.text());
  } catch {
    throw new Problem(400, "invalid_json", "The body is not JSON.");
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "the body";
  throw new Problem(400, "invalid_body", wanted ?? `${where}: ${issue?.message ?? "it is malformed"}.`);
}
