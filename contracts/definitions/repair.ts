/**
 * A repair: how refused events of one cause are put right, written in the release. Its steps run in order on what the
 * quarantine has kept (src/collect/quarantine/repair.ts); the event then meets its contract again, as at the door.
 */
import * as z from "zod";
import { REPAIRABLE_CODES } from "./repair_codes.ts";

const FORBIDDEN = new Set(["__proto__", "constructor", "prototype"]);

/** `properties.items.*.price`: a root, then names; `*` is each element of a list. */
export const repairPathSchema = z
  .string()
  .regex(
    /^(properties|context|traits)(\.(\*|[^.*]{1,64})){1,8}$/u,
    "must be like properties.value or properties.items.*.price",
  )
  .refine((path) => !path.split(".").some((name) => FORBIDDEN.has(name)), "names a part of every object");

/** A path to a field, not to all elements of a list. */
const field = repairPathSchema.refine((path) => !path.endsWith("*"), "must end in a field's name");

/** What a cast makes of a value; one that cannot be cast stays as it is, and the contract says so. */
export const CASTS = ["number", "string", "boolean", "date", "uppercase", "lowercase"] as const;

export const repairStepSchema = z.union(
  [
    z.strictObject({ rename: z.strictObject({ from: field, to: field }) }),
    z.strictObject({ cast: z.strictObject({ path: repairPathSchema, to: z.enum(CASTS) }) }),
    /** Only where there is no value. */
    z.strictObject({
      default: z.strictObject({
        path: field,
        value: z.union([z.string().max(1024), z.number(), z.boolean()]),
      }),
    }),
    /** Without `occurred_at` the time at which it was received holds; without `version` the contract's newest. */
    z.strictObject({ drop: z.union([field, z.enum(["occurred_at", "version"])]) }),
    /** The event is of this contract from here on. */
    z.strictObject({ event: z.string().min(1).max(64) }),
  ],
  'must be one of {"rename": {"from", "to"}}, {"cast": {"path", "to"}}, {"default": {"path", "value"}}, {"drop": path}, {"event": name}',
);

/** Which refused events it is for: all that is named must hold. */
export const repairMatchSchema = z
  .strictObject({
    source: z.string().min(1).max(32).optional(),
    name: z.string().min(1).max(128).optional(),
    code: z.enum(REPAIRABLE_CODES).optional(),
    /** One of the paths that the refusal names; indexes of lists are `*`. */
    path: z.string().min(1).max(256).optional(),
  })
  .refine((match) => Object.values(match).some((value) => value !== undefined), "must name something");

export const repairSchema = z.strictObject({
  match: repairMatchSchema,
  steps: z.array(repairStepSchema).min(1).max(50),
});

export type RepairStep = z.infer<typeof repairStepSchema>;
export type RepairMatch = z.infer<typeof repairMatchSchema>;
export type Repair = z.infer<typeof repairSchema>;
