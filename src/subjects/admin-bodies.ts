/** Bodies of the operator's routes of subject requests. Read by admin-routes.ts, and shown in the OpenAPI document. */
import type { Context } from "hono";
import * as z from "zod";
import { scrubText } from "#consent/scrub";
import { subjectIdentitySchema } from "#contracts/messages/subject_request";
import { namespaceSchema } from "#contracts/namespace_schema";
import { REGULATIONS, SUBJECT_REQUEST_TYPES } from "#contracts/taxonomy";
import { Problem } from "#core/problem";
import { MAX_TEXT_CHARS } from "#privacy/audit/entry";

/**
 * For the record of how somebody was verified; it should not say who that is, and goes when the request ends. Addresses and
 * numbers that somebody puts in all the same are taken out.
 */
const note = z
  .string()
  .trim()
  .min(1)
  .max(500)
  .overwrite((text) => scrubText(text).text);
export const newRequestSchema = z.strictObject({
  type: z.enum(SUBJECT_REQUEST_TYPES),
  regulation: z.enum(REGULATIONS),
  identities: z.array(subjectIdentitySchema).min(1),
  /** Whoever makes it has checked that the person asks; if not, it waits for `verify`. */
  verified: z.boolean(),
  note,
});
export const noteSchema = z.strictObject({ note });
export const reasonSchema = z.strictObject({ reason: note });
const identifier = { namespace: namespaceSchema, value: z.string().min(1).max(512) };
export const checkSchema = z.strictObject(identifier);
/** Its reason goes into the audit log, which leaves out what is longer. */
export const liftSchema = z.strictObject({ ...identifier, reason: note.max(MAX_TEXT_CHARS) });

/** @throws Problem 400 `invalid_json` */
export async function readBody(c: Context): Promise<unknown> {
  try {
    return await c.req.json();
  } catch {
    throw new Problem(400, "invalid_json", "The body is not JSON.");
  }
}

/** No message repeats a value. @throws Problem 400 `invalid_body` */
export function parsed<T>(schema: z.ZodType<T>, given: unknown): T {
  const read = schema.safeParse(given);
  if (read.success) return read.data;
  const issue = read.error.issues[0];
  throw new Problem(400, "invalid_body", `${issue?.path.join(".") || "body"}: ${issue?.message}`);
}
