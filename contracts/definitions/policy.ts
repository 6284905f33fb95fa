/** The consent policy: which regime holds where, and what it does by default. */
import * as z from "zod";

export const regimeSchema = z.strictObject({
  countries: z.array(z.string().regex(/^[A-Z]{2}$/)).default([]),
  /** What holds while nobody has decided: opt-in regimes deny, opt-out regimes grant. */
  default: z.enum(["denied", "granted"]),
  /** Signals that are an opt-out here. GPC always is one for marketing, listed or not; `gpp` is for what is to come. */
  honours: z.array(z.enum(["gpc", "gpp"])).default([]),
});

export const policySchema = z
  .strictObject({
    regimes: z.record(z.string(), regimeSchema),
    /** The regime of an unknown or unlisted country. */
    otherwise: z.string(),
    /** How long a decision is valid, in days. */
    validityDays: z.int().min(1).max(3650).default(365),
  })
  .refine((p) => Object.hasOwn(p.regimes, p.otherwise), { path: ["otherwise"], message: "names no regime" });

export type Policy = z.infer<typeof policySchema>;
export type Regime = z.infer<typeof regimeSchema>;
