/** Bodies of the operator's routes of subject requests. Read by admin-routes.ts, and shown in the OpenAPI document. */
import * as z from "zod";
import { subjectIdentitySchema } from "#contracts/messages/subject_request";
import { IDENTIFIER_NAMESPACES, REGULATIONS, SUBJECT_REQUEST_TYPES } from "#contracts/taxonomy";

/** For the record of how somebody was verified; it should not say who that is, and goes when the request ends. */
const note = z.string().trim().min(1).max(500);
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
const identifier = { namespace: z.enum(IDENTIFIER_NAMESPACES), value: z.string().min(1).max(512) };
export const checkSchema = z.strictObject(identifier);
export const liftSchema = z.strictObject({ ...identifier, reason: note });
