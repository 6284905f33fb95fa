/**
 * How a contract says what each field is and whom it may serve. The mark lives in the field's zod metadata, so that it
 * travels into the published JSON Schema, and the door compiles it into its minimisation plan (consent/minimise.ts).
 */
import type * as z from "zod";
import type { FieldClass, Purpose } from "./taxonomy.ts";

/** What a field is and which granted purposes let it through. */
export interface FieldRule {
  class: FieldClass;
  /** The field leaves the door in the clear, or sealed when it is personal, if one of these is granted. */
  purposes: readonly Purpose[];
  /** For identifiers: a keyed hash may be kept for these purposes although the value itself may not. */
  hashedFor?: readonly Purpose[];
  /** How the value is coarsened before it goes on. */
  reduce?: "url" | "text";
}

export const ALL: readonly Purpose[] = ["analytics", "marketing", "personalization"];
const INSIGHT: readonly Purpose[] = ["analytics", "personalization", "marketing"];
const MARKETING: readonly Purpose[] = ["marketing"];

const mark = <T extends z.ZodType>(schema: T, rule: FieldRule): T =>
  schema.meta({ ...schema.meta(), "x-doorstep": rule });

/** What a person did: serves any granted purpose. */
export const behavioural = <T extends z.ZodType>(schema: T, reduce?: "url" | "text"): T =>
  mark(schema, { class: "behavioural", purposes: INSIGHT, ...(reduce && { reduce }) });

/** What the machine needs to make sense of an event. */
export const technical = <T extends z.ZodType>(schema: T, purposes: readonly Purpose[] = ALL): T =>
  mark(schema, { class: "technical", purposes });

/** Says something about a person; sealed at the door and only kept with consent for marketing. */
export const personal = <T extends z.ZodType>(schema: T): T =>
  mark(schema, { class: "personal", purposes: MARKETING });

/** Singles a person out. The value needs marketing; its keyed hash any of `hashedFor`. */
export const identifier = <T extends z.ZodType>(schema: T, hashedFor: readonly Purpose[]): T =>
  mark(schema, { class: "identifier", purposes: MARKETING, hashedFor });

/** The rule of a field, or undefined for a container (object, array) that carries its rules inside. */
export function fieldRule(schema: z.ZodType): FieldRule | undefined {
  const rule = schema.meta()?.["x-doorstep"];
  // The metadata is written by `mark` alone, which takes a FieldRule.
  return rule as FieldRule | undefined;
}
