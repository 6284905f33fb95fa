/** A condition in GrowthBook's Mongo style; its grammar is checked and compiled by src/core/condition.ts. */
import * as z from "zod";

export const conditionSchema = z.record(z.string(), z.unknown());
export type Condition = z.infer<typeof conditionSchema>;
